/** Requests that are small but ask for much work do not keep others from being answered. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hyperparameterTable } from '../../src/domain/specification/hyperparameters.ts';
import { startTestService, type TestService } from '../support/service.ts';

/** Generous for a busy machine; each of these inputs once blocked the service for 2 to 60 seconds. */
const MAX_BLOCKED_MS = 1000;

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ threads: 1 });
});
afterAll(() => service?.close());

async function post(path: string, body: unknown): Promise<{ status: number; text: string }> {
  const response = await fetch(`${service.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, text: await response.text() };
}

/** The longest time of an answer to the liveness probe while `work` is in progress. */
async function longestProbe(work: () => Promise<unknown>): Promise<number> {
  let [longest, done] = [0, false];
  const probes = (async () => {
    while (!done) {
      const begun = performance.now();
      await (await fetch(`${service.url}/healthz`)).text();
      longest = Math.max(longest, performance.now() - begun);
    }
  })();
  await work();
  done = true;
  await probes;
  return longest;
}

const axis = (points: number) => ({ distribution: 'float', low: 1e-4, high: 0.5, scale: 'log', points });
const names = ['learningRate', 'l2', 'dropout', 'weightDecay', 'momentum'];
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
const parents = ['hiddenUnits', 'batchSize', 'epochs'];
/** Three hyperparameters of many choices, and one that depends on nearly all of them. */
const conditional = {
  ...Object.fromEntries(parents.map((name) => [name, { distribution: 'categorical', choices: numbers(100) }])),
  learningRate: { ...axis(5), when: Object.fromEntries(parents.map((name) => [name, numbers(99)])) },
};

it.each(['grid', 'random', 'sobol', 'tpe', 'cmaes'])('conditions on hundreds of choices: %s', async (type) => {
  const longest = await longestProbe(async () => {
    const { status, text } = await post('/v1/searches/dry-run', {
      ...{ dataset: 'iris', sampler: { type }, hyperparameters: conditional, budget: { trials: 100 } },
    });
    expect({ status, text: status === 200 ? '' : text }).toEqual({ status: 200, text: '' });
    // 99³ points with five learning rates each, and the others with none.
    if (type === 'grid') expect(JSON.parse(text).gridSize).toBe(5 * 99 ** 3 + (100 ** 3 - 99 ** 3));
  });
  expect(longest).toBeLessThan(MAX_BLOCKED_MS);
});

it('grids of many values', async () => {
  const longest = await longestProbe(async () => {
    const grid = (points: number) =>
      post('/v1/searches/dry-run', {
        ...{ dataset: 'iris', sampler: { type: 'grid' } },
        hyperparameters: Object.fromEntries(names.map((name) => [name, axis(points)])),
      });
    expect(await grid(10_000)).toMatchObject({ status: 400, text: expect.stringContaining('the grid has 100000000') });
    expect(await grid(1_000_000)).toMatchObject({ status: 400, text: expect.stringContaining('points') });
  });
  expect(longest).toBeLessThan(MAX_BLOCKED_MS);
});

it('twelve hyperparameters of a million points each', async () => {
  const twelve = Object.entries(hyperparameterTable).filter(([, { kind }]) => kind === 'float');
  expect(twelve.length).toBeGreaterThanOrEqual(12);
  const longest = await longestProbe(async () => {
    const { status, text } = await post('/v1/searches/dry-run', {
      ...{ dataset: 'iris', sampler: { type: 'grid' } },
      hyperparameters: Object.fromEntries(
        twelve.map(([name]) => [name, { distribution: 'float', low: 0.1, high: 0.2, points: 1_000_000 }]),
      ),
    });
    expect({ status, text }).toMatchObject({ status: 400, text: expect.stringContaining('points') });
    expect(text).not.toMatch(/unknown/);
  });
  expect(longest).toBeLessThan(MAX_BLOCKED_MS);
});

/** Sends a file, as an upload. */
const upload = (path: string, body: string) =>
  fetch(`${service.url}/v1/datasets${path}`, { method: 'POST', headers: { 'content-type': 'text/csv' }, body });

it('a CSV with 40,000 columns', async () => {
  const columns = Array.from({ length: 40_000 }, (_, i) => `column ${i}`).join(',');
  const row = Array.from({ length: 40_000 }, (_, i) => i % 7).join(',');
  const longest = await longestProbe(async () => {
    const begun = performance.now();
    const response = await upload('/preview', [columns, ...Array.from({ length: 12 }, () => row)].join('\n'));
    expect([200, 400]).toContain(response.status);
    await response.text();
    // It was quadratic.
    expect(performance.now() - begun).toBeLessThan(5000);
  });
  expect(longest).toBeLessThan(MAX_BLOCKED_MS);
});

it('the coverage of a large budget', async () => {
  const { id } = JSON.parse(
    (await post('/v1/searches', { dataset: 'iris', hyperparameters: conditional, budget: { trials: 1_000_000 } })).text,
  );
  const longest = await longestProbe(async () => {
    expect((await fetch(`${service.url}/v1/searches/${id}/coverage`)).status).toBe(200);
  });
  await post(`/v1/searches/${id}/cancel`, undefined);
  expect(longest).toBeLessThan(MAX_BLOCKED_MS);
});

it('trials with more epochs over all folds than their curves may have are refused', async () => {
  const validation = { type: 'kFold', folds: 25, repeats: 92 };
  const { status, text } = await post('/v1/searches', {
    ...{ dataset: 'digits', validation, hyperparameters: { epochs: 81 } },
  });
  expect(status).toBe(400);
  expect(JSON.parse(text).faults).toEqual([
    {
      path: 'validation',
      message: 'has 2300 folds with repeats, for 81 epochs each 186300 epochs a trial; the limit is 50000',
    },
  ]);
  const varied = { epochs: { distribution: 'int', low: 1, high: 1000 } };
  expect((await post('/v1/searches/dry-run', { dataset: 'digits', validation, hyperparameters: varied })).status).toBe(
    400,
  );
});

it('probes are answered whatever the rate of requests', async () => {
  const limitOf = async (path: string) => (await fetch(`${service.url}${path}`)).headers.get('x-ratelimit-limit');
  expect(await Promise.all(['/healthz', '/readyz', '/metrics'].map(limitOf))).toEqual([null, null, null]);
  expect(Number(await limitOf('/v1/searches'))).toBeGreaterThan(0);
});

/** It froze the service for 11 seconds; this process sends the file, too, and is busy with that. */
it('a CSV of 60 MB', async () => {
  const rows = Array.from({ length: 1000 }, (_, i) => `${i / 7},${i % 13},${i % 2 ? 'a' : 'b'}`).join('\n');
  const text = `first,second,kind\n${`${rows}\n`.repeat(Math.floor(60_000_000 / (rows.length + 1)))}`;
  const longest = await longestProbe(async () => {
    const response = await upload('/preview', text);
    expect([200, 400, 413]).toContain(response.status);
    await response.text();
  });
  expect(longest).toBeLessThan(3 * MAX_BLOCKED_MS);
}, 120_000);
