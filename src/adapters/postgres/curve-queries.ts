/** Reading the curves of many trials of a search at once. Those of trials that have ended are packed, so their epochs are chosen here and not by Postgres. */

import { inTurns } from '../../application/in-turns.ts';
import type { StoredObjective } from '../../application/ports/search-queries.ts';
import type { FoldSeries, StoredCurves } from '../../domain/curves.ts';
import { seriesOf, type ValueSeries } from '../../domain/intermediate-values.ts';
import { FIRST_RUN } from '../../domain/runs.ts';
import type { Search } from '../../domain/search.ts';
import { perSeries } from '../../nn/training/series.ts';
import { Prisma } from '../prisma-client/client.ts';
import type { Database } from './connection.ts';
import { type PackedRow, seriesIn, storedSize } from './packed-trials.ts';
import { bestFirst } from './value-order.ts';

type SeriesRow = Omit<PackedRow, 'findings'>;
type ShownTrial = Pick<StoredCurves, 'number' | 'attempt' | 'state' | 'epochs'>;

/** Of curves that are read at once, as they are stored: several times as many in memory. */
const PART_BYTES = 2_000_000;

/** So many of the trials whose curves are asked for are the best. */
const BEST_CURVES = 50;

/** Curves of about `trials` trials. Of those that have ended only `points` epochs are kept: the first, the last, and evenly between. */
export async function curvesOf(
  database: Database,
  search: Search,
  trials: number,
  points: number,
): Promise<{ seq: number; trials: readonly StoredCurves[] } | undefined> {
  const id = Prisma.sql`search_id = ${search.id}::uuid AND number < ${FIRST_RUN}::int`;
  const rows = await database.$queryRaw<({ seq: number } & (ShownTrial | { number: null }))[]>`
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
    SELECT s.event_seq AS seq, t.* FROM s LEFT JOIN (
      SELECT number, attempt, state, epochs FROM trials WHERE ${id} AND number = ANY(ARRAY(SELECT number FROM kept))
    ) t ON true ORDER BY t.number`;
  const [first] = rows;
  if (first === undefined) return undefined;
  const shown = rows.filter((row): row is { seq: number } & ShownTrial => row.number !== null);
  const byNumber = new Map(shown.map((trial) => [trial.number, trial]));
  const curves = await seriesOfTrials(database, search, [...byNumber.keys()], (folds, { number, attempt }) => {
    const trial = byNumber.get(number)!;
    // Those of a later attempt are not this trial's.
    return shownCurves(attempt === trial.attempt ? folds : [], trial, points);
  });
  const trialOf = (trial: ShownTrial) => curves.get(trial.number) ?? shownCurves([], trial, points);
  return { seq: first.seq, trials: shown.map(trialOf) };
}

function shownCurves(
  folds: readonly FoldSeries[],
  { number, attempt, state, epochs }: ShownTrial,
  points: number,
): StoredCurves {
  const isWhole = state === 'running' || epochs <= points;
  const at = Array.from({ length: isWhole ? epochs : points }, (_, i) =>
    isWhole ? i + 1 : 1 + Math.floor((i * (epochs - 1)) / (points - 1)),
  );
  const shown = folds.map((fold) => ({
    fold: fold.fold,
    ...perSeries((name) => at.map((epoch) => fold[name][epoch - 1] ?? null)),
  }));
  return { number, attempt, state, epochs, at, folds: shown };
}

/** Trials are sampled by a hash of their numbers: every tenth of a grid might all have the same value of a hyperparameter. */
export async function objectivesOf(
  database: Database,
  search: Search,
  stage: number,
  limit: number,
): Promise<readonly StoredObjective[]> {
  const series = seriesOf(search.specification.objective.metric);
  const rows = await database.$queryRaw<(Omit<StoredObjective, 'folds'> & SeriesRow)[]>`
    SELECT number, hyperparameters AS point, value, epochs, curves, packed FROM trials
    WHERE search_id = ${search.id}::uuid AND number = ANY(ARRAY(
      SELECT number FROM trials
      WHERE search_id = ${search.id}::uuid AND number < ${FIRST_RUN}::int AND stage = ${stage}::int AND state = 'complete'
        AND (finished_at > ${search.removed.curves}::timestamptz OR ${search.removed.curves === null}::boolean)
      ORDER BY md5(number::text) LIMIT ${limit}::int
    )) ORDER BY number`;
  return inTurns(rows, ({ number, point, value, epochs, ...row }) => {
    const folds = JSON.stringify(seriesIn(row).map((fold) => fold[series]));
    return { number, point, value, epochs, folds };
  });
}

/** The same of some trials in any state, as numbers. */
export function objectiveSeriesOf(
  database: Database,
  search: Search,
  numbers: readonly number[],
): Promise<ReadonlyMap<number, readonly ValueSeries[]>> {
  const series = seriesOf(search.specification.objective.metric);
  return seriesOfTrials(database, search, numbers, (folds) => folds.map((fold) => fold[series]));
}

/** All series of some trials, without the rest of their curves. */
export function foldSeriesOf(
  database: Database,
  search: Search,
  numbers: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  return seriesOfTrials(database, search, numbers, (folds) =>
    JSON.stringify(folds.map((fold): FoldSeries => ({ fold: fold.fold, ...perSeries((name) => fold[name]) }))),
  );
}

/** By number, of those that have curves. They are read in parts, so that long ones are not all in memory. */
async function seriesOfTrials<T>(
  database: Database,
  search: Search,
  numbers: readonly number[],
  of: (folds: readonly FoldSeries[], trial: { readonly number: number; readonly attempt: number }) => T,
): Promise<ReadonlyMap<number, T>> {
  const made = new Map<number, T>();
  for (let after = -1; ; ) {
    const rows = await database.$queryRaw<({ number: number; attempt: number; left: number } & SeriesRow)[]>`
      SELECT number, attempt, curves, packed, trials_left AS "left" FROM (
        SELECT number, attempt, curves, packed, count(*) OVER ()::int AS trials_left,
          sum(${storedSize}) OVER (ORDER BY number) - ${storedSize} AS before
        FROM trials WHERE search_id = ${search.id}::uuid AND number = ANY(${[...numbers]}::int[]) AND number > ${after}::int
          AND (curves IS NOT NULL OR packed IS NOT NULL)
      ) summed WHERE before < ${PART_BYTES}::int ORDER BY number`;
    const parts = await inTurns(rows, (row) => [row.number, of(seriesIn(row), row)] as const);
    for (const [number, part] of parts) made.set(number, part);
    const last = rows.at(-1);
    if (last === undefined || rows.length === last.left) return made;
    after = last.number;
  }
}
