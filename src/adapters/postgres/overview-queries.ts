/** Reading many trials of a search at once, each time by one statement: what it tells is of one moment. */

import type { ServiceTotals } from '../../application/ports/search-queries.ts';
import type { Table } from '../../contract/trials.ts';
import { FIRST_RUN } from '../../domain/runs.ts';
import { type Search, type SearchState, searchStates } from '../../domain/search.ts';
import { variedOf } from '../../domain/specification/hyperparameters.ts';
import { tableLimits } from '../../domain/table.ts';
import { type TrialState, trialStates } from '../../domain/trial.ts';
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
