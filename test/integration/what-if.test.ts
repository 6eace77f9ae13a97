/** What pruners would have done, through REST: on curves that are known, and compared with searches that really used them. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type WhatIf, whatIfSchema } from '../../src/contract/what-if.ts';
import type { Search } from '../../src/domain/search.ts';
import { ended } from '../support/searches.ts';
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

async function run(specification: object): Promise<Search> {
  const { id } = await service.client.create(specification);
  return ended(service.client, id);
}

async function whatIf(id: string): Promise<WhatIf> {
  return whatIfSchema.parse(await service.client.whatIf(id));
}

function optionOf({ rules }: WhatIf, rule: string, setting: number) {
  return rules.find((one) => one.rule === rule)!.options.find((one) => one.setting === setting)!;
}

const wide = {
  dataset: 'digits',
  hyperparameters: {
    // High enough that some diverge.
    learningRate: { distribution: 'float', low: 1e-4, high: 30, scale: 'log' },
    activation: { distribution: 'categorical', choices: ['relu', 'tanh'] },
    optimizer: 'sgd',
    hiddenUnits: 12,
    epochs: 9,
  },
  sampler: { type: 'random', seed: 5 },
  budget: { trials: 40 },
};

describe('a search without a pruner tells', () => {
  let plain: Search;
  let answer: WhatIf;
  beforeAll(async () => {
    plain = await run(wide);
    answer = await whatIf(plain.id);
  });

  it('of all its trials', () => {
    expect(answer.trials).toEqual({ replayed: 40, thinned: 0, removed: 0, pruned: 0, failed: 0, open: 0 });
    expect(plain.trials.diverged).toBeGreaterThan(0);
    expect(answer.epochs).toBe(plain.epochs);
    expect(answer.best).toEqual({ number: plain.best!.number, value: plain.best!.value });
  });

  it.each([
    ['hyperband', 3, { pruner: { type: 'hyperband', reductionFactor: 3 } }],
    ['hyperband', 2, { pruner: { type: 'hyperband', reductionFactor: 2 } }],
    ['successiveHalving', 2, { pruner: { type: 'successiveHalving', minEpochs: 2 } }],
    ['patience', 2, { hyperparameters: { ...wide.hyperparameters, patience: 2 } }],
  ])('what %s with %d then really does: epochs, trials that it stops, and the best', async (rule, setting, more) => {
    const option = optionOf(answer, rule, setting);
    const real = await run({ ...wide, ...more });
    const { epochs, stopped, best } = option;
    expect({ epochs, stopped, best: best && { number: best.number, value: best.value } }).toEqual({
      epochs: real.epochs,
      stopped: real.trials.pruned,
      best: real.best && { number: real.best.number, value: real.best.value },
    });
    expect(option.saved).toBeGreaterThan(0);
  });

  it('with k folds too, of which each stops early by itself', async () => {
    const folded = { ...wide, dataset: 'iris', validation: { type: 'kFold', folds: 3 }, budget: { trials: 15 } };
    const option = optionOf(await whatIf((await run(folded)).id), 'patience', 1);
    const real = await run({ ...folded, hyperparameters: { ...folded.hyperparameters, patience: 1 } });
    expect([option.epochs, option.best?.value]).toEqual([real.epochs, real.best?.value]);
  });
});

/** The curves of a bad half: odd trials stay at 0.1, even ones rise from 0.5. */
const plantedCurves = `UPDATE trials SET epochs = 10, value = CASE WHEN number % 2 = 1 THEN 0.1 ELSE 0.59 + number / 1000.0 END,
  outcome = 'ok', curves = jsonb_build_array(jsonb_build_object('fold', 0, 'value', 0, 'validationMetric',
    (SELECT jsonb_agg(CASE WHEN number % 2 = 1 THEN 0.1 ELSE 0.5 + (e - 1) / 100.0 + number / 1000.0 END ORDER BY e) FROM generate_series(1, 10) e)))
  WHERE search_id = $1`;

describe('a known bad half', () => {
  const small = {
    dataset: 'iris',
    hyperparameters: { learningRate: { distribution: 'float', low: 0.01, high: 0.1 }, epochs: 10 },
    budget: { trials: 20 },
  };

  it('is cut, with the saving that was computed by hand', async () => {
    const { id } = await run(small);
    await query(plantedCurves, [id]);
    const answer = await whatIf(id);
    expect(answer).toMatchObject({ epochs: 200, best: { number: 18 }, ofBest: 10 });
    // The first five trials run; of the others eight are bad and stop after one epoch instead of ten.
    const median = optionOf(answer, 'median', 0);
    expect(median).toMatchObject({ epochs: 128, stopped: 8, lost: 0, keptOfBest: 10, best: { number: 18, rank: 1 } });
    expect(median.saved).toBeCloseTo(72 / 200);
    expect(median.change).toMatchObject({ pruner: { type: 'median', warmupEpochs: 0 } });
  });

  it('leaves out and counts trials whose curves end before it is known what they would have come to', async () => {
    const { id } = await run(small);
    await query(plantedCurves, [id]);
    await query(`UPDATE trials SET state = 'pruned' WHERE search_id = $1 AND number IN (3, 5)`, [id]);
    await query(`UPDATE trials SET state = 'failed', value = NULL WHERE search_id = $1 AND number = 7`, [id]);
    const answer = await whatIf(id);
    expect(answer.trials).toEqual({ replayed: 17, thinned: 0, removed: 0, pruned: 2, failed: 1, open: 0 });
    // The first five that are replayed are 0, 1, 2, 4 and 6; then come six bad ones.
    expect(optionOf(answer, 'median', 0)).toMatchObject({ stopped: 6, epochs: 11 * 10 + 6 });
  });

  it('of 10,000 trials is replayed by a sample, and the service answers others in the meantime', async () => {
    const search = await run(small);
    await query(plantedCurves, [search.id]);
    await query(
      `INSERT INTO trials (search_id, number, state, job, hyperparameters, value, outcome, epochs, curves)
       SELECT $1, n, 'complete', '', '{"learningRate": 0.05}', t.value, 'ok', 10, t.curves
       FROM generate_series(20, 9999) n JOIN trials t ON t.search_id = $1 AND t.number = n % 20`,
      [search.id],
    );
    await query('UPDATE searches SET planned = 10000, total = 10000, complete = 10000 WHERE id = $1', [search.id]);
    let answered = false;
    const answer = whatIf(search.id).finally(() => {
      answered = true;
    });
    let longest = 0;
    while (!answered) {
      const begun = performance.now();
      await fetch(`${service.url}/healthz`);
      longest = Math.max(longest, performance.now() - begun);
    }
    const { trials, rules, best } = await answer;
    expect(trials).toMatchObject({ replayed: 1000, thinned: 9000 });
    // Values repeat every 20 trials: every tenth trial would have two of them alone.
    expect(best!.value).toBeCloseTo(0.608);
    expect(longest).toBeLessThan(1000);
    for (const { unavailable } of rules) expect(unavailable).toBeNull();
  });
});
