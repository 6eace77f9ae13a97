/** Stores searches whose trials another tool has run: all of a search in one transaction, with rows that are JSON already. */
import { randomUUID } from 'node:crypto';
import { currentActor } from '../../application/actor.ts';
import type { ObservedStore } from '../../application/ports/search-store.ts';
import { Problem } from '../../errors.ts';
import type { Database, Transaction } from './connection.ts';
import { holdDataset } from './dataset-store.ts';
import { PUB_SUB_CHANNEL } from './pub-sub.ts';
import { type SearchRow, searchColumns, searchOf } from './rows.ts';

export function createObservedStore(database: Database): ObservedStore {
  return {
    add: (observed, dataset, project) =>
      database.$pipeline(async (transaction) => {
        if (dataset !== undefined && !(await holdDataset(transaction, dataset.name, dataset.hash)))
          throw new Problem('notFound', `the data set ${dataset.name} was deleted meanwhile`);
        const id = randomUUID();
        const search = searchOf(await insertSearch(transaction, id, observed.record, dataset, project));
        // One after the other: together they would be in memory twice.
        for (const rows of observed.trials) await insertTrials(transaction, id, rows);
        for (const rows of observed.events) await insertEvents(transaction, id, rows);
        const message = JSON.stringify({
          kind: 'changed',
          project,
          searchId: id,
          seq: search.seq,
          state: search.state,
        });
        await transaction.$queryRaw`SELECT pg_notify(${PUB_SUB_CHANNEL}, ${message})::text`;
        return { last: search };
      }),
  };
}

type Record = Parameters<ObservedStore['add']>[0]['record'];

async function insertSearch(
  transaction: Transaction,
  id: string,
  { trials, best, ...record }: Record,
  dataset: Parameters<ObservedStore['add']>[1],
  project: string,
): Promise<SearchRow> {
  const [row] = await transaction.$queryRaw<SearchRow[]>`
    INSERT INTO searches (id, name, project, state, specification, dataset, dataset_hash, total, planned, complete, pruned, failed, cancelled, diverged,
      best_value, best_number, improvements, epochs, event_seq, notes, tags, finished_at)
    VALUES (${id}::uuid, ${record.name}, ${project}, 'complete', ${JSON.stringify(record.specification)}::jsonb, ${dataset?.name ?? ''}, ${dataset?.hash ?? ''},
      ${trials.total}::int, ${trials.planned}::int, ${trials.complete}::int, ${trials.pruned}::int, ${trials.failed}::int,
      ${trials.cancelled}::int, ${trials.diverged}::int, ${best?.value ?? null}::double precision, ${best?.number ?? null}::int,
      ${JSON.stringify(record.improvements)}::jsonb, ${record.epochs}::bigint, ${record.seq}::int, ${record.notes}, ${[...record.tags]}::text[], now())
    RETURNING ${searchColumns}`;
  return row!;
}

function insertTrials(transaction: Transaction, id: string, rows: Uint8Array): Promise<number> {
  return transaction.$executeRaw`
    INSERT INTO trials (search_id, number, state, attempt, job, hyperparameters, value, deviation, outcome, reason, verdict, epochs, curves, notes, tags,
      started_at, finished_at, duration_ms)
    SELECT ${id}::uuid, number, state, attempt, '', hyperparameters, value, deviation, outcome, reason, nullif(verdict, 'null'), epochs, nullif(curves, 'null'),
      notes, tags, "startedAt", "finishedAt", "durationMs"
    FROM jsonb_to_recordset(${textOf(rows)}::jsonb) AS r(number int, state text, attempt int, hyperparameters jsonb, value double precision,
      deviation double precision, outcome text, reason text, verdict jsonb, epochs int, curves jsonb, notes text, tags text[],
      "startedAt" timestamptz, "finishedAt" timestamptz, "durationMs" double precision)`;
}

function insertEvents(transaction: Transaction, id: string, rows: Uint8Array): Promise<number> {
  return transaction.$executeRaw`
    INSERT INTO events (search_id, seq, type, data, by)
    SELECT ${id}::uuid, seq, type, data, ${currentActor()}::text FROM jsonb_to_recordset(${textOf(rows)}::jsonb) AS r(seq int, type text, data jsonb)`;
}

function textOf({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString();
}
