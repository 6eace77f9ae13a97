/** Whole searches at one glance, in the real service: the table and the curves of many trials. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Search } from '../../src/searches/records.ts';
import { type Table, tableSchema } from '../../src/searches/table.ts';
import { allTrials, ended } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service?.close());

async function query(sql: string, values: unknown[]): Promise<void> {
  const client = new pg.Client({ connectionString: service.databaseUrl });
  await client.connect();
  try {
    await client.query(sql, values);
  } finally {
    await client.end();
  }
}

async function get(path: string): Promise<{ status: number; body: unknown; ms: number; bytes: number }> {
  const begun = performance.now();
  const response = await fetch(`${service.url}${path}`);
  const text = await response.text();
  const ms = performance.now() - begun;
  return { status: response.status, body: JSON.parse(text), ms, bytes: text.length };
}

const table = async (id: string): Promise<Table> => tableSchema.parse((await get(`/v1/searches/${id}/table`)).body);

const hyperparameters = {
  learningRate: { distribution: 'float', low: 1e-4, high: 1e5, scale: 'log' },
  optimizer: { distribution: 'categorical', choices: ['sgd', 'momentum'] },
  momentum: { distribution: 'float', low: 0.5, high: 0.95, when: { optimizer: ['momentum'] } },
  batchNorm: { distribution: 'categorical', choices: [true, false] },
};

/** A search that is over, with so many trials more than it had: rows that nobody trained. */
async function grown(search: Search, total: number): Promise<void> {
  const { planned } = search.trials;
  await query(
    `INSERT INTO trials (search_id, number, state, job, hyperparameters, value, outcome, epochs, duration_ms, worker, started_at, finished_at, attempt)
     SELECT $1, n, 'complete', '', jsonb_build_object('learningRate', n / 1e6, 'optimizer', 'sgd', 'batchNorm', true), (n * 7919 % 100003) / 1e6, 'ok', 3, 1.5, 'w', now(), now(), 1
     FROM generate_series($2::int, $3::int - 1) n`,
    [search.id, planned, total],
  );
  const sql = 'UPDATE searches SET planned = $2, total = $2, complete = complete + $2 - $3 WHERE id = $1';
  await query(sql, [search.id, total, planned]);
}

describe('the table', () => {
  let search: Search;
  beforeAll(async () => {
    const { id } = await service.client.create({
      dataset: 'iris',
      hyperparameters: { ...hyperparameters, epochs: 9 },
      pruner: { type: 'hyperband' },
    });
    search = await ended(service.client, id);
  });

  it('has in every column what the list of trials says', async () => {
    const { seq, rows, thinned, trials, points } = await table(search.id);
    expect({ seq, rows, thinned }).toEqual({ seq: search.seq, rows: search.trials.planned, thinned: false });
    const listed = await allTrials(service.client, search.id);
    const time = (iso: string | null) => (iso === null ? null : Date.parse(iso));
    expect(listed.some(({ verdict }) => verdict !== null)).toBe(true);
    expect(listed.some(({ found }) => found.length > 0)).toBe(true);
    const { number, state, stage, rung, attempt, value, deviation, outcome, epochs, ...others } = trials;
    expect({ number, state, stage, rung, attempt, value, deviation, outcome, epochs }).toEqual(
      Object.fromEntries(
        (['number', 'state', 'stage', 'rung', 'attempt', 'value', 'deviation', 'outcome', 'epochs'] as const).map(
          (name) => [name, listed.map((trial) => trial[name])],
        ),
      ),
    );
    expect(others).toEqual({
      durationMs: listed.map(({ durationMs }) => durationMs),
      worker: listed.map(({ worker }) => worker),
      found: listed.map(({ found }) => found),
      reason: listed.map(({ reason }) => reason),
      rule: listed.map(({ verdict }) => verdict?.rule ?? null),
      startedAt: listed.map(({ startedAt }) => time(startedAt)),
      finishedAt: listed.map(({ finishedAt }) => time(finishedAt)),
    });
    expect(points).toEqual(
      Object.fromEntries(
        Object.keys(hyperparameters).map((name) => [
          name,
          listed.map(({ hyperparameters: point }) => point[name] ?? null),
        ]),
      ),
    );
  });

  it('of a search of which nothing varies, and of none', async () => {
    const { id } = await service.client.create({
      dataset: 'iris',
      hyperparameters: { epochs: 1 },
      budget: { trials: 1 },
    });
    await ended(service.client, id);
    expect(await table(id)).toMatchObject({ rows: 1, points: {}, trials: { number: [0] } });
    expect((await get('/v1/searches/00000000-0000-4000-8000-000000000000/table')).status).toBe(404);
  });

  it('of 10,000 trials comes at once; of more than 20,000 the best and every n-th', async () => {
    await grown(search, 10_000);
    const times: number[] = [];
    for (let i = 0; i < 5; i++) times.push((await get(`/v1/searches/${search.id}/table`)).ms);
    console.info(`a table of 10,000 trials: ${times.map((ms) => ms.toFixed(0)).join(', ')} ms`);
    // Far above what it takes, and far below what a check of every cell would.
    expect(Math.min(...times)).toBeLessThan(300);
    expect((await table(search.id)).trials.number).toHaveLength(10_000);
    await grown(await service.client.search(search.id), 50_000);
    const { rows, thinned, trials } = await table(search.id);
    expect({ rows, thinned }).toEqual({ rows: 50_000, thinned: true });
    expect(trials.number.length).toBeLessThanOrEqual(20_000);
    expect(trials.number.length).toBeGreaterThan(15_000);
    expect(trials.number).toEqual(trials.number.toSorted((a, b) => a - b));
    expect(new Set(trials.number).size).toBe(trials.number.length);
    const { items } = (await get(`/v1/searches/${search.id}/best?limit=500`)).body as { items: { number: number }[] };
    for (const { number } of items) expect(trials.number).toContain(number);
  });
});
