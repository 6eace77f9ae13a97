/** What a project uses of its limits, in the transaction that would use more. */
import type { ProjectLimits } from '../../domain/project.ts';
import { Problem } from '../../errors.ts';
import { Prisma } from '../prisma-client/client.ts';
import type { Statements } from './connection.ts';

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

type Reading = Pick<Statements, '$queryRaw'>;

/** The limit of a project; null where there is none. What would use more of it at the same time waits until this transaction ends. */
async function lockedLimit(tx: Reading, project: string, limit: keyof ProjectLimits): Promise<number | null> {
  const [row] = await tx.$queryRaw<{ limit: string | null }[]>`
    SELECT limits->>${limit} AS "limit" FROM projects WHERE name = ${project}`;
  if (row === undefined || row.limit === null) return null;
  // Foreign keys do not wait for this lock.
  const [locked] = await tx.$queryRaw<{ limit: string | null }[]>`
    SELECT limits->>${limit} AS "limit" FROM projects WHERE name = ${project} FOR NO KEY UPDATE`;
  return locked === undefined || locked.limit === null ? null : Number(locked.limit);
}

/** How many more trials of the project may begin to run. */
export async function roomForTrials(tx: Reading, project: string): Promise<number> {
  const limit = await lockedLimit(tx, project, 'runningTrials');
  if (limit === null) return Number.POSITIVE_INFINITY;
  const [row] = await tx.$queryRaw<{ running: number }[]>`
    SELECT ${runningTrials} AS running FROM projects p WHERE p.name = ${project}`;
  return Math.max(0, limit - (row?.running ?? 0));
}

/** A Problem `searchLimit` if the project has as many searches that have not ended as it may have, besides the search `id`. */
export async function refuseTooManyOpen(tx: Reading, project: string, id: string): Promise<void> {
  const limit = await lockedLimit(tx, project, 'openSearches');
  if (limit === null) return;
  const [row] = await tx.$queryRaw<{ open: number }[]>`
    SELECT count(*)::int AS open FROM searches s WHERE s.project = ${project} AND ${isOpenSearch} AND s.id <> ${id}::uuid`;
  const open = row?.open ?? 0;
  if (open < limit) return;
  throw new Problem(
    'searchLimit',
    `the project ${project} may have ${limit} searches that have not ended, and has ${open}: wait until one ends, or cancel one`,
  );
}

/**
 * Why the project may not store something in addition to what it stores; undefined if it may.
 *
 * `bytes`: of what is stored or is to be; what is not known yet has none, and is refused where nothing is left. `isStored`: whether this
 * transaction has written it already.
 */
export async function storageIssue(
  tx: Reading,
  project: string,
  bytes: number,
  isStored: boolean,
): Promise<string | undefined> {
  const limit = await lockedLimit(tx, project, 'storedBytes');
  if (limit === null) return undefined;
  const [row] = await tx.$queryRaw<{ stored: unknown }[]>`
    SELECT ${storedBytes} AS stored FROM projects p WHERE p.name = ${project}`;
  const used = Number(row?.stored ?? 0) - (isStored ? bytes : 0);
  if (bytes === 0 ? used < limit : used + bytes <= limit) return undefined;
  const more = bytes === 0 ? '' : `, and this has ${bytes} bytes`;
  return `the project ${project} may store ${limit} bytes in data sets and models, and stores ${used}${more}: delete some of them first`;
}
