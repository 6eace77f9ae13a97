/** Projects in Postgres, and to which one something belongs. */
import type { ProjectStore } from '../../application/ports/project-store.ts';
import type { Thing } from '../../contract/reach.ts';
import { DEFAULT_PROJECT, type Project, type ProjectLimits } from '../../domain/project.ts';
import { Problem } from '../../errors.ts';
import { Prisma } from '../prisma-client/client.ts';
import type { Database, Statements } from './connection.ts';
import { isOpenSearch, runningTrials, storedBytes } from './quotas.ts';

interface Row {
  readonly name: string;
  readonly limits: ProjectLimits;
  readonly created_at: Date;
  readonly running_trials: number;
  readonly open_searches: number;
  readonly stored_bytes: bigint;
  readonly searches: number;
  readonly datasets: number;
  readonly models: number;
  readonly keys: number;
}

/** Where the project of a thing stands. A built-in data set is no row: it belongs to none. */
const owners: Readonly<Record<Thing, (name: string) => Prisma.Sql>> = {
  search: (id) => Prisma.sql`SELECT project FROM searches WHERE id = ${id}::uuid`,
  model: (id) => Prisma.sql`SELECT project FROM models WHERE id = ${id}::uuid`,
  key: (id) => Prisma.sql`SELECT project FROM api_keys WHERE id = ${id}::uuid`,
  session: (id) => Prisma.sql`
    SELECT coalesce(k.project, s.project) AS project FROM sessions s LEFT JOIN api_keys k ON k.hash = s.key_hash
    WHERE s.id = ${id}::uuid`,
  dataset: (name) => Prisma.sql`SELECT project FROM datasets WHERE name = ${name} LIMIT 1`,
  project: (name) => Prisma.sql`SELECT name AS project FROM projects WHERE name = ${name}`,
};

export function createProjectStore(database: Database): ProjectStore {
  const one = async (name: string): Promise<Project> => {
    const [project] = await list(database, name);
    if (project === undefined) throw noProject(name);
    return project;
  };
  return {
    list: (name) => list(database, name),
    exists: async (name) => {
      const rows = await database.$queryRaw<unknown[]>`SELECT 1 FROM projects WHERE name = ${name}`;
      return rows.length > 0;
    },
    ownerOf: async (thing, name) => {
      const [row] = await database.$queryRaw<{ project: string | null }[]>`${owners[thing](name)}`;
      return row?.project ?? undefined;
    },
    create: async (name, limits) => {
      const rows = await database.$queryRaw<unknown[]>`
        INSERT INTO projects (name, limits) VALUES (${name}, ${JSON.stringify(limits)}::jsonb) ON CONFLICT DO NOTHING RETURNING 1`;
      if (rows.length > 0) return one(name);
      const message = `there is a project ${name} already`;
      throw new Problem('projectExists', message, [{ path: 'name', message }]);
    },
    change: async (name, limits) => {
      await database.$executeRaw`
        UPDATE projects SET limits = jsonb_strip_nulls(limits || ${JSON.stringify(limits)}::jsonb) WHERE name = ${name}`;
      return one(name);
    },
    remove: (name) => remove(database, name),
  };
}

async function list(database: Statements, name?: string): Promise<readonly Project[]> {
  const only = name === undefined ? Prisma.empty : Prisma.sql`WHERE p.name = ${name}`;
  const rows = await database.$queryRaw<Row[]>`
    SELECT p.name, p.limits, p.created_at, ${runningTrials} AS running_trials, ${storedBytes} AS stored_bytes,
      (SELECT count(*)::int FROM searches s WHERE s.project = p.name AND ${isOpenSearch}) AS open_searches,
      (SELECT count(*)::int FROM searches s WHERE s.project = p.name) AS searches,
      (SELECT count(DISTINCT d.name)::int FROM datasets d WHERE d.project = p.name) AS datasets,
      (SELECT count(*)::int FROM models m WHERE m.project = p.name) AS models,
      (SELECT count(*)::int FROM api_keys k WHERE k.project = p.name AND k.revoked_at IS NULL) AS keys
    FROM projects p ${only} ORDER BY p.name LIMIT 10000`;
  return rows.map((row) => ({
    name: row.name,
    limits: row.limits,
    used: {
      runningTrials: row.running_trials,
      openSearches: row.open_searches,
      storedBytes: Number(row.stored_bytes),
    },
    searches: row.searches,
    datasets: row.datasets,
    models: row.models,
    keys: row.keys,
    createdAt: row.created_at.toISOString(),
  }));
}

async function remove(database: Database, name: string): Promise<void> {
  if (name === DEFAULT_PROJECT) throw new Problem('projectInUse', `${name} always exists`);
  await database.$pipeline(async (transaction) => {
    // What would begin to belong to it waits for this lock, by its foreign key, and then fails.
    await transaction.$queryRaw`SELECT 1 FROM projects WHERE name = ${name} FOR UPDATE`;
    const [project] = await list(transaction, name);
    if (project === undefined) throw noProject(name);
    const { searches, datasets, models, keys } = project;
    const uses = Object.entries({ searches, 'data sets': datasets, models, keys }).filter(([, count]) => count > 0);
    if (uses.length > 0) {
      const has = uses.map(([what, count]) => `${count} ${what}`).join(', ');
      throw new Problem('projectInUse', `${name} has ${has}: delete these, and revoke its keys, first`);
    }
    await transaction.$executeRaw`DELETE FROM api_keys WHERE project = ${name}`;
    return { last: transaction.$executeRaw`DELETE FROM projects WHERE name = ${name}` };
  });
}

function noProject(name: string): Problem {
  return new Problem('notFound', `there is no project ${name}`);
}
