/** Once per run of vitest: the build, which threads and spawned processes run, and one Postgres for all test files. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { applyMigrations } from '../../src/adapters/migrations.ts';
import { projectRoot } from '../../src/paths.ts';
import { startTestPostgres } from './postgres.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A database with all migrations applied: the template of every test's own. Nobody connects to it. */
    templateUrl: string;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const built = spawnSync(process.execPath, ['scripts/run.mjs', '--setup-only'], {
    cwd: projectRoot,
    encoding: 'utf8',
  });
  // tsc writes its output in spite of errors, and to judge types is not the tests' business.
  if (built.status !== 0) console.warn(`The build has faults:\n${built.stdout}${built.stderr}`);
  const database = await startTestPostgres();
  await applyMigrations(database.url, join(projectRoot, 'prisma/migrations'));
  project.provide('templateUrl', database.url);
  return () => database.drop();
}
