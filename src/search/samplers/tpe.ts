/**
 * The tree-structured Parzen estimator, multivariate: two mixtures, one of good trials and one of the others, and of some candidates
 * drawn from the good one that which the two disagree on most (Bergstra et al. 2011; Falkner et al. 2018; Watanabe 2023).
 */
import { randomAt } from '../../random.ts';
import { createMixture, type Mixture } from '../mixture.ts';
import { gamma } from '../parzen.ts';
import { compare, type Direction } from '../pruner.ts';
import type { Observation, Sampler } from '../sampler.ts';
import { countOf, decidePoint, type Point, type Space } from '../space.ts';
import { drawAt } from './random.ts';

export interface TpeSettings {
  readonly seed: number;
  /** The first so many trials are drawn at random. */
  readonly startupTrials: number;
  /** Drawn from the good mixture, for every trial. */
  readonly candidates: number;
  /** Trial i is proposed from the trials numbered i − concurrency and below (law 6): 1 is strictly one after the other. */
  readonly concurrency: number;
}

export function tpeSampler(space: Space, settings: TpeSettings, direction: Direction): Sampler {
  const { seed, startupTrials, candidates, concurrency } = settings;
  const atRandom = (number: number) =>
    decidePoint(space, ({ distribution }, index) => drawAt(seed, number, index, distribution));
  const points = pointsOf(space);
  return {
    size: Number.POSITIVE_INFINITY,
    learnsFrom: (number) => (number < startupTrials ? 0 : Math.max(number - concurrency + 1, 0)),
    propose: (number, history) => {
      const { good, others } = split(history, direction);
      if (number < startupTrials || good.length === 0) return atRandom(number);
      const [better, worse] = [createMixture(space, good), createMixture(space, others)];
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

/**
 * The best share, and the others: complete trials by value; then those that were stopped, of which those that came further are the
 * better; then those without a value. Both by number.
 */
export function split(
  history: readonly Observation[],
  direction: Direction,
): { good: Observation[]; others: Observation[] } {
  const rank = ({ complete, value }: Observation) => (value === null ? 2 : complete ? 0 : 1);
  const ordered = history.toSorted(
    (a, b) =>
      rank(a) - rank(b) ||
      (rank(a) === 1 ? b.epochs - a.epochs : 0) ||
      compare(b.value, a.value, direction) ||
      a.number - b.number,
  );
  const count = gamma(history.length);
  const byNumber = (a: Observation, b: Observation) => a.number - b.number;
  return { good: ordered.slice(0, count).sort(byNumber), others: ordered.slice(count).sort(byNumber) };
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
