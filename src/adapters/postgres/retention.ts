/** Removes layer signals and curves of searches that ended long ago. Results, metrics, hashes, settings, problems and events stay. */
import type { FoldCurves } from '../../compute/trial.ts';
import type { Retention } from '../../domain/retention.ts';
import { messageOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { perSeries } from '../../nn/training/series.ts';
import { Prisma } from '../prisma-client/client.ts';
import type { Database } from './connection.ts';

const PASS_SECONDS = 60;
/** Trials of a statement, so that none holds its locks for long. */
const BATCH = 500;
/** Searches that are looked up at once. */
const SEARCHES = 20;

type Removed = Pick<FoldCurves, 'signals'> & Partial<FoldCurves>;

/** What takes the place of the removed parts in every fold. */
const emptied = {
  signals: { signals: [] },
  curves: {
    ...perSeries(() => []),
    ...{ learningRate: [], gradientNorm: [], peakLoss: [], peakStep: [], regularizationLoss: [], signals: [] },
  },
} as const satisfies Record<keyof Retention, Removed>;

const columns = {
  signals: Prisma.raw('signals_removed_at'),
  curves: Prisma.raw('curves_removed_at'),
} as const;

/** Passes until it is stopped; the first one at once. Processes may do it at the same time: nothing is removed twice. */
export function startRetention(database: Database, retention: Retention, log: Log): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const kinds = (['signals', 'curves'] as const).filter((kind) => retention[kind] !== undefined);
  const pass = async () => {
    for (const kind of kinds) {
      const searches = await removeExpired(database, kind, retention[kind]!, stopping.signal);
      if (searches > 0) {
        log.info(`removed the ${kind} of ${searches} searches, which ended more than ${retention[kind]} days ago`);
      }
    }
  };
  let running: Promise<void> | undefined;
  const tick = () => {
    running ??= pass()
      .catch((error: unknown) => log.error(`retention: ${messageOf(error)}`))
      .finally(() => {
        running = undefined;
      });
  };
  const timer = kinds.length > 0 ? setInterval(tick, PASS_SECONDS * 1000) : undefined;
  if (kinds.length > 0) tick();
  return {
    stop: async () => {
      clearInterval(timer);
      stopping.abort();
      await running;
    },
  };
}

/** Returns the number of searches. */
async function removeExpired(
  database: Database,
  kind: keyof Retention,
  days: number,
  stopping: AbortSignal,
): Promise<number> {
  let done = 0;
  for (;;) {
    const searches = await expired(database, kind, days);
    for (const { id, finished_at } of searches) {
      await emptyTrials(database, id, JSON.stringify(emptied[kind]), stopping);
      if (stopping.aborted) return done;
      await database.$executeRaw`
        UPDATE searches SET ${columns[kind]} = now() WHERE id = ${id}::uuid AND finished_at = ${finished_at}::timestamptz`;
      done++;
    }
    if (searches.length < SEARCHES) return done;
  }
}

/** One that went on after a removal has trials with curves again. */
function expired(database: Database, kind: keyof Retention, days: number) {
  return database.$queryRaw<{ id: string; finished_at: Date }[]>`
    SELECT id, finished_at FROM searches
    WHERE state IN ('complete', 'failed', 'cancelled') AND finished_at < now() - ${days}::float8 * interval '1 day'
      AND (${columns[kind]} IS NULL OR ${columns[kind]} < finished_at)
      AND NOT coalesce((specification->>'keepCurves')::boolean, false)
    ORDER BY finished_at LIMIT ${SEARCHES}::int`;
}

/** Of trials that have ended: one that waits at a rung needs its curves to go on. */
async function emptyTrials(database: Database, id: string, empty: string, stopping: AbortSignal): Promise<void> {
  for (let after = -1; !stopping.aborted; ) {
    const [{ last }] = await database.$queryRaw<[{ last: number | null }]>`
      WITH batch AS (
        SELECT number FROM trials WHERE search_id = ${id}::uuid AND number > ${after}::int ORDER BY number LIMIT ${BATCH}::int
      ), emptied AS (
        UPDATE trials t SET curves = (
          SELECT jsonb_agg(fold || ${empty}::jsonb ORDER BY place)
          FROM jsonb_array_elements(t.curves) WITH ORDINALITY AS folds(fold, place)
        )
        FROM batch
        WHERE t.search_id = ${id}::uuid AND t.number = batch.number AND jsonb_array_length(t.curves) > 0
          AND t.state IN ('complete', 'pruned', 'failed', 'cancelled')
      ) SELECT max(number) AS last FROM batch`;
    if (last === null) return;
    after = last;
  }
}
