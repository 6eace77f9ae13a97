import { randomAt } from '../../../random.ts';
import { decidePoint, type Space, valueAt } from '../../space/space.ts';
import { drawAt } from '../random/random.ts';
import type { Sampler } from '../sampler.ts';
import { MAX_SOBOL_DIMENSIONS, scrambled, sobolBits } from './quasi-random.ts';

/**
 * Sobol's sequence, scrambled by the seed: the first 2ᵏ trials have one in every k-th part of each hyperparameter, and little less evenly
 * of any few together. Unscrambled it would begin in the corner of all that is least.
 *
 * A conditional hyperparameter has a dimension of its own, so its values are evenly spread over the trials that have it only as far as these
 * are. Dimensions beyond those there are direction numbers for are drawn at random.
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
        // The offset moves whatever the hash leaves fixed, such as the all-zero point.
        return valueAt(distribution, ((scrambled(bits(number), own) ^ offset) >>> 0) / 2 ** 32);
      }),
  };
}
