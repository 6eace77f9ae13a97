import { decidePoint, type Point, type Space } from '../space/space.ts';
import { drawAt } from './random/random.ts';
import type { Sampler } from './sampler.ts';

/**
 * Enqueued configurations as trials 0 … k − 1, then the proposals of `sampler`. Values missing in a configuration are sampled as the random
 * sampler would for that trial number.
 *
 * A finite sampler starts with its first point after the configurations, so that no point is skipped; an infinite one goes by the trial
 * number, so its first k proposals are not used.
 */
export function enqueued(space: Space, sampler: Sampler, configurations: readonly Point[], seed: number): Sampler {
  const { length } = configurations;
  const offset = Number.isFinite(sampler.size) ? length : 0;
  return {
    size: sampler.size + length,
    learnsFrom: (number) => (number < length ? 0 : sampler.learnsFrom(number - offset)),
    propose: (number, history) => {
      const given = configurations[number];
      if (given === undefined) return sampler.propose(number - offset, history);
      return decidePoint(
        space,
        ({ name, distribution }, index) => given[name] ?? drawAt(seed, number, index, distribution),
      );
    },
  };
}
