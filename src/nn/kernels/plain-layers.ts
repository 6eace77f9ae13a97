/** The plain kernels of the layers. N rows, D inputs, H units; i counts rows, k inputs, j units. */
import { philox } from '../../random.ts';
import { activationLoops } from '../model/activations.ts';
import { BATCH_NORM_EPSILON, BATCH_NORM_MOMENTUM, type Kernels, MAXOUT_PIECES } from './kernels.ts';
import { product } from './plain-product.ts';

type Stride = Kernels['stride'];

export function denseKernels(stride: Stride): Pick<Kernels, 'denseBackwardParameters' | 'denseBackwardInput'> {
  return {
    /** dW[k,j] = Σ_i x[i,k]·dz[i,j], db[j] = Σ_i dz[i,j] */
    denseBackwardParameters(x, dz, dWeight, dBias, N, D, H) {
      const S = stride(H);
      product(x, 1, stride(D), dz, S, 1, undefined, dWeight, S, D, N, H);
      if (dBias === undefined) return;
      for (let j = 0; j < H; j++) {
        let sum = 0;
        for (let i = 0; i < N; i++) sum += dz[i * S + j]!;
        dBias[j] = sum;
      }
    },

    /** dx[i,k] = Σ_j dz[i,j]·W[k,j] */
    denseBackwardInput(dz, weight, dx, N, D, H) {
      product(dz, stride(H), 1, weight, 1, stride(H), undefined, dx, stride(D), N, H, D);
    },
  };
}

export function activationKernels(stride: Stride): Pick<Kernels, 'activationBackward' | 'maxoutBackward'> {
  return {
    activationBackward(activation, constant, z, a, da, dz, N, H) {
      const loops = activationLoops[activation];
      const S = stride(H);
      for (let i = 0; i < N; i++) loops.backward(z, a, da, dz, i * S, i * S + H, constant);
    },

    maxoutBackward(z, da, dz, N, H) {
      const [S, pieces] = [stride(H), stride(MAXOUT_PIECES * H)];
      for (let i = 0; i < N; i++) {
        for (let j = 0; j < H; j++) {
          const p = i * pieces + 2 * j;
          const first = z[p]! >= z[p + 1]!;
          dz[p] = first ? da[i * S + j]! : 0;
          dz[p + 1] = first ? 0 : da[i * S + j]!;
        }
      }
    },
  };
}

/** Inverted dropout (Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov 2014). */
export function dropoutKernels(stride: Stride): Pick<Kernels, 'dropoutMask' | 'multiply'> {
  const block = new Uint32Array(4);
  return {
    dropoutMask(mask, threshold, { c1, c2, c3, key0, key1 }, N, H) {
      const S = stride(H);
      const blocksARow = Math.ceil(H / 8);
      const kept = 65536 / threshold;
      for (let i = 0; i < N; i++) {
        for (let j = 0; j < H; j++) {
          const unit = j % 8;
          if (unit === 0) philox(i * blocksARow + j / 8, c1, c2, c3, key0, key1, block);
          const bits = (block[unit >> 1]! >>> (16 * (unit % 2))) & 0xffff;
          mask[i * S + j] = bits < threshold ? kept : 0;
        }
      }
    },
    multiply(x, y, out, N, H) {
      const S = stride(H);
      for (let i = 0; i < N; i++) {
        for (let j = 0; j < H; j++) out[i * S + j] = x[i * S + j]! * y[i * S + j]!;
      }
    },
  };
}

export function batchNormKernels(stride: Stride): Pick<Kernels, 'batchNormForward' | 'batchNormBackward'> {
  return {
    /**
     * By column: mean μ and variance σ² over the N rows (divided by N), x̂ = (z − μ) / √(σ² + ε), y = γ·x̂ + β.
     * The running variance moves towards the unbiased one, σ²·N/(N − 1) (Ioffe & Szegedy 2015, algorithm 2). One row has no
     * unbiased variance: the running variance then stays as it is, and y = β.
     */
    batchNormForward(z, { gamma, beta, runningMean, runningVar }, { normalized, inverseDeviation }, y, N, H) {
      const S = stride(H);
      for (let j = 0; j < H; j++) {
        let mean = 0;
        for (let i = 0; i < N; i++) mean += z[i * S + j]!;
        mean /= N;
        let squares = 0;
        for (let i = 0; i < N; i++) {
          const deviation = z[i * S + j]! - mean;
          squares += deviation * deviation;
        }
        const inverse = 1 / Math.sqrt(squares / N + BATCH_NORM_EPSILON);
        inverseDeviation[j] = inverse;
        for (let i = 0; i < N; i++) {
          const xHat = (z[i * S + j]! - mean) * inverse;
          normalized[i * S + j] = xHat;
          y[i * S + j] = gamma[j]! * xHat + beta[j]!;
        }
        runningMean[j]! += BATCH_NORM_MOMENTUM * (mean - runningMean[j]!);
        if (N > 1) runningVar[j]! += BATCH_NORM_MOMENTUM * (squares / (N - 1) - runningVar[j]!);
      }
    },

    /**
     * dβ = Σ_i dy, dγ = Σ_i dy·x̂, and, as μ and σ² depend on every row:
     * dz = γ/√(σ² + ε) · (dy − dβ/N − x̂·dγ/N)
     */
    batchNormBackward(dy, gamma, { normalized, inverseDeviation }, dGamma, dBeta, dz, N, H) {
      const S = stride(H);
      for (let j = 0; j < H; j++) {
        let sum = 0;
        let sumNormalized = 0;
        for (let i = 0; i < N; i++) {
          sum += dy[i * S + j]!;
          sumNormalized += dy[i * S + j]! * normalized[i * S + j]!;
        }
        dBeta[j] = sum;
        dGamma[j] = sumNormalized;
        const scale = gamma[j]! * inverseDeviation[j]!;
        for (let i = 0; i < N; i++) {
          dz[i * S + j] = scale * (dy[i * S + j]! - sum / N - (normalized[i * S + j]! * sumNormalized) / N);
        }
      }
    },
  };
}
