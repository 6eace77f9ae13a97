/**
 * The tree-structured Parzen estimator, multivariate: two mixtures, one of good trials and one of the others, and of some candidates
 * drawn from the good one that which the two disagree on most (Bergstra et al. 2011; Falkner et al. 2018; Watanabe 2023).
 */

import type { Direction } from '../../objective.ts';
import { randomAt } from '../../random.ts';
import { createMixture, type Mixture } from '../mixture.ts';
import { createObserved } from '../observed.ts';
import { gamma } from '../parzen.ts';
import type { Sampler } from '../sampler.ts';
import type { Point, Space } from '../space.ts';
import { repeatableSpace } from './repeats.ts';
import { sobolSampler } from './sobol.ts';

export interface TpeSettings {
  readonly seed: number;
  /** The first so many trials are Sobol points, which are most even at a power of two. */
  readonly startupTrials: number;
  /** Drawn from the good mixture, for every trial. */
  readonly candidates: number;
  /** Trial i is proposed from the trials numbered i − concurrency and below (law 6): 1 is strictly one after the other. */
  readonly concurrency: number;
}

export function tpeSampler(space: Space, settings: TpeSettings, direction: Direction): Sampler {
  const { seed, startupTrials, candidates, concurrency } = settings;
  const start = sobolSampler(space, seed);
  const repeatable = repeatableSpace(space, seed);
  const observed = createObserved(space, direction);
  return {
    size: Number.POSITIVE_INFINITY,
    learnsFrom: (number) => (number < startupTrials ? 0 : Math.max(number - concurrency + 1, 0)),
    propose: (number, history) => {
      const finished = history.filter(({ pending }) => pending !== true).length;
      const tried = repeatable?.tried(history);
      if (number < startupTrials || finished === 0) {
        const point = start.propose(number, []);
        return tried?.has(point) ? (tried.unused(number) ?? point) : point;
      }
      observed.align(history);
      // Pending trials count as bad ones, so that trials that run side by side spread out ("constant liar").
      const good = new Uint8Array(history.length);
      for (const i of observed.ranked.subarray(0, gamma(finished))) good[i] = 1;
      const better = createMixture(space, observed, good);
      const worse = createMixture(
        space,
        observed,
        good.map((isGood) => 1 - isGood),
      );
      const drawn = Array.from({ length: candidates }, (_, candidate) =>
        better.draw(randomAt({ seed, purpose: 'sampler', trial: number, epoch: candidate + 1 })),
      );
      const ranked = byScore(drawn, better, worse);
      return ranked.find((point) => tried?.has(point) !== true) ?? tried?.unused(number) ?? ranked[0]!;
    },
  };
}

/** The greatest ln l − ln g first; of equals the one drawn first. */
function byScore(drawn: readonly Point[], better: Mixture, worse: Mixture): Point[] {
  return drawn
    .map((point, i) => ({ point, i, score: better.logDensity(point) - worse.logDensity(point) }))
    .sort((a, b) => b.score - a.score || a.i - b.i)
    .map(({ point }) => point);
}
