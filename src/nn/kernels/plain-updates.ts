/** The optimizer steps of the plain kernels, with PyTorch's formulas. w parameters, g their gradient, η the learning rate. */
import type { AdamConstants, FloatArray } from './kernels.ts';

/** w ← w − η·g */
export function updateSgd(w: FloatArray, g: FloatArray, count: number, rate: number): void {
  for (let i = 0; i < count; i++) w[i]! -= rate * g[i]!;
}

/** Heavy ball (Polyak 1964); `nesterov` steps along the gradient that momentum is about to add (Sutskever et al. 2013). */
export function updateMomentum(
  w: FloatArray,
  g: FloatArray,
  v: FloatArray,
  count: number,
  rate: number,
  momentum: number,
  nesterov: boolean,
): void {
  for (let i = 0; i < count; i++) {
    const velocity = momentum * v[i]! + g[i]!;
    v[i] = velocity;
    w[i]! -= rate * (nesterov ? g[i]! + momentum * velocity : velocity);
  }
}

/** Duchi, Hazan & Singer 2011: the rate of a parameter decreases with the sum of its squared gradients. */
export function updateAdagrad(
  w: FloatArray,
  g: FloatArray,
  s: FloatArray,
  count: number,
  rate: number,
  epsilon: number,
): void {
  for (let i = 0; i < count; i++) {
    const squares = s[i]! + g[i]! * g[i]!;
    s[i] = squares;
    w[i]! -= (rate * g[i]!) / (Math.sqrt(squares) + epsilon);
  }
}

/** Tieleman & Hinton 2012: like adagrad with a moving average of the squares. */
export function updateRmsprop(
  w: FloatArray,
  g: FloatArray,
  s: FloatArray,
  count: number,
  rate: number,
  decay: number,
  epsilon: number,
): void {
  for (let i = 0; i < count; i++) {
    const squares = decay * s[i]! + (1 - decay) * g[i]! * g[i]!;
    s[i] = squares;
    w[i]! -= (rate * g[i]!) / (Math.sqrt(squares) + epsilon);
  }
}

/** Kingma & Ba 2015: momentum over rmsprop, both corrected for starting at 0; ε is added after the corrected root. */
export function updateAdam(
  w: FloatArray,
  g: FloatArray,
  m: FloatArray,
  s: FloatArray,
  count: number,
  rate: number,
  { beta1, beta2, epsilon }: AdamConstants,
  correction1: number,
  correction2: number,
): void {
  for (let i = 0; i < count; i++) {
    const mean = beta1 * m[i]! + (1 - beta1) * g[i]!;
    const squares = beta2 * s[i]! + (1 - beta2) * g[i]! * g[i]!;
    m[i] = mean;
    s[i] = squares;
    w[i]! -= (rate * (mean / correction1)) / (Math.sqrt(squares / correction2) + epsilon);
  }
}
