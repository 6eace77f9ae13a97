/** What mattered: which hyperparameters decide the value of a search's trials. */
import { z } from 'zod';
import { explain, type Valued } from '../search/importance.ts';
import type { Direction } from '../search/objective.ts';
import { type Space, spaceOf } from '../search/space.ts';
import type { TrialOutcome } from './ports.ts';
import type { Search } from './records.ts';
import { stagesOf } from './stages.ts';

/** Below this, shares are mostly chance. */
const ENOUGH_TRIALS = 100;
/** Fewer say nothing at all. */
const FEWEST_TRIALS = 10;
/** More are thinned evenly: the forest costs more than they would tell. */
const MOST_TRIALS = 2000;

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
  readonly trials: readonly Valued[];
  readonly direction: Direction;
  readonly seed: number;
}

export function importanceTask(search: Search, outcomes: readonly TrialOutcome[]): ImportanceTask {
  const stage = stagesOf(search).at(-1)!;
  const known = outcomes.flatMap(({ state, number, point, value }) =>
    state === 'complete' && value !== null && number >= stage.from ? [{ point, value }] : [],
  );
  const every = Math.ceil(known.length / MOST_TRIALS);
  return {
    space: spaceOf(stage.hyperparameters),
    trials: known.filter((_, i) => i % every === 0),
    direction: search.specification.objective.direction,
    seed: search.specification.sampler.seed,
  };
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
  const { shares, pairs } = explain(space, trials, direction, seed, FEWEST_TRIALS);
  if (shares.length === 0) return { ...none, note: 'All trials have the same value: nothing mattered.' };
  return {
    trials: trials.length,
    enough,
    note: enough
      ? 'Shares of the variance of the value, each hyperparameter in the scale it was sampled in.'
      : `From ${trials.length} trials: too early to tell; about ${ENOUGH_TRIALS} are needed.`,
    shares,
    pairs,
  };
}
