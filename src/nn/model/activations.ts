/**
 * Element-wise activations, forward and backward. The slope f′ is computed from the output a = f(z) if possible; gelu and silu are not
 * monotonic and need z. These are loops over arrays, because a call per element would cost more than the arithmetic.
 */
import { expm1, normalCdf, normalDensity, sigmoid, tanh } from '../../exact-math.ts';
import type { FloatArray } from '../kernels/float-array.ts';

/** Both work on the numbers from `start` up to, but not including, `end`. */
interface ActivationLoops {
  /** Whether the backward pass needs z. If not, a overwrites z, which halves the memory traffic. */
  readonly needsZ?: true;
  /** a = f(z) */
  forward(z: FloatArray, a: FloatArray, start: number, end: number, constant: number): void;
  /** dz = da·f′ */
  backward(
    z: FloatArray,
    a: FloatArray,
    da: FloatArray,
    dz: FloatArray,
    start: number,
    end: number,
    constant: number,
  ): void;
}

/** f(z) = z */
const linear: ActivationLoops = {
  forward(z, a, start, end) {
    for (let i = start; i < end; i++) a[i] = z[i]!;
  },
  backward(_z, _a, da, dz, start, end) {
    for (let i = start; i < end; i++) dz[i] = da[i]!;
  },
};

/** f(z) = 1 / (1 + e^−z), f′ = a·(1 − a) */
const sigmoidLoops: ActivationLoops = {
  forward(z, a, start, end) {
    for (let i = start; i < end; i++) a[i] = sigmoid(z[i]!);
  },
  backward(_z, a, da, dz, start, end) {
    for (let i = start; i < end; i++) dz[i] = da[i]! * a[i]! * (1 - a[i]!);
  },
};

/** f(z) = tanh z, f′ = 1 − a² = (1 − a)·(1 + a), which does not cancel near saturation */
const tanhLoops: ActivationLoops = {
  forward(z, a, start, end) {
    for (let i = start; i < end; i++) a[i] = tanh(z[i]!);
  },
  backward(_z, a, da, dz, start, end) {
    for (let i = start; i < end; i++) dz[i] = da[i]! * (1 - a[i]!) * (1 + a[i]!);
  },
};

/** f(z) = max(0, z), f′ = 1 above 0, else 0. NaN stays NaN, so that divergence stays visible. */
const relu: ActivationLoops = {
  forward(z, a, start, end) {
    for (let i = start; i < end; i++) a[i] = Math.max(z[i]!, 0);
  },
  backward(_z, a, da, dz, start, end) {
    for (let i = start; i < end; i++) dz[i] = a[i]! > 0 ? da[i]! : 0;
  },
};

/** f(z) = z above 0, else slope·z (Maas, Hannun & Ng 2013) */
const leakyRelu: ActivationLoops = {
  forward(z, a, start, end, slope) {
    for (let i = start; i < end; i++) a[i] = z[i]! < 0 ? slope * z[i]! : z[i]!;
  },
  backward(_z, a, da, dz, start, end, slope) {
    for (let i = start; i < end; i++) dz[i] = a[i]! > 0 ? da[i]! : slope * da[i]!;
  },
};

/** f(z) = z above 0, else α·(e^z − 1), whose slope is a + α (Clevert, Unterthiner & Hochreiter 2016) */
const elu: ActivationLoops = {
  forward(z, a, start, end, alpha) {
    for (let i = start; i < end; i++) a[i] = z[i]! < 0 ? alpha * expm1(z[i]!) : z[i]!;
  },
  backward(_z, a, da, dz, start, end, alpha) {
    for (let i = start; i < end; i++) dz[i] = a[i]! > 0 ? da[i]! : da[i]! * (a[i]! + alpha);
  },
};

/** f(z) = z·Φ(z), f′ = Φ(z) + z·φ(z), the exact form (Hendrycks & Gimpel 2016) */
const gelu: ActivationLoops = {
  needsZ: true,
  forward(z, a, start, end) {
    for (let i = start; i < end; i++) a[i] = z[i]! * normalCdf(z[i]!);
  },
  backward(z, _a, da, dz, start, end) {
    for (let i = start; i < end; i++) dz[i] = da[i]! * (normalCdf(z[i]!) + z[i]! * normalDensity(z[i]!));
  },
};

/** f(z) = z·σ(z), f′ = σ·(1 + z·(1 − σ)) (Elfwing, Uchibe & Doya 2018) */
const silu: ActivationLoops = {
  needsZ: true,
  forward(z, a, start, end) {
    for (let i = start; i < end; i++) a[i] = z[i]! * sigmoid(z[i]!);
  },
  backward(z, _a, da, dz, start, end) {
    for (let i = start; i < end; i++) {
      const s = sigmoid(z[i]!);
      dz[i] = da[i]! * s * (1 + z[i]! * (1 - s));
    }
  },
};

/** Element-wise activations. The index of a name is its code in kernels/activations.ts and kernels/native/layers.h, so append new ones. */
export const activationLoops = {
  linear,
  sigmoid: sigmoidLoops,
  tanh: tanhLoops,
  relu,
  leakyRelu,
  elu,
  gelu,
  silu,
} as const satisfies Readonly<Record<string, ActivationLoops>>;
export type ElementwiseActivation = keyof typeof activationLoops;
export const elementwiseActivations = Object.keys(activationLoops) as readonly ElementwiseActivation[];

/** Maxout, the maximum of two linear pieces, has its own kernels. */
export type Activation = ElementwiseActivation | 'maxout';
export const activations: readonly Activation[] = [...elementwiseActivations, 'maxout'];

/** The activations of hidden layers; the output layer is linear. */
export type HiddenActivation = Exclude<Activation, 'linear'>;
export const hiddenActivations: readonly HiddenActivation[] = activations.filter((name) => name !== 'linear');
