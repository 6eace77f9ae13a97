/** What happens to trials: claimed, finished, given back. Used by search-store.ts inside its transactions. */

import type { Claim, ClaimRef, Delivery, FinishedTrial, Renewal, ReturnedTrial } from '../searches/ports.ts';
import { type Change, isOpen, type Search } from '../searches/records.ts';
import { changeSearch, type Database, type Effect, type Transaction } from './database.ts';
import { Prisma } from './prisma-client/client.ts';

export function deliveriesOf(
  searchId: string,
  trials: readonly { readonly number: number; readonly job: string }[],
): Delivery[] {
  const byJob = new Map<string, Delivery>();
  for (const { number, job } of trials) {
    const known = byJob.get(job) ?? { searchId, job, from: number, to: number };
    byJob.set(job, { ...known, from: Math.min(known.from, number), to: Math.max(known.to, number) });
  }
  return [...byJob.values()];
}

export async function claim(
  tx: Transaction,
  search: Search,
  { from, to }: Delivery,
  worker: string,
  leaseSeconds: number,
): Promise<Effect<readonly Claim[]>> {
  if (search.state !== 'running') return { result: [], changes: [] };
  const rows = await tx.$queryRaw<{ number: number; attempt: number; hyperparameters: Claim['point'] }[]>`
    UPDATE trials SET state = 'running', attempt = attempt + 1, worker = ${worker}, started_at = now(), epochs = 0, curves = NULL,
      lease_until = now() + make_interval(secs => ${leaseSeconds}::double precision)
    WHERE search_id = ${search.id}::uuid AND number BETWEEN ${from}::int AND ${to}::int AND state = 'waiting'
    RETURNING number, attempt, hyperparameters`;
  rows.sort((a, b) => a.number - b.number);
  return {
    result: rows.map(({ number, attempt, hyperparameters }) => ({
      searchId: search.id,
      number,
      attempt,
      point: hyperparameters,
    })),
    changes: rows.map(({ number, attempt, hyperparameters }) => ({
      type: 'trial.started',
      data: { number, attempt, worker, hyperparameters },
    })),
    counters: { waiting: -rows.length, running: rows.length },
  };
}

export async function finish(
  tx: Transaction,
  search: Search,
  trials: readonly FinishedTrial[],
): Promise<Effect<readonly number[]>> {
  const rows = await tx.$queryRaw<{ number: number }[]>`
    UPDATE trials t SET state = 'complete', value = r.value, outcome = r.outcome, reason = r.reason, epochs = r.epochs,
      curves = r.folds, result_hash = r."resultHash", kernels = r.kernels, duration_ms = r."durationMs",
      finished_at = now(), lease_until = NULL
    FROM jsonb_to_recordset(${JSON.stringify(trials)}::jsonb) AS r(number int, attempt int, value double precision,
      outcome text, reason text, epochs int, folds jsonb, "resultHash" text, kernels text, "durationMs" double precision)
    WHERE t.search_id = ${search.id}::uuid AND t.number = r.number AND t.attempt = r.attempt AND t.state = 'running'
    RETURNING t.number`;
  const accepted = new Set(rows.map(({ number }) => number));
  const written = trials.filter(({ number }) => accepted.has(number)).sort((a, b) => a.number - b.number);
  let best = search.best ?? undefined;
  const sign = search.specification.objective.direction === 'maximize' ? 1 : -1;
  const changes: Change[] = written.map(({ number, attempt, value, outcome, reason, epochs, durationMs }) => {
    // Of equal values the lower number is the best, whichever came first.
    const isBest =
      value !== null &&
      (best === undefined || sign * (value - best.value) > 0 || (value === best.value && number < best.number));
    if (isBest) best = { number, value };
    return {
      type: 'trial.complete',
      data: { number, attempt, value, outcome, reason, epochs, durationMs, best: isBest },
    };
  });
  const diverged = written.filter(({ outcome }) => outcome === 'diverged').length;
  const counters = { running: -written.length, complete: written.length, diverged };
  const end = written.length > 0 ? endOf(search, { ...counters, failed: 0, waiting: 0 }) : undefined;
  return {
    result: [...accepted],
    changes: end === undefined ? changes : [...changes, end.change],
    counters,
    set: { ...(best === undefined ? {} : { best }), ...end?.set },
  };
}

/** The last change of a search whose trials have all ended, if the given moves of its counters end it. */
export function endOf(
  { state, trials }: Search,
  moved: { readonly running: number; readonly waiting: number; readonly complete: number; readonly failed: number },
): { change: Change; set: { state: 'complete' | 'failed'; failure?: string } } | undefined {
  const open = trials.running + moved.running + trials.waiting + moved.waiting;
  if (!isOpen(state) || open > 0 || trials.planned < trials.total) return undefined;
  if (trials.complete + moved.complete + trials.pruned > 0) {
    return { change: { type: 'search.complete', data: {} }, set: { state: 'complete' } };
  }
  const failure = `all ${trials.failed + moved.failed} trials failed; each says why`;
  return { change: { type: 'search.failed', data: { failure } }, set: { state: 'failed', failure } };
}

export async function giveBack(
  tx: Transaction,
  search: Search,
  trials: readonly ReturnedTrial[],
  onlyExpired: boolean,
): Promise<Effect<readonly Delivery[]>> {
  const { attempts } = search.specification.limits;
  const rows = await tx.$queryRaw<{ number: number; attempt: number; state: string; reason: string; job: string }[]>`
    UPDATE trials t SET
      failures = t.failures + (r.how <> 'handedBack')::int, reason = r.reason, lease_until = NULL,
      state = CASE WHEN r.how = 'hopeless' OR (r.how = 'crashed' AND t.failures + 1 >= ${attempts}::int) THEN 'failed' ELSE 'waiting' END,
      finished_at = CASE WHEN r.how = 'hopeless' OR (r.how = 'crashed' AND t.failures + 1 >= ${attempts}::int) THEN now() END,
      job = t.number || '.' || t.attempt
    FROM jsonb_to_recordset(${JSON.stringify(trials)}::jsonb) AS r(number int, attempt int, reason text, how text)
    WHERE t.search_id = ${search.id}::uuid AND t.number = r.number AND t.attempt = r.attempt AND t.state = 'running'
      AND (NOT ${onlyExpired}::boolean OR t.lease_until < now())
    RETURNING t.number, t.attempt, t.state, t.reason, t.job`;
  const waiting = rows.filter(({ state }) => state === 'waiting');
  const failed = rows.length - waiting.length;
  const changes: Change[] = rows.map(({ number, attempt, state, reason }) => ({
    type: state === 'waiting' ? 'trial.retried' : 'trial.failed',
    data: { number, attempt, reason },
  }));
  const counters = { running: -rows.length, waiting: waiting.length, failed };
  const end = rows.length > 0 ? endOf(search, { ...counters, complete: 0 }) : undefined;
  return {
    result: search.state === 'running' ? deliveriesOf(search.id, waiting) : [],
    changes: end === undefined ? changes : [...changes, end.change],
    counters,
    ...(end === undefined ? {} : { set: end.set }),
  };
}

export async function renew(
  database: Database,
  renewals: readonly Renewal[],
  leaseSeconds: number,
): Promise<ClaimRef[]> {
  if (renewals.length === 0) return [];
  const rows = await database.$queryRaw<{ search_id: string; number: number }[]>`
    UPDATE trials t SET lease_until = now() + make_interval(secs => ${leaseSeconds}::double precision), epochs = r.epochs, curves = r.folds
    FROM jsonb_to_recordset(${JSON.stringify(renewals)}::jsonb)
      AS r("searchId" uuid, number int, attempt int, epochs int, folds jsonb)
    WHERE t.search_id = r."searchId" AND t.number = r.number AND t.attempt = r.attempt AND t.state = 'running'
    RETURNING t.search_id, t.number`;
  const held = new Set(rows.map((row) => `${row.search_id} ${row.number}`));
  return renewals.filter(({ searchId, number }) => !held.has(`${searchId} ${number}`));
}

export async function reclaim(database: Database): Promise<readonly Delivery[]> {
  const rows = await database.$queryRaw<{ search_id: string; number: number; attempt: number; worker: string }[]>`
    SELECT t.search_id, t.number, t.attempt, t.worker FROM searches s
    JOIN trials t ON t.search_id = s.id AND t.state = 'running' AND t.lease_until < now()
    WHERE s.running > 0 LIMIT 1000`;
  const expired = new Map<string, ReturnedTrial[]>();
  for (const { search_id, number, attempt, worker } of rows) {
    const reason = `the lease of worker ${worker} ran out`;
    expired.set(search_id, [...(expired.get(search_id) ?? []), { number, attempt, reason, how: 'crashed' }]);
  }
  const back: Delivery[] = [];
  for (const [searchId, returned] of expired) {
    const { result } = await changeSearch(database, searchId, (tx, search) => giveBack(tx, search, returned, true));
    back.push(...result);
  }
  return back;
}

export async function deliveries(database: Database, searchId?: string): Promise<readonly Delivery[]> {
  const one = searchId === undefined ? Prisma.empty : Prisma.sql`AND s.id = ${searchId}::uuid`;
  const rows = await database.$queryRaw<{ search_id: string; job: string; from: number; to: number }[]>`
    SELECT t.search_id, t.job, min(t.number) AS "from", max(t.number) AS "to" FROM searches s
    JOIN trials t ON t.search_id = s.id AND t.state = 'waiting'
    WHERE s.state = 'running' AND s.waiting > 0 ${one}
    GROUP BY t.search_id, t.job ORDER BY min(s.created_at), min(t.number)`;
  return rows.map(({ search_id, job, from, to }) => ({ searchId: search_id, job, from, to }));
}

export async function countDeliveries(database: Database): Promise<number> {
  const [row] = await database.$queryRaw<{ count: number }[]>`
    SELECT count(DISTINCT (t.search_id, t.job))::int AS count FROM searches s
    JOIN trials t ON t.search_id = s.id AND t.state = 'waiting' WHERE s.state = 'running' AND s.waiting > 0`;
  return row?.count ?? 0;
}

export async function hungry(database: Database, window: number): Promise<readonly string[]> {
  const rows = await database.$queryRaw<{ id: string }[]>`
    SELECT id FROM searches WHERE state = 'running' AND planned < total AND waiting < ${window}::int`;
  return rows.map(({ id }) => id);
}
