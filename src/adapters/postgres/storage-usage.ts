/**
 * What the database holds. Sizes of tables are those of their files; of searches they are estimates from a sample, so that the time does not grow
 * with the number of trials.
 */
import type { StorageUsage } from '../../contract/usage.ts';
import { Prisma } from '../prisma-client/client.ts';
import type { Database } from './connection.ts';

const LARGEST = 10;
/** A service has about twenty; the database may have other tenants. */
const MAX_TABLES = 50;
/** Of a search: with 20 searches at most 200 trials and 200 events are read. */
const SAMPLES = 10;
/** Data sets and models, of which more would take long. */
const MAX_MEASURED = 10_000;
/** Of a row in a page: its header, the bitmap of nulls, its pointer. */
const ROW_OVERHEAD = 32;

export async function storageUsageOf(database: Database): Promise<StorageUsage> {
  const tables = await tablesOf(database);
  const { trials, searches } = await searchesOf(database);
  const datasets = await datasetsOf(database);
  const models = await modelsOf(database);
  // After the tables, so that it is no less than their sum while they grow.
  const [size] = await database.$queryRaw<[{ bytes: number }]>`
    SELECT pg_database_size(current_database())::float8 AS bytes`;
  return { bytes: size.bytes, tables, trials, searches, datasets, models };
}

/** A table that is dropped meanwhile has no size and is left out. */
function tablesOf(database: Database): Promise<StorageUsage['tables']> {
  return database.$queryRaw`
    WITH sizes AS (
      SELECT CASE n.nspname WHEN 'public' THEN c.relname ELSE n.nspname || '.' || c.relname END AS name,
        c.reltuples, coalesce(s.n_live_tup, 0) AS live, pg_relation_size(c.oid) AS main,
        coalesce(pg_total_relation_size(nullif(c.reltoastrelid, 0)), 0) AS toast,
        pg_table_size(c.oid) AS with_toast, pg_indexes_size(c.oid) AS indexes
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid
      WHERE c.relkind IN ('r', 'm') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
    )
    SELECT name,
      CASE WHEN live > 0 THEN live::float8 WHEN main = 0 THEN 0 WHEN reltuples >= 0 THEN reltuples::float8 END AS "estimatedRows",
      greatest(with_toast - toast, 0)::float8 AS "heapBytes", indexes::float8 AS "indexBytes", toast::float8 AS "toastBytes",
      (greatest(with_toast - toast, 0) + indexes + toast)::float8 AS "totalBytes"
    FROM sizes WHERE with_toast IS NOT NULL ORDER BY "totalBytes" DESC, name LIMIT ${MAX_TABLES}::int`;
}

interface Candidate {
  readonly id: string;
  readonly name: string;
  readonly state: StorageUsage['searches']['items'][number]['state'];
  readonly trials: number;
  readonly events: number;
  readonly sampled: number;
  readonly bytesPerTrial: number | null;
  readonly bytesPerEvent: number | null;
}

/** The largest are among those with the most trials and those with the most epochs, whose curves are the longest. */
async function searchesOf(database: Database): Promise<Pick<StorageUsage, 'trials' | 'searches'>> {
  const [all] = await database.$queryRaw<[{ searches: number; trials: number }]>`
    SELECT count(*)::float8 AS searches, coalesce(sum(planned), 0)::float8 AS trials FROM searches`;
  const candidates = await sampledSearches(database, await storedColumns(database));
  const items = candidates
    .map(({ bytesPerEvent, sampled: _, ...search }) => ({
      ...search,
      estimatedBytes: Math.round(search.trials * (search.bytesPerTrial ?? 0) + search.events * (bytesPerEvent ?? 0)),
    }))
    .toSorted((a, b) => b.estimatedBytes - a.estimatedBytes)
    .slice(0, LARGEST);
  const withTrials = candidates.filter(({ bytesPerTrial }) => bytesPerTrial !== null);
  const represented = withTrials.reduce((sum, { trials }) => sum + trials, 0);
  const bytes = withTrials.reduce((sum, { trials, bytesPerTrial }) => sum + trials * (bytesPerTrial ?? 0), 0);
  return {
    trials: {
      count: all.trials,
      sampled: candidates.reduce((sum, { sampled }) => sum + sampled, 0),
      bytesPerTrial: represented === 0 ? null : bytes / represented,
    },
    searches: { count: all.searches, items },
  };
}

interface StoredColumns {
  readonly trials: Prisma.Sql;
  readonly events: Prisma.Sql;
}

/** The bytes of a row, as an expression over the columns that its table has. pg_column_size reads no large value: it stands in its pointer. */
async function storedColumns(database: Database): Promise<StoredColumns> {
  const rows = await database.$queryRaw<{ name: keyof StoredColumns; sum: string }[]>`
    SELECT c.relname AS name, string_agg(format('coalesce(pg_column_size(t.%I), 0)', a.attname), ' + ') AS sum
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.oid IN ('trials'::regclass, 'events'::regclass) GROUP BY c.relname`;
  const bytesOf = (table: keyof StoredColumns) => {
    const sum = rows.find(({ name }) => name === table)?.sum ?? '0';
    return Prisma.sql`${Prisma.raw(sum)} + ${ROW_OVERHEAD}::int`;
  };
  return { trials: bytesOf('trials'), events: bytesOf('events') };
}

/**
 * Means over rows whose places in a search are multiples of the golden ratio: spread evenly, but without a period that the kinds of events, which
 * follow each other regularly, could share.
 */
function sampledSearches(database: Database, bytes: StoredColumns): Promise<Candidate[]> {
  const places = (rows: Prisma.Sql) => Prisma.sql`
    SELECT DISTINCT floor(${rows} * mod(i * 0.6180339887, 1))::int AS place FROM generate_series(1, ${SAMPLES}::int) i`;
  return database.$queryRaw`
    WITH candidates AS (
      (SELECT id, name, state, planned, event_seq, events_removed_at FROM searches ORDER BY planned DESC, id LIMIT ${LARGEST}::int)
      UNION
      (SELECT id, name, state, planned, event_seq, events_removed_at FROM searches ORDER BY epochs DESC, id LIMIT ${LARGEST}::int)
    )
    SELECT c.id, c.name, c.state, c.planned AS trials, tr.sampled,
      CASE WHEN c.events_removed_at IS NULL THEN c.event_seq ELSE (
        SELECT count(*)::int FROM events e WHERE e.search_id = c.id
      ) + (
        SELECT coalesce(sum(p.events), 0)::int FROM event_pages p WHERE p.search_id = c.id
      ) END AS events,
      tr.mean AS "bytesPerTrial", ev.mean AS "bytesPerEvent"
    FROM candidates c,
      LATERAL (
        SELECT count(*)::int AS sampled,
          avg(${bytes.trials} + coalesce(pg_column_size(k.bytes) + ${ROW_OVERHEAD}::int, 0))::float8 AS mean
        FROM (${places(Prisma.sql`c.planned`)}) p JOIN trials t ON t.search_id = c.id AND t.number = p.place
          LEFT JOIN checkpoints k ON k.search_id = c.id AND k.number = t.number
      ) tr,
      LATERAL (
        SELECT avg(CASE WHEN t.seq IS NULL THEN page.bytes ELSE ${bytes.events} END)::float8 AS mean
        FROM (${places(Prisma.sql`c.event_seq`)}) p LEFT JOIN events t ON t.search_id = c.id AND t.seq = p.place + 1
          LEFT JOIN LATERAL (
            SELECT (pg_column_size(packed) + ${ROW_OVERHEAD}::int)::float8 / events AS bytes FROM event_pages
            WHERE search_id = c.id AND last_seq > p.place ORDER BY last_seq LIMIT 1
          ) page ON t.seq IS NULL
        WHERE t.seq IS NOT NULL OR page.bytes IS NOT NULL
      ) ev`;
}

/** octet_length does not read the text either. */
async function datasetsOf(database: Database): Promise<StorageUsage['datasets']> {
  const [row] = await database.$queryRaw<[StorageUsage['datasets']]>`
    WITH measured AS MATERIALIZED (
      SELECT name, octet_length(csv) AS bytes, pg_column_size(csv) AS stored FROM datasets
      ORDER BY created_at DESC LIMIT ${MAX_MEASURED}::int
    ), largest AS (
      SELECT name, count(*)::int AS versions, sum(bytes)::float8 AS bytes, sum(stored)::float8 AS "storedBytes"
      FROM measured GROUP BY name ORDER BY bytes DESC, name LIMIT ${LARGEST}::int
    )
    SELECT (SELECT count(*) FROM datasets)::float8 AS count, count(*)::int AS measured,
      coalesce(sum(bytes), 0)::float8 AS bytes, coalesce(sum(stored), 0)::float8 AS "storedBytes",
      (SELECT coalesce(jsonb_agg(l ORDER BY l.bytes DESC, l.name), '[]') FROM largest l) AS items
    FROM measured`;
  return row;
}

async function modelsOf(database: Database): Promise<StorageUsage['models']> {
  const [row] = await database.$queryRaw<[StorageUsage['models']]>`
    WITH measured AS MATERIALIZED (
      SELECT id, name, coalesce(octet_length(document), 0) AS bytes, coalesce(pg_column_size(document), 0) AS "storedBytes"
      FROM models ORDER BY created_at DESC, id DESC LIMIT ${MAX_MEASURED}::int
    ), largest AS (SELECT * FROM measured ORDER BY bytes DESC, id LIMIT ${LARGEST}::int)
    SELECT (SELECT count(*) FROM models)::float8 AS count, count(*)::int AS measured,
      coalesce(sum(bytes), 0)::float8 AS bytes, coalesce(sum("storedBytes"), 0)::float8 AS "storedBytes",
      (SELECT coalesce(jsonb_agg(l ORDER BY l.bytes DESC, l.id), '[]') FROM largest l) AS items
    FROM measured`;
  return row;
}
