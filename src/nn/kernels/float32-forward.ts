/** The forward kernels of the families `simd` and `fused` in plain JavaScript, with their bits: for where they cannot run. Rows are dense. */
import { float32Activations, fusedMultiplyAdd, multiplyAdd } from './float32-functions.ts';
import { BATCH_NORM_EPSILON, type ForwardKernels } from './kernels.ts';
import { forwardKernels } from './plain-forward.ts';

const round = Math.fround;

type DenseForward = ForwardKernels['denseForward'];

export function float32Forward({ fused }: { readonly fused: boolean }): ForwardKernels {
  const add = fused ? fusedMultiplyAdd : multiplyAdd;
  const activations = float32Activations(add);
  return {
    denseForward: fused ? denseFused : denseRounded,
    activationForward(activation, constant, z, a, N, H) {
      const f = activations[activation];
      const single = round(constant);
      for (let i = 0; i < N * H; i++) a[i] = f(z[i]!, single);
    },
    maxoutForward: forwardKernels((columns) => columns).maxoutForward, // it rounds nothing
    batchNormEvaluate(z, { gamma, beta, runningMean, runningVar }, y, N, H) {
      for (let j = 0; j < H; j++) {
        const deviation = round(Math.sqrt(round(runningVar[j]! + round(BATCH_NORM_EPSILON))));
        const scale = round(gamma[j]! / deviation);
        const shift = round(beta[j]! - round(scale * runningMean[j]!));
        for (let i = j; i < N * H; i += H) y[i] = add(scale, z[i]!, shift);
      }
    },
  };
}

/** Four columns together, whose sums do not wait for each other; each is summed in the order of the inputs. */
const denseRounded: DenseForward = (x, weight, bias, z, N, D, H) => {
  const fours = H - (H % 4);
  for (let i = 0; i < N; i++) {
    const end = (i + 1) * D;
    for (let j = 0; j < fours; j += 4) {
      let s0 = bias === undefined ? 0 : bias[j]!;
      let s1 = bias === undefined ? 0 : bias[j + 1]!;
      let s2 = bias === undefined ? 0 : bias[j + 2]!;
      let s3 = bias === undefined ? 0 : bias[j + 3]!;
      for (let p = i * D, q = j; p < end; p++, q += H) {
        const a = x[p]!;
        s0 = round(s0 + round(a * weight[q]!));
        s1 = round(s1 + round(a * weight[q + 1]!));
        s2 = round(s2 + round(a * weight[q + 2]!));
        s3 = round(s3 + round(a * weight[q + 3]!));
      }
      const o = i * H + j;
      z[o] = s0;
      z[o + 1] = s1;
      z[o + 2] = s2;
      z[o + 3] = s3;
    }
    for (let j = fours; j < H; j++) {
      let sum = bias === undefined ? 0 : bias[j]!;
      for (let p = i * D, q = j; p < end; p++, q += H) sum = round(sum + round(x[p]! * weight[q]!));
      z[i * H + j] = sum;
    }
  }
};

const denseFused: DenseForward = (x, weight, bias, z, N, D, H) => {
  for (let i = 0; i < N; i++) {
    const end = (i + 1) * D;
    for (let j = 0; j < H; j++) {
      let sum = bias === undefined ? 0 : bias[j]!;
      for (let p = i * D, q = j; p < end; p++, q += H) sum = fusedMultiplyAdd(x[p]!, weight[q]!, sum);
      z[i * H + j] = sum;
    }
  }
};
