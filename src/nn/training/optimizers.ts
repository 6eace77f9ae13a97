/** The optimizers: settings, state and update. */
import { expm1, log } from '../../exact-math.ts';
import type { FloatArray, Kernels } from '../kernels/kernels.ts';
import type { Network } from '../model/network.ts';

interface AdamSettings {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

export type Optimizer =
  | { readonly type: 'sgd'; readonly learningRate: number }
  | { readonly type: 'momentum' | 'nesterov'; readonly learningRate: number; readonly momentum: number }
  | { readonly type: 'adagrad'; readonly learningRate: number; readonly epsilon: number }
  | { readonly type: 'rmsprop'; readonly learningRate: number; readonly decay: number; readonly epsilon: number }
  | ({ readonly type: 'adam' } & AdamSettings)
  | ({ readonly type: 'adamw'; readonly weightDecay: number } & AdamSettings);

export type OptimizerType = Optimizer['type'];

/** The settings that a search can vary; the others have PyTorch's values below. */
export interface OptimizerChoice {
  readonly optimizer: OptimizerType;
  readonly learningRate: number;
  readonly momentum: number;
  readonly weightDecay: number;
}

export function optimizerOf({ optimizer, learningRate, momentum, weightDecay }: OptimizerChoice): Optimizer {
  const adam = { learningRate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
  switch (optimizer) {
    case 'sgd':
      return { type: optimizer, learningRate };
    case 'momentum':
    case 'nesterov':
      return { type: optimizer, learningRate, momentum };
    case 'adagrad':
      return { type: optimizer, learningRate, epsilon: 1e-10 };
    case 'rmsprop':
      return { type: optimizer, learningRate, decay: 0.99, epsilon: 1e-8 };
    case 'adam':
      return { type: optimizer, ...adam };
    case 'adamw':
      return { type: optimizer, ...adam, weightDecay };
  }
}

/** Numbers of state per parameter. */
const memories: Readonly<Record<OptimizerType, 0 | 1 | 2>> = {
  sgd: 0,
  momentum: 1,
  nesterov: 1,
  adagrad: 1,
  rmsprop: 1,
  adam: 2,
  adamw: 2,
};

/** Optimizer state: initially zeros; empty arrays if unused. */
export interface OptimizerMemory {
  /** The velocity, the sum or average of squares, or adam's first moment. */
  readonly first: FloatArray;
  /** Adam's second moment. */
  readonly second: FloatArray;
}

export function createMemory(kernels: Kernels, { type }: Optimizer, parameters: number): OptimizerMemory {
  return {
    first: kernels.allocate(memories[type] >= 1 ? parameters : 0),
    second: kernels.allocate(memories[type] >= 2 ? parameters : 0),
  };
}

/** 1 − βᵗ, as −(e^(t·ln β) − 1): exact where βᵗ is near 1, and 1 where β is 0. */
function biasCorrection(beta: number, t: number): number {
  return -expm1(t * log(beta));
}

/**
 * Updates all parameters with `network.gradients`; `t` counts updates from 1, `rate` is the scheduled learning rate. adamw first decays the
 * dense weights (not bias, γ or β) by η·weightDecay (Loshchilov & Hutter 2019).
 */
export function update(
  network: Network,
  optimizer: Optimizer,
  { first, second }: OptimizerMemory,
  rate: number,
  t: number,
): void {
  const { kernels, parameters: w, gradients: g } = network;
  const count = w.length;
  switch (optimizer.type) {
    case 'sgd':
      kernels.updateSgd(w, g, count, rate);
      break;
    case 'momentum':
    case 'nesterov':
      kernels.updateMomentum(w, g, first, count, rate, optimizer.momentum, optimizer.type === 'nesterov');
      break;
    case 'adagrad':
      kernels.updateAdagrad(w, g, first, count, rate, optimizer.epsilon);
      break;
    case 'rmsprop':
      kernels.updateRmsprop(w, g, first, count, rate, optimizer.decay, optimizer.epsilon);
      break;
    case 'adamw':
      decayWeights(network, rate * optimizer.weightDecay);
      updateAdam(network, optimizer, first, second, rate, t);
      break;
    case 'adam':
      updateAdam(network, optimizer, first, second, rate, t);
      break;
  }
}

function decayWeights({ kernels, layers }: Network, share: number): void {
  for (let l = 0; l < layers.length; l++) {
    const { weight } = layers[l]!.parameters;
    kernels.scale(weight, 1 - share, weight.length);
  }
}

function updateAdam(
  { kernels, parameters: w, gradients: g }: Network,
  settings: AdamSettings,
  m: FloatArray,
  s: FloatArray,
  rate: number,
  t: number,
): void {
  const correction1 = biasCorrection(settings.beta1, t);
  const correction2 = biasCorrection(settings.beta2, t);
  kernels.updateAdam(w, g, m, s, w.length, rate, settings, correction1, correction2);
}
