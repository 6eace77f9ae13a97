/**
 * Which search a free thread works on. Searches that run at the same time share the threads by weighted fair queueing: each has a virtual time,
 * the seconds that threads worked on it divided by its share, and the one that is behind is next; of several, the one with the fewest trials to come (start-time fair queueing; Goyal, Vin and
 * Cheng, 1997). What is in progress counts as the search's turns took on average.
 */
import type { DeliveryChoice } from '../../application/ports.ts';
import type { Usage } from '../../domain/commands.ts';
import { TURN_SMOOTHING, UNKNOWN_TURN_SECONDS } from '../../domain/turns.ts';
import { Prisma } from '../prisma-client/client.ts';
import type { Database, Statements } from './connection.ts';
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

export async function chooseDelivery(database: Database, usages: readonly Usage[]): Promise<DeliveryChoice> {
  if (usages.length > 0) await charge(database, usages);
  const [row] = await database.$queryRaw<
    { search_id: string; job: string; from: number; to: number; searches: number }[]
  >`
    WITH waiting AS (
      SELECT s.id, s.virtual_time, s.turn_seconds, s.created_at, next.number, next.job, ${share} AS share,
        s.total - s.complete - s.pruned - s.failed - s.cancelled AS remaining,
        (SELECT count(DISTINCT t.job) FROM trials t WHERE t.search_id = s.id AND t.state = 'running') AS turns
      FROM searches s CROSS JOIN LATERAL (
        SELECT t.number, t.job FROM trials t WHERE t.search_id = s.id AND t.state = 'waiting' AND ${isDue}
        ORDER BY t.number LIMIT 1
      ) next
      WHERE s.state = 'running' AND ${mayWait} AND ${hasRoom}
    ), chosen AS (
      SELECT * FROM waiting ORDER BY virtual_time + turns * coalesce(
        turn_seconds, (SELECT avg(turn_seconds) FROM waiting), ${UNKNOWN_TURN_SECONDS}::double precision) / share, remaining, created_at, id
      LIMIT 1
    )
    SELECT c.id AS search_id, c.job, c.number AS "from", (SELECT count(*)::int FROM waiting) AS searches,
      (SELECT max(t.number) FROM trials t WHERE t.search_id = c.id AND t.state = 'waiting' AND t.job = c.job) AS "to"
    FROM chosen c`;
  if (row === undefined) return { delivery: undefined, searches: 0 };
  const { search_id: searchId, job, from, to, searches } = row;
  return { delivery: { searchId, job, from, to }, searches };
}

/**
 * A search that had no trial waiting has no claim to what others used meanwhile. Rows are locked in the order of their ids, so that two processes
 * never wait for each other in a circle.
 */
async function charge(database: Statements, usages: readonly Usage[]): Promise<void> {
  await database.$executeRaw`
    WITH used AS (
      SELECT s.id, u.seconds, u.turns FROM searches s JOIN jsonb_to_recordset(${JSON.stringify(usages)}::jsonb)
        AS u("searchId" uuid, seconds double precision, turns double precision) ON u."searchId" = s.id
      ORDER BY s.id FOR NO KEY UPDATE OF s
    )
    UPDATE searches s SET
      virtual_time = greatest(s.virtual_time, ${leastWaiting}) + used.seconds / ${share},
      turn_seconds = coalesce(s.turn_seconds, used.seconds / used.turns)
        + ${TURN_SMOOTHING}::double precision * (used.seconds / used.turns - coalesce(s.turn_seconds, used.seconds / used.turns))
    FROM used WHERE s.id = used.id`;
}
