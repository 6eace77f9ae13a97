/**
 * The tree-structured Parzen estimator, multivariate: two mixtures, one of good trials and one of the others, and of some candidates
 * drawn from the good one that which the two disagree on most (Bergstra et al. 2011; Falkner et al. 2018; Watanabe 2023).
 */
import { randomAt } from '../../random.ts';
import { createMixture, type Mixture } from '../mixture.ts';
import { createObserved } from '../observed.ts';
import { gamma } from '../parzen.ts';
import type { Direction } from '../pruner.ts';
import type { Sampler } from '../sampler.ts';
import { countOf, type Point, type Space } from '../space.ts';
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
  const points = pointsOf(space);
  const observed = createObserved(space, direction);
  return {
    size: Number.POSITIVE_INFINITY,
    learnsFrom: (number) => (number < startupTrials ? 0 : Math.max(number - concurrency + 1, 0)),
    propose: (number, history) => {
      if (number < startupTrials || history.length === 0) return start.propose(number, []);
      observed.align(history);
      const good = new Uint8Array(history.length);
      for (const i of observed.ranked.subarray(0, gamma(history.length))) good[i] = 1;
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
      const tried = Number.isFinite(points) ? new Set(history.map(({ point }) => keyOf(point))) : new Set<string>();
      if (tried.size >= points) return ranked[0]!;
      return ranked.find((point) => !tried.has(keyOf(point))) ?? untried(tried, better, seed, number) ?? ranked[0]!;
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

/** How many points a space has at most; Infinity where a hyperparameter is continuous. */
function pointsOf({ dimensions }: Space): number {
  return dimensions.reduce((product, { distribution }) => product * countOf(distribution), 1);
}

/** Names are in the order of the space, so equal points have equal keys. */
function keyOf(point: Point): string {
  return JSON.stringify(Object.entries(point).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const MOST_DRAWS = 200;

/** A finite space is not to be tried twice at one point while others are left: what the good mixture gives next that is new. */
function untried(tried: ReadonlySet<string>, better: Mixture, seed: number, number: number): Point | undefined {
  const random = randomAt({ seed, purpose: 'sampler', trial: number, epoch: 2 ** 32 - 1 });
  for (let draw = 0; draw < MOST_DRAWS; draw++) {
    const point = better.draw(random);
    if (!tried.has(keyOf(point))) return point;
  }
  return undefined;
}
