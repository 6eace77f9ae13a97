/** Results of trials that were trained to their end. */
import { isBetter } from '../../algorithms/objective.ts';
import { epochsBefore } from '../brackets.ts';
import type { Finished, FinishedTrial, Plan } from '../commands.ts';
import { hasBarriers } from '../pruner-rules.ts';
import { markOf } from '../runs.ts';
import type { Search } from '../search.ts';
import { bracketIn, stageOf } from '../stages.ts';
import { conclude } from './ending.ts';
import type { TrialQuery } from './facts.ts';
import { addTrials } from './planning.ts';
import { settleBrackets } from './rungs.ts';
import type { SearchUpdate } from './search-update.ts';
import type { TrialRecord } from './trial-record.ts';

/** What `finish` asks first. */
export function finishReads(results: readonly FinishedTrial[]): TrialQuery {
  return { numbers: results.map(({ number }) => number), states: ['running'] };
}

/**
 * Results whose attempt is not the current one are refused: they are not among `accepted`. Where all are accepted, the trials of `next`, which
 * were planned as if they were, are added.
 */
export async function finish(update: SearchUpdate, results: readonly FinishedTrial[], next?: Plan): Promise<Finished> {
  const seqBefore = update.search.seq;
  const finished = await complete(update, results);
  const isPlanned = next !== undefined && finished.accepted.length === results.length;
  return { ...finished, seqBefore, next: isPlanned ? addTrials(update, next) : undefined };
}

async function complete(
  update: SearchUpdate,
  results: readonly FinishedTrial[],
): Promise<Pick<Finished, 'accepted' | 'deliveries'>> {
  const running = await update.trials(finishReads(results));
  const records = new Map(running.map((trial) => [trial.number, trial]));
  const accepted: number[] = [];
  for (const result of results.toSorted((a, b) => a.number - b.number)) {
    const trial = records.get(result.number);
    if (trial?.attempt !== result.attempt) continue;
    accepted.push(result.number);
    completeTrial(update, trial, result);
  }
  if (accepted.length === 0) return { accepted, deliveries: [] };
  if (hasBarriers(update.search.specification.pruner)) update.removeCheckpoints(accepted);
  const deliveries = await settleBrackets(update, accepted);
  const runs = await conclude(update);
  return { accepted, deliveries: update.search.state === 'running' ? [...deliveries, ...runs] : [] };
}

function completeTrial(update: SearchUpdate, trial: TrialRecord, result: FinishedTrial): void {
  const { number, attempt, value, deviation, outcome, reason, epochs, findings, durationMs } = result;
  const { search } = update;
  const found = findings.map(({ code }) => code);
  update.updateTrial(trial, {
    ...{ state: 'complete', finishedAt: 'now', leaseSeconds: null },
    ...{ value, deviation, outcome, reason, epochs, curves: result.folds, findings, found },
    ...{ resultHash: result.resultHash, kernels: result.kernels },
    durationMs: (trial.rung > 0 ? (trial.durationMs ?? 0) : 0) + durationMs,
  });
  const isTrial = trial.confirms === undefined;
  const stage = isTrial ? stageOf(search, number) : undefined;
  const bracket = stage && bracketIn(search.specification, stage, number);
  const trained = epochs - epochsBefore(bracket, trial.rung);
  update.addTraining({ epochs: trained, diverged: isTrial && outcome === 'diverged' ? 1 : 0 });
  const best = isTrial && isBest(search, trial, value);
  if (best && value !== null) {
    const entry = { number, value, stage: trial.stage };
    update.set({ best: entry, improvements: [...search.improvements, entry] });
  }
  update.event({
    type: 'trial.complete',
    data: {
      ...markOf(trial),
      ...{ number, attempt, stage: trial.stage, value, deviation, outcome, reason, epochs, durationMs, found, best },
    },
  });
}

/** Of equal values the lower number is the best, whichever came first. Other stages train or validate otherwise: the newest counts. */
function isBest({ best, specification }: Search, { number, stage }: TrialRecord, value: number | null): boolean {
  if (value === null) return false;
  if (best === null || stage > best.stage) return true;
  if (stage < best.stage) return false;
  return (
    isBetter(value, best.value, specification.objective.direction) || (value === best.value && number < best.number)
  );
}
