/** What people do to one trial: put it aside, stop it for good, or try it again. Used by search-store.ts inside its transactions. */
import { Problem } from '../errors.ts';
import { countFound, type Effect, joined } from '../searches/effect.ts';
import type { Delivery } from '../searches/ports.ts';
import { hasBarriers } from '../searches/pruning.ts';
import { type Change, isOpen, type Search, type TrialState } from '../searches/records.ts';
import type { Transaction } from './connection.ts';
import { deliveriesOf } from './deliveries.ts';
import { renewHistory } from './planned-trials.ts';
import { settle } from './rung-store.ts';
import { concluded } from './search-end.ts';

interface Row {
  readonly state: TrialState;
  readonly attempt: number;
  readonly found: readonly string[];
}

async function lockTrial(tx: Transaction, { id }: Search, number: number): Promise<Row> {
  const [row] = await tx.$queryRaw<Row[]>`
    SELECT state, attempt, found FROM trials WHERE search_id = ${id}::uuid AND number = ${number}::int FOR UPDATE`;
  if (row === undefined) throw new Problem('notFound', `the search has no trial ${number} yet`);
  return row;
}

/** A worker that has it loses its claim at the next renewal; the others of its bracket no longer wait for it. */
export async function cancelTrial(
  tx: Transaction,
  search: Search,
  number: number,
): Promise<Effect<readonly Delivery[]>> {
  const { state, found } = await lockTrial(tx, search, number);
  if (state === 'cancelled') return { result: [], changes: [] };
  if (state !== 'waiting' && state !== 'running' && state !== 'paused') {
    throw new Problem('wrongState', `the trial is ${state}; only one that waits, runs or is paused can be cancelled`);
  }
  await tx.$executeRaw`
    UPDATE trials SET state = 'cancelled', finished_at = now(), lease_until = NULL
    WHERE search_id = ${search.id}::uuid AND number = ${number}::int`;
  await tx.$executeRaw`DELETE FROM checkpoints WHERE search_id = ${search.id}::uuid AND number = ${number}::int`;
  const gone: Effect<undefined> = {
    result: undefined,
    changes: [{ type: 'trial.cancelled', data: { number } }],
    counters: { [state]: -1, cancelled: 1 },
    found: countFound([{ found }]),
  };
  return concluded(tx, search, joined(gone, await settle(tx, search, [number])));
}

/**
 * A worker that has it loses its claim at the next renewal. What it had trained is lost, and comes to the same bits when it is
 * resumed: a trial is a function of its numbers.
 */
export async function pauseTrial(
  tx: Transaction,
  search: Search,
  number: number,
): Promise<Effect<readonly Delivery[]>> {
  const { state, attempt } = await lockTrial(tx, search, number);
  refuseBarriers(search, 'paused by hand');
  if (state === 'paused') return { result: [], changes: [] };
  if (state !== 'waiting' && state !== 'running') {
    throw new Problem('wrongState', `the trial is ${state}; only one that waits or runs can be paused`);
  }
  await tx.$executeRaw`
    UPDATE trials SET state = 'paused', lease_until = NULL, epochs = 0, curves = NULL
    WHERE search_id = ${search.id}::uuid AND number = ${number}::int`;
  const data = { number, attempt, rung: 0, epochs: 0, value: null, durationMs: null, found: [] };
  return { result: [], changes: [{ type: 'trial.paused', data }], counters: { [state]: -1, paused: 1 } };
}

export async function resumeTrial(
  tx: Transaction,
  search: Search,
  number: number,
): Promise<Effect<readonly Delivery[]>> {
  const { state, attempt } = await lockTrial(tx, search, number);
  refuseBarriers(search, 'resumed by hand');
  if (state === 'waiting' || state === 'running') return { result: [], changes: [] };
  if (state !== 'paused')
    throw new Problem('wrongState', `the trial is ${state}; only one that is paused can be resumed`);
  const job = await waitAgain(tx, search, number, attempt);
  const data = { number, attempt, reason: 'it was paused, and goes on' };
  return {
    result: search.state === 'paused' ? [] : deliveriesOf(search.id, [{ number, job }]),
    changes: [{ type: 'trial.retried', data }],
    counters: { paused: -1, waiting: 1 },
  };
}

/** Trials that are compared at rungs wait for each other: nobody decides for one of them. */
function refuseBarriers({ specification: { pruner } }: Search, what: string): void {
  if (!hasBarriers(pruner)) return;
  throw new Problem(
    'wrongState',
    `under ${pruner.type} trials wait for each other, and none is ${what}; pause the search`,
  );
}

/** Its job is one that was never delivered: the last was of an earlier attempt, or of before a pause. */
async function waitAgain(tx: Transaction, { id, seq }: Search, number: number, attempt: number): Promise<string> {
  const job = `${number}.${attempt}.${seq}`;
  await tx.$executeRaw`
    UPDATE trials SET state = 'waiting', failures = 0, finished_at = NULL, job = ${job}
    WHERE search_id = ${id}::uuid AND number = ${number}::int`;
  return job;
}

/** With as many attempts as at first. A search that has ended goes on (docs/decisions/0012-a-failed-trial-is-no-result.md). */
export async function retryTrial(
  tx: Transaction,
  search: Search,
  number: number,
): Promise<Effect<readonly Delivery[]>> {
  const { state, attempt } = await lockTrial(tx, search, number);
  if (state !== 'failed')
    throw new Problem('wrongState', `the trial is ${state}; only one that failed can be tried again`);
  if (search.state === 'cancelled' || search.endedBy !== null) {
    const why = search.endedBy === null ? 'is cancelled' : `was ended by its budget of ${search.endedBy}`;
    throw new Problem('wrongState', `the search ${why}; none of its trials can be tried again`);
  }
  if (hasBarriers(search.specification.pruner)) {
    const message = `the others of its bracket (${search.specification.pruner.type}) were judged without it; try its settings in another search`;
    throw new Problem('wrongState', message);
  }
  const job = await waitAgain(tx, search, number, attempt);
  await renewHistory(tx, search.id);
  const retried: Change = { type: 'trial.retried', data: { number, attempt, reason: 'somebody asked for it' } };
  const reopens = !isOpen(search.state);
  return {
    result: search.state === 'paused' ? [] : deliveriesOf(search.id, [{ number, job }]),
    changes: reopens ? [{ type: 'search.resumed', data: {} }, retried] : [retried],
    counters: { failed: -1, waiting: 1 },
    set: reopens ? { state: 'running', failure: null } : {},
  };
}
