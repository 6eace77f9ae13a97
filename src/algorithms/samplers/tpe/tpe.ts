/**
 * The multivariate tree-structured Parzen estimator: one mixture of the good trials and one of the others. Of some candidates drawn from the
 * first, the one with the highest density ratio is proposed (Bergstra et al. 2011; Falkner et al. 2018; Watanabe 2023).
 */

import { randomAt } from '../../../random.ts';
import type { Direction } from '../../objective.ts';
import type { Point, Space } from '../../space/space.ts';
import { repeatableSpace } from '../repeats.ts';
import type { Sampler } from '../sampler.ts';
import { sobolSampler } from '../sobol/sobol.ts';
import { createMixture, type Mixture } from './mixture.ts';
import { createObserved } from './observed.ts';
import { gamma } from './parzen.ts';

export interface TpeSettings {
  readonly seed: number;
  /** This many trials are Sobol points first; these are most even at a power of two. */
  readonly startupTrials: number;
  /** Candidates drawn from the good mixture per trial. */
  readonly candidates: number;
  /** Trial i is proposed from the trials numbered i − concurrency and below; 1 is strictly sequential. */
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
      // Pending trials count as bad ones, so that parallel trials spread out ("constant liar").
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

/** Highest ln l − ln g first; ties in the order drawn. */
function byScore(drawn: readonly Point[], better: Mixture, worse: Mixture): Point[] {
  return drawn
    .map((point, i) => ({ point, i, score: better.logDensity(point) - worse.logDensity(point) }))
    .sort((a, b) => b.score - a.score || a.i - b.i)
    .map(({ point }) => point);
}
