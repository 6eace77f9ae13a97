/** What a project uses of its limits, in the transaction that would use more. */
import { Prisma } from '../prisma-client/client.ts';

/** Of searches `s`. */
export const isOpenSearch = Prisma.sql`s.state IN ('running', 'paused')`;

/** Of a project `p`, with the runs of confirmations, which the counters of a search leave out. */
export const runningTrials = Prisma.sql`(
  SELECT count(*)::int FROM searches s JOIN trials t ON t.search_id = s.id AND t.state = 'running'
  WHERE s.project = p.name AND ${isOpenSearch})`;

/** Of a project `p`: the length of a large value is known without reading it. */
export const storedBytes = Prisma.sql`(
  (SELECT coalesce(sum(octet_length(d.csv)), 0) FROM datasets d WHERE d.project = p.name)
  + (SELECT coalesce(sum(octet_length(m.document)), 0) FROM models m WHERE m.project = p.name))`;
