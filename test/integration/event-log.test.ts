/** Events of searches that ended some time ago are packed: they take little room, and every request reads what it read before. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../src/adapters/postgres/connection.ts';
import { packEventsOfEnded } from '../../src/adapters/postgres/event-log.ts';
import { unpackEvents } from '../../src/adapters/postgres/packed-events.ts';
import type { SearchEvent } from '../../src/domain/events.ts';
import type { Search } from '../../src/domain/search.ts';
import { unpackAll } from '../support/packed.ts';
import { withPostgres } from '../support/postgres.ts';
import { eventually } from '../support/processes.ts';
import { ended, lasting } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service?.close());

const query = (sql: string, values: unknown[] = []) =>
  withPostgres(service.databaseUrl, async (client) => (await client.query(sql, values)).rows);

const specification = (more: object = {}) => ({
  dataset: 'iris',
  hyperparameters: { learningRate: { distribution: 'float', low: 1e-3, high: 1e-1, scale: 'log' }, epochs: 1 },
  sampler: { type: 'random', seed: 1 },
  budget: { trials: 20 },
  ...more,
});

async function create(more: object = {}): Promise<string> {
  const { id } = await service.client.create(specification(more) as Parameters<typeof service.client.create>[0]);
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

async function read(id: string, after = 0, limit = 5000): Promise<SearchEvent[]> {
  const response = await fetch(`${service.url}/v1/searches/${id}/events?after=${after}&limit=${limit}`);
  expect(response.status).toBe(200);
  return ((await response.json()) as { events: SearchEvent[] }).events;
}

async function all(id: string): Promise<SearchEvent[]> {
  const events: SearchEvent[] = [];
  for (let page = await read(id); page.length > 0; page = await read(id, events.at(-1)!.seq)) events.push(...page);
  return events;
}

/** By a connection of its own, as a process of its own would. */
async function pass(): Promise<void> {
  const database = connect(service.databaseUrl, 2);
  try {
    await packEventsOfEnded(database, new AbortController().signal);
  } finally {
    await database.$disconnect();
  }
}

/** As if the searches had ended long enough ago. */
async function pack(...ids: string[]): Promise<void> {
  await query("UPDATE searches SET finished_at = now() - interval '11 minutes' WHERE id = ANY($1)", [ids]);
  await pass();
}

const rows = (id: string) => query('SELECT seq, type FROM events WHERE search_id = $1 ORDER BY seq', [id]);
const pages = (id: string) =>
  query('SELECT last_seq, events FROM event_pages WHERE search_id = $1 ORDER BY last_seq', [id]);
const seqsOf = (events: readonly { seq: number }[]) => events.map(({ seq }) => seq);
const upTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1);

describe('events of a search that has ended', () => {
  it('are packed after ten minutes, not before, and read the same from any place', async () => {
    const { id } = await service.client.create(lasting(100, 12));
    await fetch(`${service.url}/v1/searches/${id}/trials/11/cancel`, { method: 'POST' });
    await ended(service.client, id);
    const before = await all(id);
    expect(seqsOf(before)).toEqual(upTo((await service.client.search(id)).seq));
    await pass();
    expect(await rows(id)).toHaveLength(before.length);

    await pack(id);
    // It stays a row: whether the trial goes on with its search depends on it.
    expect((await rows(id)).map(({ type }) => type)).toEqual(['trial.cancelled']);
    expect(await pages(id)).toEqual([{ last_seq: before.length, events: before.length - 1 }]);
    expect(await all(id)).toEqual(before);
    for (let after = 0; after <= before.length; after++)
      for (const limit of [1, 3, 10]) expect(await read(id, after, limit)).toEqual(before.slice(after, after + limit));
  });

  it('of which there are thousands are several pages; the search goes on, and its next events follow', async () => {
    const id = await create({ budget: { trials: 1200 } });
    const before = await all(id);
    expect(before.length).toBeGreaterThan(2400);
    await pack(id);
    expect((await pages(id)).map(({ events }) => events)).toEqual([1000, 1000, before.length - 2000]);
    expect(await all(id)).toEqual(before);
    for (const after of [0, 998, 999, 1000, 1999, before.length - 2])
      expect(await read(id, after, 1001)).toEqual(before.slice(after, after + 1001));

    await change(id, { notes: 'more', budget: { trials: 1205 } });
    const { seq } = await ended(service.client, id);
    const after = await all(id);
    expect(after.slice(0, before.length)).toEqual(before);
    expect(seqsOf(after)).toEqual(upTo(seq));
    expect(await rows(id)).toHaveLength(seq - before.length);
    await pack(id);
    expect(await rows(id)).toEqual([]);
    expect(await all(id)).toEqual(after);
  });

  it('are pages of bounded size: a page is read as a whole', async () => {
    const id = await create();
    for (let i = 0; i < 60; i++) await change(id, { notes: `${i} ${'n'.repeat(9_990)}` });
    const before = await all(id);
    await pack(id);
    expect((await pages(id)).length).toBeGreaterThanOrEqual(3);
    for (const { packed } of await query('SELECT packed FROM event_pages WHERE search_id = $1', [id]))
      expect(JSON.stringify(unpackEvents(packed)).length).toBeLessThan(300_000);
    expect(await all(id)).toEqual(before);
  });

  it('that follow later become part of the last page as long as it is small', async () => {
    const id = await create();
    await pack(id);
    for (const notes of ['one', 'two', 'three']) {
      await change(id, { notes });
      await pass();
    }
    expect(await rows(id)).toEqual([]);
    const { seq } = await service.client.search(id);
    expect(await pages(id)).toEqual([{ last_seq: seq, events: seq }]);
    expect(seqsOf(await all(id))).toEqual(upTo(seq));
  });

  it('are read once while they are packed, also where Postgres has not counted them yet', async () => {
    const counted = await create();
    await query(
      `INSERT INTO events (search_id, seq, type, data)
       SELECT $1, seq, 'trial.started', '{"number": 1}' FROM generate_series(1000, 60000) seq`,
      [counted],
    );
    await query('ANALYZE events');
    const id = await create({ budget: { trials: 1200 } });
    const read = async () =>
      Number((await query("SELECT idx_tup_fetch AS n FROM pg_stat_user_tables WHERE relname = 'events'"))[0].n);
    const { seq } = await service.client.search(id);
    const before = await read();
    await pack(id);
    // Every connection says what it has read when it ends.
    const fetched = await eventually(
      async () => ((await read()) - before >= seq ? (await read()) - before : undefined),
      10_000,
      'the count of rows',
    );
    expect(await rows(id)).toEqual([]);
    expect(fetched).toBeLessThan(5 * seq);
    await query('DELETE FROM events WHERE search_id = $1 AND seq >= 1000', [counted]);
  });

  it('are heard by a client that connects after they were packed', async () => {
    const id = await create();
    const before = await all(id);
    await pack(id);
    const heard: number[] = [];
    for await (const message of service.client.stream(id, 0)) {
      if ('seq' in message && message.type !== 'snapshot') heard.push(message.seq);
      if (message.type === 'search.complete') break;
    }
    expect(heard).toEqual(seqsOf(before));
  });

  it('are packed once by processes that do so at the same time, and read meanwhile', async () => {
    const id = await create({ budget: { trials: 1500 } });
    const before = seqsOf(await all(id));
    let over = false;
    const packing = Promise.all([pack(id), pack(id), pack(id)]).finally(() => {
      over = true;
    });
    let reads = 0;
    for (; !over; reads++) expect(seqsOf(await all(id))).toEqual(before);
    await packing;
    expect(reads).toBeGreaterThan(0);
    expect(await rows(id)).toEqual([]);
    const counts = (await pages(id)).map(({ events }) => events as number);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(before.length);
  });

  it('are packed by the service itself, and go with their search', async () => {
    const id = await create();
    await query("UPDATE searches SET finished_at = now() - interval '11 minutes' WHERE id = $1", [id]);
    service = await service.restart({});
    await eventually(async () => (await rows(id)).length === 0, 30_000, 'the events to be packed');
    expect(await pages(id)).toHaveLength(1);
    await fetch(`${service.url}/v1/searches/${id}`, { method: 'DELETE' });
    expect(await pages(id)).toEqual([]);
  });

  it('are removed of pages and rows alike', async () => {
    const [packed, fresh] = [await create(), await create()];
    for (const id of [packed, fresh]) await change(id, { notes: 'noted' });
    await pack(packed);
    expect(await rows(packed)).toEqual([]);
    expect(await rows(fresh)).not.toEqual([]);
    await query("UPDATE searches SET finished_at = now() - interval '1 minute' WHERE id = $1", [fresh]);
    service = await service.restart({ retention: { events: 1e-5 } });
    const removed = async (id: string) => (await service.client.search(id)).removed.events !== null;
    await eventually(async () => (await removed(packed)) && (await removed(fresh)), 10_000, 'the removal');
    for (const id of [packed, fresh]) {
      const types = (await all(id)).map(({ type }) => type);
      expect(types).toEqual(['search.created', 'search.complete', 'search.changed']);
      const { items } = (await service.client.usage()).searches;
      expect(items.find((item) => item.id === id)?.events ?? 3).toBe(3);
    }
    service = await service.restart({ retention: {} });
  });

  it('are removed of pages although an earlier version, which knows no pages, has said so', async () => {
    const id = await create();
    await change(id, { notes: 'noted' });
    await pack(id);
    await query('UPDATE searches SET events_removed_at = now() WHERE id = $1', [id]);
    service = await service.restart({ retention: { events: 1e-5 } });
    await eventually(async () => (await all(id)).length === 3, 10_000, 'the removal');
    // What follows is packed apart, and stays.
    await change(id, { notes: 'noted again' });
    await pass();
    expect((await all(id)).map(({ type }) => type)).toEqual([
      ...['search.created', 'search.complete', 'search.changed', 'search.changed'],
    ]);
    service = await service.restart({ retention: {} });
  });
});

describe('a search, with its trials, events and indexes', () => {
  it.each([
    ['of one epoch', 1],
    ['of twenty epochs', 20],
  ])('%s takes at most half of what it took as jsonb and rows', async (_, epochs) => {
    const hyperparameters = { ...specification().hyperparameters, epochs };
    const id = await create({ hyperparameters, budget: { trials: 400 } });
    const copy = async (table: string, from: string) => {
      await query(`CREATE TABLE ${table} (LIKE ${from} INCLUDING INDEXES INCLUDING STORAGE)`);
      await query(`INSERT INTO ${table} SELECT * FROM ${from} WHERE search_id = $1`, [id]);
    };
    await copy('rows_of_events', 'events');
    await copy('packed_trials', 'trials');
    await copy('jsonb_trials', 'trials');
    await unpackAll(service.databaseUrl, 'jsonb_trials', id);
    await pack(id);
    await copy('packed_events', 'event_pages');
    const tables = ['rows_of_events', 'packed_trials', 'jsonb_trials', 'packed_events'] as const;
    const sizes = {} as Record<(typeof tables)[number], number>;
    for (const table of tables) {
      await query(`VACUUM FULL ${table}`);
      sizes[table] = Number((await query(`SELECT pg_total_relation_size('${table}') AS bytes`))[0].bytes);
      await query(`DROP TABLE ${table}`);
    }
    expect(sizes.packed_events).toBeGreaterThan(400 * 10);
    // Pages of Postgres that are nearly empty are half of it here.
    expect(sizes.packed_events).toBeLessThan(sizes.rows_of_events / 4);
    const [now, before] = [sizes.packed_trials + sizes.packed_events, sizes.jsonb_trials + sizes.rows_of_events];
    expect(now / before).toBeLessThanOrEqual(0.5);
  });
});
