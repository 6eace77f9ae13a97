/** Reading many trials of a search at once, each time by one statement: what it tells is of one moment. */

import type { ServiceTotals, StoredObjective } from '../../application/ports/search-queries.ts';
import type { Table } from '../../contract/trials.ts';
import type { StoredCurves } from '../../domain/curves.ts';
import { seriesOf, type ValueSeries } from '../../domain/intermediate-values.ts';
import { FIRST_RUN } from '../../domain/runs.ts';
import { type Search, type SearchState, searchStates } from '../../domain/search.ts';
import { variedOf } from '../../domain/specification/hyperparameters.ts';
import { tableLimits } from '../../domain/table.ts';
import { type TrialState, trialStates } from '../../domain/trial.ts';
import { seriesNames } from '../../nn/training/series.ts';
import { Prisma } from '../prisma-client/client.ts';
import type { Database } from './connection.ts';
import { bestFirst } from './value-order.ts';

const columns: Readonly<Record<keyof Table['trials'], Prisma.Sql>> = {
  number: Prisma.sql`number`,
  state: Prisma.sql`state`,
  stage: Prisma.sql`stage`,
  rung: Prisma.sql`rung`,
  attempt: Prisma.sql`attempt`,
  value: Prisma.sql`value`,
  deviation: Prisma.sql`deviation`,
  outcome: Prisma.sql`outcome`,
  epochs: Prisma.sql`epochs`,
  durationMs: Prisma.sql`duration_ms`,
  worker: Prisma.sql`worker`,
  startedAt: Prisma.sql`floor(extract(epoch FROM started_at) * 1000)::bigint`,
  finishedAt: Prisma.sql`floor(extract(epoch FROM finished_at) * 1000)::bigint`,
  found: Prisma.sql`found`,
  reason: Prisma.sql`reason`,
  rule: Prisma.sql`verdict->>'rule'`,
  notes: Prisma.sql`notes`,
  tags: Prisma.sql`tags`,
};

/** An object of names and lists; the rows come in the order of their numbers. Not with json_build_object: a function has at most 100 arguments. */
function inColumns(expressions: readonly (readonly [string, Prisma.Sql])[]): Prisma.Sql {
  if (expressions.length === 0) return Prisma.sql`'{}'::json`;
  const pairs = expressions.map(
    ([name, sql]) => Prisma.sql`to_json(${name}::text)::text || ':' || coalesce(json_agg(${sql})::text, '[]')`,
  );
  return Prisma.sql`('{' || array_to_string(ARRAY[${Prisma.join(pairs)}], ',') || '}')::json`;
}

/**
 * The table as JSON text, made by Postgres in one pass over the trials: 200,000 cells need not become objects here only to become text
 * again. Undefined where there is no such search.
 */
export async function tableOf(database: Database, search: Search): Promise<string | undefined> {
  const id = Prisma.sql`search_id = ${search.id}::uuid AND number < ${FIRST_RUN}::int`;
  const { rows, best, open } = tableLimits;
  const points = variedOf(search.specification.hyperparameters).map(
    (name) => [name, Prisma.sql`hyperparameters->${name}::text`] as const,
  );
  const [row] = await database.$queryRaw<{ json: string }[]>`
    WITH s AS MATERIALIZED (
      SELECT event_seq, planned, planned > ${rows}::int AS thinned, coalesce(best_stage, 0) AS best_stage,
        ceil(planned / greatest(${rows - best}::float8 - running - paused, 1000))::int AS every
      FROM searches WHERE id = ${search.id}::uuid
    ), kept AS (
      (SELECT number FROM trials, s WHERE thinned AND ${id} AND state = 'complete' AND value IS NOT NULL AND stage = best_stage
        ORDER BY ${bestFirst(search)} LIMIT ${best}::int)
      UNION (SELECT number FROM trials, s WHERE thinned AND ${id} AND state IN ('running', 'paused') LIMIT ${open}::int)
    ), t AS (
      SELECT trials.* FROM trials, s
      WHERE ${id} AND (NOT thinned OR number % every = 0 OR number IN (SELECT number FROM kept)) ORDER BY number
    )
    SELECT json_build_object('seq', s.event_seq, 'rows', s.planned, 'thinned', s.thinned, 'trials', c.trials, 'points', c.points)::text AS json
    FROM s, (SELECT ${inColumns(Object.entries(columns))} AS trials, ${inColumns(points)} AS points FROM t) c`;
  return row?.json;
}

/** So many of the trials whose curves are asked for are the best. */
const BEST_CURVES = 50;

/**
 * Curves of about `trials` trials. Of those that have ended only `points` epochs leave the database: the first, the last, and
 * evenly between.
 */
export async function curvesOf(
  database: Database,
  search: Search,
  trials: number,
  points: number,
): Promise<{ seq: number; trials: readonly StoredCurves[] } | undefined> {
  const id = Prisma.sql`search_id = ${search.id}::uuid AND number < ${FIRST_RUN}::int`;
  const series = seriesNames.map(
    (name) =>
      Prisma.sql`${name}::text, (SELECT jsonb_agg(s${Prisma.raw(`."${name}"`)}->(e - 1) ORDER BY e) FROM unnest(at) e)`,
  );
  const stored = seriesNames.map((name) => `"${name}" jsonb`).join(', ');
  const rows = await database.$queryRaw<
    ({ seq: number } & { [Name in keyof StoredCurves]: StoredCurves[Name] | null })[]
  >`
    WITH s AS MATERIALIZED (SELECT event_seq, coalesce(best_stage, 0) AS best_stage FROM searches WHERE id = ${search.id}::uuid),
    live AS (SELECT number FROM trials WHERE ${id} AND state = 'running' ORDER BY number LIMIT ${trials}::int),
    best AS (
      SELECT number FROM trials, s WHERE ${id} AND state = 'complete' AND value IS NOT NULL AND stage = best_stage
      ORDER BY ${bestFirst(search)}
      LIMIT (SELECT least(${BEST_CURVES}::int, ${trials}::int - count(*)) FROM live)
    ),
    space AS (SELECT (${trials}::int - (SELECT count(*) FROM live) - (SELECT count(*) FROM best))::int AS places),
    others AS (
      SELECT number, row_number() OVER (ORDER BY number) AS i, count(*) OVER () AS n FROM trials
      WHERE ${id} AND epochs > 0 AND state <> 'running' AND number NOT IN (SELECT number FROM best)
    ),
    kept AS (
      SELECT number FROM live UNION ALL SELECT number FROM best
      UNION ALL SELECT number FROM others, space WHERE i * places / n <> (i - 1) * places / n OR places >= n
    )
    SELECT s.event_seq AS seq, c.* FROM s LEFT JOIN (
      SELECT number, attempt, state, epochs, at, coalesce(folds, '[]'::jsonb) AS folds
      FROM trials t JOIN kept USING (number)
      CROSS JOIN LATERAL (
        SELECT CASE WHEN t.state = 'running' OR t.epochs <= ${points}::int THEN ARRAY(SELECT generate_series(1, t.epochs))
          ELSE ARRAY(SELECT 1 + (i::bigint * (t.epochs - 1) / ${points - 1}::int)::int FROM generate_series(0, ${points - 1}::int) i) END AS at
      ) places
      CROSS JOIN LATERAL (
        SELECT jsonb_agg(jsonb_build_object('fold', s.fold, ${Prisma.join(series)}) ORDER BY s.fold) AS folds
        FROM jsonb_to_recordset(t.curves) AS s(fold int, ${Prisma.raw(stored)})
      ) thinned
      WHERE ${id}
    ) c ON true ORDER BY c.number`;
  const [first] = rows;
  return (
    first && {
      seq: first.seq,
      trials: rows.filter((row): row is { seq: number } & StoredCurves => row.number !== null),
    }
  );
}

/**
 * The series stay text: parsing those of many trials would block the event loop. Trials are sampled by a hash of their numbers: every tenth
 * of a grid might all have the same value of a hyperparameter.
 */
export function objectivesOf(
  database: Database,
  search: Search,
  stage: number,
  limit: number,
): Promise<readonly StoredObjective[]> {
  const series = seriesOf(search.specification.objective.metric);
  return database.$queryRaw<StoredObjective[]>`
    WITH sampled AS (
      SELECT number FROM trials
      WHERE search_id = ${search.id}::uuid AND number < ${FIRST_RUN}::int AND stage = ${stage}::int AND state = 'complete'
        AND (finished_at > ${search.removed.curves}::timestamptz OR ${search.removed.curves === null}::boolean)
      ORDER BY md5(number::text) LIMIT ${limit}::int
    )
    SELECT number, hyperparameters AS point, value, epochs, (
      SELECT coalesce(jsonb_agg(fold->${series}::text ORDER BY (fold->>'fold')::int), '[]') FROM jsonb_array_elements(curves) fold
    )::text AS folds
    FROM trials JOIN sampled USING (number)
    WHERE search_id = ${search.id}::uuid ORDER BY number`;
}

/** The same of some trials in any state, as numbers. Built as text, which takes Postgres half as long as building jsonb. */
export async function objectiveSeriesOf(
  database: Database,
  search: Search,
  numbers: readonly number[],
): Promise<ReadonlyMap<number, readonly ValueSeries[]>> {
  const series = seriesOf(search.specification.objective.metric);
  const rows = await database.$queryRaw<{ number: number; folds: readonly ValueSeries[] }[]>`
    SELECT number, (
      SELECT coalesce(json_agg(fold->${series}::text ORDER BY (fold->>'fold')::int), '[]') FROM jsonb_array_elements(curves) fold
    ) AS folds
    FROM trials WHERE search_id = ${search.id}::uuid AND number = ANY(${[...numbers]}::int[]) AND curves IS NOT NULL`;
  return new Map(rows.map(({ number, folds }) => [number, folds]));
}

/** All series of some trials, without the rest of their curves. */
export async function foldSeriesOf(
  database: Database,
  search: Search,
  numbers: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  const series = seriesNames.map((name) => Prisma.sql`${name}::text, fold->${name}::text`);
  const rows = await database.$queryRaw<{ number: number; folds: string }[]>`
    SELECT number, (
      SELECT coalesce(json_agg(json_build_object('fold', fold->'fold', ${Prisma.join(series)}) ORDER BY (fold->>'fold')::int), '[]')
      FROM jsonb_array_elements(curves) fold
    )::text AS folds
    FROM trials WHERE search_id = ${search.id}::uuid AND number = ANY(${[...numbers]}::int[]) AND curves IS NOT NULL`;
  return new Map(rows.map(({ number, folds }) => [number, folds]));
}

export async function totalsOf(database: Database): Promise<ServiceTotals> {
  const rows = await database.$queryRaw<({ state: SearchState; searches: number; epochs: number } & TrialCounts)[]>`
    SELECT state, count(*)::int AS searches, sum(epochs)::float8 AS epochs, ${sums} FROM searches GROUP BY state`;
  const [{ bytes }] = await database.$queryRaw<[{ bytes: number }]>`
    SELECT pg_database_size(current_database())::float8 AS bytes`;
  const sumOf = (of: (row: (typeof rows)[number]) => number) => rows.reduce((sum, row) => sum + of(row), 0);
  return {
    searches: fromKeys(searchStates, (state) => rows.find((row) => row.state === state)?.searches ?? 0),
    trials: fromKeys(trialStates, (state) => sumOf((row) => row[state])),
    epochs: sumOf((row) => row.epochs),
    bytes,
  };
}

type TrialCounts = Record<TrialState, number>;

const sums = Prisma.raw(trialStates.map((state) => `sum("${state}")::float8 AS "${state}"`).join(', '));

function fromKeys<K extends string>(keys: readonly K[], value: (key: K) => number): Record<K, number> {
  return Object.fromEntries(keys.map((key) => [key, value(key)])) as Record<K, number>;
}
