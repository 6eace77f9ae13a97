/** Which jobs are to be delivered. */
import type { Delivery } from '../../domain/commands.ts';
import { Prisma } from '../prisma-client/client.ts';
import type { Database } from './connection.ts';

/** As `isWithheld` in domain/transitions/deliveries.ts has it: withheld trials are due once nothing runs. */
export const isDue = Prisma.sql`(s.running = 0 OR t.job NOT LIKE '%.e%')`;

/** Whether the project of search `s` lets more trials run; it is counted only where there is a limit. */
export const hasRoom = Prisma.sql`NOT EXISTS (
  SELECT FROM projects p WHERE p.name = s.project AND p.limits->'runningTrials' IS NOT NULL
    AND (p.limits->>'runningTrials')::int <= (
      SELECT count(*) FROM searches same JOIN trials one ON one.search_id = same.id AND one.state = 'running'
      WHERE same.project = p.name AND same.state IN ('running', 'paused')))`;

/** The counters of a search do not include the runs of a confirmation. */
export const mayWait = Prisma.sql`(s.waiting > 0 OR s.confirmation IS NOT NULL)`;

export async function deliveries(database: Database, searchId?: string): Promise<readonly Delivery[]> {
  const one = searchId === undefined ? Prisma.empty : Prisma.sql`AND s.id = ${searchId}::uuid`;
  const rows = await database.$queryRaw<{ search_id: string; job: string; from: number; to: number }[]>`
    SELECT t.search_id, t.job, min(t.number) AS "from", max(t.number) AS "to" FROM searches s
    JOIN trials t ON t.search_id = s.id AND t.state = 'waiting'
    WHERE s.state = 'running' AND ${mayWait} AND ${isDue} AND ${hasRoom} ${one}
    GROUP BY t.search_id, t.job ORDER BY min(s.created_at), min(t.number)`;
  return rows.map(({ search_id, job, from, to }) => ({ searchId: search_id, job, from, to }));
}

export async function countDeliveries(database: Database): Promise<number> {
  const [row] = await database.$queryRaw<{ count: number }[]>`
    SELECT count(DISTINCT (t.search_id, t.job))::int AS count FROM searches s
    JOIN trials t ON t.search_id = s.id AND t.state = 'waiting' WHERE s.state = 'running' AND ${mayWait} AND ${isDue} AND ${hasRoom}`;
  return row?.count ?? 0;
}
