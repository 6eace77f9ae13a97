/** Ten million points cost no more than a hundred until they are tried. */

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { createClient } from '../../src/cli/api-client.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { startApi, startWorkerProcess } from '../support/processes.ts';
import { expectSound, reached } from '../support/searches.ts';

const axis = { distribution: 'float', low: 1e-4, high: 1e-1, scale: 'log' } as const;

function grid(points: number) {
  const hyperparameters = {
    learningRate: { ...axis, points },
    l2: { ...axis, points: 1000 },
    weightDecay: { ...axis, points: 1000 },
    hiddenUnits: 2,
    epochs: 1,
    batchSize: 256,
  };
  return { dataset: 'iris', hyperparameters, sampler: { type: 'grid' } };
}

/** Resident memory of a process, in megabytes. */
function memoryOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024;
}

it.runIf(process.platform === 'linux')(
  'a grid of ten million points begins at once, stays small, and is cancelled at once',
  async () => {
    const database = await createTestDatabase();
    const api = await startApi({ DATABASE_URL: database.url });
    const worker = await startWorkerProcess({ DATABASE_URL: database.url, HYPERSEARCH_THREADS: '1' });
    try {
      const client = createClient(api.url);
      const small = await client.create({ ...grid(1), budget: { trials: 100 } });
      await reached(client, small.id, 'complete', 100);
      const before = [memoryOf(api.child.pid!), memoryOf(worker.child.pid!)];

      const begun = performance.now();
      const large = await client.create(grid(10));
      expect(performance.now() - begun).toBeLessThan(2000);
      expect(large.trials.total).toBe(10_000_000);
      await reached(client, large.id, 'complete', 100);
      expect(performance.now() - begun).toBeLessThan(10_000);
      // Only the next few hundred exist as rows.
      const { planned } = (await client.search(large.id)).trials;
      expect(planned).toBeLessThan(5000);
      const after = [memoryOf(api.child.pid!), memoryOf(worker.child.pid!)];
      after.forEach((megabytes, i) => {
        expect(megabytes - before[i]!).toBeLessThan(60);
      });

      const cancelled = performance.now();
      const search = await client.cancel(large.id);
      expect(performance.now() - cancelled).toBeLessThan(2000);
      expect(search).toMatchObject({ state: 'cancelled', trials: { waiting: 0, running: 0 } });
      await expectSound(database.url, large.id);
    } finally {
      await worker.end();
      await api.end();
      await database.drop();
    }
  },
);
