/** Writes what a change of a search came to (domain/transitions/search-update.ts). It decides nothing; all statements are sent without waiting for each other. */

import { currentActor } from '../../application/actor.ts';
import { isOpen, type Search } from '../../domain/search.ts';
import type { Specification } from '../../domain/specification/specification.ts';
import type { SearchWrites } from '../../domain/transitions/search-update.ts';
import type { NewTrial, TrialPatch } from '../../domain/transitions/trial-record.ts';
import { isOver } from '../../domain/trial.ts';
import { Prisma } from '../prisma-client/client.ts';
import type { Transaction } from './connection.ts';
import { firstVirtualTime } from './fair-share.ts';
import { pack } from './packed-trials.ts';
import { changeNotice, PUB_SUB_CHANNEL } from './pub-sub.ts';
import type { SearchRow } from './rows.ts';

/** The search as it is then. Every statement is sent before the first await: the commit is sent right behind them. */
export async function write(
  tx: Transaction,
  before: Search,
  after: Search,
  { events, newTrials, reports, checkpoints, changesSpecification, renewsHistory }: Omit<SearchWrites, 'trials'>,
  patches: Patches,
): Promise<Search> {
  const { id } = before;
  const sent: Promise<unknown>[] = [];
  if (newTrials.length > 0) sent.push(insertTrials(tx, id, newTrials));
  for (const group of alike(patches)) sent.push(updateTrials(tx, id, group));
  if (reports.length > 0) {
    sent.push(tx.$executeRaw`
      INSERT INTO reports (search_id, epochs, number, value)
      SELECT ${id}::uuid, epochs, number, value FROM jsonb_to_recordset(${JSON.stringify(reports)}::jsonb) AS r(epochs int, number int, value double precision)
      ON CONFLICT DO NOTHING`);
  }
  for (const [number, bytes] of checkpoints.put) {
    sent.push(tx.$executeRaw`
      INSERT INTO checkpoints (search_id, number, bytes) VALUES (${id}::uuid, ${number}::int, ${bytes}::bytea)
      ON CONFLICT (search_id, number) DO UPDATE SET bytes = excluded.bytes`);
  }
  if (checkpoints.remove === 'all') {
    sent.push(tx.$executeRaw`DELETE FROM checkpoints WHERE search_id = ${id}::uuid`);
  } else if (checkpoints.remove.length > 0) {
    sent.push(tx.$executeRaw`
      DELETE FROM checkpoints WHERE search_id = ${id}::uuid AND number = ANY(${[...checkpoints.remove]}::int[])`);
  }
  // A change without events is none of the search itself.
  if (events.length === 0) {
    await Promise.all(sent);
    return after;
  }
  const [finishedAt] = await Promise.all([
    updateSearch(tx, before, after, { events, changesSpecification, renewsHistory }),
    ...sent,
  ]);
  return { ...after, finishedAt };
}

async function updateSearch(
  tx: Transaction,
  before: Search,
  changed: Search,
  {
    events,
    changesSpecification,
    renewsHistory,
  }: Pick<SearchWrites, 'events' | 'changesSpecification' | 'renewsHistory'>,
): Promise<string | null> {
  const { seq, state, trials, best, specification, ...after } = changed;
  const by = currentActor();
  // Postgres adds the time, rounded as the column of events is.
  const [row] = await tx.$queryRaw<Pick<SearchRow, 'finished_at'>[]>`
    WITH logged AS (
      INSERT INTO events (search_id, seq, type, data, by)
      SELECT ${before.id}::uuid, ${before.seq}::int + position, change->>'type', change->'data', ${by}::text
      FROM jsonb_array_elements(${JSON.stringify(events)}::jsonb) WITH ORDINALITY AS list(change, position)
    ), notified AS (
      SELECT pg_notify(${PUB_SUB_CHANNEL}, ${changeNotice(changed, events, by)}::text || to_json(now()::timestamptz(3))::text || '}')
    )
    UPDATE searches SET
      event_seq = ${seq}::int, state = ${state}, failure = ${after.failure}, name = ${after.name}, notes = ${after.notes}, tags = ${[...after.tags]}::text[], total = ${trials.total}::int,
      specification = CASE WHEN ${changesSpecification}::boolean
        THEN specification || ${JSON.stringify(changeable(specification))}::jsonb ELSE specification END,
      virtual_time = CASE WHEN ${before.state !== 'running' && state === 'running'}::boolean
        THEN ${firstVirtualTime} ELSE virtual_time END,
      history_version = history_version + ${renewsHistory}::boolean::int,
      planned = ${trials.planned}::int, waiting = ${trials.waiting}::int, running = ${trials.running}::int,
      complete = ${trials.complete}::int, pruned = ${trials.pruned}::int, failed = ${trials.failed}::int,
      cancelled = ${trials.cancelled}::int, diverged = ${trials.diverged}::int, paused = ${trials.paused}::int,
      epochs = ${after.epochs}::bigint, best_number = ${best?.number ?? null}::int,
      best_value = ${best?.value ?? null}::double precision, best_stage = ${best?.stage ?? 0}::int,
      improvements = ${JSON.stringify(after.improvements)}::jsonb, found = ${JSON.stringify(after.found)}::jsonb,
      stages = ${JSON.stringify(after.stages)}::jsonb, confirmation = ${after.confirmation === undefined ? null : JSON.stringify(after.confirmation)}::jsonb, ended_by = ${after.endedBy},
      finished_at = CASE WHEN ${isOpen(state)}::boolean THEN NULL ELSE coalesce(finished_at, now()) END
    FROM notified
    WHERE id = ${before.id}::uuid
    RETURNING finished_at`;
  return row!.finished_at?.toISOString() ?? null;
}

/** What PATCH can change of a specification. */
function changeable({ name, budget, share, keepCurves }: Specification): Partial<Specification> {
  return { name, budget, ...(share !== undefined && { share }), ...(keepCurves !== undefined && { keepCurves }) };
}

function insertTrials(tx: Transaction, id: string, trials: readonly NewTrial[]): Promise<number> {
  const rows = trials.map(({ claimedBy, confirms, ...trial }) => {
    return { ...trial, ...claimedBy, confirms: confirms?.trial, repeat: confirms?.repeat };
  });
  return tx.$executeRaw`
    INSERT INTO trials (search_id, number, confirms, repeat, stage, job, hyperparameters, state, attempt, worker, started_at, lease_until)
    SELECT ${id}::uuid, number, confirms, repeat, stage, job, point, CASE WHEN worker IS NULL THEN 'waiting' ELSE 'running' END,
      (worker IS NOT NULL)::int, worker, CASE WHEN worker IS NOT NULL THEN now() END,
      now() + make_interval(secs => "leaseSeconds")
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      AS r(number int, confirms int, repeat int, stage int, job text, point jsonb, worker text, "leaseSeconds" double precision)`;
}

/** What is written of a patch: curves and findings of a trial that ends are packed. */
interface StoredPatch extends TrialPatch {
  /** In base64. */
  readonly packed?: string | null;
}

/** The column of each field, its type, and, where it is not the value as it is, what is written. */
const columns: Readonly<Record<keyof StoredPatch, readonly [column: string, type: string, value?: string]>> = {
  job: ['job', 'text'],
  state: ['state', 'text'],
  attempt: ['attempt', 'int'],
  failures: ['failures', 'int'],
  rung: ['rung', 'int'],
  value: ['value', 'double precision'],
  epochs: ['epochs', 'int'],
  found: ['found', 'text[]'],
  notes: ['notes', 'text'],
  tags: ['tags', 'text[]'],
  durationMs: ['duration_ms', 'double precision'],
  worker: ['worker', 'text'],
  deviation: ['deviation', 'double precision'],
  outcome: ['outcome', 'text'],
  reason: ['reason', 'text'],
  curves: ['curves', 'jsonb'],
  findings: ['findings', 'jsonb'],
  packed: ['packed', 'text', "decode(r.packed, 'base64')"],
  verdict: ['verdict', 'jsonb'],
  resultHash: ['result_hash', 'text'],
  kernels: ['kernels', 'text'],
  startedAt: ['started_at', 'text', 'CASE WHEN r."startedAt" IS NOT NULL THEN now() END'],
  finishedAt: ['finished_at', 'text', 'CASE WHEN r."finishedAt" IS NOT NULL THEN now() END'],
  leaseSeconds: ['lease_until', 'double precision', 'now() + make_interval(secs => r."leaseSeconds")'],
};
const fields = Object.keys(columns) as (keyof StoredPatch)[];

type Patches = readonly (readonly [number: number, patch: StoredPatch])[];

/** To be awaited before `write`: long curves are compressed in another thread. */
export function storedPatches(patches: ReadonlyMap<number, TrialPatch>): Promise<Patches> {
  return Promise.all([...patches].map(storedPatch));
}

async function storedPatch([number, patch]: readonly [number, TrialPatch]): Promise<readonly [number, StoredPatch]> {
  const { state, curves, findings } = patch;
  if (curves === undefined) return [number, patch];
  if (curves === null || findings === undefined || state === undefined || !isOver(state))
    return [number, { ...patch, packed: null }];
  const packed = await pack({ folds: curves, findings });
  return [number, { ...patch, curves: null, findings: [], packed: packed.toString('base64') }];
}

/** Patches of the same fields are one statement. */
function alike(patches: Patches): Iterable<Patches> {
  const groups = new Map<string, (readonly [number, StoredPatch])[]>();
  for (const entry of patches) {
    const key = fields.filter((field) => entry[1][field] !== undefined).join();
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [entry]);
    else group.push(entry);
  }
  return groups.values();
}

function updateTrials(tx: Transaction, id: string, patches: Patches): Promise<number> {
  const changed = fields.filter((field) => patches[0]![1][field] !== undefined);
  const set = changed.map((field) => {
    const [column, , value = `r."${field}"`] = columns[field];
    return `${column} = ${value}`;
  });
  const types = changed.map((field) => `"${field}" ${columns[field][1]}`);
  const rows = JSON.stringify(patches.map(([number, patch]) => ({ ...patch, number })));
  // Named twice, so that Postgres looks them up by the key even if it expects one trial in all of a search that is newer than its statistics.
  const numbers = patches.map(([number]) => number);
  return tx.$executeRaw`
    UPDATE trials t SET ${Prisma.raw(set.join(', '))}
    FROM jsonb_to_recordset(${rows}::jsonb) AS r(number int, ${Prisma.raw(types.join(', '))})
    WHERE t.search_id = ${id}::uuid AND t.number = ANY(${numbers}::int[]) AND t.number = r.number`;
}
