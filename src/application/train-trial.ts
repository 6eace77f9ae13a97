/** Trains one claimed trial and reports its intermediate values. */

import { bestOf } from '../algorithms/objective.ts';
import type { ComputeCore, FoldCurves, TimedUpdate, TrialResult, TrialTask } from '../compute/trial.ts';
import { type IntermediateReport, persistentFault } from '../diagnosis/persistent.ts';
import type { Claim, PausedReport } from '../domain/commands.ts';
import type { Epoch } from '../domain/events.ts';
import { meansByEpoch, seriesOf } from '../domain/intermediate-values.ts';
import { hasBarriers } from '../domain/pruner-rules.ts';
import type { Search } from '../domain/search.ts';
import { undefinedOn } from '../domain/specification/undefined-metric.ts';
import { type ReportSchedule, reportSchedule, stageOf } from '../domain/stages.ts';
import { HopelessTrial, trialTask } from '../domain/trial-task.ts';
import { perSeries } from '../nn/training/series.ts';
import type { Lease } from './lease-manager.ts';
import type { DatasetStore } from './ports/dataset-store.ts';
import type { PubSub } from './ports/messages.ts';
import type { ResultBatcher } from './result-batcher.ts';
import { threadSpans } from './thread-spans.ts';
import { currentSpan } from './tracing.ts';

export interface TrainDependencies {
  readonly datasets: Pick<DatasetStore, 'load'>;
  readonly core: Pick<ComputeCore, 'run'>;
  readonly pubSub: PubSub;
}

export type Trained =
  | { readonly kind: 'result'; readonly result: TrialResult }
  /** It has come to its rung, where it waits. */
  | { readonly kind: 'paused'; readonly report: PausedReport }
  /** The claim has ended: the trial was stopped, or another worker has it. */
  | { readonly kind: 'over' };

/** Trains until the trial or its claim ends. */
export async function train(
  { datasets, core, pubSub }: TrainDependencies,
  batcher: Pick<ResultBatcher, 'reportValue'>,
  search: Search,
  { claim, abort, revoke, curves }: Lease,
): Promise<Trained> {
  const { searchId, number, attempt } = claim;
  const { task, limitSeconds, schedule } = await claimedTask(datasets, search, claim);
  const { epochs } = task.settings;
  const spans = threadSpans(currentSpan());
  let resume = claim.checkpoint;
  let completed = 0;
  let durationMs = 0;
  let before: IntermediateReport | undefined;
  for (;;) {
    const end = await core.run(
      { ...task, resume, pauseAfter: schedule.next(completed) },
      {
        signal: abort.signal,
        revoke: completed === 0 ? revoke.signal : undefined,
        limitSeconds: limitSeconds - durationMs / 1000,
        onThread: spans.onThread,
        onEpochs: (updates) => {
          spans.add(updates);
          curves.add(updates);
          pubSub.publish(
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
    const lasting = persistentFault(before, now, classesOf(task));
    before = now;
    const report = { ...end, number, attempt, best, lasting, durationMs };
    if (hasBarriers(search.specification.pruner)) return { kind: 'paused', report };
    const decision = await batcher.reportValue(searchId, report);
    if (decision === 'over') return { kind: 'over' };
    resume = end.checkpoint;
    completed = end.epochs;
  }
}

function classesOf({ dataset }: TrialTask): number {
  return dataset.task === 'classification' ? dataset.classes.length : 0;
}

/** The folds' mean in the last epoch; null if a fold has no value. */
function lastMean(folds: readonly FoldCurves[], of: 'trainLoss' | 'trainMetric'): number | null {
  const values = folds.map((fold) => fold[of].at(-1) ?? null);
  return values.reduce<number | null>(
    (sum, value) => (sum === null || value === null ? null : sum + value / values.length),
    0,
  );
}

/** The part of an epoch that is published live: notifications must be small, and the rest is stored with the curves. */
function epochOf(update: TimedUpdate, trial: Pick<Epoch, 'number' | 'attempt' | 'epochs'>): Epoch {
  const { fold, epoch, at } = update;
  const found = update.found.map(({ code }) => code);
  return {
    ...trial,
    fold,
    epoch,
    at,
    ...perSeries((name) => update[name]),
    ...(found.length > 0 && { found }),
  };
}

/** The best mean over the folds so far. */
function bestMean(folds: readonly FoldCurves[], { metric, direction }: TrialTask): number | null {
  const series = seriesOf(metric);
  const means = meansByEpoch(folds.map((fold) => fold[series]));
  return bestOf(
    means.filter((mean) => mean !== null),
    direction,
  );
}

/** The task of a claimed trial, its report schedule and its time limit. */
async function claimedTask(
  datasets: Pick<DatasetStore, 'load'>,
  search: Search,
  claim: Claim,
): Promise<{ task: TrialTask; limitSeconds: number; schedule: ReportSchedule }> {
  const { specification, dataset: wanted } = search;
  const dataset = await datasets.load(wanted.name, wanted.hash);
  if (dataset === undefined) throw new HopelessTrial(`there is no data set ${wanted.name}`);
  const { number, rung, confirms } = claim;
  const task = trialTask(search, claim, dataset);
  const undefinedMetric = undefinedOn(dataset, task.validation, task.seed, task.metric, task.split);
  if (undefinedMetric !== undefined) throw new HopelessTrial(undefinedMetric);
  return {
    limitSeconds: specification.limits.trialSeconds,
    // Runs of a confirmation are not pruned: all are trained to their end.
    schedule:
      confirms === undefined
        ? reportSchedule(specification, stageOf(search, number)!, number, rung, task.settings.epochs)
        : { next: () => undefined },
    task,
  };
}
