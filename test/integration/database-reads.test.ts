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

const views = [
  '',
  '/table',
  '/curves?trials=500',
  '/history',
  '/importance',
  '/what-if',
  '/findings',
  '/coverage',
  '/best',
];
for (const path of [...views, '/trials?sort=value', '/export?format=csv', '/events?after=0&limit=1000'])
  it(`each trial is read a few times at most, though Postgres expects one trial: ${path || 'the search'}`, async () => {
    expect(await rowsReadBy(path)).toBeLessThan(10 * TRIALS);
  });

it('the best trials are found without reading the others', async () => {
  await query(`VACUUM ANALYZE ${tables.join(', ')}`);
  expect(await rowsReadBy('/best')).toBeLessThan(TRIALS / 5);
});

async function query(text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: service.databaseUrl });
  await client.connect();
  const { rows } = await client.query(text);
  await client.end();
  return rows;
}

async function rowsReadBy(path: string): Promise<number> {
  const before = await rowsRead();
  const response = await fetch(`${service.url}/v1/searches/${id}${path}`);
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return (await rowsRead()) - before;
}

/** Backends report their statistics at the latest ten seconds after they became idle, or when they end. */
async function rowsRead(): Promise<number> {
  service = await service.restart();
  const [row] = await query(
    'SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)) AS rows FROM pg_stat_user_tables',
  );
  return Number(row?.['rows']);
}
