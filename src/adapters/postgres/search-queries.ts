/** Reading searches, trials and events: every list by keyset, every order by an index. */
import { z } from 'zod';
import { inTurns } from '../../application/in-turns.ts';
import type { Page } from '../../application/ports/page.ts';
import type { SearchQueries, SearchQuery, TimedOutcome, TrialQuery } from '../../application/ports/search-queries.ts';
import { FIRST_RUN } from '../../domain/runs.ts';
import type { Search } from '../../domain/search.ts';
import type { TrialState } from '../../domain/trial.ts';
import { Problem } from '../../errors.ts';
import { Prisma } from '../prisma-client/client.ts';
import type { Database } from './connection.ts';
import { decode, newestFirstCursor, pageOf } from './cursors.ts';
import { curvesOf, foldSeriesOf, objectiveSeriesOf, objectivesOf } from './curve-queries.ts';
import { readEvents } from './event-log.ts';
import { observedAt, observedCounts } from './observed-values.ts';
import { tableOf, totalsOf } from './overview-queries.ts';
import { measurementsOf, type PackedRow } from './packed-trials.ts';
import { eventOf, type SearchRow, searchColumns, searchOf, type TrialRow, trialOf, trialSummaryOf } from './rows.ts';
import { ascending, bestFirst, descending } from './value-order.ts';

const SUMMARY = Prisma.sql`number, confirms, repeat, state, stage, rung, verdict, found, attempt, hyperparameters, value, deviation, outcome, reason, epochs, duration_ms, worker,
  result_hash, started_at, finished_at, notes, tags`;

/** Runs of a confirmation are stored as trials, but are in none of their lists. */
const isTrial = Prisma.sql`number < ${FIRST_RUN}::int`;

/** Reports of trials of a stage: each looks its trial up by the key (OFFSET 0), whatever Postgres expects of a search that is newer than its statistics. */
const reportsOf = ({ id }: Search, stage: number) => Prisma.sql`
  SELECT r.number, r.epochs, r.value, t.point FROM reports r CROSS JOIN LATERAL (
    SELECT hyperparameters AS point FROM trials
    WHERE search_id = ${id}::uuid AND number = r.number AND ${isTrial} AND stage = ${stage}::int OFFSET 0
  ) t WHERE r.search_id = ${id}::uuid AND r.value IS NOT NULL`;

/** Trials that a finding of the whole search names. */
const MAX_NUMBERS = 20;

export function createSearchQueries(database: Database): SearchQueries {
  const trialRows = (where: Prisma.Sql, order: Prisma.Sql, limit: number): Promise<TrialRow[]> =>
    database.$queryRaw<TrialRow[]>`SELECT ${SUMMARY} FROM trials WHERE ${where} ORDER BY ${order} LIMIT ${limit}::int`;

  return {
    find: async (id) => {
      const [row] = await database.$queryRaw<SearchRow[]>`SELECT ${searchColumns} FROM searches WHERE id = ${id}::uuid`;
      return row === undefined ? undefined : searchOf(row);
    },
    findAll: async (ids) => {
      const rows = await database.$queryRaw<
        SearchRow[]
      >`SELECT ${searchColumns} FROM searches WHERE id = ANY(${[...ids]}::uuid[])`;
      return rows.map(searchOf);
    },
    totals: () => totalsOf(database),
    list: (query) => listSearches(database, query),
    trials: async (search, query) => {
      const { id } = search;
      const inOrder = query.sort.endsWith('number') ? byNumber(id, query) : byValue(id, query);
      const items: TrialRow[] = [];
      for (const { where, order } of inOrder) {
        const wanted = query.limit + 1 - items.length;
        if (wanted > 0) items.push(...(await trialRows(where, order, wanted)));
      }
      const trials = items.map((row) => trialSummaryOf(row, search));
      return pageOf(trials, query.limit, ({ number, value }) => ({ s: query.sort, n: number, v: value }));
    },
    trial: async (search, number) => {
      const [row] = await database.$queryRaw<FullTrialRow[]>`
        SELECT ${SUMMARY}, curves, findings, packed, kernels FROM trials WHERE search_id = ${search.id}::uuid AND number = ${number}::int`;
      return row === undefined ? undefined : trialOf(row, search);
    },
    best: async (search, limit) => {
      const stage = search.best?.stage ?? 0;
      const where = Prisma.sql`search_id = ${search.id}::uuid AND ${isTrial} AND value IS NOT NULL AND state = 'complete' AND stage = ${stage}::int`;
      const { best } = search;
      const order =
        best?.confirmed === undefined
          ? bestFirst(search)
          : Prisma.sql`(number = ${best.number}::int) DESC, ${bestFirst(search)}`;
      const rows = await trialRows(where, order, limit);
      return rows.map((row) => trialSummaryOf(row, search));
    },
    values: async ({ id }, stage) => {
      // One text instead of a row for each trial, which takes five times longer to read.
      const [row] = await database.$queryRaw<[{ json: string }]>`
        SELECT coalesce(json_agg(json_build_array(number, value, deviation)), '[]')::text AS json FROM trials
        WHERE search_id = ${id}::uuid AND ${isTrial} AND state = 'complete' AND stage = ${stage}::int AND value IS NOT NULL`;
      const values = JSON.parse(row.json) as [number, number, number | null][];
      return values.map(([number, value, deviation]) => ({ number, value, deviation }));
    },
    outcomes: async ({ id }) => {
      const rows = await database.$queryRaw<
        (Omit<TimedOutcome, 'point'> & { hyperparameters: TimedOutcome['point'] })[]
      >`
        SELECT number, state, hyperparameters, value, epochs,
          extract(epoch FROM finished_at - min(started_at) OVER ())::float8 AS seconds
        FROM trials WHERE search_id = ${id}::uuid AND ${isTrial} AND state NOT IN ('waiting', 'running') ORDER BY number`;
      return rows.map(({ hyperparameters, ...row }) => ({ ...row, point: hyperparameters }));
    },
    reportCounts: (search, stage) =>
      search.specification.observed !== undefined
        ? observedCounts(database, search)
        : database.$queryRaw`
        SELECT epochs, count(*)::int AS trials FROM (${reportsOf(search, stage)}) r GROUP BY epochs ORDER BY epochs`,
    completeSample: async ({ id }, from, limit) => {
      const rows = await database.$queryRaw<{ point: TimedOutcome['point']; value: number; trials: number }[]>`
        WITH complete AS (
          SELECT number, count(*) OVER () AS trials, row_number() OVER (ORDER BY number) - 1 AS place FROM trials
          WHERE search_id = ${id}::uuid AND ${isTrial} AND number >= ${from}::int AND state = 'complete' AND value IS NOT NULL
        )
        SELECT hyperparameters AS point, value, (SELECT max(trials)::int FROM complete) AS trials FROM trials
        WHERE search_id = ${id}::uuid AND number = ANY(ARRAY(
          SELECT number FROM complete WHERE place % ceil(trials::float8 / ${limit}::int)::int = 0
        )) ORDER BY number`;
      return { trials: rows[0]?.trials ?? 0, sample: rows.map(({ point, value }) => ({ point, value })) };
    },
    reportsAt: (search, stage, epochs) =>
      search.specification.observed !== undefined
        ? observedAt(database, search, epochs)
        : database.$queryRaw`
        SELECT point, value FROM (${reportsOf(search, stage)}) r WHERE epochs = ${epochs}::int ORDER BY number`,
    findings: async ({ id }) => {
      const rows = await database.$queryRaw<({ code: string; trials: number; numbers: number[] } & PackedRow)[]>`
        WITH often AS (
          SELECT code, count(*)::int AS trials, (array_agg(number ORDER BY number))[1:${MAX_NUMBERS}::int] AS numbers
          FROM trials, unnest(found) code WHERE search_id = ${id}::uuid AND ${isTrial} GROUP BY code
        )
        SELECT often.*, t.curves, t.findings, t.packed
        FROM often JOIN trials t ON t.search_id = ${id}::uuid AND t.number = often.numbers[1]`;
      return rows.map(({ code, trials, numbers, ...row }) => {
        const example = measurementsOf(row).findings.find((finding) => finding.code === code)!;
        return { trials, numbers, example };
      });
    },
    diagnosed: async ({ id }, stage) => {
      const [row] = await database.$queryRaw<[{ json: string }]>`
        SELECT coalesce(json_agg(json_build_object('number', number, 'point', hyperparameters, 'value', value, 'deviation', deviation,
          'diverged', coalesce(outcome = 'diverged', false), 'found', found) ORDER BY number), '[]')::text AS json FROM trials
        WHERE search_id = ${id}::uuid AND ${isTrial} AND stage = ${stage}::int AND state IN ('complete', 'pruned')`;
      return row.json;
    },
    running: async (search) => {
      const rows = await database.$queryRaw<FullTrialRow[]>`
        SELECT ${SUMMARY}, curves, findings, packed, kernels FROM trials
        WHERE search_id = ${search.id}::uuid AND ${isTrial} AND state = 'running' ORDER BY number LIMIT 1000`;
      return inTurns(rows, (row) => trialOf(row, search));
    },
    runs: async (search) => {
      const rows = await database.$queryRaw<TrialRow[]>`
        SELECT ${SUMMARY} FROM trials WHERE search_id = ${search.id}::uuid AND number >= ${FIRST_RUN}::int ORDER BY confirms, repeat`;
      return rows.map((row) => trialSummaryOf(row, search));
    },
    table: (search) => tableOf(database, search),
    curves: (search, trials, points) => curvesOf(database, search, trials, points),
    countStates: async ({ id }, stage) => {
      const rows = await database.$queryRaw<{ state: TrialState; trials: number }[]>`
        SELECT state, count(*)::int AS trials FROM trials
        WHERE search_id = ${id}::uuid AND ${isTrial} AND stage = ${stage}::int GROUP BY state`;
      return Object.fromEntries(rows.map(({ state, trials }) => [state, trials]));
    },
    objectives: (search, stage, limit) => objectivesOf(database, search, stage, limit),
    objectiveSeries: (search, numbers) => objectiveSeriesOf(database, search, numbers),
    foldSeries: (search, numbers) => foldSeriesOf(database, search, numbers),
    events: async (id, after, limit) => (await readEvents(database, id, after, limit)).map(eventOf),
  };
}

type FullTrialRow = Parameters<typeof trialOf>[0];
interface Segment {
  readonly where: Prisma.Sql;
  readonly order: Prisma.Sql;
}

function stateIs(state: TrialQuery['state']): Prisma.Sql {
  return state === undefined ? Prisma.empty : Prisma.sql`AND state = ${state}`;
}

function isTagged(tag: string | undefined): Prisma.Sql {
  return tag === undefined ? Prisma.empty : Prisma.sql`AND tags @> ARRAY[${tag}]`;
}

function isFound(finding: TrialQuery['finding']): Prisma.Sql {
  return finding === undefined ? Prisma.empty : Prisma.sql`AND found @> ARRAY[${finding}]`;
}

function byNumber(id: string, { sort, state, finding, tag, cursor }: TrialQuery): Segment[] {
  const after = trialCursor(cursor, sort);
  const [comparison, order] =
    sort === 'number' ? [Prisma.sql`>`, Prisma.sql`number ASC`] : [Prisma.sql`<`, Prisma.sql`number DESC`];
  const from = after === undefined ? Prisma.empty : Prisma.sql`AND number ${comparison} ${after.n}::int`;
  return [
    {
      where: Prisma.sql`search_id = ${id}::uuid AND ${isTrial} ${stateIs(state)} ${isFound(finding)} ${isTagged(tag)} ${from}`,
      order,
    },
  ];
}

/** Trials with a value in its order, then those without by number: two index scans, so that the end of one finds the other. */
function byValue(id: string, { sort, state, finding, tag, cursor }: TrialQuery): Segment[] {
  const after = trialCursor(cursor, sort);
  const up = sort === 'value';
  const base = Prisma.sql`search_id = ${id}::uuid AND ${isTrial} ${stateIs(state)} ${isFound(finding)} ${isTagged(tag)}`;
  const without: Segment = {
    where: Prisma.sql`${base} AND value IS NULL AND number > ${after?.v === null ? after.n : -1}::int`,
    order: Prisma.sql`number ASC`,
  };
  // Only what came to an epoch's end can have a value; looking for others among the values would read them all.
  const valued = state === undefined || state === 'complete' || state === 'pruned' || state === 'paused';
  if (after?.v === null || !valued) return [without];
  const beyond = up ? Prisma.sql`>` : Prisma.sql`<`;
  const from =
    after === undefined
      ? Prisma.empty
      : Prisma.sql`AND value ${up ? Prisma.sql`>=` : Prisma.sql`<=`} ${after.v}::double precision
          AND (value ${beyond} ${after.v}::double precision OR number > ${after.n}::int)`;
  return [{ where: Prisma.sql`${base} AND value IS NOT NULL ${from}`, order: up ? ascending : descending }, without];
}

async function listSearches(
  database: Database,
  { limit, cursor, state, q, tag, dataset, parent, project }: SearchQuery,
): Promise<Page<Search>> {
  const after = cursor === undefined ? undefined : decode(cursor, newestFirstCursor);
  const from =
    after === undefined ? Prisma.empty : Prisma.sql`AND (created_at, id) < (${after.t}::timestamptz, ${after.i}::uuid)`;
  const pattern = `%${q?.replaceAll(/[\\%_]/g, '\\$&')}%`;
  const contains =
    q === undefined
      ? Prisma.empty
      : Prisma.sql`AND (name ILIKE ${pattern} OR dataset ILIKE ${pattern} OR notes ILIKE ${pattern}
          OR EXISTS (SELECT FROM unnest(tags) tag WHERE tag ILIKE ${pattern}))`;
  const of = dataset === undefined ? Prisma.empty : Prisma.sql`AND dataset = ${dataset}`;
  const refines = parent === undefined ? Prisma.empty : Prisma.sql`AND parent_id = ${parent}::uuid`;
  const within = project === undefined ? Prisma.empty : Prisma.sql`AND project = ${project}`;
  const rows = await database.$queryRaw<SearchRow[]>`
    SELECT ${searchColumns} FROM searches WHERE true ${within} ${state === undefined ? Prisma.empty : Prisma.sql`AND state = ${state}`} ${contains} ${isTagged(tag)} ${of} ${refines} ${from}
    ORDER BY created_at DESC, id DESC LIMIT ${limit + 1}::int`;
  return pageOf(await inTurns(rows, searchOf), limit, ({ createdAt, id }) => ({ t: createdAt, i: id }));
}

const trialCursorSchema = z.strictObject({
  s: z.string(),
  n: z
    .int()
    .min(0)
    .max(2 ** 31 - 1),
  v: z.number().nullable(),
});

function trialCursor(cursor: string | undefined, sort: string): { n: number; v: number | null } | undefined {
  if (cursor === undefined) return undefined;
  const decoded = decode(cursor, trialCursorSchema);
  if (decoded.s !== sort) {
    throw new Problem('invalidCursor', `cursor: belongs to the order ${decoded.s}, not to ${sort}`, [
      { path: 'cursor', message: `belongs to the order ${decoded.s}, not to ${sort}` },
    ]);
  }
  return decoded;
}
