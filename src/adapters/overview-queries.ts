/** Reading many trials of a search at once, each time by one statement: what it tells is of one moment. */
import { variedOf } from '../searches/hyperparameters.ts';
import type { Search } from '../searches/records.ts';
import { type Table, tableLimits } from '../searches/table.ts';
import type { Database } from './database.ts';
import { Prisma } from './prisma-client/client.ts';

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
};

/** Name and expression, in pairs, as json_build_object takes them; the rows come in the order of their numbers. */
function inColumns(expressions: readonly (readonly [string, Prisma.Sql])[]): Prisma.Sql {
  if (expressions.length === 0) return Prisma.sql`'{}'::json`;
  const pairs = expressions.map(([name, sql]) => Prisma.sql`${name}::text, coalesce(json_agg(${sql}), '[]'::json)`);
  return Prisma.sql`json_build_object(${Prisma.join(pairs)})`;
}

/** Of equal values the lower number comes first. */
export function bestFirst({ specification }: Search): Prisma.Sql {
  return specification.objective.direction === 'maximize'
    ? Prisma.sql`value DESC, number ASC`
    : Prisma.sql`value ASC, number ASC`;
}

/**
 * The table as JSON text, made by Postgres: 200,000 cells need not become objects here only to become text again. Undefined
 * where there is no such search.
 */
export async function tableOf(database: Database, search: Search): Promise<string | undefined> {
  const id = Prisma.sql`search_id = ${search.id}::uuid`;
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
    SELECT json_build_object('seq', s.event_seq, 'rows', s.planned, 'thinned', s.thinned,
      'trials', (SELECT ${inColumns(Object.entries(columns))} FROM t), 'points', (SELECT ${inColumns(points)} FROM t LIMIT 1))::text AS json
    FROM s`;
  return row?.json;
}
