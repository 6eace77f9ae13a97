/** The confirmation of a search: which runs its rounds need, and what follows from those that have ended. */
import { overlapOf } from '../../data/folds.ts';
import type { Delivery } from '../commands.ts';
import {
  afterRound,
  type Confirmation,
  confirmedBest,
  isConfirming,
  newConfirmation,
  runsNeeded,
} from '../confirmation.ts';
import { type Confirms, FIRST_RUN, markOf } from '../runs.ts';
import { stageOf } from '../stages.ts';
import { isOver } from '../trial.ts';
import { deliveriesOf } from './deliveries.ts';
import type { SearchUpdate } from './search-update.ts';
import type { TrialRecord } from './trial-record.ts';

/** What a confirmation has come to: runs to deliver, or its end. */
export interface Progress {
  readonly isOver: boolean;
  readonly deliveries: readonly Delivery[];
}

const over: Progress = { isOver: true, deliveries: [] };

/** Begins to confirm the best trials, which have all ended. Over at once if nothing is to be confirmed. */
export async function beginConfirmation(update: SearchUpdate, by: Confirmation['by']): Promise<Progress> {
  const { best, specification } = update.search;
  const { confirm } = specification;
  if (confirm === undefined || best === null) return over;
  const finalists = await update.best(best.stage, confirm.trials);
  const valued = finalists.map(({ number, value }) => ({ number, value: value! }));
  const confirmation = newConfirmation(confirm, valued, best.stage, by);
  update.event({ type: 'confirmation.started', data: { finalists: valued.map(({ number }) => number) } });
  return beginRound(update, confirmation);
}

/** To be called in every change of a search that confirms: the next round begins when all runs of this one have ended. */
export async function continueConfirmation(update: SearchUpdate): Promise<Progress> {
  const { confirmation } = update.search;
  if (confirmation === undefined || !isConfirming(update.search)) return over;
  const runs = await update.trials({ from: FIRST_RUN });
  const needed = new Set(runsNeeded(confirmation).map(nameOf));
  const ended = runs.filter(({ state, confirms }) => isOver(state) && needed.has(nameOf(confirms!))).length;
  if (ended < confirmation.runs.planned) {
    if (ended !== confirmation.runs.ended) {
      update.set({ confirmation: { ...confirmation, runs: { ...confirmation.runs, ended } } });
    }
    return { isOver: false, deliveries: [] };
  }
  return endRound(update, confirmation, runs);
}

/** Ends a confirmation before it is complete. */
export function cancelConfirmation(update: SearchUpdate): void {
  const { confirmation } = update.search;
  if (confirmation !== undefined && isConfirming(update.search)) {
    update.set({ confirmation: { ...confirmation, state: 'cancelled' } });
  }
}

/**
 * Takes the confirmation away, since trials go on: the best is that of the values as searched. Runs that have a result are used again by the
 * next confirmation.
 */
export async function discardConfirmation(update: SearchUpdate, reason: string): Promise<void> {
  const { confirmation } = update.search;
  if (confirmation === undefined) return;
  for (const run of await update.trials({ from: FIRST_RUN, states: ['waiting', 'running'] })) {
    update.updateTrial(run, { state: 'cancelled', finishedAt: 'now', leaseSeconds: null });
  }
  update.event({ type: 'confirmation.discarded', data: { reason } });
  update.set({ confirmation: null, best: confirmation.searched });
}

function nameOf({ trial, repeat }: Confirms): string {
  return `${trial}.${repeat}`;
}

/** Plans the runs that the round needs and no earlier confirmation has left. */
async function beginRound(update: SearchUpdate, confirmation: Confirmation): Promise<Progress> {
  const all = await update.trials({ from: FIRST_RUN });
  const known = new Map(all.map((run) => [nameOf(run.confirms!), run]));
  const needed = runsNeeded(confirmation);
  const lacking = needed.filter((confirms) => known.get(nameOf(confirms))?.state !== 'complete');
  const planned = { planned: needed.length, ended: needed.length - lacking.length };
  const begun = { ...confirmation, runs: planned };
  update.set({ confirmation: begun });
  if (lacking.length === 0) return endRound(update, begun, all);
  const again = lacking.flatMap((confirms) => known.get(nameOf(confirms)) ?? []);
  const waiting = again.map((run) => beginAgain(update, run));
  const fresh = lacking.filter((confirms) => !known.has(nameOf(confirms)));
  return { isOver: false, deliveries: await addRuns(update, fresh, FIRST_RUN + all.length, waiting) };
}

/** A run that failed, or that was cancelled with an earlier confirmation. */
function beginAgain(update: SearchUpdate, run: TrialRecord): TrialRecord {
  const { number, attempt } = run;
  const job = `${number}.${attempt}.${update.search.seq}`;
  const reason = 'another confirmation needs it';
  update.event({ type: 'trial.retried', data: { number, attempt, ...markOf(run), reason } });
  return update.updateTrial(run, {
    ...{ state: 'waiting', finishedAt: null, reason: null, value: null, epochs: 0, curves: null, durationMs: null },
    ...{ findings: [], found: [], failures: 0, job },
  });
}

async function addRuns(
  update: SearchUpdate,
  fresh: readonly Confirms[],
  from: number,
  waiting: readonly TrialRecord[],
): Promise<readonly Delivery[]> {
  const { id, state } = update.search;
  const trials = await update.trials({ numbers: [...new Set(fresh.map(({ trial }) => trial))] });
  const originals = new Map(trials.map((trial) => [trial.number, trial]));
  const runs = fresh.map((confirms, i) => {
    const { stage, point } = originals.get(confirms.trial)!;
    return { number: from + i, job: `${from + i}`, stage, point, confirms };
  });
  update.addRuns(runs);
  return state === 'running' ? deliveriesOf(id, [...waiting, ...runs]) : [];
}

/** `runs`: all of the search, also those of finalists that have dropped out, which estimates use. */
async function endRound(
  update: SearchUpdate,
  confirmation: Confirmation,
  runs: readonly TrialRecord[],
): Promise<Progress> {
  const { search } = update;
  const { direction } = search.specification.objective;
  const { validation } = stageOf(search, confirmation.searched.number)!;
  const settled = afterRound(confirmation, runs, direction, overlapOf(validation));
  if (settled.state === 'running') {
    const before = new Set(confirmation.finalists.filter(({ rejected }) => rejected === null).map((one) => one.number));
    const rejected = settled.finalists.filter((one) => one.rejected !== null && before.has(one.number));
    const data = { round: settled.round, rejected: rejected.map(({ number }) => number) };
    update.event({ type: 'confirmation.round', data });
    return beginRound(update, settled);
  }
  const { stage } = confirmation.searched;
  const best = settled.finalists.find(({ number }) => number === settled.best) ?? null;
  const confirmed = confirmedBest(settled);
  update.event({ type: 'confirmation.complete', data: { best } });
  update.set({
    confirmation: { ...settled, runs: { ...settled.runs, ended: settled.runs.planned } },
    ...(best !== null && confirmed && { best: { number: best.number, value: best.value, stage, confirmed } }),
  });
  return over;
}
