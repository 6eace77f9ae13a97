/** How many trials Postgres reads for a request. */
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ended } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service?.close());

const TRIALS = 1500;

it('the best trials are found without reading the others', async () => {
  const { id } = await service.client.create({
    ...{ dataset: 'iris', hyperparameters: { hiddenUnits: { distribution: 'int', low: 2, high: 16 }, epochs: 1 } },
    budget: { trials: TRIALS },
  });
  expect((await ended(service.client, id, 60_000)).trials.complete).toBe(TRIALS);
  await query('VACUUM ANALYZE trials');
  const before = await rowsRead();
  const best = await fetch(`${service.url}/v1/searches/${id}/best`);
  const { items, evidence } = (await best.json()) as { items: unknown[]; evidence: { alike: number } };
  expect(items.length).toBeGreaterThan(0);
  // Of all trials it is known how many are as good.
  expect(evidence.alike).toBeGreaterThan(0);
  expect((await rowsRead()) - before).toBeLessThan(TRIALS / 5);
});

async function query(text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: service.databaseUrl });
  await client.connect();
  const { rows } = await client.query(text);
  await client.end();
  return rows;
}

/** Backends report their statistics at the latest ten seconds after they became idle, or when they end. */
async function rowsRead(): Promise<number> {
  service = await service.restart();
  const [row] = await query(
    "SELECT coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) AS rows FROM pg_stat_user_tables WHERE relname = 'trials'",
  );
  return Number(row?.['rows']);
}
