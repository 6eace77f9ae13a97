/** The plain kernels of the forward pass in evaluation. N rows, D inputs, H units; i counts rows, k inputs, j units. */
import { activationLoops } from '../model/activations.ts';
import { BATCH_NORM_EPSILON, type ForwardKernels, type Kernels, MAXOUT_PIECES } from './kernels.ts';
import { product } from './plain-product.ts';

export function forwardKernels(stride: Kernels['stride']): ForwardKernels {
  return {
    /** z[i,j] = b[j] + Σ_k x[i,k]·W[k,j] */
    denseForward(x, weight, bias, z, N, D, H) {
      product(x, stride(D), 1, weight, stride(H), 1, bias, z, stride(H), N, D, H);
    },

    activationForward(activation, constant, z, a, N, H) {
      const loops = activationLoops[activation];
      const S = stride(H);
      for (let i = 0; i < N; i++) loops.forward(z, a, i * S, i * S + H, constant);
    },

    /** Goodfellow, Warde-Farley, Mirza, Courville & Bengio 2013. A NaN in either piece stays a NaN. */
    maxoutForward(z, a, N, H) {
      const [S, pieces] = [stride(H), stride(MAXOUT_PIECES * H)];
      for (let i = 0; i < N; i++) {
        for (let j = 0; j < H; j++) a[i * S + j] = Math.max(z[i * pieces + 2 * j]!, z[i * pieces + 2 * j + 1]!);
      }
    },

    batchNormEvaluate(z, { gamma, beta, runningMean, runningVar }, y, N, H) {
      const S = stride(H);
      for (let j = 0; j < H; j++) {
        const scale = gamma[j]! / Math.sqrt(runningVar[j]! + BATCH_NORM_EPSILON);
        const shift = beta[j]! - scale * runningMean[j]!;
        for (let i = 0; i < N; i++) y[i * S + j] = scale * z[i * S + j]! + shift;
      }
    },
  };
}
