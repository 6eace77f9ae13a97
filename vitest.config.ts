import { defineConfig, type TestProjectInlineConfiguration as Project } from 'vitest/config';

type TestOptions = NonNullable<Project['test']>;

type Kind = 'pure' | 'service' | 'speed';

/** The tests of `files`. `service` and `speed`: they start processes of the build, on a Postgres server of the run; some in a browser too. */
function project(name: string, kind: Kind = 'pure', files: Pick<TestOptions, 'include' | 'exclude'> = {}): Project {
  return {
    extends: true,
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      ...files,
      globalSetup: [kind === 'pure' ? 'test/support/kernels-setup.ts' : 'test/support/service-setup.ts'],
      // Tests leave nothing behind: files may share what they import.
      isolate: false,
      // Tests of the service wait for processes now and then, so two files run at once; a test of times runs alone.
      maxWorkers: { pure: '100%', service: 2, speed: 1 }[kind],
      sequence: { groupOrder: ['pure', 'service', 'speed'].indexOf(kind) },
    },
  };
}

const timed = ['test/e2e/page/speed.test.ts'];

export default defineConfig({
  test: {
    projects: [
      project('unit'),
      project('web'),
      project('property'),
      project('golden'),
      project('contract', 'service'),
      project('integration', 'service'),
      project('e2e', 'service', { exclude: timed }),
      project('speed', 'speed', { include: timed }),
    ],
    // Processes are started, killed and waited for; on a busy machine that takes its time.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // The runner's closing lines are plain where nobody looks at them in a terminal.
    reporters: process.stdout.isTTY ? ['default'] : ['default', './test/support/closing-lines.ts'],
  },
});
