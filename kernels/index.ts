/** What src/nn/kernels/simd.ts calls: the kernels of src/nn/kernels/kernels.ts on addresses. */
export { activationBackward, activationForward, maxoutBackward, maxoutForward } from './activations';
export { batchNormBackward, batchNormEvaluate, batchNormForward } from './batch-norm';
export { dropoutMask } from './dropout';
export { stride } from './lanes';
export { binaryCrossEntropy, countCorrect, meanSquaredError, softmaxCrossEntropy } from './losses';
export { denseBackwardInput, denseBackwardParameters, denseForward } from './product';
export { updateAdam, updateBySquares, updateMomentum, updateSgd } from './updates';
export { addScaled, gather, gatherIntegers, multiply, scale, sumOfSquares } from './vectors';

/** The first address that the module's own data leave free. */
export function heapStart(): usize {
  return __heap_base;
}

/** The natural logarithm, for kernels in other languages: every C library has one of its own. */
export function logarithm(x: f64): f64 {
  return Math.log(x);
}
