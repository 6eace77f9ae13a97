/** How much each hyperparameter explains of the values of trials: fANOVA and PED-ANOVA, conditions minded. */
import { randomAt } from '../random.ts';
import { axisOf } from './axis.ts';
import { mainShares, pairShare } from './fanova.ts';
import type { Samples } from './forest.ts';
import { pedAnova } from './ped-anova.ts';
import type { Direction } from './pruner.ts';
import type { Dimension, Point, Space, Value } from './space.ts';

/** Pairs are worked out between so many of the most important. */
const PAIRED = 4;

export interface Valued {
  readonly point: Point;
  readonly value: number;
}

export interface Explained {
  readonly name: string;
  /** Trials in which it is active. */
  readonly trials: number;
  readonly share: number;
  readonly low: number;
  readonly high: number;
  /** Of what it takes to be among the best tenth. */
  readonly amongBest: number;
}

export interface ExplainedPair {
  readonly names: readonly string[];
  readonly share: number;
}

/** The most important first; empty where all values are the same, or no condition holds in `fewest` trials. Slow for its size. */
export function explain(
  space: Space,
  trials: readonly Valued[],
  direction: Direction,
  seed: number,
  fewest: number,
): { readonly shares: readonly Explained[]; readonly pairs: readonly ExplainedPair[] } {
  const names = space.dimensions.map(({ name }) => name);
  const judgements = circlesOf(space, trials, seed, fewest).map((circle) => judge(circle, names, direction, seed));
  const shares = judgements.flatMap((judgement) => judgement.shares).sort((a, b) => b.share - a.share);
  const whole = shares.reduce((sum, { divergence }) => sum + divergence, 0);
  return {
    shares: shares.map(({ divergence, ...one }) => ({ ...one, amongBest: whole > 0 ? divergence / whole : 0 })),
    pairs: judgements.flatMap(({ pairs }) => pairs).sort((a, b) => b.share - a.share),
  };
}

/** What is not active stands anywhere, so that its place tells nothing of why it is not. */
function placeIn({ distribution }: Dimension, value: Value | undefined, anywhere: number): number {
  if (distribution.distribution === 'categorical') {
    const { choices } = distribution;
    return value === undefined ? Math.floor(anywhere * choices.length) : choices.indexOf(value);
  }
  if (value === undefined) return anywhere;
  const axis = axisOf(distribution);
  return axis.high > axis.low ? (axis.at(Number(value)) - axis.low) / (axis.high - axis.low) : 0.5;
}

/** Hyperparameters that share a condition, on the trials in which they are active. */
interface Circle {
  /** Of all hyperparameters: what others do must not be taken for theirs. */
  readonly samples: Samples;
  /** Whose shares are taken from here. */
  readonly judged: ReadonlySet<string>;
  /** The part of the whole variance that lies within these trials. */
  readonly weight: number;
}

/** One circle for each condition, so that no trial counts for a hyperparameter it does not have. */
function circlesOf(space: Space, trials: readonly Valued[], seed: number, fewest: number): Circle[] {
  const spread = scatter(trials);
  const conditions = new Set(space.dimensions.map(conditionOf));
  return [...conditions].flatMap((condition) => {
    const judged = space.dimensions.filter((dimension) => conditionOf(dimension) === condition);
    const active = trials.filter(({ point }) => judged.every(({ name }) => point[name] !== undefined));
    if (active.length < fewest) return [];
    const samples: Samples = {
      columns: space.dimensions.map((dimension, j) => {
        const random = randomAt({ seed, purpose: 'forest', trial: j, fold: 1 });
        return Float64Array.from(active, ({ point }) => placeIn(dimension, point[dimension.name], random.uniform()));
      }),
      choices: space.dimensions.map(({ distribution }) =>
        distribution.distribution === 'categorical' ? distribution.choices.length : 0,
      ),
      values: Float64Array.from(active, ({ value }) => value),
    };
    const names = new Set(judged.map(({ name }) => name));
    return [{ samples, judged: names, weight: spread > 0 ? scatter(active) / spread : 0 }];
  });
}

function conditionOf({ distribution }: Dimension): string {
  return JSON.stringify(distribution.when ?? {});
}

/** Sum of the squared distances from the mean. */
function scatter(trials: readonly Valued[]): number {
  const mean = trials.reduce((sum, { value }) => sum + value, 0) / trials.length;
  return trials.reduce((sum, { value }) => sum + (value - mean) ** 2, 0);
}

function judge({ samples, judged, weight }: Circle, names: readonly string[], direction: Direction, seed: number) {
  const main = mainShares(samples, seed);
  if (main === undefined) return { shares: [], pairs: [] };
  const losses = samples.values.map((value) => (direction === 'maximize' ? -value : value));
  const divergences = pedAnova(samples.columns, samples.choices, losses);
  const all = names.map((name, j) => ({ name, j, ...main[j]! })).sort((a, b) => b.share - a.share);
  const pairs = all.slice(0, PAIRED).flatMap((a, i, top) =>
    top
      .slice(i + 1)
      // A pair belongs to the circle of the one with the condition.
      .filter((b) => judged.has(a.name) || judged.has(b.name))
      .map((b) => ({ names: [a.name, b.name], share: weight * pairShare(samples, seed, a.j, b.j) })),
  );
  const shares = all
    .filter(({ name }) => judged.has(name))
    .map(({ name, share, low, high, j }) => ({
      name,
      trials: samples.values.length,
      share: weight * share,
      low: weight * low,
      high: weight * high,
      divergence: weight * divergences[j]!,
    }));
  return { shares, pairs };
}
