/** How a search ends: its last trial has, or a limit of its budget is reached. Used inside the transactions of search-store.ts. */
import { type Limit, type Progress, reached } from '../searches/budget.ts';
import { countFound, type Effect, joined } from '../searches/effect.ts';
import { type Change, isOpen, type Search } from '../searches/records.ts';
import type { Transaction } from './connection.ts';

/** More trials without a result than this are not listed with the end. */
const MOST_LACKING = 100;

export function progressOf({ createdAt, epochs, trials, best, specification }: Search): Progress {
  return {
    seconds: (Date.now() - Date.parse(createdAt)) / 1000,
    epochs,
    failed: trials.failed,
    best: best?.value ?? null,
    direction: specification.objective.direction,
  };
}

/** The effect with the end of the search, if the effect brings it. */
export async function concluded<T>(tx: Transaction, search: Search, effect: Effect<T>): Promise<Effect<T>> {
  if (!isOpen(search.state) || effect.changes.length === 0) return effect;
  const moved = (name: 'waiting' | 'running' | 'paused' | 'complete' | 'pruned' | 'failed' | 'cancelled') =>
    search.trials[name] + (effect.counters?.[name] ?? 0);
  const limit = reached(search.specification.budget, {
    ...progressOf(search),
    epochs: search.epochs + (effect.counters?.epochs ?? 0),
    failed: moved('failed'),
    best: (effect.set?.best ?? search.best)?.value ?? null,
  })?.limit;
  if (limit !== undefined)
    return { ...joined(effect, await endedBy(tx, search, effect, limit)), result: effect.result };
  const { total = search.trials.total, planned = search.trials.planned } = effect.set ?? {};
  if (moved('waiting') + moved('running') + moved('paused') > 0 || planned < total) return effect;
  const none = moved('complete') + moved('pruned') === 0;
  const lacking = moved('failed') + moved('cancelled');
  const end: Effect<undefined> = none
    ? withoutResult(moved('failed'))
    : { result: undefined, changes: [await complete(tx, search, lacking)], set: { state: 'complete' } };
  return { ...joined(effect, end), result: effect.result };
}

/** Of trials that failed or were cancelled one by one, and none with a result. */
function withoutResult(failures: number): Effect<undefined> {
  if (failures > 0) return failed(`all ${failures} trials failed; each says why`);
  const change: Change = { type: 'search.cancelled', data: { trials: 0 } };
  return { result: undefined, changes: [change], set: { state: 'cancelled' } };
}

function failed(failure: string): Effect<undefined> {
  return {
    result: undefined,
    changes: [{ type: 'search.failed', data: { failure } }],
    set: { state: 'failed', failure },
  };
}

/** `without` trials have no result: those that failed, and, unless a limit took what was open with it, those that were cancelled. */
async function complete(tx: Transaction, { id }: Search, without: number, by?: Limit): Promise<Change> {
  const states = by === undefined ? ['failed', 'cancelled'] : ['failed'];
  const rows =
    without === 0
      ? []
      : await tx.$queryRaw<{ number: number }[]>`
          SELECT number FROM trials WHERE search_id = ${id}::uuid AND state = ANY(${states}::text[]) ORDER BY number LIMIT ${MOST_LACKING}::int`;
  const lacking = rows.map(({ number }) => number);
  return { type: 'search.complete', data: { ...(by && { by }), ...(lacking.length > 0 && { lacking }) } };
}

/** Every trial that has not ended is cancelled. */
export async function cancelOpen(
  tx: Transaction,
  { id }: Search,
): Promise<{ readonly cancelled: number; readonly found: Search['found'] }> {
  await tx.$executeRaw`DELETE FROM checkpoints WHERE search_id = ${id}::uuid`;
  const rows = await tx.$queryRaw<{ found: string[] }[]>`
    UPDATE trials SET state = 'cancelled', finished_at = now(), lease_until = NULL
    WHERE search_id = ${id}::uuid AND state IN ('waiting', 'running', 'paused') RETURNING found`;
  return { cancelled: rows.length, found: countFound(rows) };
}

async function endedBy(
  tx: Transaction,
  search: Search,
  effect: Effect<unknown>,
  by: Limit,
): Promise<Effect<undefined>> {
  const { cancelled, found } = await cancelOpen(tx, search);
  const open = (name: 'waiting' | 'running' | 'paused') => -(search.trials[name] + (effect.counters?.[name] ?? 0));
  const counters = { waiting: open('waiting'), running: open('running'), paused: open('paused'), cancelled };
  const failures = search.trials.failed + (effect.counters?.failed ?? 0);
  const { failures: most } = search.specification.budget;
  const end =
    by === 'failures'
      ? failed(`${failures} trials failed, and the budget allows fewer than ${most}; each says why`)
      : { result: undefined, changes: [await complete(tx, search, failures, by)], set: { state: 'complete' as const } };
  return { ...end, counters, found, set: { ...end.set, endedBy: by } };
}

/** Ends a search whose seconds are used up. */
export async function overdue(tx: Transaction, search: Search): Promise<Effect<undefined>> {
  const none: Effect<undefined> = { result: undefined, changes: [] };
  const { seconds } = search.specification.budget;
  return isOpen(search.state) && seconds !== undefined && progressOf(search).seconds >= seconds
    ? endedBy(tx, search, none, 'seconds')
    : none;
}
