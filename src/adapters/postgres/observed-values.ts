/** Intermediate values of trials that another tool has run: nobody reported them here, they are curves. */
import type { SearchQueries } from '../../application/ports/search-queries.ts';
import { seriesOf } from '../../domain/intermediate-values.ts';
import { FIRST_RUN } from '../../domain/runs.ts';
import type { Search } from '../../domain/search.ts';
import type { Database } from './connection.ts';

/** Trials may have been stopped after any of thousands of epochs: so many, evenly among them, are enough to choose from. */
const MAX_GROUPS = 20;

type Reports = Pick<SearchQueries, 'reportCounts' | 'reportsAt'>;

function curveIn({ specification }: Search): string {
  return seriesOf(specification.objective.metric);
}

/** After the epochs at which trials were pruned. */
export function observedCounts(database: Database, search: Search): ReturnType<Reports['reportCounts']> {
  return database.$queryRaw`
    WITH known AS (
      SELECT number, state, epochs, curves->0->(${curveIn(search)}::text) AS curve FROM trials
      WHERE search_id = ${search.id}::uuid AND number < ${FIRST_RUN}::int AND jsonb_typeof(curves) = 'array'
    ), counts AS (
      SELECT v.place::int AS epochs, count(*)::int AS trials, row_number() OVER (ORDER BY v.place DESC) - 1 AS nth, count(*) OVER () AS ends
      FROM known k CROSS JOIN LATERAL jsonb_array_elements(k.curve) WITH ORDINALITY AS v(value, place)
      WHERE jsonb_typeof(v.value) = 'number' AND v.place IN (SELECT epochs FROM known WHERE state = 'pruned')
      GROUP BY v.place
    )
    SELECT epochs, trials FROM counts WHERE nth % ceil(ends::float8 / ${MAX_GROUPS}::int)::int = 0 ORDER BY epochs`;
}

export function observedAt(database: Database, search: Search, epochs: number): ReturnType<Reports['reportsAt']> {
  return database.$queryRaw`
    SELECT hyperparameters AS point, (curve->>(${epochs}::int - 1))::float8 AS value FROM (
      SELECT number, hyperparameters, curves->0->(${curveIn(search)}::text) AS curve FROM trials
      WHERE search_id = ${search.id}::uuid AND number < ${FIRST_RUN}::int AND jsonb_typeof(curves) = 'array'
    ) known
    WHERE jsonb_typeof(curve->(${epochs}::int - 1)) = 'number' ORDER BY number`;
}
