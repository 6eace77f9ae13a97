/** What all thread pools have in common. */
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { threadOptions } from '../../../src/compute/thread-options.ts';
import { projectRoot } from '../../../src/paths.ts';

it('threads import ES modules, and do not require them', async () => {
  const code = "require('node:worker_threads').parentPort.postMessage(process.features.require_module)";
  const [requires] = await once(new Worker(code, { eval: true, ...threadOptions }), 'message');
  expect(requires).toBe(false);
});

it('every pool has these options', () => {
  const src = join(projectRoot, 'src');
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const pools = files.flatMap((file) => readFileSync(join(src, file), 'utf8').split('new Piscina').slice(1));
  expect(pools.length).toBeGreaterThan(5);
  for (const pool of pools) expect(pool.split('filename:')[0]).toContain('...threadOptions');
});
