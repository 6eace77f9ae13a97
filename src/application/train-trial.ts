/** Trains one claimed trial, from one report of its value to the next. */

import { bestOf } from '../algorithms/objective.ts';
import type { ComputeCore, FoldCurves, TimedUpdate, TrialResult, TrialTask } from '../compute/trial.ts';
import { type Look, lastingFault } from '../diagnosis/lasting.ts';
import type { Claim } from '../domain/commands.ts';
import type { Epoch } from '../domain/events.ts';
import type { Search } from '../domain/search.ts';
import { undefinedOn } from '../domain/specification/undefined-metric.ts';
import { type Looks, looksAt, stageOf } from '../domain/stages.ts';
import { HopelessTrial, trialTask } from '../domain/trial-task.ts';
import { perSeries } from '../nn/training/series.ts';
import type { Held } from './lease-manager.ts';
import type { DatasetStore, PubSub } from './ports.ts';
import type { ResultBatcher } from './result-batcher.ts';

export interface TrainDependencies {
  readonly datasets: Pick<DatasetStore, 'load'>;
  readonly core: ComputeCore;
  readonly board: PubSub;
}

export type Trained =
  | { readonly kind: 'result'; readonly result: TrialResult }
  /** It is no longer ours: it waits at a rung, was stopped, or somebody else has it. */
  | { readonly kind: 'over' };

/** From one report of its value to the next, until it ends or its claim does. */
export async function train(
  { datasets, core, board }: TrainDependencies,
  batcher: Pick<ResultBatcher, 'reportValue'>,
  search: Search,
  { claim, abort, curves }: Held,
): Promise<Trained> {
  const { searchId, number, attempt } = claim;
  const { task, limitSeconds, looks } = await claimedTask(datasets, search, claim);
  const { epochs } = task.settings;
  let resume = claim.checkpoint;
  let completed = 0;
  let durationMs = 0;
  let before: Look | undefined;
  for (;;) {
    const end = await core.run(
      { ...task, resume, pauseAfter: looks.next(completed) },
      {
        signal: abort.signal,
        limitSeconds: limitSeconds - durationMs / 1000,
        onEpochs: (updates) => {
          curves.add(updates);
          board.publish(
            searchId,
            updates.map((update) => epochOf(update, { number, attempt, epochs })),
          );
        },
      },
    );
    durationMs += end.durationMs;
    if (end.outcome !== 'paused') return { kind: 'result', result: { ...end, durationMs } };
    const best = bestMean(end.folds, task);
    const now = {
      ...end,
      trainLoss: lastMean(end.folds, 'trainLoss'),
      trainMetric: lastMean(end.folds, 'trainMetric'),
    };
    const lasting = lastingFault(before, now, classesOf(task));
    before = now;
    const decision = await batcher.reportValue(searchId, { ...end, number, attempt, best, lasting, durationMs });
    if (decision === 'over') return { kind: 'over' };
    resume = end.checkpoint;
    completed = end.epochs;
  }
}

function classesOf({ dataset }: TrialTask): number {
  return dataset.task === 'classification' ? dataset.classes.length : 0;
}

/** The folds' mean in the epoch that ended last; null where one has none. */
function lastMean(folds: readonly FoldCurves[], of: 'trainLoss' | 'trainMetric'): number | null {
  const values = folds.map((fold) => fold[of].at(-1) ?? null);
  return values.reduce<number | null>(
    (sum, value) => (sum === null || value === null ? null : sum + value / values.length),
    0,
  );
}

/** What of an epoch is told live: a notice is small, the rest is stored with the curves. */
function epochOf(update: TimedUpdate, trial: Pick<Epoch, 'number' | 'attempt' | 'epochs'>): Epoch {
  const { fold, epoch, at } = update;
  const found = update.found.map(({ code }) => code);
  return {
    type: 'epoch',
    ...trial,
    fold,
    epoch,
    at,
    ...perSeries((name) => update[name]),
    ...(found.length > 0 && { found }),
  };
}

/** The best, so far, of the means over the folds. */
function bestMean(folds: readonly FoldCurves[], { metric, direction }: TrialTask): number | null {
  const [first] = folds;
  if (first === undefined) return null;
  const series = metric === 'validationLoss' ? 'validationLoss' : 'validationMetric';
  const means = first[series]
    .map((_, epoch) => folds.map((fold) => fold[series][epoch] ?? null))
    .filter((values): values is number[] => values.every((value) => value !== null))
    .map((values) => values.reduce((a, b) => a + b, 0) / values.length);
  return bestOf(means, direction);
}

/** The task of a claimed trial, when it is looked at, and how long it may take. */
async function claimedTask(
  datasets: Pick<DatasetStore, 'load'>,
  search: Search,
  { number, rung, point }: Claim,
): Promise<{ task: TrialTask; limitSeconds: number; looks: Looks }> {
  const { specification, dataset: wanted } = search;
  const dataset = await datasets.load(wanted.name, wanted.hash);
  if (dataset === undefined) throw new HopelessTrial(`there is no data set ${wanted.name}`);
  const task = trialTask(search, { number, point }, dataset);
  const undefinedMetric = undefinedOn(dataset, task.validation, task.seed, task.metric);
  if (undefinedMetric !== undefined) throw new HopelessTrial(undefinedMetric);
  return {
    limitSeconds: specification.limits.trialSeconds,
    looks: looksAt(specification, stageOf(search, number)!, number, rung, task.settings.epochs),
    task,
  };
}
