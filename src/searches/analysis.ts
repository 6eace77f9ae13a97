/** What a search has come to: what mattered, what was covered, how the best was found. */
import { z } from 'zod';
import { axisOf } from '../search/axis.ts';
import { mainShares, pairShare } from '../search/fanova.ts';
import type { Samples } from '../search/forest.ts';
import { pedAnova } from '../search/ped-anova.ts';
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
  readonly direction: 'maximize' | 'minimize';
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

/** A hyperparameter that is not active stands in the middle of its axis, or at its first choice. */
function placeIn({ distribution }: Dimension, value: Value | undefined): number {
  if (distribution.distribution === 'categorical') return Math.max(0, distribution.choices.indexOf(value ?? ''));
  if (typeof value !== 'number') return 0.5;
  const axis = axisOf(distribution);
  return axis.high > axis.low ? (axis.at(value) - axis.low) / (axis.high - axis.low) : 0.5;
}

/** Slow for its size: seconds where there are thousands of trials. Not for the event loop. */
export function importanceOf({ space, trials, direction, seed }: ImportanceTask): Importance {
  const enough = trials.length >= ENOUGH_TRIALS;
  const none = { trials: trials.length, enough, shares: [], pairs: [] };
  if (trials.length < FEWEST_TRIALS) {
    return {
      ...none,
      note: `${trials.length} complete trials say nothing of importance yet; about ${ENOUGH_TRIALS} would.`,
    };
  }
  const samples: Samples = {
    columns: space.dimensions.map((dimension) =>
      Float64Array.from(trials, ({ point }) => placeIn(dimension, point[dimension.name])),
    ),
    choices: space.dimensions.map(({ distribution }) =>
      distribution.distribution === 'categorical' ? distribution.choices.length : 0,
    ),
    values: Float64Array.from(trials, ({ value }) => value!),
  };
  const main = mainShares(samples, seed);
  if (main === undefined) return { ...none, note: 'All trials have the same value: nothing mattered.' };
  const losses = samples.values.map((value) => (direction === 'maximize' ? -value : value));
  const divergences = pedAnova(samples.columns, samples.choices, losses);
  const whole = divergences.reduce((a, b) => a + b, 0);
  const shares = space.dimensions
    .map(({ name }, j) => ({ name, ...main[j]!, amongBest: whole > 0 ? divergences[j]! / whole : 0, j }))
    .sort((a, b) => b.share - a.share);
  const top = shares.slice(0, PAIRED);
  const pairs = top.flatMap((a, i) =>
    top.slice(i + 1).map((b) => ({ names: [a.name, b.name], share: pairShare(samples, seed, a.j, b.j) })),
  );
  return {
    trials: trials.length,
    enough,
    note: enough
      ? 'Shares of the variance of the value, each hyperparameter in the scale it was sampled in.'
      : `From ${trials.length} trials: too early to tell; about ${ENOUGH_TRIALS} are needed.`,
    shares: shares.map(({ j: _, ...one }) => one),
    pairs: pairs.sort((a, b) => b.share - a.share),
  };
}

export const historySchema = z
  .object({
    points: z
      .array(
        z.object({
          number: z.int(),
          value: z.number(),
          best: z.number().describe('Of the trials of its stage up to this one'),
          stage: z.int(),
          epochs: z.int().describe('Trained up to here, by all trials'),
        }),
      )
      .readonly()
      .describe('Complete trials in the order of their numbers; thinned, but never by one that was the best'),
  })
  .meta({ id: 'History' });
export type History = z.infer<typeof historySchema>;

const MOST_POINTS = 1000;

export function historyOf(search: Search, outcomes: readonly TrialOutcome[]): History {
  const sign = search.specification.objective.direction === 'maximize' ? 1 : -1;
  const stages = stagesOf(search);
  const points: History['points'][number][] = [];
  const improved = new Set<number>();
  let epochs = 0;
  let [stage, best] = [0, Number.NaN];
  for (const trial of outcomes) {
    epochs += trial.epochs;
    if (trial.state !== 'complete' || trial.value === null) continue;
    const own = Math.max(
      0,
      stages.findIndex(({ to }) => trial.number < to),
    );
    if (own !== stage) [stage, best] = [own, Number.NaN];
    if (!(sign * (trial.value - best) <= 0)) {
      best = trial.value;
      improved.add(trial.number);
    }
    points.push({ number: trial.number, value: trial.value, best, stage, epochs });
  }
  const every = Math.ceil(points.length / MOST_POINTS);
  return {
    points: points.filter(({ number }, i) => i % every === 0 || improved.has(number) || i === points.length - 1),
  };
}
