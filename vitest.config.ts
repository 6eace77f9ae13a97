import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    // Processes are started, killed and waited for; on a busy machine that takes its time.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // The runner's closing lines are plain where nobody looks at them in a terminal.
    reporters: process.stdout.isTTY ? ['default'] : ['default', './test/support/closing-lines.ts'],
  },
});
