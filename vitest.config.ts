import { defineConfig, type TestProjectConfiguration } from 'vitest/config';

/** The tests of one folder. `service`: they start processes of the build, on a Postgres server of the run. */
function project(name: string, { service = false } = {}): TestProjectConfiguration {
  return {
    extends: true,
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      globalSetup: [service ? 'test/support/service-setup.ts' : 'test/support/kernels-setup.ts'],
      // Pure tests leave nothing behind: files may share what they import.
      isolate: service,
      // They use every core, and so run before the others, which measure time now and then.
      ...(!service && { maxWorkers: '100%' }),
      sequence: { groupOrder: service ? 1 : 0 },
    },
  };
}

export default defineConfig({
  test: {
    projects: [
      project('unit'),
      project('web'),
      project('property'),
      project('golden'),
      project('contract', { service: true }),
      project('integration', { service: true }),
      project('e2e', { service: true }),
    ],
    // Processes are started, killed and waited for; on a busy machine that takes its time.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // The runner's closing lines are plain where nobody looks at them in a terminal.
    reporters: process.stdout.isTTY ? ['default'] : ['default', './test/support/closing-lines.ts'],
  },
});
