/**
 * The multivariate tree-structured Parzen estimator: one mixture of the good trials and one of the others. Of some candidates drawn from the
 * first, the one with the highest density ratio is proposed (Bergstra et al. 2011; Falkner et al. 2018; Watanabe 2023).
 */

import { randomAt } from '../../../random.ts';
import type { Direction } from '../../objective.ts';
import type { Point, Space } from '../../space/space.ts';
import { createTried } from '../repeats.ts';
import type { Sampler } from '../sampler.ts';
import { sobolSampler } from '../sobol/sobol.ts';
import type { Mixture } from './mixture.ts';
import { createSplit } from './split.ts';

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
  const tried = createTried(space, seed);
  // Pending trials count as bad ones, so that parallel trials spread out ("constant liar").
  const split = createSplit(space, direction, {
    added: ({ point }) => tried?.add(point),
    removed: ({ point }) => tried?.remove(point),
  });
  return {
    size: Number.POSITIVE_INFINITY,
    learnsFrom: (number) => (number < startupTrials ? 0 : Math.max(number - concurrency + 1, 0)),
    propose: (number, history) => {
      split.follow(history);
      if (number < startupTrials || split.finished === 0) {
        const point = start.propose(number, []);
        return tried?.has(point) ? (tried.unused(number) ?? point) : point;
      }
      const { better, worse } = split;
      const drawn = Array.from({ length: candidates }, (_, candidate) =>
        better.draw(randomAt({ seed, purpose: 'sampler', trial: number, epoch: candidate + 1 })),
      );
      const untried = drawn.filter((point) => tried?.has(point) !== true);
      return best(untried, better, worse) ?? tried?.unused(number) ?? best(drawn, better, worse)!;
    },
  };
}

/** The point with the highest ln l − ln g; the first of equal ones. Scores are computed only where an upper bound leaves it open. */
function best(points: readonly Point[], better: Mixture, worse: Mixture): Point | undefined {
  const bounded = points.map((point, i) => {
    const own = better.logDensity(point);
    return { point, i, own, most: own - worse.leastLogDensity(point) };
  });
  bounded.sort((a, b) => b.most - a.most || a.i - b.i);
  let found: { readonly point: Point; readonly i: number; readonly score: number } | undefined;
  for (const { point, i, own, most } of bounded) {
    if (found !== undefined && most < found.score) break;
    const score = own - worse.logDensity(point);
    if (found === undefined || score > found.score || (score === found.score && i < found.i))
      found = { point, i, score };
  }
  return found?.point;
}
