// npm run verify:rolling: replaces the processes of an earlier version by those of this one while they search and answer
// (test/integration/rolling.test.ts), with the queue in Postgres and in Redis.
//
//   npm run verify:rolling -- [--from COMMIT] [--queue postgres]

import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findBin } from './setup.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({
  options: { from: { type: 'string', default: '' }, queue: { type: 'string', default: 'postgres,redis' } },
});
const child = spawn(process.execPath, [findBin(root, 'vitest'), 'run', 'test/integration/rolling.test.ts'], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, ROLLING_FROM: values.from, ROLLING_QUEUES: values.queue },
});
child.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
