/**
 * Which search a free thread works on. Searches that run at the same time share the threads by weighted fair queueing: each has a virtual time,
 * the seconds that threads worked on it divided by its share, and the one that is behind is next; of several, the one with the fewest trials to come (start-time fair queueing; Goyal, Vin and
 * Cheng, 1997). What is in progress counts as the search's turns took on average.
 */
import type { ClaimedNext } from '../../application/ports.ts';
import type { Claimer, Usage } from '../../domain/commands.ts';
import { claim, claimReads } from '../../domain/transitions/claiming.ts';
import { TURN_SMOOTHING, UNKNOWN_TURN_SECONDS } from '../../domain/turns.ts';
import { Prisma } from '../prisma-client/client.ts';
import { again, changeChosen } from './change-search.ts';
import { commitWithoutDisk, type Database, type Statements, type Transaction } from './connection.ts';
import { hasRoom, isDue, mayWait } from './deliveries.ts';

const share = Prisma.sql`coalesce((s.specification->>'share')::double precision, 1)`;

const isWaiting = Prisma.sql`other.state = 'running' AND other.waiting > 0`;

/**
 * Of the searches that wait for a thread; null if there is none. Those of a project that limits how many trials run wait for their own, and fall
 * behind: whoever began with their time would take the threads of all others for as long.
 */
const leastWaiting = Prisma.sql`coalesce(
  (SELECT min(other.virtual_time) FROM searches other JOIN projects p ON p.name = other.project
    WHERE ${isWaiting} AND p.limits->'runningTrials' IS NULL),
  (SELECT min(other.virtual_time) FROM searches other WHERE ${isWaiting}))`;

/** Where a search starts that begins to run: it neither owes nor has a claim to what others used before. */
export const firstVirtualTime = Prisma.sql`coalesce(${leastWaiting}, (
  SELECT min(other.virtual_time) FROM searches other WHERE other.state = 'running' AND other.running > 0), 0)`;

export async function claimNext(database: Database, usages: readonly Usage[], claimer: Claimer): Promise<ClaimedNext> {
  if (usages.length > 0) await again(() => charge(database, usages));
  let searches = 0;
  const changed = await changeChosen(
    database,
    async (transaction) => {
      // Those whose row is locked are being changed, by another claim for example.
      const chosen = (await choose(transaction, true)) ?? (await choose(transaction, false));
      searches = chosen?.searches ?? 0;
      return chosen && { ...chosen, reads: claimReads(chosen) };
    },
    async (update, chosen, transaction) => {
      // They may have been claimed before the row was locked.
      const isThere = (await update.trials(claimReads(chosen))).length > 0;
      const delivery = isThere ? chosen : await firstDelivery(transaction, chosen.id);
      const claims = delivery === undefined ? [] : await claim(update, delivery, claimer);
      return { claims, isRunningLimited: update.facts.isRunningLimited };
    },
  );
  return { claimed: changed && { ...changed.result, search: changed.search }, searches };
}

interface Chosen {
  readonly id: string;
  readonly from: number;
  readonly to: number;
  /** How many searches wait. */
  readonly searches: number;
}

/** The delivery that is next; with `skipLocked`, of the searches whose row nobody has locked, which is locked then. */
async function choose(transaction: Transaction, skipLocked: boolean): Promise<Chosen | undefined> {
  const lock = skipLocked ? Prisma.sql`FOR UPDATE OF s SKIP LOCKED` : Prisma.empty;
  const [row] = await transaction.$queryRaw<Chosen[]>`
    WITH waiting AS (
      SELECT s.id, s.virtual_time, s.turn_seconds, s.created_at, next.number, next.job, ${share} AS share,
        s.total - s.complete - s.pruned - s.failed - s.cancelled AS remaining,
        (SELECT count(DISTINCT t.job) FROM trials t WHERE t.search_id = s.id AND t.state = 'running') AS turns
      FROM searches s CROSS JOIN LATERAL (
        SELECT t.number, t.job FROM trials t WHERE t.search_id = s.id AND t.state = 'waiting' AND ${isDue}
        ORDER BY t.number LIMIT 1
      ) next
      WHERE s.state = 'running' AND ${mayWait} AND ${hasRoom}
    )
    SELECT w.id, w.number AS "from", (SELECT count(*)::int FROM waiting) AS searches,
      (SELECT max(t.number) FROM trials t WHERE t.search_id = w.id AND t.state = 'waiting' AND t.job = w.job) AS "to"
    FROM waiting w JOIN searches s ON s.id = w.id
    ORDER BY w.virtual_time + w.turns * coalesce(w.turn_seconds, (SELECT avg(turn_seconds) FROM waiting),
      ${UNKNOWN_TURN_SECONDS}::double precision) / w.share, w.remaining, w.created_at, w.id
    LIMIT 1 ${lock}`;
  return row;
}

/** What waits of a search that is locked. */
async function firstDelivery(transaction: Transaction, id: string): Promise<{ from: number; to: number } | undefined> {
  const [row] = await transaction.$queryRaw<{ from: number; to: number }[]>`
    SELECT t.number AS "from", (
      SELECT max(same.number) FROM trials same WHERE same.search_id = s.id AND same.state = 'waiting' AND same.job = t.job
    ) AS "to"
    FROM searches s JOIN trials t ON t.search_id = s.id AND t.state = 'waiting' AND ${isDue}
    WHERE s.id = ${id}::uuid AND ${hasRoom} ORDER BY t.number LIMIT 1`;
  return row;
}

/**
 * A search that had no trial waiting has no claim to what others used meanwhile. Rows are locked in the order of their ids, so that two processes
 * never wait for each other in a circle.
 */
async function charge(database: Statements, usages: readonly Usage[]): Promise<void> {
  await database.$executeRaw`
    WITH used AS (
      SELECT s.id, u.seconds, u.turns FROM searches s JOIN jsonb_to_recordset(${JSON.stringify(usages)}::jsonb)
        AS u("searchId" uuid, seconds double precision, turns double precision) ON u."searchId" = s.id, ${commitWithoutDisk}
      ORDER BY s.id FOR NO KEY UPDATE OF s
    )
    UPDATE searches s SET
      virtual_time = greatest(s.virtual_time, ${leastWaiting}) + used.seconds / ${share},
      turn_seconds = coalesce(s.turn_seconds, used.seconds / used.turns)
        + ${TURN_SMOOTHING}::double precision * (used.seconds / used.turns - coalesce(s.turn_seconds, used.seconds / used.turns))
    FROM used WHERE s.id = used.id`;
}
