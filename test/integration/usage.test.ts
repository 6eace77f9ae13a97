/** What the database holds, through REST and the command line, against what Postgres itself says. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StorageUsage } from '../../src/contract/usage.ts';
import { formatBytes } from '../../src/format.ts';
import { main, run } from '../support/processes.ts';
import { ended } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
let database: pg.Client;
beforeAll(async () => {
  service = await startTestService();
  database = new pg.Client({ connectionString: service.databaseUrl });
  await database.connect();
});
afterAll(async () => {
  await database?.end();
  await service?.close();
});

const usage = () => service.client.usage();
const sumOfTables = ({ tables }: StorageUsage) => tables.reduce((sum, { totalBytes }) => sum + totalBytes, 0);
/** Heap and TOAST of a table without dead rows. */
async function compact(name: string): Promise<number> {
  await database.query(`VACUUM FULL ANALYZE ${name}`);
  const { heapBytes, toastBytes } = (await usage()).tables.find((table) => table.name === name)!;
  return heapBytes + toastBytes;
}
const specification = (name: string, trials: number, epochs: number) => ({
  name,
  dataset: 'iris',
  hyperparameters: { learningRate: { distribution: 'float', low: 1e-3, high: 1e-1, scale: 'log' }, epochs },
  budget: { trials },
});
async function searched(name: string, trials: number, epochs: number): Promise<string> {
  const { id } = await service.client.create(specification(name, trials, epochs));
  expect(await ended(service.client, id)).toMatchObject({ state: 'complete' });
  return id;
}

describe('an empty service', () => {
  it('has a database, tables and no trials', async () => {
    const empty = await usage();
    expect(empty).toMatchObject({
      trials: { count: 0, sampled: 0, bytesPerTrial: null },
      searches: { count: 0, items: [] },
      datasets: { count: 0, measured: 0, bytes: 0, storedBytes: 0, items: [] },
      models: { count: 0, measured: 0, bytes: 0, storedBytes: 0, items: [] },
    });
    expect(empty.bytes).toBeGreaterThanOrEqual(sumOfTables(empty));
    expect(empty.tables).toContainEqual(expect.objectContaining({ name: 'trials', estimatedRows: 0, heapBytes: 0 }));
  });
});

describe('a service with searches', () => {
  let short: string;
  let long: string;
  beforeAll(async () => {
    short = await searched('short', 200, 1);
    long = await searched('long', 40, 20);
  });

  it('counts every table, with its parts', async () => {
    const now = await usage();
    expect(now.bytes).toBeGreaterThanOrEqual(sumOfTables(now));
    for (const { totalBytes, heapBytes, indexBytes, toastBytes } of now.tables) {
      expect(totalBytes).toBe(heapBytes + indexBytes + toastBytes);
    }
    expect(now.tables.map(({ totalBytes }) => totalBytes)).toEqual(
      now.tables.map(({ totalBytes }) => totalBytes).toSorted((a, b) => b - a),
    );
    const { rows } = await database.query<{ total: string }>(`SELECT pg_total_relation_size('trials') AS total`);
    // Autovacuum may add pages to its maps between the two.
    const trials = now.tables.find(({ name }) => name === 'trials')!;
    expect(Math.abs(trials.totalBytes - Number(rows[0]!.total))).toBeLessThanOrEqual(4 * 8192);
    expect(now.tables.some(({ name }) => name.startsWith('bullmq.'))).toBe(true);
  });

  it('estimates what its trials and events take, to within a quarter of what they do', async () => {
    // A transaction that is open meanwhile keeps dead rows: the least of several sizes has none.
    const sizes: number[] = [];
    for (let i = 0; i < 5; i++) sizes.push((await compact('trials')) + (await compact('events')));
    const stored = Math.min(...sizes);
    const { trials, searches } = await usage();
    expect(trials).toMatchObject({ count: 240 });
    expect(trials.sampled).toBeGreaterThanOrEqual(10);
    expect(trials.sampled).toBeLessThanOrEqual(20);
    expect(searches.count).toBe(2);
    const estimated = searches.items.reduce((sum, { estimatedBytes }) => sum + estimatedBytes, 0);
    expect(estimated / stored).toBeGreaterThan(0.75);
    expect(estimated / stored).toBeLessThan(1.25);
  });

  it('measures each search by its own trials: long curves take more', async () => {
    const { trials, searches } = await usage();
    const of = (wanted: string) => searches.items.find(({ id }) => id === wanted)!;
    expect(of(short)).toMatchObject({ name: 'short', state: 'complete', trials: 200 });
    expect(of(long)).toMatchObject({ name: 'long', state: 'complete', trials: 40 });
    expect(of(short).bytesPerTrial).toBeGreaterThan(300);
    expect(of(short).bytesPerTrial).toBeLessThan(5_000);
    expect(of(long).bytesPerTrial).toBeGreaterThan(2 * of(short).bytesPerTrial!);
    expect(of(long).bytesPerTrial).toBeLessThan(50_000);
    expect(trials.bytesPerTrial).toBeCloseTo((200 * of(short).bytesPerTrial! + 40 * of(long).bytesPerTrial!) / 240, 6);
    expect(of(short).events).toBe((await service.client.search(short)).seq);
  });

  it('forgets a search that was deleted', async () => {
    const before = await usage();
    const deleted = await fetch(`${service.url}/v1/searches/${long}`, { method: 'DELETE' });
    expect(deleted.status).toBe(204);
    const { trials, searches } = await usage();
    expect(searches).toMatchObject({ count: 1, items: [{ id: short }] });
    expect(trials.count).toBe(200);
    expect(trials.bytesPerTrial).toBeLessThan(before.trials.bytesPerTrial!);
  });

  it('lists at most ten searches, the largest: by their trials or by long curves', async () => {
    await searched('deep', 1, 200);
    for (let i = 2; i <= 10; i++) await searched(`tiny ${i}`, i, 1);
    const { searches } = await usage();
    expect(searches.count).toBe(11);
    expect(searches.items).toHaveLength(10);
    expect(searches.items[0]).toMatchObject({ id: short });
    expect(searches.items.map(({ name }) => name)).toContain('deep');
    expect(searches.items.map(({ name }) => name)).not.toContain('tiny 2');
  });
});

describe('data sets and models', () => {
  const csv = (rows: number) =>
    ['length,kind', ...Array.from({ length: rows }, (_, i) => `${i},${i % 2 ? 'é' : 'b'}`)].join('\n');
  const upload = async (name: string, text: string) => {
    const answer = await fetch(`${service.url}/v1/datasets?name=${name}`, {
      method: 'POST',
      headers: { 'content-type': 'text/csv' },
      body: text,
    });
    expect(answer.status, await answer.text()).toBe(201);
  };

  it('data sets have the bytes of their text, all versions together, and what is stored of it', async () => {
    const texts = [csv(4000), csv(5000)];
    for (const text of texts) await upload('plants', text);
    await upload('small', csv(60));
    const { datasets } = await usage();
    const [plants, small] = [texts.join(''), csv(60)].map((text) => Buffer.byteLength(text));
    expect(datasets).toMatchObject({
      count: 3,
      measured: 3,
      bytes: plants! + small!,
      items: [
        { name: 'plants', versions: 2, bytes: plants },
        { name: 'small', versions: 1, bytes: small },
      ],
    });
    // Repetitive text is compressed.
    expect(datasets.items[0]!.storedBytes).toBeLessThan(plants!);
    expect(datasets.items[0]!.storedBytes).toBeGreaterThan(plants! / 50);
  });

  it('models have the bytes of their document', async () => {
    const { items } = await service.client.list();
    const { id } = await service.client.createModel(items[0]!.id, { trial: 'best' });
    await expect.poll(async () => (await service.client.model(id)).state, { timeout: 20_000 }).toBe('ready');
    const { rows } = await database.query<{ bytes: number }>('SELECT octet_length(document) AS bytes FROM models');
    const { models } = await usage();
    expect(models).toMatchObject({ count: 1, measured: 1, items: [{ id, bytes: rows[0]!.bytes }] });
    expect(models.bytes).toBeGreaterThan(500);
  });

  it('du prints all of it', async () => {
    const du = run(process.execPath, [main, 'du'], { HYPERSEARCH_URL: service.url });
    await new Promise((resolve) => du.child.once('close', resolve));
    const output = du.output();
    expect(du.child.exitCode, output).toBe(0);
    const now = await usage();
    expect(output).toMatch(/^database \d+ MB, 255 trials, about \S+ k?B each without indexes \(estimated from \d+\)$/m);
    const { totalBytes } = now.tables.find(({ name }) => name === 'datasets')!;
    expect(output).toMatch(new RegExp(`^datasets +${formatBytes(totalBytes)} `, 'm'));
    expect(output).toMatch(/^short +\S{36} +complete +200 +\S+ k?B +\S+ kB$/m);
    expect(output).toMatch(/^plants +2 +\d+ kB +\S+ kB$/m);
    expect(output).toContain('1 model, ');
  });
});
