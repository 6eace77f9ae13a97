import { randomAt } from '../../../random.ts';
import { decidePoint, type Space, valueAt } from '../../space/space.ts';
import { drawAt } from '../random/random.ts';
import type { Sampler } from '../sampler.ts';
import { MAX_SOBOL_DIMENSIONS, scrambled, sobolBits } from './quasi-random.ts';

/**
 * The Sobol sequence, scrambled with the seed: each of 2ᵏ equal parts of a hyperparameter gets one of the first 2ᵏ trials, and combinations
 * of a few hyperparameters are covered almost as evenly. Unscrambled it would start with all minimum values.
 *
 * A conditional hyperparameter has its own dimension, so its values are only as even as the trials in which it is active. Dimensions without
 * direction numbers are sampled at random.
 */
export function sobolSampler(space: Space, seed: number): Sampler {
  const dimensions = space.dimensions.map((_, index) => {
    const random = randomAt({ seed, purpose: 'sampler', trial: 2 ** 32 - 1, fold: index });
    return {
      bits: index < MAX_SOBOL_DIMENSIONS ? sobolBits(index) : undefined,
      seed: random.uint32(),
      offset: random.uint32(),
    };
  });
  return {
    size: Number.POSITIVE_INFINITY,
    learnsFrom: () => 0,
    propose: (number) =>
      decidePoint(space, ({ distribution }, index) => {
        const { bits, seed: own, offset } = dimensions[index]!;
        if (bits === undefined) return drawAt(seed, number, index, distribution);
        // The offset moves points that the hash leaves fixed, such as the all-zero point.
        return valueAt(distribution, ((scrambled(bits(number), own) ^ offset) >>> 0) / 2 ** 32);
      }),
  };
}
