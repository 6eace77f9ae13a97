/** What happens to trials: claimed, finished, given back. Used by search-store.ts inside its transactions. */

import { isBetter } from '../search/objective.ts';
import { epochsBefore } from '../searches/brackets.ts';
import { countFound, type Effect, joined } from '../searches/effect.ts';
import type { Claim, Claimer, ClaimRef, Delivery, FinishedTrial, Renewal, ReturnedTrial } from '../searches/ports.ts';
import { hasBarriers } from '../searches/pruning.ts';
import type { Change, Search, TrialState } from '../searches/records.ts';
import { affordable, type OpenTrial } from '../searches/reserved.ts';
import { bracketIn, stageOf } from '../searches/stages.ts';
import type { Database, Transaction } from './connection.ts';
import { changeSearch } from './database.ts';
import { deliveriesOf, withheldJob } from './deliveries.ts';
import { settle } from './rung-store.ts';
import { concluded, overdue } from './search-end.ts';

export async function claim(
  tx: Transaction,
  search: Search,
  delivery: Omit<Delivery, 'job'>,
  { worker, leaseSeconds }: Claimer,
): Promise<Effect<readonly Claim[]>> {
  if (search.state !== 'running') return { result: [], changes: [] };
  const late = await overdue(tx, search);
  if (late.changes.length > 0) return { ...late, result: [] };
  const { from } = delivery;
  const to = await lastAffordable(tx, search, delivery);
  const rows = await tx.$queryRaw<
    { number: number; attempt: number; rung: number; hyperparameters: Claim['point']; curves: Claim['folds'] | null }[]
  >`
    UPDATE trials SET state = 'running', attempt = attempt + 1, worker = ${worker},
      started_at = CASE WHEN rung > 0 THEN started_at ELSE now() END,
      epochs = CASE WHEN rung > 0 THEN epochs ELSE 0 END,
      curves = CASE WHEN rung > 0 THEN curves END,
      lease_until = now() + make_interval(secs => ${leaseSeconds}::double precision)
    WHERE search_id = ${search.id}::uuid AND number BETWEEN ${from}::int AND ${to}::int AND state = 'waiting'
    RETURNING number, attempt, rung, hyperparameters, curves`;
  rows.sort((a, b) => a.number - b.number);
  const checkpoints = await checkpointsOf(tx, search, from, to);
  return {
    result: rows.map(({ number, attempt, rung, hyperparameters, curves }) => ({
      searchId: search.id,
      number,
      attempt,
      rung,
      point: hyperparameters,
      checkpoint: checkpoints.get(number),
      folds: curves ?? [],
    })),
    changes: rows.map(({ number, attempt, hyperparameters }) => ({
      type: 'trial.started',
      data: { number, attempt, worker, hyperparameters },
    })),
    counters: { waiting: -rows.length, running: rows.length },
  };
}

/** The last trial of the delivery that the budget of epochs lets begin; the others wait, to be delivered as another job. */
async function lastAffordable(tx: Transaction, search: Search, { from, to }: Omit<Delivery, 'job'>): Promise<number> {
  if (search.specification.budget.epochs === undefined) return to;
  const rows = await tx.$queryRaw<(OpenTrial & { readonly state: TrialState })[]>`
    SELECT number, state, rung, hyperparameters AS point FROM trials WHERE search_id = ${search.id}::uuid
      AND (state = 'running' OR (state = 'waiting' AND number BETWEEN ${from}::int AND ${to}::int)) ORDER BY number`;
  const waiting = rows.filter(({ state }) => state === 'waiting');
  const running = rows.filter(({ state }) => state === 'running');
  const count = affordable(search, running, waiting);
  if (count === waiting.length) return to;
  const first = waiting[count]!.number;
  // The job at hand is in the queue until its trials are written, and the queue takes none of the same name.
  const job = withheldJob(first, search.seq);
  await tx.$executeRaw`
    UPDATE trials SET job = ${job}
    WHERE search_id = ${search.id}::uuid AND number BETWEEN ${first}::int AND ${to}::int AND state = 'waiting'`;
  return first - 1;
}

/** What trials that were put aside go on from. */
async function checkpointsOf(
  tx: Transaction,
  { id, specification }: Search,
  from: number,
  to: number,
): Promise<ReadonlyMap<number, Uint8Array>> {
  if (!hasBarriers(specification.pruner)) return new Map();
  const rows = await tx.$queryRaw<{ number: number; bytes: Uint8Array }[]>`
    SELECT number, bytes FROM checkpoints WHERE search_id = ${id}::uuid AND number BETWEEN ${from}::int AND ${to}::int`;
  return new Map(rows.map(({ number, bytes }) => [number, bytes]));
}

export async function finish(
  tx: Transaction,
  search: Search,
  trials: readonly FinishedTrial[],
): Promise<Effect<{ accepted: readonly number[]; deliveries: readonly Delivery[] }>> {
  const rows = await tx.$queryRaw<{ number: number; stage: number; rung: number }[]>`
    UPDATE trials t SET state = 'complete', value = r.value, deviation = r.deviation, outcome = r.outcome, reason = r.reason, epochs = r.epochs,
      curves = r.folds, findings = r.findings, found = ARRAY(SELECT f->>'code' FROM jsonb_array_elements(r.findings) f), result_hash = r."resultHash", kernels = r.kernels,
      duration_ms = CASE WHEN t.rung > 0 THEN coalesce(t.duration_ms, 0) ELSE 0 END + r."durationMs",
      finished_at = now(), lease_until = NULL
    FROM jsonb_to_recordset(${JSON.stringify(trials)}::jsonb) AS r(number int, attempt int, value double precision, deviation double precision,
      outcome text, reason text, epochs int, folds jsonb, findings jsonb, "resultHash" text, kernels text, "durationMs" double precision)
    WHERE t.search_id = ${search.id}::uuid AND t.number = r.number AND t.attempt = r.attempt AND t.state = 'running'
    RETURNING t.number, t.stage, t.rung`;
  const byNumber = new Map(rows.map((row) => [row.number, row]));
  const written = trials.filter(({ number }) => byNumber.has(number)).sort((a, b) => a.number - b.number);
  const { changes, best, improvements } = completions(search, written, byNumber);
  const diverged = written.filter(({ outcome }) => outcome === 'diverged').length;
  let epochs = 0;
  for (const trial of written) {
    const stage = stageOf(search, trial.number);
    const bracket = stage && bracketIn(search.specification, stage, trial.number);
    epochs += trial.epochs - epochsBefore(bracket, byNumber.get(trial.number)!.rung);
  }
  const accepted = written.map(({ number }) => number);
  const done: Effect<undefined> = {
    result: undefined,
    changes,
    counters: { running: -written.length, complete: written.length, diverged, epochs },
    found: countFound(written.map(({ findings }) => ({ found: findings.map(({ code }) => code) }))),
    set: best === null ? {} : { best, improvements },
  };
  if (written.length === 0) return { ...done, result: { accepted, deliveries: [] } };
  if (hasBarriers(search.specification.pruner)) {
    await tx.$executeRaw`
      DELETE FROM checkpoints WHERE search_id = ${search.id}::uuid AND number = ANY(${accepted}::int[])`;
  }
  const effect = await concluded(tx, search, joined(done, await settle(tx, search, accepted)));
  return { ...effect, result: { accepted, deliveries: effect.result } };
}

/** The events of trials that are complete, and the best one after them. */
function completions(
  search: Search,
  written: readonly FinishedTrial[],
  rows: ReadonlyMap<number, { readonly stage: number }>,
): { changes: Change[]; best: Search['best']; improvements: Search['improvements'] } {
  let { best } = search;
  const improvements = [...search.improvements];
  const { direction } = search.specification.objective;
  const changes = written.map(
    ({ number, attempt, value, deviation, outcome, reason, epochs, durationMs, findings }): Change => {
      const { stage } = rows.get(number)!;
      // Of equal values the lower number is the best, whichever came first. Other stages train or examine otherwise: the newest counts.
      const isBest =
        value !== null &&
        (best === null ||
          stage > best.stage ||
          (stage === best.stage &&
            (isBetter(value, best.value, direction) || (value === best.value && number < best.number))));
      if (isBest) {
        best = { number, value, stage };
        improvements.push(best);
      }
      return {
        type: 'trial.complete',
        data: {
          number,
          attempt,
          stage,
          value,
          deviation,
          outcome,
          reason,
          epochs,
          durationMs,
          found: findings.map(({ code }) => code),
          best: isBest,
        },
      };
    },
  );
  return { changes, best, improvements };
}

export async function giveBack(
  tx: Transaction,
  search: Search,
  trials: readonly ReturnedTrial[],
  onlyExpired: boolean,
): Promise<Effect<readonly Delivery[]>> {
  const { attempts } = search.specification.limits;
  const rows = await tx.$queryRaw<
    { number: number; attempt: number; state: string; reason: string; job: string; found: string[] }[]
  >`
    UPDATE trials t SET
      failures = t.failures + (r.how <> 'handedBack')::int, reason = r.reason, lease_until = NULL,
      state = CASE WHEN r.how = 'hopeless' OR (r.how = 'crashed' AND t.failures + 1 >= ${attempts}::int) THEN 'failed' ELSE 'waiting' END,
      finished_at = CASE WHEN r.how = 'hopeless' OR (r.how = 'crashed' AND t.failures + 1 >= ${attempts}::int) THEN now() END,
      job = t.number || '.' || t.attempt
    FROM jsonb_to_recordset(${JSON.stringify(trials)}::jsonb) AS r(number int, attempt int, reason text, how text)
    WHERE t.search_id = ${search.id}::uuid AND t.number = r.number AND t.attempt = r.attempt AND t.state = 'running'
      AND (NOT ${onlyExpired}::boolean OR t.lease_until < now())
    RETURNING t.number, t.attempt, t.state, t.reason, t.job, t.found`;
  const waiting = rows.filter(({ state }) => state === 'waiting');
  const failed = rows.filter(({ state }) => state === 'failed');
  const changes: Change[] = rows.map(({ number, attempt, state, reason }) => ({
    type: state === 'waiting' ? 'trial.retried' : 'trial.failed',
    data: { number, attempt, reason },
  }));
  const back: Effect<undefined> = {
    result: undefined,
    changes,
    counters: { running: -rows.length, waiting: waiting.length, failed: failed.length },
    found: countFound(failed),
  };
  const numbers = failed.map(({ number }) => number);
  const effect = await concluded(tx, search, joined(back, await settle(tx, search, numbers)));
  const deliveries = search.state === 'running' ? deliveriesOf(search.id, waiting) : [];
  return { ...effect, result: [...deliveries, ...effect.result] };
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

export async function hungry(database: Database, window: number): Promise<readonly string[]> {
  const rows = await database.$queryRaw<{ id: string }[]>`
    SELECT id FROM searches WHERE state = 'running' AND planned < total AND waiting < ${window}::int`;
  return rows.map(({ id }) => id);
}

export async function endOverdue(database: Database, id?: string): Promise<void> {
  if (id !== undefined) {
    await changeSearch(database, id, overdue);
    return;
  }
  const rows = await database.$queryRaw<{ id: string }[]>`
    SELECT id FROM searches WHERE state IN ('running', 'paused')
      AND created_at + make_interval(secs => (specification->'budget'->>'seconds')::double precision) < now()`;
  for (const row of rows) await changeSearch(database, row.id, overdue);
}
