import { randomAt } from '../../../random.ts';
import { type Distribution, decidePoint, type Space, type Value, valueAt } from '../../space/space.ts';
import type { Sampler } from '../sampler.ts';

/** The value that trial `number` has at random in the space's dimension `index`. */
export function drawAt(seed: number, number: number, index: number, distribution: Distribution): Value {
  return valueAt(distribution, randomAt({ seed, purpose: 'sampler', trial: number, fold: index }).uniform());
}

/**
 * Independent uniform draws, in each hyperparameter's scale: trial i is a function of (seed, i) alone.
 *
 * Every dimension has an address of its own (`fold` holds its index), so one that is inactive takes nothing from the others.
 * Bergstra & Bengio, "Random Search for Hyper-Parameter Optimization", JMLR 13 (2012).
 */
export function randomSampler(space: Space, seed: number): Sampler {
  return {
    size: Number.POSITIVE_INFINITY,
    learnsFrom: () => 0,
    propose: (number) => decidePoint(space, ({ distribution }, index) => drawAt(seed, number, index, distribution)),
  };
}
