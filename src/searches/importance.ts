/** What mattered: which hyperparameters decide the value of a search's trials. */
import { z } from 'zod';
import { randomAt } from '../random.ts';
import { axisOf } from '../search/axis.ts';
import { mainShares, pairShare } from '../search/fanova.ts';
import type { Samples } from '../search/forest.ts';
import { pedAnova } from '../search/ped-anova.ts';
import type { Direction } from '../search/pruner.ts';
import { type Dimension, type Space, spaceOf, type Value } from '../search/space.ts';
import type { TrialOutcome } from './ports.ts';
import type { Search } from './records.ts';
import { stagesOf } from './stages.ts';

/** Below this, shares are mostly chance. */
const ENOUGH_TRIALS = 100;
/** Fewer say nothing at all. */
const FEWEST_TRIALS = 10;
/** More are thinned evenly: the forest costs more than they would tell. */
const MOST_TRIALS = 2000;
/** Pairs are worked out between so many of the most important. */
const PAIRED = 4;

const share = z.number().describe('From 0 to 1');

export const importanceSchema = z
  .object({
    trials: z.int().describe('Complete trials with a value, of the newest stage, that were looked at'),
    enough: z.boolean().describe(`Whether these are at least ${ENOUGH_TRIALS}`),
    note: z.string(),
    shares: z
      .array(
        z.object({
          name: z.string(),
          trials: z.int().describe('Of those, the ones in which it is active'),
          share: share.describe('Of the variance of the value that it explains by itself (fANOVA)'),
          low: share.describe('Its bootstrap interval, 5 %'),
          high: share.describe('95 %'),
          amongBest: share.describe('What it takes to be among the best tenth (PED-ANOVA), as a share of all'),
        }),
      )
      .readonly(),
    pairs: z
      .array(
        z.object({ names: z.array(z.string()).readonly(), share: share.describe('That two explain only together') }),
      )
      .readonly(),
  })
  .meta({ id: 'Importance' });
export type Importance = z.infer<typeof importanceSchema>;

/** All that importance is worked out from: plain data, to be sent to a thread. */
export interface ImportanceTask {
  readonly space: Space;
  readonly trials: readonly Pick<TrialOutcome, 'point' | 'value'>[];
  readonly direction: Direction;
  readonly seed: number;
}

export function importanceTask(search: Search, outcomes: readonly TrialOutcome[]): ImportanceTask {
  const stage = stagesOf(search).at(-1)!;
  const known = outcomes.filter(
    ({ state, value, number }) => state === 'complete' && value !== null && number >= stage.from,
  );
  const every = Math.ceil(known.length / MOST_TRIALS);
  return {
    space: spaceOf(stage.hyperparameters),
    trials: known.filter((_, i) => i % every === 0).map(({ point, value }) => ({ point, value })),
    direction: search.specification.objective.direction,
    seed: search.specification.sampler.seed,
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
function circlesOf({ space, trials, seed }: ImportanceTask): Circle[] {
  const spread = scatter(trials);
  const conditions = new Set(space.dimensions.map(conditionOf));
  return [...conditions].flatMap((condition) => {
    const judged = space.dimensions.filter((dimension) => conditionOf(dimension) === condition);
    const active = trials.filter(({ point }) => judged.every(({ name }) => point[name] !== undefined));
    if (active.length < FEWEST_TRIALS) return [];
    const samples: Samples = {
      columns: space.dimensions.map((dimension, j) => {
        const random = randomAt({ seed, purpose: 'forest', trial: j, fold: 1 });
        return Float64Array.from(active, ({ point }) => placeIn(dimension, point[dimension.name], random.uniform()));
      }),
      choices: space.dimensions.map(({ distribution }) =>
        distribution.distribution === 'categorical' ? distribution.choices.length : 0,
      ),
      values: Float64Array.from(active, ({ value }) => value!),
    };
    const names = new Set(judged.map(({ name }) => name));
    return [{ samples, judged: names, weight: spread > 0 ? scatter(active) / spread : 0 }];
  });
}

function conditionOf({ distribution }: Dimension): string {
  return JSON.stringify(distribution.when ?? {});
}

/** Sum of the squared distances from the mean. */
function scatter(trials: ImportanceTask['trials']): number {
  const mean = trials.reduce((sum, { value }) => sum + value!, 0) / trials.length;
  return trials.reduce((sum, { value }) => sum + (value! - mean) ** 2, 0);
}

/** Slow for its size: seconds where there are thousands of trials. Not for the event loop. */
export function importanceOf(task: ImportanceTask): Importance {
  const { space, trials, direction, seed } = task;
  const enough = trials.length >= ENOUGH_TRIALS;
  const none = { trials: trials.length, enough, shares: [], pairs: [] };
  if (trials.length < FEWEST_TRIALS) {
    return {
      ...none,
      note: `${trials.length} complete trials say nothing of importance yet; about ${ENOUGH_TRIALS} would.`,
    };
  }
  const names = space.dimensions.map(({ name }) => name);
  const judgements = circlesOf(task).map((circle) => judge(circle, names, direction, seed));
  const shares = judgements.flatMap((judgement) => judgement.shares).sort((a, b) => b.share - a.share);
  if (shares.length === 0) return { ...none, note: 'All trials have the same value: nothing mattered.' };
  const whole = shares.reduce((sum, { divergence }) => sum + divergence, 0);
  return {
    trials: trials.length,
    enough,
    note: enough
      ? 'Shares of the variance of the value, each hyperparameter in the scale it was sampled in.'
      : `From ${trials.length} trials: too early to tell; about ${ENOUGH_TRIALS} are needed.`,
    shares: shares.map(({ divergence, ...one }) => ({ ...one, amongBest: whole > 0 ? divergence / whole : 0 })),
    pairs: judgements.flatMap(({ pairs }) => pairs).sort((a, b) => b.share - a.share),
  };
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
