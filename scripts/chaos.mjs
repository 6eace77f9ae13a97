// npm run chaos: kills, stops and restarts processes of a whole service at random while it searches (test/integration/chaos.test.ts), and says how
// long recovering took.
//
//   npm run chaos -- [--events 100] [--trials 1000] [--seed 1] [--queue postgres]

import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findBin } from './setup.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '100' },
    trials: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    queue: { type: 'string', default: '' },
  },
});
const child = spawn(process.execPath, [findBin(root, 'vitest'), 'run', 'test/integration/chaos.test.ts'], {
  cwd: root,
  stdio: 'inherit',
  env: {
    ...process.env,
    CHAOS_EVENTS: values.events,
    CHAOS_TRIALS: values.trials,
    CHAOS_SEED: values.seed,
    CHAOS_QUEUE: values.queue,
  },
});
child.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
