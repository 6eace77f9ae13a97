/** What all kernels must do, given by the plain ones in float64: every size from 1 to 70, in every place, at every stride. */
import { describe, expect, it } from 'vitest';
import type { FloatArray, Kernels, Spread } from '../../src/nn/kernels/kernels.ts';
import { createPlainKernels } from '../../src/nn/kernels/plain.ts';
import { elementwiseActivations } from '../../src/nn/model/activations.ts';
import { type Random, randomAt, wordsOf } from '../../src/random.ts';
import { everyKernels, sameBitsAs } from '../support/kernels.ts';

const truth = createPlainKernels('float64');
const MAX_SIZE = 70;
const sizes = Array.from({ length: MAX_SIZE }, (_, i) => i + 1);
/** Each size once in each place, beside others that change with it: no two places have the same. */
const shapes = sizes.flatMap((n) => [
  [n, ((n * 7) % MAX_SIZE) + 1, ((n * 31) % MAX_SIZE) + 1] as const,
  [((n * 13) % MAX_SIZE) + 1, n, ((n * 3) % MAX_SIZE) + 1] as const,
  [((n * 17) % MAX_SIZE) + 1, ((n * 11) % MAX_SIZE) + 1, n] as const,
]);
/** Beyond the blocks in which sums are taken, and beyond the size from which columns are copied. */
const large = [
  [5, 1100, 9],
  [3, 400, 33],
  [1100, 6, 10],
  [130, 90, 70],
  [2, 3, 1100],
] as const;

/** Numbers for both: rows×columns, dense. */
type Dense = Float32Array;

function normals(random: Random, count: number, scale = 1): Dense {
  return Float32Array.from({ length: count }, () => scale * random.normal());
}

/** A matrix of the kernels' own with these numbers, and something finite in its padding. */
function matrix(kernels: Kernels, rows: number, columns: number, values?: Dense, padding = 7): FloatArray {
  const made = kernels.allocateMatrix(rows, columns).fill(padding);
  const stride = kernels.stride(columns);
  for (let i = 0; values && i < rows; i++) {
    for (let j = 0; j < columns; j++) made[i * stride + j] = values[i * columns + j]!;
  }
  return made;
}

function vector(kernels: Kernels, values: Dense): FloatArray {
  const made = kernels.allocate(values.length);
  made.set(values);
  return made;
}

function dense(kernels: Kernels, from: FloatArray, rows: number, columns: number): number[] {
  const stride = kernels.stride(columns);
  return Array.from({ length: rows * columns }, (_, at) => from[Math.floor(at / columns) * stride + (at % columns)]!);
}

/** As kernels.ts defines it, one number after the other. */
function spreadOf(a: Dense, N: number, H: number, low: number, high: number): Spread {
  const alive = new Set<number>();
  const all = { sum: 0, squares: 0, between: 0, beyond: 0 };
  for (let i = 0; i < N; i++) {
    let [sum, squares] = [0, 0];
    for (let j = 0; j < H; j++) {
      const x = a[i * H + j]!;
      sum += x;
      squares += x * x;
      if (x !== 0) alive.add(j);
      if (x < low || x > high) all.beyond++;
    }
    all.sum += sum;
    all.squares += squares;
    all.between += Math.max(0, squares / H - (sum / H) * (sum / H));
  }
  return { ...all, dead: H - alive.size };
}

/** Rows of outputs among which some columns are zeros of both signs, and others zero in all rows but the last. */
function outputs(N: number, H: number): Dense {
  const random = randomAt({ seed: N, purpose: 'probe', trial: H });
  const drawn = normals(random, N * H);
  return drawn.map((x, at) => {
    const [i, j] = [Math.floor(at / H), at % H];
    if (j % 5 === 2) return i % 2 === 0 ? 0 : -0;
    if (j % 7 === 3) return i < N - 1 ? 0 : x;
    return x;
  });
}

/** Within `tolerance` of the truth, relative to the greatest number there (or 1). */
function expectClose(ours: readonly number[], wanted: readonly number[], tolerance: number, what: string): void {
  expect(ours.length).toBe(wanted.length);
  const scale = wanted.reduce((most, one) => Math.max(most, Math.abs(one)), 1);
  for (let i = 0; i < wanted.length; i++) {
    if (Math.abs(ours[i]! - wanted[i]!) <= tolerance * scale) continue;
    expect.fail(`${what}: number ${i} is ${ours[i]}, not ${wanted[i]} (tolerance ${tolerance * scale})`);
  }
}

/** Runs the same on the kernels and on the truth, and compares all numbers that come out. */
function compare(kernels: Kernels, what: string, tolerance: number, run: (on: Kernels) => number[][]): void {
  kernels.reset(64 * 1024 * 1024);
  const ours = run(kernels);
  const wanted = run(truth);
  for (const [i, numbers] of ours.entries()) expectClose(numbers, wanted[i]!, tolerance, `${what}, output ${i}`);
  const other = sameBitsAs.get(kernels);
  other?.reset(64 * 1024 * 1024);
  if (other !== undefined) expect(ours, `${what}: bits`).toEqual(run(other));
}

describe.each(everyKernels)('the %s kernels', (_name, kernels) => {
  it('multiply as the dense layer needs it', () => {
    for (const [N, D, H] of [...shapes, ...large]) {
      const random = randomAt({ seed: N, purpose: 'probe', trial: D, epoch: H });
      const [x, w, b, dz] = [N * D, D * H, H, N * H].map((count) => normals(random, count)) as [
        Dense,
        Dense,
        Dense,
        Dense,
      ];
      compare(kernels, `${N}×${D}×${H}`, 2e-6 * Math.sqrt(Math.max(N, D, H)), (on) => {
        const [X, W, dZ] = [matrix(on, N, D, x), matrix(on, D, H, w), matrix(on, N, H, dz)];
        const [z, bare, dx, dW] = [matrix(on, N, H), matrix(on, N, H), matrix(on, N, D), matrix(on, D, H)];
        const dB = on.allocate(H);
        on.denseForward(X, W, vector(on, b), z, N, D, H);
        on.denseForward(X, W, undefined, bare, N, D, H);
        on.denseBackwardParameters(X, dZ, dW, dB, N, D, H);
        on.denseBackwardInput(dZ, W, dx, N, D, H);
        return [dense(on, z, N, H), dense(on, bare, N, H), dense(on, dx, N, D), dense(on, dW, D, H), Array.from(dB)];
      });
    }
  });

  it('leave zeros in the padding of gradients, or their norm would be wrong', () => {
    for (const [N, D, H] of shapes) {
      kernels.reset(64 * 1024 * 1024);
      const random = randomAt({ seed: N, purpose: 'probe', trial: D, epoch: H });
      const dW = kernels.allocateMatrix(D, H);
      kernels.denseBackwardParameters(
        matrix(kernels, N, D, normals(random, N * D)),
        matrix(kernels, N, H, normals(random, N * H)),
        dW,
        undefined,
        N,
        D,
        H,
      );
      const wanted = dense(kernels, dW, D, H).reduce((sum, one) => sum + one * one, 0);
      expect(Math.abs(kernels.sumOfSquares(dW, dW.length) - wanted)).toBeLessThanOrEqual(1e-5 * wanted);
    }
  });

  it('give a number the same bits wherever it stands in a batch', () => {
    kernels.reset(64 * 1024 * 1024);
    const [N, D, H] = [11, 37, 21];
    const random = randomAt({ seed: 5, purpose: 'probe' });
    const x = normals(random, N * D);
    const W = matrix(kernels, D, H, normals(random, D * H));
    const z = matrix(kernels, N, H);
    kernels.denseForward(matrix(kernels, N, D, x), W, undefined, z, N, D, H);
    const together = dense(kernels, z, N, H);
    for (let i = 0; i < N; i++) {
      const alone = matrix(kernels, 1, H);
      kernels.denseForward(matrix(kernels, 1, D, x.slice(i * D, (i + 1) * D)), W, undefined, alone, 1, D, H);
      expect(dense(kernels, alone, 1, H)).toEqual(together.slice(i * H, (i + 1) * H));
    }
  });

  it.each(elementwiseActivations)('know %s and its slope', (activation) => {
    for (const H of sizes) {
      const N = (H % 5) + 1;
      const random = randomAt({ seed: H, purpose: 'probe' });
      const z = normals(random, N * H, 4);
      const da = normals(random, N * H);
      compare(kernels, `${activation} ${N}×${H}`, 2e-6, (on) => {
        const [Z, a, dA, dZ] = [matrix(on, N, H, z), matrix(on, N, H), matrix(on, N, H, da), matrix(on, N, H)];
        on.activationForward(activation, 0.3, Z, a, N, H);
        on.activationBackward(activation, 0.3, Z, a, dA, dZ, N, H);
        return [dense(on, a, N, H), dense(on, dZ, N, H)];
      });
    }
  });

  it.each(elementwiseActivations)('keep %s right far out, and a NaN a NaN', (activation) => {
    kernels.reset(1024 * 1024);
    const far = Float32Array.of(
      -1e30,
      -200,
      -100,
      -88,
      -20,
      -1e-3,
      -1e-20,
      0,
      1e-20,
      1e-3,
      20,
      88,
      100,
      1e30,
      Number.NaN,
    );
    const values = (on: Kernels) => {
      const a = matrix(on, 1, far.length);
      on.activationForward(activation, 0.3, matrix(on, 1, far.length, far), a, 1, far.length);
      return dense(on, a, 1, far.length);
    };
    const [ours, wanted] = [values(kernels), values(truth)];
    expect(ours.at(-1)).toBeNaN();
    for (let i = 0; i < far.length - 1; i++) {
      expect(Math.abs(ours[i]! - wanted[i]!), `of ${far[i]}`).toBeLessThanOrEqual(2e-6 * Math.abs(wanted[i]!) + 1e-9);
    }
  });

  it('know maxout', () => {
    for (const H of sizes) {
      const N = (H % 4) + 1;
      const random = randomAt({ seed: H, purpose: 'probe' });
      const z = normals(random, 2 * N * H);
      const da = normals(random, N * H);
      if (H > 2) z[3] = z[2]!; // the first of equals gets the gradient
      compare(kernels, `maxout ${N}×${H}`, 0, (on) => {
        const [Z, a, dZ] = [matrix(on, N, 2 * H, z), matrix(on, N, H), matrix(on, N, 2 * H)];
        on.maxoutForward(Z, a, N, H);
        on.maxoutBackward(Z, matrix(on, N, H, da), dZ, N, H);
        return [dense(on, a, N, H), dense(on, dZ, N, 2 * H)].map((all) => all.map((one) => Math.fround(one)));
      });
    }
  });

  it('draw the same masks, and multiply by them', () => {
    for (const H of sizes) {
      const N = ((H * 5) % 9) + 1;
      const address = { c1: H, c2: 0xffffffff - H, c3: 5, key0: 0x9e3779b9, key1: H };
      const x = normals(randomAt({ seed: H, purpose: 'probe' }), N * H);
      compare(kernels, `mask ${N}×${H}`, 1e-6, (on) => {
        const [mask, out] = [matrix(on, N, H), matrix(on, N, H)];
        on.dropoutMask(mask, 20_000 + 600 * H, address, N, H);
        on.multiply(matrix(on, N, H, x), mask, out, N, H);
        return [dense(on, mask, N, H), dense(on, out, N, H)];
      });
    }
  });

  it.each(['normal', 'uniform'] as const)(
    'draw %s weights: the numbers of their stream, bit for bit',
    (distribution) => {
      for (const [rows, columns] of [
        [1, 1],
        [3, 2],
        [7, 9],
        [64, 100],
        [5, 1031],
        [784, 256],
      ] as const) {
        kernels.reset(64 * 1024 * 1024);
        const address = { seed: 2 ** 40 + rows, purpose: 'weights', trial: columns, epoch: 2 } as const;
        const random = randomAt(address);
        const draw =
          distribution === 'normal' ? () => random.normal() : () => Math.sqrt(3) * (2 * random.uniform() - 1);
        const weight = kernels.allocateMatrix(rows, columns);
        kernels.drawWeights(weight, rows, columns, distribution, 0.3, wordsOf(address));
        const wanted = Float32Array.from({ length: rows * columns }, () => 0.3 * draw());
        const bitsOf = (numbers: ArrayLike<number>) => new Uint32Array(Float32Array.from(numbers).buffer);
        expect(bitsOf(dense(kernels, weight, rows, columns))).toEqual(bitsOf(wanted));
      }
    },
  );

  it('shuffle as their stream does', () => {
    for (const count of [...Array.from({ length: 70 }, (_, i) => i + 1), 1000, 4096, 70_000]) {
      kernels.reset(1024 * 1024);
      const address = { seed: count, purpose: 'shuffle', trial: 3, fold: 5, epoch: 7 } as const;
      const order = kernels.allocateIntegers(count);
      kernels.shuffle(order, count, wordsOf(address));
      expect([...order]).toEqual([...randomAt(address).permutation(count)]);
    }
  });

  it('normalize batches', () => {
    for (const [N, , H] of shapes) {
      const random = randomAt({ seed: N, purpose: 'probe', trial: H });
      const [z, dy] = [normals(random, N * H, 3), normals(random, N * H)];
      const [gamma, beta, mean] = [normals(random, H), normals(random, H), normals(random, H)];
      // A batch of two rows may be almost constant: its slope is then steep, and rounding shows.
      compare(kernels, `batch norm ${N}×${H}`, N < 4 ? 1e-2 : 1e-4, (on) => {
        const norm = {
          gamma: vector(on, gamma),
          beta: vector(on, beta),
          runningMean: vector(on, mean),
          runningVar: on.allocate(H).fill(2),
        };
        const cache = { normalized: matrix(on, N, H), inverseDeviation: on.allocate(H) };
        const [y, e, dz] = [matrix(on, N, H), matrix(on, N, H), matrix(on, N, H)];
        const [dGamma, dBeta] = [on.allocate(H), on.allocate(H)];
        on.batchNormForward(matrix(on, N, H, z), norm, cache, y, N, H);
        on.batchNormEvaluate(matrix(on, N, H, z), norm, e, N, H);
        on.batchNormBackward(matrix(on, N, H, dy), norm.gamma, cache, dGamma, dBeta, dz, N, H);
        const vectors = [dGamma, dBeta, norm.runningMean, norm.runningVar].map((one) => Array.from(one));
        return [dense(on, y, N, H), dense(on, e, N, H), dense(on, dz, N, H), ...vectors];
      });
    }
  });

  it('take losses and their gradients', () => {
    for (const C of sizes) {
      const N = ((C * 3) % 40) + 1;
      const random = randomAt({ seed: C, purpose: 'probe' });
      const [o, t] = [normals(random, N * C, 5), normals(random, N * C)];
      const shares = Float32Array.from({ length: N * C }, () => random.uniform());
      const labels = Array.from({ length: N }, () => random.integer(C));
      compare(kernels, `losses ${N}×${C}`, 3e-6, (on) => {
        const integers = on.allocateIntegers(N);
        integers.set(labels);
        const O = matrix(on, N, C, o);
        const d = [matrix(on, N, C), matrix(on, N, C), matrix(on, N, C)] as const;
        const losses = [
          on.softmaxCrossEntropy(O, integers, d[0], N, C),
          on.binaryCrossEntropy(O, matrix(on, N, C, shares), d[1], N, C),
          on.meanSquaredError(O, matrix(on, N, C, t), d[2], N, C),
          on.countCorrect(O, integers, N, C),
        ];
        return [losses, ...d.map((one) => dense(on, one, N, C))];
      });
    }
  });

  it('take the loss of many rows, whose product does not fit into a number, and of rows that are no numbers', () => {
    const N = 700;
    for (const C of [2, 5, 10, 16, 20]) {
      const o = normals(randomAt({ seed: C, purpose: 'probe' }), N * C, 0.1);
      for (const row of [undefined, 300]) {
        compare(kernels, `loss ${N}×${C}`, 3e-6, (on) => {
          const labels = on.allocateIntegers(N);
          labels.set(Array.from({ length: N }, (_, i) => i % C));
          const O = matrix(on, N, C, o);
          if (row !== undefined) O[row * on.stride(C)] = Number.NaN;
          const d = matrix(on, N, C);
          const loss = on.softmaxCrossEntropy(O, labels, d, N, C);
          return [[loss], dense(on, d, N, C)].map((numbers) =>
            Array.from(numbers, (one) => (row === undefined || !Number.isNaN(one) ? one : -1)),
          );
        });
      }
    }
  });

  it('lose no loss to large outputs, and call a row of NaN wrong', () => {
    kernels.reset(1024 * 1024);
    const outputs = matrix(kernels, 3, 3, Float32Array.of(1e4, -1e4, 0, Number.NaN, Number.NaN, Number.NaN, 5, 5, 1));
    const labels = kernels.allocateIntegers(3);
    labels.set([1, 0, 0]);
    const d = matrix(kernels, 3, 3);
    expect(kernels.softmaxCrossEntropy(outputs, labels, d, 1, 3)).toBeCloseTo(2e4, 2);
    expect(kernels.softmaxCrossEntropy(outputs, labels, d, 3, 3)).toBeNaN();
    expect(kernels.countCorrect(outputs, labels, 3, 3)).toBe(1);
  });

  it('count the first of the largest outputs, passing over what is no number', () => {
    const choices = [-1, 0, -0, 1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const random = randomAt({ seed: 3, purpose: 'probe' });
    for (const [N, C] of [...shapes, [700, 10, 0], [700, 16, 0], [700, 17, 0]] as const) {
      const o = Float32Array.from({ length: N * C }, () => choices[random.integer(choices.length)]!);
      const first = Int32Array.from({ length: N }, (_, i) => {
        const row = [...o.subarray(i * C, (i + 1) * C)];
        const largest = Math.max(...row.filter((one) => !Number.isNaN(one)));
        return row.indexOf(largest);
      });
      const isRight = (i: number) => first[i]! >= 0 && o[i * C + first[i]!] !== Number.NEGATIVE_INFINITY;
      kernels.reset(1024 * 1024);
      const labels = kernels.allocateIntegers(N);
      // Some of the answers are wrong.
      labels.set(first.map((place, i) => (i % 3 === 0 ? (Math.max(place, 0) + 1) % C : Math.max(place, 0))));
      const right = Array.from(first.keys()).filter((i) => isRight(i) && labels[i] === first[i]).length;
      expect(kernels.countCorrect(matrix(kernels, N, C, o), labels, N, C), `${N}×${C}`).toBe(right);
    }
  });

  it('gather rows and labels', () => {
    for (const D of sizes) {
      kernels.reset(1024 * 1024);
      const rows = Float32Array.from({ length: 5 * D }, (_, i) => i);
      const order = kernels.allocateIntegers(4);
      order.set([9, 4, 0, 3]);
      const labels = kernels.allocateIntegers(5);
      labels.set([10, 11, 12, 13, 14]);
      const [to, toLabels] = [matrix(kernels, 3, D), kernels.allocateIntegers(3)];
      kernels.gather(matrix(kernels, 5, D, rows), order, 1, to, 3, D);
      kernels.gatherIntegers(labels, order, 1, toLabels, 3);
      const wanted = [4, 0, 3].flatMap((row) => Array.from({ length: D }, (_, k) => row * D + k));
      expect(dense(kernels, to, 3, D)).toEqual(wanted);
      expect(Array.from(toLabels)).toEqual([14, 10, 13]);
    }
  });

  it('measure how outputs spread, bit for bit, whatever is in the padding', () => {
    // The second pair has 0 beyond its limits, the fourth two numbers that float32 cannot tell from 0.5 and -0.5.
    const limits = [
      [-0.9, 0.9],
      [0.1, 0.6],
      [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
      [-0.5 - 1e-12, 0.5 - 1e-12],
    ] as const;
    for (const [N, , H] of [...shapes, ...large, [37, 0, 257] as const, [6, 0, 600] as const, [1, 0, 256] as const]) {
      const a = outputs(N, H);
      a[0] = 0.5;
      a[N * H - 1] = -0.5;
      kernels.reset(64 * 1024 * 1024);
      const [low, high] = limits[(N + H) % limits.length]!;
      for (const padding of [0, 7]) {
        const spread = kernels.spread(matrix(kernels, N, H, a, padding), N, H, low, high);
        expect(spread, `${N}×${H}`).toEqual(spreadOf(a, N, H, low, high));
      }
    }
  });

  it('measure how outputs spread where some are NaN or infinite, or all the same', () => {
    const [N, H] = [19, 21];
    const special = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 1e-45, 3e38, -3e38];
    for (const x of special) {
      for (const at of [2, N * H - 2]) {
        kernels.reset(1024 * 1024);
        const a = outputs(N, H);
        a[at] = x;
        expect(kernels.spread(matrix(kernels, N, H, a), N, H, -1, 1), `${x}`).toEqual(spreadOf(a, N, H, -1, 1));
      }
      kernels.reset(1024 * 1024);
      const same = new Float32Array(N * H).fill(x);
      expect(kernels.spread(matrix(kernels, N, H, same), N, H, -1, 1), `${x}`).toEqual(spreadOf(same, N, H, -1, 1));
    }
    // Rounding makes the variance of these less than zero.
    const equal = new Float32Array(N * 100).fill(0.7);
    const spread = kernels.spread(matrix(kernels, N, 100, equal), N, 100, -1, 1);
    expect(spread).toEqual(spreadOf(equal, N, 100, -1, 1));
    expect(spread).toMatchObject({ between: 0, dead: 0, beyond: 0 });
  });

  it('scale, add and square', () => {
    for (const count of [...sizes, 1000, 1024, 2500, 5000]) {
      const random = randomAt({ seed: count, purpose: 'probe' });
      const [x, y] = [normals(random, count), normals(random, count)];
      compare(kernels, `${count} numbers`, 2e-6, (on) => {
        const [X, Y] = [vector(on, x), vector(on, y)];
        on.addScaled(X, 0.3, Y, count);
        on.scale(X, -1.7, count);
        return [Array.from(X), Array.from(Y), [on.sumOfSquares(X, count)]];
      });
    }
    kernels.reset(1024 * 1024);
    for (const size of [1e-25, 1e25]) {
      const sum = kernels.sumOfSquares(vector(kernels, new Float32Array(40).fill(size)), 40);
      expect(sum / (40 * Math.fround(size) ** 2)).toBeCloseTo(1, 5); // beyond what a float32 squared can hold
    }
  });

  it('step along gradients', () => {
    const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
    for (const count of sizes) {
      const random = randomAt({ seed: count, purpose: 'probe' });
      const [w, g, m] = [normals(random, count), normals(random, count), normals(random, count)];
      const s = m.map((one) => one * one);
      const updates: ((on: Kernels, W: FloatArray, G: FloatArray, M: FloatArray, S: FloatArray) => void)[] = [
        (on, W, G) => on.updateSgd(W, G, count, 0.1),
        (on, W, G, M) => on.updateMomentum(W, G, M, count, 0.1, 0.9, false),
        (on, W, G, M) => on.updateMomentum(W, G, M, count, 0.1, 0.9, true),
        (on, W, G, _, S) => on.updateAdagrad(W, G, S, count, 0.1, 1e-10),
        (on, W, G, _, S) => on.updateRmsprop(W, G, S, count, 0.1, 0.99, 1e-8),
        (on, W, G, M, S) => on.updateAdam(W, G, M, S, count, 0.1, adam, 1 - 0.9 ** 3, 1 - 0.999 ** 3),
      ];
      for (const [i, update] of updates.entries()) {
        compare(kernels, `update ${i} of ${count}`, 3e-6, (on) => {
          const all = [w, g, m, s].map((values) => vector(on, values)) as [
            FloatArray,
            FloatArray,
            FloatArray,
            FloatArray,
          ];
          update(on, ...all);
          return [all[0], all[2], all[3]].map((one) => Array.from(one));
        });
      }
    }
  });

  it('keep what decays until it is subnormal, to the last bit', () => {
    const other = sameBitsAs.get(kernels) ?? kernels;
    const exponents = Array.from({ length: 70 }, (_, i) => 2 ** (-149 + i)); // from the least float32 to 2^-80
    const random = randomAt({ seed: 1, purpose: 'probe' });
    const memories = exponents.flatMap((power) => [power, -power * (1 + random.uniform()), 0]);
    const count = memories.length;
    const [w, none, some] = [normals(random, count), new Float32Array(count), normals(random, count, 1e-38)];
    const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
    for (const weights of [w, none, some]) {
      for (const gradients of [none, some, w]) {
        for (const momentum of [0.9, 0.5, 0.013]) {
          const run = (on: Kernels): Uint32Array[] => {
            on.reset(1024 * 1024);
            const [W, G, V, S] = [weights, gradients, Float32Array.from(memories), w.map((one) => one * one)].map((x) =>
              vector(on, x),
            ) as [FloatArray, FloatArray, FloatArray, FloatArray];
            for (let step = 0; step < 3; step++) {
              on.updateMomentum(W, G, V, count, 0.1, momentum, step === 2);
              on.updateAdam(W, G, V, S, count, 0.1, { ...adam, beta1: momentum }, 0.5, 0.5);
            }
            return [W, V, S].map((one) => new Uint32Array(Float32Array.from(one).buffer));
          };
          expect(run(kernels), `momentum ${momentum}`).toEqual(run(other));
        }
      }
    }
  });
});
