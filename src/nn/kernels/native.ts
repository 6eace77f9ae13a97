/**
 * The kernels compiled from kernels/native/ to machine code, as wide as the processor's vectors.
 *
 * They compute the bits of the WebAssembly kernels, several times as fast. A call writes its arguments into a buffer that the addon
 * reads, which costs less than handing them over one by one. Logarithms are WebAssembly's, since every C library has one of its own.
 */
import { elementwiseActivations } from '../model/activations.ts';
import { createArena, LINE, type Memory } from './arena.ts';
import type { FloatArray, Kernels } from './kernels.ts';

/** What kernels/native/addon.c exports. */
export interface NativeAddon {
  /** Kinds of vectors that this processor has, the widest first. */
  readonly kinds: readonly string[];
  create(kind: string, fused: boolean): NativeKernels;
}

interface NativeKernels {
  /** Runs a kernel on the arguments in the buffer for calls. */
  run(kernel: number): number;
  /** The memory on which kernels work from now on; how many bytes it lies beyond the last cache line. */
  use(arena: ArrayBuffer, call: ArrayBuffer): number;
}

/** In the order of kernels/native/kernels.c. */
const kernelNames = [
  ...['gather', 'gatherIntegers', 'denseForward', 'denseBackwardParameters', 'denseBackwardInput', 'activationForward'],
  ...['activationBackward', 'maxoutForward', 'maxoutBackward', 'dropoutMask', 'multiply', 'batchNormForward'],
  ...['batchNormEvaluate', 'batchNormBackward', 'softmaxCrossEntropy', 'binaryCrossEntropy', 'meanSquaredError'],
  ...[
    'countCorrect',
    'sumOfSquares',
    'scale',
    'addScaled',
    'updateSgd',
    'updateMomentum',
    'updateBySquares',
    'updateAdam',
    'drawWeights',
    'shuffle',
    'spread',
    'peak',
  ],
] as const;

type KernelName = (typeof kernelNames)[number];

const numbers = Object.fromEntries(kernelNames.map((name, number) => [name, number])) as Readonly<
  Record<KernelName, number>
>;
/** The order of kernels/native/layers.h: a name's place. */
const activationCodes = Object.fromEntries(elementwiseActivations.map((name, code) => [name, code]));

/** As struct call in kernels/native/run.h: five float64 results, twelve arguments. */
const MAX_RESULTS = 5;
const RESULT_BYTES = 8 * MAX_RESULTS;
const MAX_ARGUMENTS = 12;
/** All that 32-bit addresses reach. */
const MAX_BYTES = 2 ** 32;
/** An arena grows by whole numbers of these. */
const GROWTH = 1 << 20;

/** `kind`: one of the addon's. `log`: the natural logarithm of the WebAssembly kernels. `name` is part of every result's hash. */
export function createNativeKernels(
  name: string,
  addon: NativeAddon,
  { kind, fused, log }: { readonly kind: string; readonly fused: boolean; readonly log: (x: number) => number },
): Kernels {
  const native = addon.create(kind, fused);
  const call = new ArrayBuffer(RESULT_BYTES + 4 * MAX_ARGUMENTS);
  const results = new Float64Array(call, 0, MAX_RESULTS);
  const integers = new Int32Array(call, RESULT_BYTES, MAX_ARGUMENTS);
  const factors = new Float32Array(call, RESULT_BYTES, MAX_ARGUMENTS);

  let memory: Memory | undefined;
  const reserve = (bytes: number): Memory => {
    if (bytes > MAX_BYTES - GROWTH) throw new RangeError(`${bytes} bytes are more than the kernels can address`);
    const wanted = Math.ceil((bytes + 2 * LINE) / GROWTH) * GROWTH;
    if (memory !== undefined && memory.buffer.byteLength >= wanted) return memory;
    const buffer = new ArrayBuffer(wanted);
    // Address 0 is that of an array that is left out.
    memory = { buffer, start: LINE + ((LINE - native.use(buffer, call)) % LINE) };
    return memory;
  };

  /** The sum over all rows of a loss, which stops where its product of rows has become large: its logarithm is taken here. */
  const summed = (kernel: number, last: number, end: number): number => {
    results[0] = 0;
    results[1] = 1;
    for (let done = 0; done < end; ) {
      integers[last] = done;
      done = native.run(kernel);
      if (done === end) break;
      results[0] += log(results[1]!);
      results[1] = 1;
    }
    return results[0]! + log(results[1]!);
  };

  /** The arguments that updates have in common. */
  const updated = (w: FloatArray, g: FloatArray, s: FloatArray, count: number, rate: number) => {
    integers[0] = w.byteOffset;
    integers[1] = g.byteOffset;
    integers[2] = s.byteOffset;
    integers[3] = count;
    factors[4] = rate;
  };

  return {
    name,
    ...createArena(reserve),
    gather: (from, order, start, to, N, D) => {
      integers[0] = from.byteOffset;
      integers[1] = order.byteOffset + 4 * start;
      integers[2] = to.byteOffset;
      integers[3] = N;
      integers[4] = D;
      native.run(numbers.gather);
    },
    gatherIntegers: (from, order, start, to, N) => {
      integers[0] = from.byteOffset;
      integers[1] = order.byteOffset + 4 * start;
      integers[2] = to.byteOffset;
      integers[3] = N;
      native.run(numbers.gatherIntegers);
    },
    denseForward: (x, weight, bias, z, N, D, H) => {
      integers[0] = x.byteOffset;
      integers[1] = weight.byteOffset;
      integers[2] = addressOf(bias);
      integers[3] = z.byteOffset;
      integers[4] = N;
      integers[5] = D;
      integers[6] = H;
      native.run(numbers.denseForward);
    },
    denseBackwardParameters: (x, dz, dWeight, dBias, N, D, H) => {
      integers[0] = x.byteOffset;
      integers[1] = dz.byteOffset;
      integers[2] = dWeight.byteOffset;
      integers[3] = addressOf(dBias);
      integers[4] = N;
      integers[5] = D;
      integers[6] = H;
      native.run(numbers.denseBackwardParameters);
    },
    denseBackwardInput: (dz, weight, dx, N, D, H) => {
      integers[0] = dz.byteOffset;
      integers[1] = weight.byteOffset;
      integers[2] = dx.byteOffset;
      integers[3] = N;
      integers[4] = D;
      integers[5] = H;
      native.run(numbers.denseBackwardInput);
    },
    activationForward: (activation, constant, z, a, N, H) => {
      integers[0] = activationCodes[activation]!;
      factors[1] = constant;
      integers[2] = z.byteOffset;
      integers[3] = a.byteOffset;
      integers[4] = N;
      integers[5] = H;
      native.run(numbers.activationForward);
    },
    activationBackward: (activation, constant, z, a, da, dz, N, H) => {
      integers[0] = activationCodes[activation]!;
      factors[1] = constant;
      integers[2] = z.byteOffset;
      integers[3] = a.byteOffset;
      integers[4] = da.byteOffset;
      integers[5] = dz.byteOffset;
      integers[6] = N;
      integers[7] = H;
      native.run(numbers.activationBackward);
    },
    maxoutForward: (z, a, N, H) => {
      integers[0] = z.byteOffset;
      integers[1] = a.byteOffset;
      integers[2] = N;
      integers[3] = H;
      native.run(numbers.maxoutForward);
    },
    maxoutBackward: (z, da, dz, N, H) => {
      integers[0] = z.byteOffset;
      integers[1] = da.byteOffset;
      integers[2] = dz.byteOffset;
      integers[3] = N;
      integers[4] = H;
      native.run(numbers.maxoutBackward);
    },
    dropoutMask: (mask, threshold, { c1, c2, c3, key0, key1 }, N, H) => {
      integers[0] = mask.byteOffset;
      integers[1] = threshold;
      integers[2] = c1;
      integers[3] = c2;
      integers[4] = c3;
      integers[5] = key0;
      integers[6] = key1;
      integers[7] = N;
      integers[8] = H;
      native.run(numbers.dropoutMask);
    },
    multiply: (x, y, out, N, H) => {
      integers[0] = x.byteOffset;
      integers[1] = y.byteOffset;
      integers[2] = out.byteOffset;
      integers[3] = N;
      integers[4] = H;
      native.run(numbers.multiply);
    },
    batchNormForward: (z, { gamma, beta, runningMean, runningVar }, { normalized, inverseDeviation }, y, N, H) => {
      integers[0] = z.byteOffset;
      integers[1] = gamma.byteOffset;
      integers[2] = beta.byteOffset;
      integers[3] = runningMean.byteOffset;
      integers[4] = runningVar.byteOffset;
      integers[5] = normalized.byteOffset;
      integers[6] = inverseDeviation.byteOffset;
      integers[7] = y.byteOffset;
      integers[8] = N;
      integers[9] = H;
      native.run(numbers.batchNormForward);
    },
    batchNormEvaluate: (z, { gamma, beta, runningMean, runningVar }, y, N, H) => {
      integers[0] = z.byteOffset;
      integers[1] = gamma.byteOffset;
      integers[2] = beta.byteOffset;
      integers[3] = runningMean.byteOffset;
      integers[4] = runningVar.byteOffset;
      integers[5] = y.byteOffset;
      integers[6] = N;
      integers[7] = H;
      native.run(numbers.batchNormEvaluate);
    },
    batchNormBackward: (dy, gamma, { normalized, inverseDeviation }, dGamma, dBeta, dz, N, H) => {
      integers[0] = dy.byteOffset;
      integers[1] = gamma.byteOffset;
      integers[2] = normalized.byteOffset;
      integers[3] = inverseDeviation.byteOffset;
      integers[4] = dGamma.byteOffset;
      integers[5] = dBeta.byteOffset;
      integers[6] = dz.byteOffset;
      integers[7] = N;
      integers[8] = H;
      native.run(numbers.batchNormBackward);
    },
    softmaxCrossEntropy: (outputs, labels, dOutputs, N, C) => {
      integers[0] = outputs.byteOffset;
      integers[1] = labels.byteOffset;
      integers[2] = dOutputs.byteOffset;
      integers[3] = N;
      integers[4] = C;
      return summed(numbers.softmaxCrossEntropy, 5, N) / N;
    },
    binaryCrossEntropy: (outputs, targets, dOutputs, N, C) => {
      integers[0] = outputs.byteOffset;
      integers[1] = targets.byteOffset;
      integers[2] = dOutputs.byteOffset;
      integers[3] = N;
      integers[4] = C;
      return summed(numbers.binaryCrossEntropy, 5, N * C) / (N * C);
    },
    meanSquaredError: (outputs, targets, dOutputs, N, C) => {
      integers[0] = outputs.byteOffset;
      integers[1] = targets.byteOffset;
      integers[2] = dOutputs.byteOffset;
      integers[3] = N;
      integers[4] = C;
      native.run(numbers.meanSquaredError);
      return results[0]!;
    },
    countCorrect: (outputs, labels, N, C) => {
      integers[0] = outputs.byteOffset;
      integers[1] = labels.byteOffset;
      integers[2] = N;
      integers[3] = C;
      return native.run(numbers.countCorrect);
    },
    sumOfSquares: (x, count) => {
      integers[0] = x.byteOffset;
      integers[1] = count;
      native.run(numbers.sumOfSquares);
      return results[0]!;
    },
    scale: (x, factor, count) => {
      integers[0] = x.byteOffset;
      factors[1] = factor;
      integers[2] = count;
      native.run(numbers.scale);
    },
    addScaled: (x, factor, y, count) => {
      integers[0] = x.byteOffset;
      factors[1] = factor;
      integers[2] = y.byteOffset;
      integers[3] = count;
      native.run(numbers.addScaled);
    },
    updateSgd: (w, g, count, rate) => {
      integers[0] = w.byteOffset;
      integers[1] = g.byteOffset;
      integers[2] = count;
      factors[3] = rate;
      native.run(numbers.updateSgd);
    },
    updateMomentum: (w, g, v, count, rate, momentum, nesterov) => {
      updated(w, g, v, count, rate);
      factors[5] = momentum;
      integers[6] = nesterov ? 1 : 0;
      native.run(numbers.updateMomentum);
    },
    updateAdagrad: (w, g, s, count, rate, epsilon) => {
      updated(w, g, s, count, rate);
      factors[5] = 1;
      factors[6] = 1;
      factors[7] = epsilon;
      native.run(numbers.updateBySquares);
    },
    updateRmsprop: (w, g, s, count, rate, decay, epsilon) => {
      updated(w, g, s, count, rate);
      factors[5] = decay;
      factors[6] = 1 - decay;
      factors[7] = epsilon;
      native.run(numbers.updateBySquares);
    },
    updateAdam: (w, g, m, s, count, rate, { beta1, beta2, epsilon }, correction1, correction2) => {
      integers[0] = w.byteOffset;
      integers[1] = g.byteOffset;
      integers[2] = m.byteOffset;
      integers[3] = s.byteOffset;
      integers[4] = count;
      factors[5] = rate / correction1;
      factors[6] = beta1;
      factors[7] = 1 - beta1;
      factors[8] = beta2;
      factors[9] = 1 - beta2;
      factors[10] = epsilon;
      factors[11] = 1 / Math.sqrt(correction2);
      native.run(numbers.updateAdam);
    },
    drawWeights: (weight, rows, columns, distribution, deviation, { c1, c2, c3, key0, key1 }) => {
      results[0] = deviation;
      integers[0] = weight.byteOffset;
      integers[1] = rows;
      integers[2] = columns;
      integers[3] = distribution === 'normal' ? 0 : 1;
      integers[4] = c1;
      integers[5] = c2;
      integers[6] = c3;
      integers[7] = key0;
      integers[8] = key1;
      native.run(numbers.drawWeights);
    },
    shuffle: (order, count, { c1, c2, c3, key0, key1 }) => {
      integers[0] = order.byteOffset;
      integers[1] = count;
      integers[2] = c1;
      integers[3] = c2;
      integers[4] = c3;
      integers[5] = key0;
      integers[6] = key1;
      native.run(numbers.shuffle);
    },
    spread: (a, N, H, low, high) => {
      results[0] = low;
      results[1] = high;
      integers[0] = a.byteOffset;
      integers[1] = N;
      integers[2] = H;
      native.run(numbers.spread);
      return {
        sum: results[0]!,
        squares: results[1]!,
        between: results[2]!,
        dead: results[3]!,
        beyond: results[4]!,
      };
    },
  };
}

/** What a thread does in registers at most, for measurements: `run(n)` does n rounds of multiply-adds that touch no memory. */
export function peakOf(
  addon: NativeAddon,
  kind: string,
  fused: boolean,
): { readonly run: (rounds: number) => number; readonly flopsARound: number } {
  const native = addon.create(kind, fused);
  const call = new ArrayBuffer(RESULT_BYTES + 4 * MAX_ARGUMENTS);
  native.use(new ArrayBuffer(LINE), call);
  const [rounds] = [new Int32Array(call, RESULT_BYTES, 1)];
  const run = (count: number) => {
    rounds[0] = count;
    return native.run(numbers.peak);
  };
  return { run, flopsARound: run(1) };
}

function addressOf(array: FloatArray | undefined): number {
  return array === undefined ? 0 : array.byteOffset;
}
