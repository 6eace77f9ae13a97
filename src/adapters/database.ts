/** The one way in which a search changes. */
import { Problem } from '../errors.ts';
import type { Budget, Limit } from '../searches/budget.ts';
import { type Change, MOST_IMPROVEMENTS, type Search, type SearchState } from '../searches/records.ts';
import type { Database, Transaction } from './connection.ts';
import { type SearchRow, searchOf } from './rows.ts';

/** The channel on which committed changes are told. */
export const NOTICE_CHANNEL = 'hypersearch';

/** What a change did to a search: its events, how its counters moved, and columns that took new values. */
export interface Effect<T> {
  readonly result: T;
  readonly changes: readonly Change[];
  /** A statement that was sent and not awaited, since nothing depends on its answer: where it fails nothing is committed. */
  readonly sent?: Promise<unknown>;
  readonly counters?: Partial<Record<Counter, number>>;
  /** How the numbers of ended trials with each finding moved. */
  readonly found?: Search['found'];
  readonly set?: {
    readonly state?: SearchState;
    readonly failure?: string | null;
    readonly best?: Search['best'];
    readonly improvements?: Search['improvements'];
    readonly stages?: Search['stages'];
    readonly endedBy?: Limit;
    readonly name?: string;
    readonly total?: number;
    /** Its `trials` follow `total`. */
    readonly budget?: Budget;
    readonly planned?: number;
  };
}
export type Counter =
  | 'waiting'
  | 'running'
  | 'paused'
  | 'complete'
  | 'pruned'
  | 'failed'
  | 'cancelled'
  | 'diverged'
  | 'epochs';

/**
 * Changes a search: locks its row, lets `body` write trials, then writes counters, state and events and wakes the listeners,
 * all in one transaction.
 *
 * The search's row is always locked before any trial of it, so two changes never wait for each other in a circle, and seq
 * has no gaps. A change without events leaves no trace.
 */
export async function changeSearch<T>(
  database: Database,
  id: string,
  body: (transaction: Transaction, search: Search, row: SearchRow) => Promise<Effect<T>>,
): Promise<{ result: T; search: Search }> {
  return database.$pipeline(async (transaction) => {
    const [row] = await transaction.$queryRaw<SearchRow[]>`SELECT * FROM searches WHERE id = ${id}::uuid FOR UPDATE`;
    if (row === undefined) throw new Problem('notFound', `there is no search ${id}`);
    const search = searchOf(row);
    const effect = await body(transaction, search, row);
    const { result } = effect;
    if (effect.changes.length === 0) return { last: { result, search } };
    const recorded = Promise.all([record(transaction, search, effect), effect.sent]);
    return { last: recorded.then(([after]) => ({ result, search: after })) };
  });
}

async function record(transaction: Transaction, before: Search, effect: Effect<unknown>): Promise<Search> {
  const { changes, counters = {}, found = {}, set = {} } = effect;
  const moved = (counter: Exclude<Counter, 'epochs'>) => before.trials[counter] + (counters[counter] ?? 0);
  const state = set.state ?? before.state;
  const ended = state !== 'running' && state !== 'paused';
  const best = set.best ?? before.best;
  const seq = before.seq + changes.length;
  const budget = { ...(set.budget ?? before.specification.budget), trials: set.total ?? before.trials.total };
  const notice = JSON.stringify({ kind: 'changed', searchId: before.id, seq, state });
  const rows = JSON.stringify(changes);
  const [row] = await transaction.$queryRaw<SearchRow[]>`
    WITH logged AS (
      INSERT INTO events (search_id, seq, type, data)
      SELECT ${before.id}::uuid, ${before.seq}::int + position, change->>'type', change->'data'
      FROM jsonb_array_elements(${rows}::jsonb) WITH ORDINALITY AS list(change, position)
    ), told AS (
      SELECT pg_notify(${NOTICE_CHANNEL}, ${notice})
    )
    UPDATE searches SET
      event_seq = ${seq}::int, state = ${state}, failure = ${set.failure === undefined ? before.failure : set.failure},
      name = ${set.name ?? before.name}, total = ${set.total ?? before.trials.total}::int,
      specification = CASE WHEN ${set.total !== undefined || set.name !== undefined}::boolean
        THEN jsonb_set(jsonb_set(specification, '{budget}', ${JSON.stringify(budget)}::jsonb), '{name}', to_jsonb(${set.name ?? before.name}::text))
        ELSE specification END,
      planned = ${set.planned ?? before.trials.planned}::int,
      waiting = ${moved('waiting')}::int, running = ${moved('running')}::int, complete = ${moved('complete')}::int,
      pruned = ${moved('pruned')}::int, failed = ${moved('failed')}::int, cancelled = ${moved('cancelled')}::int,
      diverged = ${moved('diverged')}::int, paused = ${moved('paused')}::int,
      epochs = ${before.epochs + (counters.epochs ?? 0)}::bigint,
      best_number = ${best?.number ?? null}::int, best_value = ${best?.value ?? null}::double precision,
      best_stage = ${best?.stage ?? 0}::int,
      improvements = ${JSON.stringify((set.improvements ?? before.improvements).slice(-MOST_IMPROVEMENTS))}::jsonb,
      found = ${JSON.stringify(sumOf(before.found, found))}::jsonb, stages = ${JSON.stringify(set.stages ?? before.stages)}::jsonb,
      ended_by = ${ended ? (set.endedBy ?? before.endedBy) : null},
      finished_at = CASE WHEN ${ended}::boolean THEN coalesce(finished_at, now()) ELSE NULL END
    FROM told
    WHERE id = ${before.id}::uuid
    RETURNING searches.*`;
  return searchOf(row!);
}

/** What two effects of one change come to together; the result is that of the second. */
export function joined<T>(first: Effect<unknown>, second: Effect<T>): Effect<T> {
  return {
    result: second.result,
    changes: [...first.changes, ...second.changes],
    counters: sumOf(first.counters, second.counters),
    found: sumOf(first.found, second.found),
    set: { ...first.set, ...second.set },
  };
}

type Counts<Name extends string> = Partial<Record<Name, number>>;

/** Name by name; what comes to none is left out. */
function sumOf<Name extends string>(first: Counts<Name> = {}, second: Counts<Name> = {}): Counts<Name> {
  const names = [...new Set([...Object.keys(first), ...Object.keys(second)])] as Name[];
  const sums = names.map((name) => [name, (first[name] ?? 0) + (second[name] ?? 0)] as const);
  return Object.fromEntries(sums.filter(([, sum]) => sum !== 0)) as Counts<Name>;
}

/** How many of these trials have each finding. */
export function countFound(trials: readonly { readonly found: readonly string[] }[]): Search['found'] {
  const counts: Record<string, number> = {};
  for (const code of trials.flatMap(({ found }) => found)) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}

/** Serialization failures and deadlocks are Postgres's way of saying «again». */
const TRANSIENT = new Set(['40001', '40P01']);

export async function again<T>(work: () => Promise<T>, attempts = 5): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
      if (attempt === attempts || !TRANSIENT.has(code)) throw error;
    }
  }
}
