/** How the weights of a network start. Biases start at 0, γ at 1, β at 0: that breaks no symmetry and needs no chance. */
import { randomAt } from '../random.ts';
import type { Network } from './network.ts';

export type Initializer = 'zeros' | 'smallNormal' | 'xavier' | 'he';

/** Where a training run stands in a search; with a purpose it is the address of all its random numbers. */
export interface TrainingAddress {
  readonly seed: number;
  readonly trial: number;
  readonly fold: number;
}

const SMALL_DEVIATION = 0.01;

/**
 * The standard deviation of the weights into a unit with `fanIn` inputs.
 *
 * xavier keeps the variance of a linear layer: 1/√fanIn, the simplified form of Glorot & Bengio 2010 (theirs averages with the
 * fan-out, √(2/(in + out))). he doubles that variance, because relu halves it: √(2/fanIn) (He, Zhang, Ren & Sun 2015).
 */
export function weightDeviation(initializer: Initializer, fanIn: number): number {
  switch (initializer) {
    case 'zeros':
      return 0;
    case 'smallNormal':
      return SMALL_DEVIATION;
    case 'xavier':
      return 1 / Math.sqrt(fanIn);
    case 'he':
      return Math.sqrt(2 / fanIn);
  }
}

/** Sets every parameter to its start. The weights of layer l have an address of their own: l stands in the epoch's place. */
export function initialize(network: Network, initializer: Initializer, address: TrainingAddress): void {
  const { kernels, layers } = network;
  layers.forEach(({ inputs, units, parameters }, layer) => {
    const deviation = weightDeviation(initializer, inputs);
    const random = randomAt({ ...address, purpose: 'weights', epoch: layer });
    const { weight, bias, norm } = parameters;
    const stride = kernels.stride(units);
    for (let row = 0; row < inputs; row++) {
      for (let j = 0; j < units; j++) weight[row * stride + j] = deviation * random.normal();
    }
    bias?.fill(0);
    norm?.gamma.fill(1);
    norm?.beta.fill(0);
    norm?.runningMean.fill(0);
    norm?.runningVar.fill(1);
  });
}
