/** How outputs spread, number by number: native kernels measure the same bits (kernels/native/spread.h). */
import type { FloatArray, Kernels, Spread } from './kernels.ts';

/** Numbers below `low` or above `high`. */
function countBeyond(a: FloatArray, N: number, H: number, stride: number, low: number, high: number): number {
  if (low === Number.NEGATIVE_INFINITY && high === Number.POSITIVE_INFINITY) return 0;
  let beyond = 0;
  for (let i = 0; i < N; i++) {
    for (let j = 0; j < H; j++) {
      const x = a[i * stride + j]!;
      if (x < low || x > high) beyond++;
    }
  }
  return beyond;
}

function measure(a: FloatArray, N: number, H: number, stride: number): Omit<Spread, 'beyond'> {
  const alive = new Uint8Array(H);
  let [sum, squares, between] = [0, 0, 0];
  const add = (rowSum: number, rowSquares: number): void => {
    sum += rowSum;
    squares += rowSquares;
    between += Math.max(0, rowSquares / H - (rowSum / H) * (rowSum / H));
  };
  // Four rows at once: each sum alone waits for its own additions. Beyond the last row, the last one is read again and left out.
  for (let i = 0; i < N; i += 4) {
    const at = (row: number) => Math.min(row, N - 1) * stride;
    const [from0, from1, from2, from3] = [at(i), at(i + 1), at(i + 2), at(i + 3)];
    let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0];
    let [squares0, squares1, squares2, squares3] = [0, 0, 0, 0];
    for (let j = 0; j < H; j++) {
      const a0 = a[from0 + j]!;
      const a1 = a[from1 + j]!;
      const a2 = a[from2 + j]!;
      const a3 = a[from3 + j]!;
      sum0 += a0;
      sum1 += a1;
      sum2 += a2;
      sum3 += a3;
      squares0 += a0 * a0;
      squares1 += a1 * a1;
      squares2 += a2 * a2;
      squares3 += a3 * a3;
      if (a0 !== 0 || a1 !== 0 || a2 !== 0 || a3 !== 0) alive[j] = 1;
    }
    add(sum0, squares0);
    if (i + 1 < N) add(sum1, squares1);
    if (i + 2 < N) add(sum2, squares2);
    if (i + 3 < N) add(sum3, squares3);
  }
  return { sum, squares, between, dead: alive.reduce((dead, lives) => dead - lives, H) };
}

export function spreadKernels(stride: Kernels['stride']): Pick<Kernels, 'spread'> {
  return {
    spread: (a, N, H, low, high) => {
      const S = stride(H);
      return { ...measure(a, N, H, S), beyond: countBeyond(a, N, H, S, low, high) };
    },
  };
}
