/** The one way in which a search changes. */
import { Problem } from '../errors.ts';
import { applied, type Effect } from '../searches/effect.ts';
import { isOpen, type Search } from '../searches/records.ts';
import type { Database, Transaction } from './connection.ts';
import { type SearchRow, searchOf } from './rows.ts';

/** The channel on which committed changes are told. */
export const NOTICE_CHANNEL = 'hypersearch';

/** An effect, and a statement that was sent and not awaited, since nothing depends on its answer: where it fails nothing is committed. */
export interface Written<T> extends Effect<T> {
  readonly sent?: Promise<unknown>;
}

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
  body: (transaction: Transaction, search: Search, row: SearchRow) => Promise<Written<T>>,
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
  const { changes, set = {} } = effect;
  const after = applied(before, effect);
  const { seq, state, trials, best, specification } = after;
  const notice = JSON.stringify({ kind: 'changed', searchId: before.id, seq, state });
  const [row] = await transaction.$queryRaw<Pick<SearchRow, 'finished_at'>[]>`
    WITH logged AS (
      INSERT INTO events (search_id, seq, type, data)
      SELECT ${before.id}::uuid, ${before.seq}::int + position, change->>'type', change->'data'
      FROM jsonb_array_elements(${JSON.stringify(changes)}::jsonb) WITH ORDINALITY AS list(change, position)
    ), told AS (
      SELECT pg_notify(${NOTICE_CHANNEL}, ${notice})
    )
    UPDATE searches SET
      event_seq = ${seq}::int, state = ${state}, failure = ${after.failure}, name = ${after.name}, total = ${trials.total}::int,
      specification = CASE WHEN ${set.total !== undefined || set.name !== undefined}::boolean
        THEN jsonb_set(jsonb_set(specification, '{budget}', ${JSON.stringify(specification.budget)}::jsonb), '{name}', to_jsonb(${after.name}::text))
        ELSE specification END,
      planned = ${trials.planned}::int, waiting = ${trials.waiting}::int, running = ${trials.running}::int,
      complete = ${trials.complete}::int, pruned = ${trials.pruned}::int, failed = ${trials.failed}::int,
      cancelled = ${trials.cancelled}::int, diverged = ${trials.diverged}::int, paused = ${trials.paused}::int,
      epochs = ${after.epochs}::bigint, best_number = ${best?.number ?? null}::int,
      best_value = ${best?.value ?? null}::double precision, best_stage = ${best?.stage ?? 0}::int,
      improvements = ${JSON.stringify(after.improvements)}::jsonb, found = ${JSON.stringify(after.found)}::jsonb,
      stages = ${JSON.stringify(after.stages)}::jsonb, ended_by = ${after.endedBy},
      finished_at = CASE WHEN ${isOpen(state)}::boolean THEN NULL ELSE coalesce(finished_at, now()) END
    FROM told
    WHERE id = ${before.id}::uuid
    RETURNING finished_at`;
  return { ...after, finishedAt: row!.finished_at?.toISOString() ?? null };
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
