/**
 * The activations, forward and backward side by side. The slope f′(z) is always taken from the output a = f(z), so z need not
 * be kept. Whole loops, not functions of one number: a call for every element would cost more than the arithmetic.
 */
import { expm1, sigmoid, tanh } from '../exact-math.ts';
import type { Activation, FloatArray } from './kernels.ts';

/** Slope of leakyRelu below 0 (Maas, Hannun & Ng 2013). */
export const LEAKY_SLOPE = 0.01;

interface ActivationLoops {
  /** a = f(z) */
  forward(z: FloatArray, a: FloatArray, count: number): void;
  /** dz = da·f′ */
  backward(a: FloatArray, da: FloatArray, dz: FloatArray, count: number): void;
}

/** f(z) = z */
const linear: ActivationLoops = {
  forward(z, a, count) {
    for (let i = 0; i < count; i++) a[i] = z[i]!;
  },
  backward(_a, da, dz, count) {
    for (let i = 0; i < count; i++) dz[i] = da[i]!;
  },
};

/** f(z) = 1 / (1 + e^−z), f′ = a·(1 − a) */
const sigmoidLoops: ActivationLoops = {
  forward(z, a, count) {
    for (let i = 0; i < count; i++) a[i] = sigmoid(z[i]!);
  },
  backward(a, da, dz, count) {
    for (let i = 0; i < count; i++) dz[i] = da[i]! * a[i]! * (1 - a[i]!);
  },
};

/** f(z) = tanh z, f′ = 1 − a² = (1 − a)·(1 + a), which does not cancel near saturation */
const tanhLoops: ActivationLoops = {
  forward(z, a, count) {
    for (let i = 0; i < count; i++) a[i] = tanh(z[i]!);
  },
  backward(a, da, dz, count) {
    for (let i = 0; i < count; i++) dz[i] = da[i]! * (1 - a[i]!) * (1 + a[i]!);
  },
};

/** f(z) = max(0, z), f′ = 1 above 0, else 0. A NaN stays a NaN: a network that has diverged must not look healthy. */
const relu: ActivationLoops = {
  forward(z, a, count) {
    for (let i = 0; i < count; i++) a[i] = Math.max(z[i]!, 0);
  },
  backward(a, da, dz, count) {
    for (let i = 0; i < count; i++) dz[i] = a[i]! > 0 ? da[i]! : 0;
  },
};

/** f(z) = z above 0, else 0.01·z */
const leakyRelu: ActivationLoops = {
  forward(z, a, count) {
    for (let i = 0; i < count; i++) a[i] = z[i]! < 0 ? LEAKY_SLOPE * z[i]! : z[i]!;
  },
  backward(a, da, dz, count) {
    for (let i = 0; i < count; i++) dz[i] = a[i]! > 0 ? da[i]! : LEAKY_SLOPE * da[i]!;
  },
};

/** f(z) = z above 0, else e^z − 1, whose slope is a + 1 (Clevert, Unterthiner & Hochreiter 2016, α = 1) */
const elu: ActivationLoops = {
  forward(z, a, count) {
    for (let i = 0; i < count; i++) a[i] = z[i]! < 0 ? expm1(z[i]!) : z[i]!;
  },
  backward(a, da, dz, count) {
    for (let i = 0; i < count; i++) dz[i] = a[i]! > 0 ? da[i]! : da[i]! * (a[i]! + 1);
  },
};

export const activationLoops: Readonly<Record<Activation, ActivationLoops>> = {
  linear,
  sigmoid: sigmoidLoops,
  tanh: tanhLoops,
  relu,
  leakyRelu,
  elu,
};
