/**
 * The plain kernels: the reference that faster ones are compared with. Each implements its formula, summed in the written order. Scalars and
 * sums are float64; results have the precision of the arrays.
 */
import type { FloatArray, Kernels } from './kernels.ts';
import { forwardKernels } from './plain-forward.ts';
import { activationKernels, batchNormKernels, denseKernels, dropoutKernels } from './plain-layers.ts';
import { lossKernels } from './plain-losses.ts';
import { updateAdagrad, updateAdam, updateMomentum, updateRmsprop, updateSgd } from './plain-updates.ts';
import { randomKernels } from './random-kernels.ts';
import { spreadKernels } from './spread.ts';

function sumOfSquares(x: FloatArray, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += x[i]! * x[i]!;
  return sum;
}

function scale(x: FloatArray, factor: number, count: number): void {
  for (let i = 0; i < count; i++) x[i]! *= factor;
}

function addScaled(x: FloatArray, factor: number, y: FloatArray, count: number): void {
  for (let i = 0; i < count; i++) y[i]! += factor * x[i]!;
}

function gatherKernels(stride: Kernels['stride']): Pick<Kernels, 'gather' | 'gatherIntegers'> {
  return {
    gather(from, order, start, to, N, D) {
      const S = stride(D);
      for (let i = 0; i < N; i++) {
        const source = order[start + i]! * S;
        for (let k = 0; k < D; k++) to[i * S + k] = from[source + k]!;
      }
    },
    gatherIntegers(from, order, start, to, N) {
      for (let i = 0; i < N; i++) to[i] = from[order[start + i]!]!;
    },
  };
}

/**
 * The plain kernels for one precision: float32 for training, float64 for gradient checks. They do not need padding, but tests use it to check
 * that code is correct for any stride.
 */
export function createPlainKernels(precision: 'float32' | 'float64', { padding = 0 } = {}): Kernels {
  const Floats = precision === 'float32' ? Float32Array : Float64Array;
  const stride = (columns: number) => columns + padding;
  return {
    name: precision === 'float32' ? 'plain' : 'plain64',
    stride,
    bytesOf: (length) => length * Floats.BYTES_PER_ELEMENT,
    reset: () => undefined, // each run's arrays are its own, and collected when it is over
    allocate: (length) => new Floats(stride(length)).subarray(0, length),
    allocateMatrix: (rows, columns) => new Floats(rows * stride(columns)),
    allocateIntegers: (length) => new Int32Array(length),
    ...gatherKernels(stride),
    ...forwardKernels(stride),
    ...denseKernels(stride),
    ...activationKernels(stride),
    ...dropoutKernels(stride),
    ...randomKernels(stride),
    ...batchNormKernels(stride),
    ...lossKernels(stride),
    ...spreadKernels(stride),
    sumOfSquares,
    scale,
    addScaled,
    updateSgd,
    updateMomentum,
    updateAdagrad,
    updateRmsprop,
    updateAdam,
  };
}

export const plainKernels: Kernels = createPlainKernels('float32');
