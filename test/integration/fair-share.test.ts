/** Searches that run at the same time share the threads: by their shares, whatever the order in which they came. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Search } from '../../src/domain/search.ts';
import { eventually } from '../support/processes.ts';
import { allTrials, ended, lasting, reached } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service?.close());

const TRIAL_MS = 30;

const create = (name: string, trials: number, more: object = {}): Promise<Search> =>
  service.client.create(lasting(TRIAL_MS, trials, { name, ...more }));

const cancelAll = (searches: readonly Search[]) =>
  Promise.all(
    searches.map(({ id }) =>
      fetch(`${service.url}/v1/searches/${id}/cancel`, { method: 'POST' }).then((r) => r.text()),
    ),
  );

const complete = async ({ id }: Search): Promise<number> => (await service.client.search(id)).trials.complete;

/** `time`: ISO 8601. */
const begunAfter = async ({ id }: Search, time: string): Promise<number> =>
  (await allTrials(service.client, id)).filter(({ startedAt }) => startedAt !== null && startedAt > time).length;

describe('searches that run at the same time', () => {
  it('a small search behind large ones begins at once, and ends long before them', async () => {
    const large = await Promise.all(Array.from({ length: 10 }, (_, i) => create(`large ${i}`, 200)));
    await reached(service.client, large[0]!.id, 'complete', 2);
    const small = await create('small', 8);
    await eventually(
      async () => (await service.client.search(small.id)).trials.planned > 0,
      60_000,
      'its first trials',
    );
    const planned = new Date().toISOString();
    const end = await ended(service.client, small.id);
    const others = await Promise.all(large.map(({ id }) => service.client.search(id)));
    const trials = (await Promise.all(large.map(({ id }) => allTrials(service.client, id)))).flat();
    await cancelAll(large);
    expect(end.trials.complete).toBe(8);
    const [first] = (await allTrials(service.client, small.id)).toSorted((a, b) => a.number - b.number);
    const before = trials.filter(
      ({ startedAt }) => startedAt !== null && startedAt > planned && startedAt < first!.startedAt!,
    );
    // A job has some seven trials of this length, and workers may have chosen theirs at that moment.
    expect(before.length).toBeLessThan(30);
    const begun = others.map(({ trials: { total, waiting } }) => total - waiting);
    expect(Math.max(...begun)).toBeLessThan(50);
  });

  it('a search has its share of the threads, which can be changed while it runs', async () => {
    const [triple, single] = [await create('triple', 2000, { share: 3 }), await create('single', 2000)];
    expect(triple.specification.share).toBe(3);
    await eventually(async () => (await complete(triple)) + (await complete(single)) > 100, 60_000, '100 trials');
    const before = [await complete(triple), await complete(single)] as const;
    // Other tests may slow down the machine; without shares it would be 1.
    expect(before[0] / before[1]).toBeGreaterThan(1.6);
    expect(before[0] / before[1]).toBeLessThan(5);
    const patched = await fetch(`${service.url}/v1/searches/${triple.id}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ share: 0.5 }),
    });
    expect(await patched.json()).toMatchObject({ specification: { share: 0.5 } });
    const changedAt = new Date().toISOString();
    // Jobs that began before are completed as they are. A job has some seven of these trials: twenty jobs follow.
    const after = await eventually(
      async () => {
        const begun = [await begunAfter(triple, changedAt), await begunAfter(single, changedAt)] as const;
        return begun[0] + begun[1] > 140 && begun;
      },
      60_000,
      '140 more',
      200,
    );
    await cancelAll([triple, single]);
    expect(after[1] / after[0]).toBeGreaterThan(1.4);
  });

  it('a search whose sampler learns keeps its share beside one that fills the queue', async () => {
    const filling = await create('filling', 2000);
    const learning = await create('learning', 400, { sampler: { type: 'tpe', seed: 1 } });
    await reached(service.client, learning.id, 'complete', 40);
    const other = await complete(filling);
    await cancelAll([filling, learning]);
    // A busy machine takes longer to propose a trial. In the order of the queue it would be 50.
    expect(other / 40).toBeLessThan(5);
    expect(other / 40).toBeGreaterThan(0.4);
  });

  it('a search that was paused has no claim to what it missed, and none is lost', async () => {
    const [first, second] = [await create('first', 2000), await create('second', 2000)];
    await eventually(async () => (await complete(first)) > 10, 60_000, 'ten trials');
    const act = (search: Search, action: string) =>
      fetch(`${service.url}/v1/searches/${search.id}/${action}`, { method: 'POST' }).then((r) => r.json());
    await act(second, 'pause');
    const pausedAt = await complete(second);
    await eventually(async () => (await complete(first)) > 80, 60_000, '80 trials');
    await act(second, 'resume');
    const from = [await complete(first), await complete(second)] as const;
    // Those that were running.
    expect(from[1] - pausedAt).toBeLessThan(30);
    await eventually(
      async () => (await complete(first)) + (await complete(second)) > from[0] + from[1] + 80,
      60_000,
      '80 more',
    );
    const gained = [(await complete(first)) - from[0], (await complete(second)) - from[1]] as const;
    await cancelAll([first, second]);
    expect(gained[0]).toBeGreaterThan(20);
    expect(gained[1]).toBeGreaterThan(20);
  });

  it('a model is made at once, however many trials wait', async () => {
    const done = await create('done', 2);
    await ended(service.client, done.id);
    const large = await Promise.all(Array.from({ length: 4 }, (_, i) => create(`large ${i}`, 400)));
    await reached(service.client, large[0]!.id, 'complete', 2);
    const askedAt = new Date().toISOString();
    const made = await fetch(`${service.url}/v1/searches/${done.id}/models`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ trial: 0 }),
    });
    expect(made.status).toBe(202);
    const { id } = (await made.json()) as { id: string };
    await eventually(
      async () =>
        ((await (await fetch(`${service.url}/v1/models/${id}`)).json()) as { state: string }).state === 'ready',
      60_000,
      'the model',
    );
    const begun = await Promise.all(large.map((search) => begunAfter(search, askedAt)));
    await cancelAll(large);
    // It waits for a worker, and for a thread to train and another to explain it: for some five jobs each of seven trials, of 1,600 trials.
    expect(begun.reduce((a, b) => a + b)).toBeLessThan(80);
  });
});
