/** What the non-linearities are called, for all that name one: kernels, the settings of a trial, the table of hyperparameters. */

/**
 * Those that work on single numbers. The place of a name is its code in kernels/activations.ts, so a new one comes last; its formula is in
 * activations.ts.
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

/** Maxout, which takes the greater of two, has kernels of its own. */
export const activations = [...elementwiseActivations, 'maxout'] as const;
export type Activation = (typeof activations)[number];

/** What the units of a hidden layer may have; the output layer is linear. */
export type HiddenActivation = Exclude<Activation, 'linear'>;
export const hiddenActivations: readonly HiddenActivation[] = activations.filter((name) => name !== 'linear');
