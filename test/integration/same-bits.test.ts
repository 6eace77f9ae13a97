/** Invariant 6: the same specification and seed give the same bits, whoever computed them and whatever happened meanwhile. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiClient, createClient } from '../../src/cli/api-client.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { type RunningProcess, startApi, startWorkerProcess } from '../support/processes.ts';
import { allTrials, ended, hashesOf, reached } from '../support/searches.ts';

let database: TestDatabase;
let environment: Record<string, string>;
let api: RunningProcess;
let client: ApiClient;

beforeAll(async () => {
  database = await createTestDatabase();
  environment = { DATABASE_URL: database.url, HYPERSEARCH_LEASE_SECONDS: '1.5', HYPERSEARCH_SWEEP_SECONDS: '0.3' };
  const started = await startApi(environment);
  api = started;
  client = createClient(started.url);
});
afterAll(async () => {
  await api?.end();
  await database?.drop();
});

const specification = {
  dataset: 'digits',
  hyperparameters: {
    learningRate: { distribution: 'float', low: 1e-4, high: 1e-1, scale: 'log' },
    hiddenUnits: { distribution: 'int', low: 8, high: 48, scale: 'log' },
    activation: { distribution: 'categorical', choices: ['relu', 'elu', 'tanh', 'sigmoid', 'leakyRelu'] },
    optimizer: { distribution: 'categorical', choices: ['sgd', 'momentum', 'adam'] },
    batchNorm: { distribution: 'categorical', choices: [true, false] },
    epochs: 100,
  },
  sampler: { type: 'random', seed: 2026 },
  budget: { trials: 24 },
};

async function withWorkers(
  workers: { threads: number }[],
  during?: (id: string, running: RunningProcess[]) => Promise<void>,
) {
  const { id } = await client.create(specification);
  const running = await Promise.all(
    workers.map(({ threads }) => startWorkerProcess({ ...environment, HYPERSEARCH_THREADS: String(threads) })),
  );
  try {
    await during?.(id, running);
    const search = await ended(client, id);
    expect(search.trials.complete).toBe(24);
    return { hashes: await hashesOf(client, id), best: search.best };
  } finally {
    await Promise.all(running.map((worker) => worker.end()));
  }
}

it('with 1 and 4 threads, one and two workers, and a worker killed half-way', async () => {
  const one = await withWorkers([{ threads: 1 }]);
  expect(new Set(Object.values(one.hashes)).size).toBe(24);
  expect(await withWorkers([{ threads: 4 }])).toEqual(one);
  expect(await withWorkers([{ threads: 1 }, { threads: 2 }])).toEqual(one);
  const struck = await withWorkers([{ threads: 2 }], async (id, running) => {
    await reached(client, id, 'complete', 1);
    await running[0]!.end('SIGKILL');
    running.push(await startWorkerProcess({ ...environment, HYPERSEARCH_THREADS: '2' }));
    await ended(client, id);
    expect((await allTrials(client, id)).some(({ attempt }) => attempt > 1)).toBe(true);
  });
  expect(struck).toEqual(one);
});

it('and another seed gives other bits', async () => {
  const first = await client.create({ ...specification, budget: { trials: 2 } });
  const second = await client.create({
    ...specification,
    budget: { trials: 2 },
    sampler: { type: 'random', seed: 2027 },
  });
  const worker = await startWorkerProcess(environment);
  await Promise.all([ended(client, first.id), ended(client, second.id)]);
  await worker.end();
  const [a, b] = [await hashesOf(client, first.id), await hashesOf(client, second.id)];
  for (const number of [0, 1]) expect(a[number]).not.toBe(b[number]);
});
