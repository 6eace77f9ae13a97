/** Whole searches at one glance, in the real service: the table and the curves of many trials. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Curves, curvesSchema, type Table, tableSchema } from '../../src/contract/trials.ts';
import type { Search } from '../../src/domain/search.ts';
import type { Trial } from '../../src/domain/trial.ts';
import { type SeriesName, seriesNames } from '../../src/nn/training/series.ts';
import { eventually } from '../support/processes.ts';
import { allTrials, ended, lasting, reached } from '../support/searches.ts';
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
      notes: listed.map(({ notes }) => notes),
      tags: listed.map(({ tags }) => tags),
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
    const times: { table: number; page: number }[] = [];
    for (let i = 0; i < 5; i++) {
      const [whole, page] = [
        await get(`/v1/searches/${search.id}/table`),
        await get(`/v1/searches/${search.id}/trials?limit=500`),
      ];
      times.push({ table: whole.ms, page: page.ms });
    }
    console.info('a table of 10,000 trials, and a page of 500, in ms:', JSON.stringify(times));
    // Every cell of a page is checked; a table whose cells were would take as long as its pages.
    const pages = 20 * Math.min(...times.map(({ page }) => page));
    expect(Math.min(...times.map(({ table }) => table))).toBeLessThan(pages / 2);
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

describe('the curves', () => {
  const curves = async (id: string, more = ''): Promise<Curves> =>
    curvesSchema.parse((await get(`/v1/searches/${id}/curves${more}`)).body);
  const mean = (folds: Trial['folds'], name: SeriesName, epoch: number) => {
    const values = folds.flatMap((fold) => fold[name][epoch - 1] ?? []);
    return values.length === 0 ? null : values.reduce((a, b) => a + b, 0) / values.length;
  };

  it('are the means over the folds, at the first epoch, the last, and evenly between', async () => {
    const { id } = await service.client.create({
      dataset: 'iris',
      hyperparameters: { ...hyperparameters, epochs: 10 },
      validation: { type: 'kFold', folds: 3 },
      budget: { trials: 12 },
    });
    await ended(service.client, id);
    const { seq, items } = await curves(id, '?points=4');
    expect(seq).toBe((await service.client.search(id)).seq);
    expect(items.map(({ number }) => number)).toEqual(Array.from({ length: 12 }, (_, i) => i));
    for (const item of items) {
      const { folds, epochs, state } = await service.client.trial(id, item.number);
      expect(item.state).toBe(state);
      expect([item.epochs[0], item.epochs.at(-1)]).toEqual([1, epochs]);
      expect(item.epochs).toHaveLength(Math.min(4, epochs));
      for (const name of seriesNames) {
        item.epochs.forEach((epoch, i) => {
          const wanted = mean(folds, name, epoch);
          if (wanted === null) expect(item[name][i]).toBeNull();
          else expect(item[name][i]).toBeCloseTo(wanted, 12);
        });
      }
    }
    expect(items.some(({ epochs }) => epochs.length < 4)).toBe(true);
    const few = await curves(id, '?trials=3');
    expect(few.items.map(({ number }) => number)).toContain((await service.client.search(id)).best!.number);
    expect(few.items).toHaveLength(3);
    for (const bad of ['?trials=0', '?trials=501', '?points=1', '?points=501', '?colour=red'])
      expect((await get(`/v1/searches/${id}/curves${bad}`)).status).toBe(400);
  });

  it('of trials that run are as new as the stream’s', async () => {
    const { id } = await service.client.create(lasting(15_000, 2));
    await reached(service.client, id, 'running', 2);
    const first = await eventually(async () => {
      const { items } = await curves(id, '?points=500');
      return items.length === 2 && items.every(({ epochs }) => epochs.length > 0) ? items : undefined;
    });
    expect(first.map(({ state }) => state)).toEqual(['running', 'running']);
    for (const { epochs, validationLoss } of first) {
      expect(epochs[0]).toBe(1);
      expect(validationLoss.at(-1)).not.toBeNull();
    }
    await service.client.cancel(id);
  });

  it('of 500 trials among 10,000 come soon', async () => {
    const { id } = await service.client.create({
      dataset: 'iris',
      hyperparameters: { ...hyperparameters, epochs: 2 },
      budget: { trials: 2 },
    });
    await grown(await ended(service.client, id), 10_000);
    await query(
      `UPDATE trials SET epochs = 1000, curves = jsonb_build_array(jsonb_build_object('fold', 0, 'trainLoss', l, 'validationLoss', l, 'trainMetric', l, 'validationMetric', l))
       FROM (SELECT jsonb_agg(n * 0.123456789) l FROM generate_series(1, 1000) n) x WHERE search_id = $1 AND number % 20 = 0`,
      [id],
    );
    const { ms, body } = await get(`/v1/searches/${id}/curves?trials=500`);
    console.info(`curves of ${(body as Curves).items.length} trials of 10,000: ${ms.toFixed(0)} ms`);
    expect((body as Curves).items.length).toBe(500);
    expect(ms).toBeLessThan(2000);
  });
});
