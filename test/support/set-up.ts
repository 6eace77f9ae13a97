import { spawnSync } from 'node:child_process';
import { projectRoot } from '../../src/paths.ts';

/** What scripts/run.mjs does before every command: for whoever calls vitest without it. */
export function setUp(...options: readonly '--without-build'[]): void {
  const args = ['scripts/run.mjs', ...options, '--setup-only'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: projectRoot, encoding: 'utf8' });
  // tsc writes its output in spite of errors, and to judge types is not the tests' business.
  if (status !== 0) console.warn(`The build has faults:\n${stdout}${stderr}`);
}
