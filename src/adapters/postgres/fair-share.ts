/**
 * Which search a free thread works on. Searches that run at the same time share the threads by weighted fair queueing: each has a virtual time,
 * the seconds that threads worked on it divided by its share, and the one that is behind is next; of several, the one with the fewest trials to come (start-time fair queueing; Goyal, Vin and
 * Cheng, 1997). What is in progress counts as the search's turns took on average.
 */
import type { Usage } from '../../domain/commands.ts';
import { TURN_SMOOTHING } from '../../domain/turns.ts';
import { Prisma } from '../prisma-client/client.ts';
import { commitWithoutDisk, type Statements } from './connection.ts';

/** Of the search `s`. */
export const share = Prisma.sql`coalesce((s.specification->>'share')::double precision, 1)`;

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

/**
 * A search that had no trial waiting has no claim to what others used meanwhile. Rows are locked in the order of their ids, so that two processes
 * never wait for each other in a circle.
 */
export async function charge(database: Statements, usages: readonly Usage[]): Promise<void> {
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
