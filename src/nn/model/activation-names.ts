/** Names of the activations, for kernels, trial settings and the table of hyperparameters. */

/**
 * Element-wise activations. The index of a name is its code in kernels/activations.ts, so append new ones; the formulas are in activations.ts.
 */
export const elementwiseActivations = [
  'linear',
  'sigmoid',
  'tanh',
  'relu',
  'leakyRelu',
  'elu',
  'gelu',
  'silu',
] as const;
export type ElementwiseActivation = (typeof elementwiseActivations)[number];

/** Maxout, the maximum of two linear pieces, has its own kernels. */
export const activations = [...elementwiseActivations, 'maxout'] as const;
export type Activation = (typeof activations)[number];

/** The activations of hidden layers; the output layer is linear. */
export type HiddenActivation = Exclude<Activation, 'linear'>;
export const hiddenActivations: readonly HiddenActivation[] = activations.filter((name) => name !== 'linear');
