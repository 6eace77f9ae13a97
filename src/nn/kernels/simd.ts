/**
 * The kernels compiled from kernels/ to WebAssembly: four float32 numbers at a time.
 *
 * Every thread has its own instance and memory, with a bump allocator that is reset before each training run. A call costs about ten
 * nanoseconds, so the training loop stays in TypeScript and is shared by all kernels.
 */
import { type ElementwiseActivation, elementwiseActivations } from '../model/activations.ts';
import { createArena, LINE } from './arena.ts';
import type { FloatArray, Kernels } from './kernels.ts';
import { randomKernels } from './random-kernels.ts';
import { spreadKernels } from './spread.ts';

/** The exports of kernels/index.ts. Arrays are addresses in bytes, 0 if absent. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  heapStart(): number;
  logarithm(x: number): number;
  gather(from: number, order: number, to: number, N: number, D: number): void;
  gatherIntegers(from: number, order: number, to: number, N: number): void;
  denseForward(x: number, weight: number, bias: number, z: number, N: number, D: number, H: number): void;
  denseBackwardParameters(x: number, dz: number, dWeight: number, dBias: number, N: number, D: number, H: number): void;
  denseBackwardInput(dz: number, weight: number, dx: number, N: number, D: number, H: number): void;
  activationForward(activation: number, constant: number, z: number, a: number, N: number, H: number): void;
  activationBackward(
    activation: number,
    constant: number,
    z: number,
    a: number,
    da: number,
    dz: number,
    N: number,
    H: number,
  ): void;
  maxoutForward(z: number, a: number, N: number, H: number): void;
  maxoutBackward(z: number, da: number, dz: number, N: number, H: number): void;
  dropoutMask(
    mask: number,
    threshold: number,
    c1: number,
    c2: number,
    c3: number,
    key0: number,
    key1: number,
    N: number,
    H: number,
  ): void;
  multiply(x: number, y: number, out: number, N: number, H: number): void;
  batchNormForward(
    z: number,
    gamma: number,
    beta: number,
    runningMean: number,
    runningVar: number,
    normalized: number,
    inverseDeviation: number,
    y: number,
    N: number,
    H: number,
  ): void;
  batchNormEvaluate(
    z: number,
    gamma: number,
    beta: number,
    runningMean: number,
    runningVar: number,
    y: number,
    N: number,
    H: number,
  ): void;
  batchNormBackward(
    dy: number,
    gamma: number,
    normalized: number,
    inverseDeviation: number,
    dGamma: number,
    dBeta: number,
    dz: number,
    N: number,
    H: number,
  ): void;
  softmaxCrossEntropy(outputs: number, labels: number, dOutputs: number, N: number, C: number): number;
  binaryCrossEntropy(outputs: number, targets: number, dOutputs: number, N: number, C: number): number;
  meanSquaredError(outputs: number, targets: number, dOutputs: number, N: number, C: number): number;
  countCorrect(outputs: number, labels: number, N: number, C: number): number;
  sumOfSquares(x: number, count: number): number;
  scale(x: number, factor: number, count: number): void;
  addScaled(x: number, factor: number, y: number, count: number): void;
  updateSgd(w: number, g: number, count: number, rate: number): void;
  updateMomentum(
    w: number,
    g: number,
    v: number,
    count: number,
    rate: number,
    momentum: number,
    nesterov: number,
  ): void;
  updateBySquares(
    w: number,
    g: number,
    s: number,
    count: number,
    rate: number,
    decay: number,
    gain: number,
    epsilon: number,
  ): void;
  updateAdam(
    w: number,
    g: number,
    m: number,
    s: number,
    count: number,
    rate: number,
    beta1: number,
    gain1: number,
    beta2: number,
    gain2: number,
    epsilon: number,
    rootScale: number,
  ): void;
}

/** The code in kernels/activations.ts: the index of the name. */
const activationCodes = Object.fromEntries(elementwiseActivations.map((name, code) => [name, code])) as Readonly<
  Record<ElementwiseActivation, number>
>;

const PAGE = 65_536;
/** The limit of 32-bit addresses. */
const MAX_PAGES = 65_536;

function abort(): never {
  throw new Error('the kernels failed an assertion');
}

/** The natural logarithm of the compiled kernels/, for kernels that are to give the same bits. */
export function logarithmOf(module: WebAssembly.Module): (x: number) => number {
  return (new WebAssembly.Instance(module, { env: { abort } }).exports as unknown as Exports).logarithm;
}

/** Kernels on an instance of `module`, the compiled kernels/. `name` is part of every result's hash. */
export function createSimdKernels(name: string, module: WebAssembly.Module): Kernels {
  // Copied, because access to the exports object is slow and these are called a million times per second.
  const wasm = { ...new WebAssembly.Instance(module, { env: { abort } }).exports } as unknown as Exports;
  const { memory } = wasm;
  const start = Math.ceil(wasm.heapStart() / LINE) * LINE;
  const reserve = (bytes: number) => {
    const pages = Math.ceil((start + bytes) / PAGE);
    if (pages > MAX_PAGES) throw new RangeError(`${bytes} bytes are more than WebAssembly can address`);
    const missing = pages - memory.buffer.byteLength / PAGE;
    if (missing > 0) memory.grow(missing);
    return { buffer: memory.buffer, start };
  };
  const arena = createArena(reserve);
  return {
    name,
    ...arena,
    ...randomKernels(arena.stride),
    ...spreadKernels(arena.stride),
    gather: (from, order, start, to, N, D) =>
      wasm.gather(from.byteOffset, order.byteOffset + 4 * start, to.byteOffset, N, D),
    gatherIntegers: (from, order, start, to, N) =>
      wasm.gatherIntegers(from.byteOffset, order.byteOffset + 4 * start, to.byteOffset, N),
    denseForward: (x, weight, bias, z, N, D, H) =>
      wasm.denseForward(x.byteOffset, weight.byteOffset, addressOf(bias), z.byteOffset, N, D, H),
    denseBackwardParameters: (x, dz, dWeight, dBias, N, D, H) =>
      wasm.denseBackwardParameters(x.byteOffset, dz.byteOffset, dWeight.byteOffset, addressOf(dBias), N, D, H),
    denseBackwardInput: (dz, weight, dx, N, D, H) =>
      wasm.denseBackwardInput(dz.byteOffset, weight.byteOffset, dx.byteOffset, N, D, H),
    activationForward: (activation, constant, z, a, N, H) =>
      wasm.activationForward(activationCodes[activation], constant, z.byteOffset, a.byteOffset, N, H),
    activationBackward: (activation, constant, z, a, da, dz, N, H) =>
      wasm.activationBackward(
        activationCodes[activation],
        constant,
        z.byteOffset,
        a.byteOffset,
        da.byteOffset,
        dz.byteOffset,
        N,
        H,
      ),
    maxoutForward: (z, a, N, H) => wasm.maxoutForward(z.byteOffset, a.byteOffset, N, H),
    maxoutBackward: (z, da, dz, N, H) => wasm.maxoutBackward(z.byteOffset, da.byteOffset, dz.byteOffset, N, H),
    dropoutMask: (mask, threshold, { c1, c2, c3, key0, key1 }, N, H) =>
      wasm.dropoutMask(mask.byteOffset, threshold, c1, c2, c3, key0, key1, N, H),
    multiply: (x, y, out, N, H) => wasm.multiply(x.byteOffset, y.byteOffset, out.byteOffset, N, H),
    batchNormForward: (z, { gamma, beta, runningMean, runningVar }, cache, y, N, H) =>
      wasm.batchNormForward(
        z.byteOffset,
        gamma.byteOffset,
        beta.byteOffset,
        runningMean.byteOffset,
        runningVar.byteOffset,
        cache.normalized.byteOffset,
        cache.inverseDeviation.byteOffset,
        y.byteOffset,
        N,
        H,
      ),
    batchNormEvaluate: (z, { gamma, beta, runningMean, runningVar }, y, N, H) =>
      wasm.batchNormEvaluate(
        z.byteOffset,
        gamma.byteOffset,
        beta.byteOffset,
        runningMean.byteOffset,
        runningVar.byteOffset,
        y.byteOffset,
        N,
        H,
      ),
    batchNormBackward: (dy, gamma, cache, dGamma, dBeta, dz, N, H) =>
      wasm.batchNormBackward(
        dy.byteOffset,
        gamma.byteOffset,
        cache.normalized.byteOffset,
        cache.inverseDeviation.byteOffset,
        dGamma.byteOffset,
        dBeta.byteOffset,
        dz.byteOffset,
        N,
        H,
      ),
    softmaxCrossEntropy: (outputs, labels, dOutputs, N, C) =>
      wasm.softmaxCrossEntropy(outputs.byteOffset, labels.byteOffset, dOutputs.byteOffset, N, C),
    binaryCrossEntropy: (outputs, targets, dOutputs, N, C) =>
      wasm.binaryCrossEntropy(outputs.byteOffset, targets.byteOffset, dOutputs.byteOffset, N, C),
    meanSquaredError: (outputs, targets, dOutputs, N, C) =>
      wasm.meanSquaredError(outputs.byteOffset, targets.byteOffset, dOutputs.byteOffset, N, C),
    countCorrect: (outputs, labels, N, C) => wasm.countCorrect(outputs.byteOffset, labels.byteOffset, N, C),
    sumOfSquares: (x, count) => wasm.sumOfSquares(x.byteOffset, count),
    scale: (x, factor, count) => wasm.scale(x.byteOffset, factor, count),
    addScaled: (x, factor, y, count) => wasm.addScaled(x.byteOffset, factor, y.byteOffset, count),
    updateSgd: (w, g, count, rate) => wasm.updateSgd(w.byteOffset, g.byteOffset, count, rate),
    updateMomentum: (w, g, v, count, rate, momentum, nesterov) =>
      wasm.updateMomentum(w.byteOffset, g.byteOffset, v.byteOffset, count, rate, momentum, nesterov ? 1 : 0),
    updateAdagrad: (w, g, s, count, rate, epsilon) =>
      wasm.updateBySquares(w.byteOffset, g.byteOffset, s.byteOffset, count, rate, 1, 1, epsilon),
    updateRmsprop: (w, g, s, count, rate, decay, epsilon) =>
      wasm.updateBySquares(w.byteOffset, g.byteOffset, s.byteOffset, count, rate, decay, 1 - decay, epsilon),
    updateAdam: (w, g, m, s, count, rate, { beta1, beta2, epsilon }, correction1, correction2) =>
      wasm.updateAdam(
        w.byteOffset,
        g.byteOffset,
        m.byteOffset,
        s.byteOffset,
        count,
        rate / correction1,
        beta1,
        1 - beta1,
        beta2,
        1 - beta2,
        epsilon,
        1 / Math.sqrt(correction2),
      ),
  };
}

function addressOf(array: FloatArray | undefined): number {
  return array === undefined ? 0 : array.byteOffset;
}
