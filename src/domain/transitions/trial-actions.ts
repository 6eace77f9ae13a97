/** What people do to one trial: pause it, resume it, cancel it, or try it again. */
import { Problem } from '../../errors.ts';
import type { Delivery, TrialAction } from '../commands.ts';
import { hasBarriers } from '../pruner-rules.ts';
import { isOpen } from '../search.ts';
import { refuseObserved } from '../specification/observed.ts';
import { isOver } from '../trial.ts';
import { discardConfirmation } from './confirming.ts';
import { deliveriesOf } from './deliveries.ts';
import { conclude } from './ending.ts';
import { settleBrackets } from './rungs.ts';
import type { SearchUpdate } from './search-update.ts';
import type { TrialRecord } from './trial-record.ts';

/** What is to be delivered after it. */
export async function actOnTrial(
  update: SearchUpdate,
  number: number,
  action: TrialAction,
): Promise<readonly Delivery[]> {
  const [trial] = await update.trials({ numbers: [number] });
  if (trial === undefined) throw new Problem('notFound', `the search has no trial ${number} yet`);
  if (trial.confirms !== undefined) {
    const message = 'the runs of a confirmation are compared with each other; pause or cancel the search';
    throw new Problem('wrongState', `none of them can be ${past[action]} by itself: ${message}`);
  }
  refuseObserved(update.search.specification, past[action]);
  return { pause, resume, cancel, retry }[action](update, trial);
}

const past = { pause: 'paused', resume: 'resumed', cancel: 'cancelled', retry: 'retried' } as const;

/** A worker that has it loses its claim at the next renewal; the others of its bracket no longer wait for it. */
async function cancel(update: SearchUpdate, trial: TrialRecord): Promise<readonly Delivery[]> {
  const { number, state } = trial;
  if (state === 'cancelled') return [];
  if (isOver(state)) {
    throw new Problem('wrongState', `the trial is ${state}; only a waiting, running or paused trial can be cancelled`);
  }
  update.updateTrial(trial, { state: 'cancelled', finishedAt: 'now', leaseSeconds: null });
  update.removeCheckpoints([number]);
  update.event({ type: 'trial.cancelled', data: { number } });
  const deliveries = await settleBrackets(update, [number]);
  const runs = await conclude(update);
  return update.search.state === 'running' ? [...deliveries, ...runs] : deliveries;
}

/**
 * A worker that has it loses its claim at the next renewal. What it had trained is lost, and comes to the same bits when it is
 * resumed: a trial is a function of its numbers.
 */
async function pause(update: SearchUpdate, trial: TrialRecord): Promise<readonly Delivery[]> {
  const { number, attempt, state } = trial;
  refuseBarriers(update, 'paused by itself');
  if (state === 'paused') return [];
  if (state !== 'waiting' && state !== 'running') {
    throw new Problem('wrongState', `the trial is ${state}; only a waiting or running trial can be paused`);
  }
  update.updateTrial(trial, { state: 'paused', leaseSeconds: null, epochs: 0, curves: null });
  const data = { number, attempt, rung: 0, epochs: 0, value: null, durationMs: null, found: [] };
  update.event({ type: 'trial.paused', data });
  return [];
}

async function resume(update: SearchUpdate, trial: TrialRecord): Promise<readonly Delivery[]> {
  const { number, attempt, state } = trial;
  refuseBarriers(update, 'resumed by itself');
  if (state === 'waiting' || state === 'running') return [];
  if (state !== 'paused') {
    throw new Problem('wrongState', `the trial is ${state}; only a paused trial can be resumed`);
  }
  const waiting = waitAgain(update, trial);
  update.event({ type: 'trial.retried', data: { number, attempt, reason: 'resumed after a pause' } });
  return update.search.state === 'paused' ? [] : deliveriesOf(update.search.id, [waiting]);
}

/** With as many attempts as at first. A search that has ended goes on (docs/decisions/0012-a-failed-trial-is-no-result.md). */
async function retry(update: SearchUpdate, trial: TrialRecord): Promise<readonly Delivery[]> {
  const { number, attempt, state } = trial;
  const { search } = update;
  if (state !== 'failed') {
    throw new Problem('wrongState', `the trial is ${state}; only a failed trial can be retried`);
  }
  if (search.state === 'cancelled' || search.endedBy !== null) {
    const why = search.endedBy === null ? 'is cancelled' : `was ended by its budget of ${search.endedBy}`;
    throw new Problem('wrongState', `the search ${why}; none of its trials can be retried`);
  }
  const { pruner } = search.specification;
  if (hasBarriers(pruner)) {
    const message = `the others of its bracket (${pruner.type}) were compared without it; try its settings in another search`;
    throw new Problem('wrongState', message);
  }
  await discardConfirmation(update, `trial ${number} is retried`);
  const waiting = waitAgain(update, trial);
  update.renewHistory();
  if (!isOpen(search.state)) {
    update.event({ type: 'search.resumed', data: {} });
    update.set({ state: 'running', failure: null });
  }
  update.event({ type: 'trial.retried', data: { number, attempt, reason: 'retried by a user' } });
  return search.state === 'paused' ? [] : deliveriesOf(search.id, [waiting]);
}

/** Trials that are compared at rungs wait for each other: nobody decides for one of them. */
function refuseBarriers({ search }: SearchUpdate, what: string): void {
  const { pruner } = search.specification;
  if (!hasBarriers(pruner)) return;
  throw new Problem(
    'wrongState',
    `under ${pruner.type} trials wait for each other, and none can be ${what}; pause the search`,
  );
}

/** Its job is one that was never delivered: the last was of an earlier attempt, or of before a pause. */
function waitAgain(update: SearchUpdate, trial: TrialRecord): TrialRecord {
  const job = `${trial.number}.${trial.attempt}.${update.search.seq}`;
  return update.updateTrial(trial, { state: 'waiting', failures: 0, finishedAt: null, job });
}
