/**
 * The closing line in a form that any log reader finds: `N passed, N failed, N skipped`. Before it, what a cut log of a failed run would lose:
 * the names of failed tests, the files that never came to their end, and how a process of the runner died.
 */
import type { ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { relative } from 'node:path';
import type { Reporter, TestModule } from 'vitest/node';

export default class ClosingLines implements Reporter {
  private readonly deaths: string[] = [];

  onInit(): void {
    subscribe('child_process', (message) => {
      const { process: child } = message as { process: ChildProcess };
      child.once('exit', (code, signal) => {
        const how = signal ?? (code === 0 ? undefined : `code ${code}`);
        // The runner ends its own processes by SIGTERM.
        if (how && how !== 'SIGTERM') this.deaths.push(`process ${child.pid} ended with ${how}: ${child.spawnfile}`);
      });
    });
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    const notes: string[] = [];
    for (const module of modules) {
      const file = relative(process.cwd(), module.moduleId);
      const tests = [...module.children.allTests()];
      for (const test of tests) {
        const { state } = test.result();
        if (state !== 'pending') counts[state]++;
        if (state === 'failed') notes.push(`failed: ${file} > ${test.fullName}`);
        if (state === 'pending') notes.push(`did not end: ${file} > ${test.fullName}`);
      }
      // A file that could not even be loaded has failed as a whole.
      if (module.state() === 'failed' && tests.length === 0) counts.failed++;
      if (module.state() !== 'passed' && tests.length === 0) notes.push(`${module.state()}: ${file}`);
    }
    counts.failed += errors.length;
    if (counts.failed > 0) for (const line of [...notes, ...this.deaths]) console.log(line);
    console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  }
}
