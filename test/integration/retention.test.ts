/** Layer signals, curves and events of searches that ended long ago are removed; results stay, and every request is answered. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { replayed } from '../../src/cli/replay.ts';
import { endpoints } from '../../src/contract/http.ts';
import { exportFormats } from '../../src/contract/trials.ts';
import type { SearchEvent } from '../../src/domain/events.ts';
import type { Search } from '../../src/domain/search.ts';
import { withPostgres } from '../support/postgres.ts';
import { eventually, main, run } from '../support/processes.ts';
import { allTrials, ended, lasting } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

const specification = (more: object = {}) => ({
  dataset: 'iris',
  hyperparameters: {
    learningRate: { distribution: 'float', low: 1e-4, high: 1e2, scale: 'log' },
    optimizer: 'sgd',
    hiddenUnits: 8,
    epochs: 9,
  },
  validation: { type: 'kFold', folds: 2 },
  sampler: { type: 'random', seed: 4 },
  pruner: { type: 'median' },
  budget: { trials: 12 },
  ...more,
});

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service?.close());

/** As if so many days had passed since it ended. */
async function age(id: string, days: number): Promise<void> {
  await withPostgres(service.databaseUrl, (client) =>
    client.query("UPDATE searches SET finished_at = finished_at - $2 * interval '1 day' WHERE id = $1", [id, days]),
  );
}

async function create(more: object = {}): Promise<string> {
  const { id } = await service.client.create(specification(more));
  await ended(service.client, id);
  return id;
}

async function change(id: string, body: object): Promise<Search> {
  const response = await fetch(`${service.url}/v1/searches/${id}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as Search;
}

async function storedBytes(id: string): Promise<number> {
  return withPostgres(service.databaseUrl, async (client) => {
    const { rows } = await client.query('SELECT sum(length(packed))::int AS n FROM trials WHERE search_id = $1', [id]);
    return rows[0].n;
  });
}

it('removes signals, then curves, of what ended long enough ago and is not kept', async () => {
  const [old, older, recent, kept] = [await create(), await create(), await create(), await create()];
  await age(old, 10);
  for (const id of [older, kept]) await age(id, 40);
  const changed = await change(kept, { keepCurves: true });
  expect(changed.specification.keepCurves).toBe(true);
  const trialOf = (id: string) => service.client.trial(id, 0);
  const before = await trialOf(older);
  const bytes = await storedBytes(older);
  const table = await allTrials(service.client, older);
  expect(before.folds[0]!.trainLoss).toHaveLength(9);
  expect(before.folds[0]!.signals.length).toBeGreaterThan(1);

  service = await service.restart({ retention: { signals: 7, curves: 30 } });
  const removed = async (id: string) => (await service.client.search(id)).removed;
  await eventually(async () => (await removed(older)).curves !== null, 10_000, 'the removal');
  expect(await removed(old)).toMatchObject({ signals: expect.any(String), curves: null });
  for (const id of [recent, kept]) expect(await removed(id)).toMatchObject({ signals: null, curves: null });

  const { folds, ...rest } = await trialOf(older);
  const { folds: foldsBefore, ...restBefore } = before;
  expect(rest).toEqual(restBefore);
  for (const [i, fold] of folds.entries()) {
    const { value, metrics, confusion } = foldsBefore[i]!;
    expect(fold).toMatchObject({ value, metrics, confusion, trainLoss: [], validationLoss: [], signals: [] });
  }
  expect(await allTrials(service.client, older)).toEqual(table);
  expect(await storedBytes(older)).toBeLessThan(bytes / 2);
  const [thinned] = (await trialOf(old)).folds;
  expect([thinned!.trainLoss.length, thinned!.signals.length]).toEqual([9, 0]);
  expect((await trialOf(kept)).folds[0]!.signals.length).toBeGreaterThan(1);
  expect(await replayed(service.client, older, 0)).toMatchObject({ same: true });
});

it('a search without curves answers every request, and goes on', async () => {
  const id = await create();
  await age(id, 40);
  service = await service.restart({ retention: { signals: undefined, curves: 30 } });
  await eventually(async () => (await service.client.search(id)).removed.curves !== null, 10_000, 'the removal');
  const paths = Object.keys(endpoints)
    .filter(
      (name) =>
        name.startsWith('GET /v1/searches/:id') && !name.endsWith('/events') && !/models|confirmation/.test(name),
    )
    .map((name) => name.slice('GET '.length).replace(':id', id).replace(':number', '0'));
  expect(paths.length).toBeGreaterThan(8);
  for (const path of paths) {
    for (const query of path.endsWith('/export') ? exports : ['']) {
      const response = await fetch(`${service.url}${path}${query}`);
      const text = await response.text();
      expect([path, query, response.status, response.status === 200 ? '' : text]).toEqual([path, query, 200, '']);
    }
  }
  const whatIf = await service.client.whatIf(id);
  expect(whatIf.trials).toMatchObject({ replayed: 0, thinned: 0 });
  expect(whatIf.trials.removed).toBeGreaterThan(0);

  await change(id, { budget: { trials: 16 } });
  const search = await ended(service.client, id);
  expect(search.trials.complete + search.trials.pruned).toBe(16);
  expect((await service.client.trial(id, 15)).folds[0]!.trainLoss.length).toBeGreaterThan(0);
});

const exports = exportFormats.map((format) => `?format=${format}`);

describe('events', () => {
  const eventsOf = async (id: string, after = 0): Promise<SearchEvent[]> => {
    const response = await fetch(`${service.url}/v1/searches/${id}/events?after=${after}&limit=5000`);
    return ((await response.json()) as { events: SearchEvent[] }).events;
  };
  const seqsOf = (events: readonly SearchEvent[]) => events.map(({ seq }) => seq);
  const from = (first: number, count: number) => Array.from({ length: count }, (_, i) => first + i);

  /** A search that ended, of which trial 11 was cancelled by hand. */
  async function createWithCancelled(): Promise<string> {
    const { id } = await service.client.create(lasting(100, 12));
    await fetch(`${service.url}/v1/searches/${id}/trials/11/cancel`, { method: 'POST' });
    await ended(service.client, id);
    return id;
  }

  it('are removed: those of trials, then those of what was asked; the search goes on with the next ones', async () => {
    service = await service.restart({ retention: {} });
    const [old, older] = [await createWithCancelled(), await createWithCancelled()];
    const [kept, recent] = [await create(), await create()];
    await change(kept, { keepCurves: true });
    const before = new Map<string, SearchEvent[]>();
    for (const id of [old, older, kept, recent]) before.set(id, await eventsOf(id));
    const table = await allTrials(service.client, old);
    const { seq } = await service.client.search(old);
    expect(seqsOf(before.get(old)!)).toEqual(from(1, seq));
    await age(old, 10);
    for (const id of [older, kept]) await age(id, 40);

    service = await service.restart({ retention: { events: 7, audit: 30 } });
    const removed = async (id: string) => (await service.client.search(id)).removed;
    await eventually(async () => (await removed(kept)).audit !== null, 10_000, 'the removal');
    expect(await removed(old)).toMatchObject({ curves: null, events: expect.any(String), audit: null });
    expect(await removed(older)).toMatchObject({ events: expect.any(String), audit: expect.any(String) });
    expect(await removed(kept)).toMatchObject({ events: null });
    expect(await removed(recent)).toMatchObject({ events: null, audit: null });
    const left = await eventsOf(old);
    expect(left.map(({ type }) => type)).toEqual(['search.created', 'trial.cancelled', 'search.complete']);
    expect(left).toEqual(before.get(old)!.filter(({ seq: one }) => seqsOf(left).includes(one)));
    expect((await eventsOf(older)).map(({ type }) => type)).toEqual(['trial.cancelled']);
    expect(new Set((await eventsOf(kept)).map(({ type }) => type.split('.')[0]))).toEqual(new Set(['trials', 'trial']));
    expect(await eventsOf(recent)).toEqual(before.get(recent));
    expect(await allTrials(service.client, old)).toEqual(table);
    expect((await service.client.usage()).searches.items.find(({ id }) => id === old)!.events).toBe(left.length);

    // A client that has read nothing gets what is left, and then what follows.
    const stream = service.client.stream(old, 0);
    const heard: number[] = [];
    const listening = (async () => {
      for await (const message of stream) {
        if ('seq' in message && message.type !== 'snapshot') heard.push(message.seq);
        if (message.type === 'search.complete' && message.seq > seq) return;
      }
    })();
    await eventually(async () => heard.length === left.length, 10_000, 'what is left');
    for (const id of [old, older]) await change(id, { budget: { trials: 14 } });
    const search = await ended(service.client, old);
    // The trial that was cancelled by hand stays so.
    for (const { trials } of [search, await ended(service.client, older)])
      expect(trials).toMatchObject({ complete: 13, cancelled: 1 });
    await listening;
    expect(heard).toEqual([...seqsOf(left), ...from(seq + 1, search.seq - seq)]);
    expect(seqsOf(await eventsOf(old, seq))).toEqual(from(seq + 1, search.seq - seq));
  });

  it('settings that are none are refused by their names', async () => {
    const command = run(process.execPath, [main, 'api'], { HYPERSEARCH_KEEP_EVENTS_DAYS: '-1' });
    await command.prints(/HYPERSEARCH_KEEP_EVENTS_DAYS: .*got -1/);
    await command.end();
  });
});
