import { defineConfig, type TestProjectConfiguration } from 'vitest/config';

type Kind = 'pure' | 'service' | 'page';

/** The tests of one folder. `service` and `page`: they start processes of the build, on a Postgres server of the run; `page` in a browser too. */
function project(name: string, kind: Kind = 'pure'): TestProjectConfiguration {
  const isPure = kind === 'pure';
  return {
    extends: true,
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      globalSetup: [isPure ? 'test/support/kernels-setup.ts' : 'test/support/service-setup.ts'],
      // Pure tests leave nothing behind: files may share what they import.
      isolate: !isPure,
      // Tests of the service mostly wait for processes, so two files run at once; those of the page measure times of the browser.
      maxWorkers: { pure: '100%', service: 2, page: 1 }[kind],
      sequence: { groupOrder: ['pure', 'service', 'page'].indexOf(kind) },
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
      project('contract', 'service'),
      project('integration', 'service'),
      project('e2e', 'page'),
    ],
    // Processes are started, killed and waited for; on a busy machine that takes its time.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // The runner's closing lines are plain where nobody looks at them in a terminal.
    reporters: process.stdout.isTTY ? ['default'] : ['default', './test/support/closing-lines.ts'],
  },
});
