/** Once per run of vitest, whichever projects run: the build, which threads and spawned processes run, and one Postgres for all test files. */
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { applyMigrations } from '../../src/adapters/postgres/migrations.ts';
import { projectRoot } from '../../src/paths.ts';
import { measureEpochSpeed } from './epoch-speed.ts';
import { startTestPostgres, type TestDatabase } from './postgres.ts';
import { setUp } from './set-up.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A database with all migrations applied: the template of every test's own. Nobody connects to it. */
    templateUrl: string;
    /** Of the network of `lasting` (searches.ts). */
    epochsPerMillisecond: number;
  }
}

interface Shared {
  readonly database: Promise<TestDatabase>;
  epochsPerMillisecond?: number;
  /** Projects that have not been torn down yet. */
  users: number;
}
/** Every project runs this file by itself, in the same process. */
const holder = globalThis as { hypersearchTests?: Shared | undefined };

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  holder.hypersearchTests ??= { database: start(), users: 0 };
  const shared = holder.hypersearchTests;
  shared.users++;
  project.provide('templateUrl', (await shared.database).url);
  shared.epochsPerMillisecond ??= measureEpochSpeed();
  project.provide('epochsPerMillisecond', shared.epochsPerMillisecond);
  return async () => {
    shared.users--;
    if (shared.users > 0) return;
    holder.hypersearchTests = undefined;
    await (await shared.database).drop();
  };
}

async function start(): Promise<TestDatabase> {
  setUp();
  const database = await startTestPostgres();
  await applyMigrations(database.url, join(projectRoot, 'prisma/migrations'));
  return database;
}
