/** How many transactions the results of a search are written in. */
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { createResultBatcher } from '../../../src/application/result-batcher.ts';
import type { Claim, FinishedTrial } from '../../../src/domain/commands.ts';
import { silentLog } from '../../support/log.ts';
import { specified } from '../../support/search-in-memory.ts';
import { create, inMemory } from '../../support/stores.ts';

const hyperparameters = { learningRate: { distribution: 'float', low: 1e-4, high: 1, scale: 'log' } };

function result({ number, attempt }: Claim): FinishedTrial {
  return {
    ...{ number, attempt, value: number, epochs: 1, deviation: null, outcome: 'ok', reason: null },
    ...{ findings: [], folds: [], resultHash: 'h', kernels: 'plain', durationMs: 1 },
  };
}

/** Finishes `count` trials, each in a turn of the event loop of its own; how many results each transaction wrote. */
async function batches(specification: object, count: number, budget: object = {}): Promise<number[]> {
  const seen = inMemory();
  const { store, find } = seen;
  const all = { ...specification, hyperparameters, budget: { ...budget, trials: count } };
  const id = await create(seen, await specified(all));
  const trials = Array.from({ length: count }, (_, number) => {
    return { number, stage: 0, point: { learningRate: 0.1 }, job: '0' };
  });
  await store.addTrials(id, { from: 0, trials, version: undefined });
  const claimer = { worker: 'one', leaseSeconds: 1000 };
  const { search, claims } = await store.claim({ searchId: id, from: 0, to: count - 1 }, claimer);
  const sizes: number[] = [];
  const finish: typeof store.finish = (searchId, results) => {
    sizes.push(results.length);
    return store.finish(searchId, results);
  };
  const batcher = createResultBatcher(
    { ...store, finish: ({ id: searchId }, results) => finish(searchId, results) },
    silentLog,
    async () => undefined,
  );
  const written = [];
  for (const claim of claims) {
    written.push(batcher.finish(search, result(claim)));
    await setImmediate();
  }
  await Promise.all(written);
  expect((await find(id)).state).toBe('complete');
  return sizes;
}

/** Runs `body` while no timer ends: whatever waits for the interval between transactions waits for ever. */
async function withoutTime(body: () => Promise<void>): Promise<void> {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  try {
    await body();
  } finally {
    vi.useRealTimers();
  }
}

/** Resolves after so many turns of the event loop. */
async function turns(count: number): Promise<undefined> {
  for (let turn = 0; turn < count; turn++) await setImmediate();
}

describe('results that stream in', () => {
  it('are written in few transactions, the first one at once', async () => {
    const [first, ...others] = await batches({ sampler: { type: 'random', seed: 1 } }, 40);
    expect(first).toBe(1);
    expect(others.reduce((sum, size) => sum + size, 0)).toBe(39);
    // 39 turns of the event loop take a few milliseconds; on a machine that is slow, a few more transactions.
    expect(others.length).toBeLessThan(10);
  });

  it('are written at once where the sampler learns from them', async () => {
    const sizes = await batches({ sampler: { type: 'tpe', seed: 1 } }, 40);
    expect(sizes.length).toBeGreaterThan(30);
  });

  it('are written at once where others wait for them at a rung', async () => {
    const pruner = { type: 'hyperband', minEpochs: 1, reductionFactor: 3 };
    const sizes = await batches({ sampler: { type: 'random', seed: 1 }, pruner }, 40);
    expect(sizes.length).toBeGreaterThan(30);
  });

  it('are written without waiting for others once none can follow', async () => {
    await withoutTime(async () => {
      const written = await Promise.race([batches({ sampler: { type: 'random', seed: 1 } }, 3), turns(10_000)]);
      expect(written).toEqual([1, 2]);
    });
  });

  it('are written without waiting once a hundred have gathered', async () => {
    await withoutTime(async () => {
      const written = await Promise.race([batches({ sampler: { type: 'random', seed: 1 } }, 250), turns(10_000)]);
      expect(written).toEqual([1, 100, 100, 49]);
    });
  });

  it.each([
    ['one may be the last failure allowed', { failures: 5 }, 25],
    ['one may reach the target', { target: 1e9 }, 25],
    ['none ends the search', {}, 200],
  ])('wait for others for a while that suits them, where %s', async (_, budget, longest) => {
    const timers = vi.spyOn(globalThis, 'setTimeout');
    try {
      await batches({ sampler: { type: 'random', seed: 1 } }, 40, budget);
      const waits = timers.mock.calls.map(([, ms]) => ms ?? 0);
      expect(Math.max(...waits)).toBeLessThanOrEqual(longest);
      expect(Math.max(...waits)).toBeGreaterThan(longest - 20);
    } finally {
      timers.mockRestore();
    }
  });
});
