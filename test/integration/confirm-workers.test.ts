/** The confirmation on workers that come, go and are killed: the same bits, and no finalist without a word. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiClient, createClient } from '../../src/cli/api-client.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import {
  eventually,
  type RunningApi,
  type RunningProcess,
  startApi,
  startWorkerProcess,
} from '../support/processes.ts';
import { ended, expectSound, hashesOf, lasting } from '../support/searches.ts';

let database: TestDatabase;
let environment: Record<string, string>;
let api: RunningApi;
let client: ApiClient;

beforeAll(async () => {
  database = await createTestDatabase();
  environment = { DATABASE_URL: database.url, HYPERSEARCH_LEASE_SECONDS: '1.5', HYPERSEARCH_SWEEP_SECONDS: '0.3' };
  api = await startApi(environment);
  client = createClient(api.url);
});
afterAll(async () => {
  await api?.end();
  await database?.drop();
});

const worker = (threads: number) => startWorkerProcess({ ...environment, HYPERSEARCH_THREADS: String(threads) });

/** What a confirmation came to, without times and workers. */
async function factsOf(id: string) {
  const { finalists, ...confirmation } = await client.confirmation(id);
  const { best: chosen } = await client.search(id);
  return {
    ...confirmation,
    chosen,
    hashes: await hashesOf(client, id),
    finalists: finalists.map(({ trials, ...finalist }) => {
      const runs = trials.map(({ number, confirms, value, resultHash }) => ({ number, confirms, value, resultHash }));
      return { ...finalist, trials: runs };
    }),
  };
}

async function withWorkers(
  specification: object,
  threads: readonly number[],
  during?: (id: string, running: RunningProcess[]) => Promise<void>,
) {
  const { id } = await client.create(specification);
  const running = await Promise.all(threads.map(worker));
  try {
    await during?.(id, running);
    expect(await ended(client, id)).toMatchObject({ state: 'complete', confirmation: { state: 'complete' } });
    await expectSound(database.url, id);
    return await factsOf(id);
  } finally {
    await Promise.all(running.map((one) => one.end()));
  }
}

const runsEnded = (id: string, count: number) =>
  eventually(async () => ((await client.search(id)).confirmation?.runs.ended ?? 0) >= count);

it('has the same bits with 1 and 4 threads, with two workers, and with one that was killed', async () => {
  const specification = {
    ...lasting(40, 8),
    validation: { fraction: 0.3, reshuffle: true },
    confirm: { trials: 5, repeats: 4 },
  };
  const one = await withWorkers(specification, [1]);
  expect(one.rounds.length).toBeGreaterThan(2);
  expect(one.chosen!.confirmed).toBeDefined();
  expect(await withWorkers(specification, [4])).toEqual(one);
  expect(await withWorkers(specification, [1, 2])).toEqual(one);
  const struck = await withWorkers(specification, [2], async (id, running) => {
    await runsEnded(id, 3);
    await running[0]!.end('SIGKILL');
    running.push(await worker(2));
  });
  expect(struck).toEqual(one);
});

it('goes on without a finalist whose run failed', async () => {
  const specification = {
    ...lasting(200, 4),
    limits: { attempts: 1 },
    confirm: { trials: 4, repeats: 2, design: 'all' },
  };
  const confirmed = await withWorkers(specification, [1], async (id, running) => {
    await runsEnded(id, 2);
    await running[0]!.end('SIGKILL');
    running.push(await worker(1));
  });
  const failed = confirmed.finalists.filter(({ rejected }) => rejected?.why === 'failed');
  // Those that the worker had claimed.
  expect(failed.length).toBeGreaterThan(0);
  for (const { confirmed: own } of failed) expect(own).toBeNull();
  expect(failed.map(({ number }) => number)).not.toContain(confirmed.best);
  const chances = confirmed.finalists.map(({ confirmed: own }) => own?.probability ?? 0);
  expect(chances.reduce((sum, chance) => sum + chance, 0)).toBeCloseTo(1, 9);
});

it('is done again once a trial that had failed is tried again, with the runs that it has', async () => {
  const specification = { ...lasting(150, 4), limits: { attempts: 1 }, confirm: { trials: 3, repeats: 2 } };
  const undisturbed = await withWorkers(specification, [1]);
  const { id } = await client.create(specification);
  const first = await worker(1);
  await eventually(async () => (await client.search(id)).trials.complete >= 1);
  await first.end('SIGKILL');
  const second = await worker(2);
  try {
    const before = await ended(client, id);
    expect(before).toMatchObject({ state: 'complete', confirmation: { state: 'complete' } });
    const failed = await fetch(`${api.url}/v1/searches/${id}/trials?state=failed`);
    const { items } = (await failed.json()) as { items: { number: number }[] };
    expect(items.length).toBeGreaterThan(0);
    for (const { number } of items) {
      const { status } = await fetch(`${api.url}/v1/searches/${id}/trials/${number}/retry`, { method: 'POST' });
      expect(status).toBe(200);
    }
    expect(await ended(client, id)).toMatchObject({ trials: { failed: 0, complete: 4 } });
    const { chosen, hashes, searched } = await factsOf(id);
    expect({ chosen, hashes, searched }).toEqual({
      ...{ chosen: undisturbed.chosen, hashes: undisturbed.hashes, searched: undisturbed.searched },
    });
  } finally {
    await second.end();
  }
});
