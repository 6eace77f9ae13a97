/** How many rows Postgres reads for a request. */
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ended } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
/** A search that is newer than what Postgres knows of its tables. */
let id: string;
/** While it ran. */
let rowsOfRun: number;

const TRIALS = 1500;
const hundred = Array.from({ length: 100 }, (_, number) => number);
const tables = ['searches', 'trials', 'reports', 'events'];

beforeAll(async () => {
  service = await startTestService();
  const space = { hiddenUnits: { distribution: 'int', low: 2, high: 16 }, epochs: 3 };
  const pruner = { type: 'hyperband', minEpochs: 1, reductionFactor: 3 };
  const search = { dataset: 'iris', hyperparameters: space, pruner };
  const small = await service.client.create({ ...search, budget: { trials: 20 } });
  await ended(service.client, small.id);
  for (const table of tables) await query(`ALTER TABLE ${table} SET (autovacuum_enabled = false)`);
  await query(`VACUUM ANALYZE ${tables.join(', ')}`);
  const before = await rowsRead();
  ({ id } = await service.client.create({ ...search, budget: { trials: TRIALS } }));
  await ended(service.client, id, 60_000);
  rowsOfRun = (await rowsRead()) - before;
}, 120_000);
afterAll(() => service?.close());

it('a trial that runs is looked up, not looked for in all of its search', () => {
  expect(rowsOfRun).toBeLessThan(60 * TRIALS);
});

const reads = [
  ...['', '/table', '/curves?trials=500', '/history', '/importance', '/what-if', '/findings', '/coverage', '/best'],
  ...['/trials?sort=value', '/trials/7', '/preflight', '/export?format=csv', '/events?after=0&limit=1000'],
];
const requests: readonly (readonly [what: string, method: string, path: string, body: object])[] = [
  ...reads.map((path) => [path || 'the search', 'GET', path, {}] as const),
  ['notes of the search', 'PATCH', '', { notes: 'seen' }],
  ['notes of a trial', 'PATCH', '/trials/7', { notes: 'seen' }],
  ['tags of a hundred trials', 'PATCH', '/trials', { numbers: hundred, addTags: ['seen'] }],
  ['a search that refines it', 'POST', '/refine', { budget: { trials: 1 } }],
  ['one more trial', 'PATCH', '', { budget: { trials: TRIALS + 1 } }],
];
for (const [what, method, path, body] of requests)
  it(`each trial is read a few times at most, though Postgres expects one trial: ${what}`, async () => {
    expect(await rowsReadBy(method, path, body)).toBeLessThan(10 * TRIALS);
  });

it('the best trials are found without reading the others', async () => {
  await query(`VACUUM ANALYZE ${tables.join(', ')}`);
  expect(await rowsReadBy('GET', '/best', {})).toBeLessThan(TRIALS / 5);
});

it('events are sent to those who watch a search as they are announced, not read for them', async () => {
  const before = await rowsRead(['events']);
  // Slow enough that the events of a change fit in a notification.
  const hyperparameters = { learningRate: { distribution: 'float', low: 0.001, high: 0.1 }, epochs: 300 };
  const budget = { trials: 60 };
  const search = await service.client.create({ dataset: 'iris', hyperparameters, budget });
  const seen: number[] = [];
  for await (const message of service.client.stream(search.id, 0)) {
    if ('seq' in message) seen.push(message.seq);
    if (message.type === 'search.complete') break;
  }
  expect(seen).toEqual(Array.from({ length: seen.length }, (_, i) => i + 1));
  expect(seen.length).toBeGreaterThan(2 * budget.trials);
  expect((await rowsRead(['events'])) - before).toBeLessThan(seen.length / 4);
});

async function query(text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: service.databaseUrl });
  await client.connect();
  const { rows } = await client.query(text);
  await client.end();
  return rows;
}

async function rowsReadBy(method: string, path: string, body: object): Promise<number> {
  const before = await rowsRead();
  const sent = { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const response = await fetch(`${service.url}/v1/searches/${id}${path}`, method === 'GET' ? {} : sent);
  const text = await response.text();
  expect(response.ok, text).toBe(true);
  return (await rowsRead()) - before;
}

/** Backends report their statistics at the latest ten seconds after they became idle, or when they end. */
async function rowsRead(of?: readonly string[]): Promise<number> {
  service = await service.restart();
  const [row] = await query(
    `SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)) AS rows FROM pg_stat_user_tables
      ${of === undefined ? '' : `WHERE relname IN (${of.map((name) => `'${name}'`).join()})`}`,
  );
  return Number(row?.['rows']);
}
