import { decidePoint, type Point, type Space } from '../space/space.ts';
import { drawAt } from './random/random.ts';
import type { Sampler } from './sampler.ts';

/**
 * Given configurations first, as trials 0 … k − 1, then what `sampler` proposes. What a configuration leaves out is drawn at
 * random for its number, as the random sampler would.
 *
 * A sampler that ends has each of its points still to give and begins with its first; one without an end goes by a trial's
 * number, and what it would have proposed for the first k is not tried.
 */
export function enqueued(space: Space, sampler: Sampler, configurations: readonly Point[], seed: number): Sampler {
  const { length } = configurations;
  const behind = Number.isFinite(sampler.size) ? length : 0;
  return {
    size: sampler.size + length,
    learnsFrom: (number) => (number < length ? 0 : sampler.learnsFrom(number - behind)),
    propose: (number, history) => {
      const given = configurations[number];
      if (given === undefined) return sampler.propose(number - behind, history);
      return decidePoint(
        space,
        ({ name, distribution }, index) => given[name] ?? drawAt(seed, number, index, distribution),
      );
    },
  };
}
