/**
 * What is done to stored searches with time: trials and searches that have ended are packed, and layer signals, curves and events of searches that
 * ended long ago removed. Results, metrics, hashes, settings and problems stay.
 */

import type { FoldCurves } from '../../compute/trial.ts';
import { eventsAlwaysKept, eventsOfTrials, type Retained, type Retention, retained } from '../../domain/retention.ts';
import { messageOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { perSeries } from '../../nn/training/series.ts';
import { Prisma } from '../prisma-client/client.ts';
import type { Database } from './connection.ts';
import { hasPagesWith, packEventsOfEnded, type Removal, removeEvents } from './event-log.ts';
import { isUnpacked, packEnded, repack } from './packing.ts';

const PASS_SECONDS = 60;
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
} as const satisfies Record<string, Removed>;

interface Expired {
  readonly id: string;
  readonly finished_at: Date;
  /** Events that are written from now on are of a search that goes on. */
  readonly event_seq: number;
}

interface Kind {
  readonly column: Prisma.Sql;
  /** Whether searches with `keepCurves` keep it. */
  readonly mayBeKept: boolean;
  /** Removes it in batches. What is left when `stopping` is aborted is removed by the next pass. */
  remove(database: Database, search: Expired, stopping: AbortSignal): Promise<void>;
}

/** A retry that somebody asked for is no event of the trial alone. */
const isOfTrial: Removal['isRemoved'] = ({ type, by }) =>
  eventsOfTrials.some((of) => of === type) && !(type === 'trial.retried' && by !== null);

const isAudit: Removal['isRemoved'] = (event) =>
  !isOfTrial(event) && !eventsAlwaysKept.some((kept) => kept === event.type);

const kinds: Readonly<Record<Retained, Kind>> = {
  signals: {
    column: Prisma.raw('signals_removed_at'),
    mayBeKept: true,
    // Those of other tools, which are not packed, have none.
    remove: (database, { id }, stopping) =>
      emptyTrials(database, id, emptied.signals, Prisma.sql`(packed IS NOT NULL OR ${isUnpacked})`, stopping),
  },
  curves: {
    column: Prisma.raw('curves_removed_at'),
    mayBeKept: true,
    remove: (database, { id }, stopping) =>
      emptyTrials(
        database,
        id,
        emptied.curves,
        Prisma.sql`(packed IS NOT NULL OR jsonb_typeof(curves) = 'array')`,
        stopping,
      ),
  },
  events: {
    column: Prisma.raw('events_removed_at'),
    mayBeKept: true,
    remove: (database, { id, event_seq: to }, stopping) =>
      removeEvents(database, { kind: 'events', id, to, isRemoved: isOfTrial }, stopping),
  },
  audit: {
    column: Prisma.raw('audit_removed_at'),
    mayBeKept: false,
    remove: (database, { id, event_seq: to }, stopping) =>
      removeEvents(database, { kind: 'audit', id, to, isRemoved: isAudit }, stopping),
  },
};

/** Passes until it is stopped; the first one at once. Processes may do it at the same time: nothing is removed twice. */
export function startRetention(database: Database, retention: Retention, log: Log): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const asked = retained.filter((kind) => retention[kind] !== undefined);
  const pass = async () => {
    await packEnded(database, stopping.signal).catch((error: unknown) =>
      log.error(`trials were not packed: ${messageOf(error)}`),
    );
    await packEventsOfEnded(database, stopping.signal).catch((error: unknown) =>
      log.error(`events were not packed: ${messageOf(error)}`),
    );
    for (const kind of asked) {
      const searches = await removeExpired(database, kind, retention[kind]!, stopping.signal);
      if (searches > 0) {
        log.info(
          `removed the ${kind} of ${searches} ${searches === 1 ? 'search' : 'searches'}, which ended more than ${retention[kind]} days ago`,
        );
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
  const timer = setInterval(tick, PASS_SECONDS * 1000);
  tick();
  return {
    stop: async () => {
      clearInterval(timer);
      stopping.abort();
      await running;
    },
  };
}

/** Returns the number of searches. */
async function removeExpired(database: Database, kind: Retained, days: number, stopping: AbortSignal): Promise<number> {
  const { column, remove } = kinds[kind];
  let done = 0;
  for (;;) {
    const searches = await expired(database, kind, days);
    for (const search of searches) {
      await remove(database, search, stopping);
      if (stopping.aborted) return done;
      await database.$executeRaw`
        UPDATE searches SET ${column} = now() WHERE id = ${search.id}::uuid AND finished_at = ${search.finished_at}::timestamptz`;
      done++;
    }
    if (searches.length < SEARCHES) return done;
  }
}

/** One that went on after a removal has trials with curves, and events, again. */
function expired(database: Database, kind: Retained, days: number) {
  const { column, mayBeKept } = kinds[kind];
  // An earlier version removes events of rows only, and says that they are removed.
  const orInPages = kind === 'events' || kind === 'audit' ? Prisma.sql`OR ${hasPagesWith(kind)}` : Prisma.empty;
  const notKept = mayBeKept
    ? Prisma.sql`AND NOT coalesce((specification->>'keepCurves')::boolean, false)`
    : Prisma.empty;
  return database.$queryRaw<Expired[]>`
    SELECT id, finished_at, event_seq FROM searches
    WHERE state IN ('complete', 'failed', 'cancelled') AND finished_at < now() - ${days}::float8 * interval '1 day'
      AND (${column} IS NULL OR ${column} < finished_at ${orInPages}) ${notKept}
    ORDER BY finished_at LIMIT ${SEARCHES}::int`;
}

/** Of trials that have ended: one that waits at a rung needs its curves to go on. */
async function emptyTrials(
  database: Database,
  id: string,
  empty: Removed,
  have: Prisma.Sql,
  stopping: AbortSignal,
): Promise<void> {
  for (let after: number | undefined = -1; after !== undefined && !stopping.aborted; ) {
    const which = Prisma.sql`search_id = ${id}::uuid AND number > ${after}::int
      AND state IN ('complete', 'pruned', 'failed', 'cancelled') AND ${have}`;
    after = await repack(database, which, ({ folds, findings }) => ({
      folds: folds.map((fold) => ({ ...fold, ...empty })),
      findings,
    }));
  }
}
