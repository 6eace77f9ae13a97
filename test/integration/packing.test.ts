/** What trials that have ended take in the database: less than half of what they took as jsonb, and everything can still be read. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Trial } from '../../src/domain/trial.ts';
import { unpackAll } from '../support/packed.ts';
import { withPostgres } from '../support/postgres.ts';
import { eventually } from '../support/processes.ts';
import { ended } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

const hyperparameters = {
  learningRate: { distribution: 'float', low: 1e-3, high: 1e-1, scale: 'log' },
  epochs: 20,
};

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service?.close());

const query = (sql: string, values: unknown[] = []) =>
  withPostgres(service.databaseUrl, async (client) => (await client.query(sql, values)).rows);

async function create(more: object): Promise<string> {
  const specification = { dataset: 'iris', sampler: { type: 'random', seed: 1 }, hyperparameters, ...more };
  const { id } = await service.client.create(specification as Parameters<typeof service.client.create>[0]);
  await ended(service.client, id);
  return id;
}

async function trialsOf(id: string, numbers: readonly number[]): Promise<Trial[]> {
  return Promise.all(numbers.map((number) => service.client.trial(id, number)));
}

const unpacked = (id: string) =>
  query(
    "SELECT number FROM trials WHERE search_id = $1 AND (curves IS NOT NULL OR packed IS NULL) AND state <> 'failed'",
    [id],
  );

describe('trials that have ended', () => {
  it.each([
    ['of twenty epochs', {}],
    ['of a hundred epochs', { hyperparameters: { ...hyperparameters, epochs: 100 } }],
    ['of five folds', { validation: { type: 'kFold', folds: 5 } }],
    ['of digits', { dataset: 'digits' }],
  ])('%s take at most half of what they took as jsonb', async (_, more) => {
    const id = await create({ ...more, budget: { trials: 100 } });
    await query('CREATE TABLE only_packed AS SELECT * FROM trials WHERE search_id = $1', [id]);
    await query('CREATE TABLE as_jsonb AS SELECT * FROM only_packed');
    await unpackAll(service.databaseUrl, 'as_jsonb', id);
    for (const table of ['only_packed', 'as_jsonb']) await query(`VACUUM FULL ${table}`);
    const [size] = await query(
      "SELECT pg_table_size('only_packed')::int AS packed, pg_table_size('as_jsonb')::int AS jsonb",
    );
    await query('DROP TABLE only_packed, as_jsonb');
    expect(await unpacked(id)).toEqual([]);
    expect(size.packed).toBeGreaterThan(100 * 300);
    expect(size.packed / size.jsonb).toBeLessThanOrEqual(0.5);
  });

  it('and were stored by an earlier version, or pruned while they waited at a rung, are packed later and answer the same', async () => {
    const pruned = await create({ pruner: { type: 'hyperband' }, budget: { trials: 60 } });
    const earlier = await create({ budget: { trials: 30 } });
    await unpackAll(service.databaseUrl, 'trials', earlier);
    const waited = (await unpacked(pruned)) as { number: number }[];
    expect(waited.length).toBeGreaterThan(0);
    const shown = [0, 11, 29];
    const before = [
      ...(await trialsOf(earlier, shown)),
      ...(await trialsOf(
        pruned,
        waited.map(({ number }) => number),
      )),
    ];
    const often = (await service.client.search(earlier)).found;
    expect(before.every(({ folds }) => folds[0]!.trainLoss.length > 0)).toBe(true);
    expect(before.some(({ findings }) => findings.length > 0)).toBe(true);

    service = await service.restart({});
    for (const id of [pruned, earlier])
      await eventually(async () => (await unpacked(id)).length === 0, 30_000, 'all trials to be packed');
    const after = [
      ...(await trialsOf(earlier, shown)),
      ...(await trialsOf(
        pruned,
        waited.map(({ number }) => number),
      )),
    ];
    const exact = (trial: Trial) => ({
      ...trial,
      folds: trial.folds.map(({ gradientNorm, peakLoss, ...fold }) => fold),
    });
    expect(after.map(exact)).toEqual(before.map(exact));
    for (const [t, { folds }] of after.entries())
      for (const [f, { gradientNorm }] of folds.entries())
        for (const [e, norm] of gradientNorm.entries()) {
          const exactly = before[t]!.folds[f]!.gradientNorm[e]!;
          expect(Math.abs(norm! / exactly - 1)).toBeLessThan(1e-5);
        }
    expect((await service.client.search(earlier)).found).toEqual(often);
  });

  it('are left as they are where another process has packed them meanwhile', async () => {
    const id = await create({ budget: { trials: 2 } });
    await unpackAll(service.databaseUrl, 'trials', id);
    const other = Buffer.from('01', 'hex');
    await withPostgres(service.databaseUrl, async (client) => {
      await client.query('BEGIN');
      await client.query('SELECT FROM trials WHERE search_id = $1 FOR UPDATE', [id]);
      service = await service.restart({});
      const waits = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ~ 'SET curves = NULL'";
      await eventually(async () => (await query(waits)).length > 0, 30_000, 'the pass to wait');
      await client.query('UPDATE trials SET curves = NULL, packed = $2 WHERE search_id = $1', [id, other]);
      await client.query('COMMIT');
      await eventually(async () => (await query(waits)).length === 0, 30_000, 'the end of the pass');
    });
    const stored = await query('SELECT packed FROM trials WHERE search_id = $1', [id]);
    expect(stored).toEqual([{ packed: other }, { packed: other }]);
  });
});
