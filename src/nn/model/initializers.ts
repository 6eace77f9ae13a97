/** Initialization of weights. Biases and β start at 0 and γ at 1; only weights need random values to break symmetry. */
import { wordsOf } from '../../random.ts';
import type { WeightDistribution } from '../kernels/kernels.ts';
import type { TrainingAddress } from './address.ts';
import type { Network } from './network.ts';

export type Initializer = 'zeros' | 'smallNormal' | 'xavier' | 'he';

export interface InitialWeights {
  readonly initializer: Initializer;
  /** Distribution of the weights; the initializer sets its standard deviation. Default: normal. */
  readonly weightDistribution?: WeightDistribution | undefined;
  /** The standard deviation of smallNormal. Default: 0.01. */
  readonly smallNormalDeviation?: number | undefined;
}

/**
 * The standard deviation of the weights of a unit with `fanIn` inputs; each piece of a maxout unit counts as a unit.
 *
 * xavier keeps the variance of a linear layer: 1/√fanIn, the simplified form of Glorot & Bengio 2010 (theirs averages with the
 * fan-out, √(2/(in + out))). he doubles that variance, because relu halves it: √(2/fanIn) (He, Zhang, Ren & Sun 2015).
 */
export function weightDeviation({ initializer, smallNormalDeviation = 0.01 }: InitialWeights, fanIn: number): number {
  switch (initializer) {
    case 'zeros':
      return 0;
    case 'smallNormal':
      return smallNormalDeviation;
    case 'xavier':
      return 1 / Math.sqrt(fanIn);
    case 'he':
      return Math.sqrt(2 / fanIn);
  }
}

/** Initializes every parameter. Each layer l has its own random stream: l is the epoch of the address. */
export function initialize({ kernels, layers }: Network, weights: InitialWeights, address: TrainingAddress): void {
  layers.forEach(({ inputs, columns, parameters }, layer) => {
    const deviation = weightDeviation(weights, inputs);
    const { weight, bias, norm } = parameters;
    const words = wordsOf({ ...address, purpose: 'weights', epoch: layer });
    kernels.drawWeights(weight, inputs, columns, weights.weightDistribution ?? 'normal', deviation, words);
    bias?.fill(0);
    norm?.gamma.fill(1);
    norm?.beta.fill(0);
    norm?.runningMean.fill(0);
    norm?.runningVar.fill(1);
  });
}
