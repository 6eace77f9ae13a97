import { randomAt } from '../../../random.ts';
import { type Distribution, decidePoint, type Space, type Value, valueAt } from '../../space/space.ts';
import type { Sampler } from '../sampler.ts';

/** The random value of trial `number` in dimension `index`. */
export function drawAt(seed: number, number: number, index: number, distribution: Distribution): Value {
  return valueAt(distribution, randomAt({ seed, purpose: 'sampler', trial: number, fold: index }).uniform());
}

/**
 * Independent uniform samples on each hyperparameter's scale: trial i depends only on (seed, i).
 *
 * Every dimension has its own random stream (`fold` holds its index), so an inactive dimension does not shift the others.
 * Bergstra & Bengio, "Random Search for Hyper-Parameter Optimization", JMLR 13 (2012).
 */
export function randomSampler(space: Space, seed: number): Sampler {
  return {
    size: Number.POSITIVE_INFINITY,
    learnsFrom: () => 0,
    propose: (number) => decidePoint(space, ({ distribution }, index) => drawAt(seed, number, index, distribution)),
  };
}
