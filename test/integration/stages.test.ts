/** Coarse to fine, refinement, warm starts, budgets and what is said of a search afterwards: through REST. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DryRun } from '../../src/contract/searches.ts';
import type { Search } from '../../src/domain/search.ts';
import type { TrialSummary } from '../../src/domain/trial.ts';
import { allTrials, ended, expectSound, lasting } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ threads: 2 });
});
afterAll(() => service?.close());

const hyperparameters = {
  learningRate: { distribution: 'float', low: 1e-5, high: 10, scale: 'log' },
  activation: { distribution: 'categorical', choices: ['relu', 'tanh', 'sigmoid'] },
  hiddenUnits: { distribution: 'int', low: 2, high: 32, scale: 'log' },
  batchSize: 16,
} as const;

async function finished(specification: object): Promise<{ search: Search; trials: TrialSummary[] }> {
  const { id } = await service.client.create({ dataset: 'iris', hyperparameters, ...specification });
  const search = await ended(service.client, id);
  await expectSound(service.databaseUrl, id);
  return { search, trials: await allTrials(service.client, id) };
}

async function request(method: string, path: string, body?: unknown): Promise<{ status: number; body: never }> {
  const headers = body === undefined ? undefined : { 'content-type': 'application/json' };
  const init = { method, ...(headers && { headers }), ...(body !== undefined && { body: JSON.stringify(body) }) };
  const response = await fetch(`${service.url}${path}`, init);
  return { status: response.status, body: (await response.json()) as never };
}

interface Range {
  readonly low: number;
  readonly high: number;
}

describe('coarse to fine', () => {
  it('is estimated by a dry run stage by stage, each with its own epochs and folds', async () => {
    const dryRun = async (more: object): Promise<DryRun> => {
      const answer = await request('POST', '/v1/searches/dry-run', { dataset: 'iris', hyperparameters, ...more });
      expect(answer.status).toBe(200);
      return answer.body;
    };
    const kFold = { type: 'kFold', folds: 3 };
    const stages = [
      { epochs: 2, trials: 6 },
      { epochs: 40, trials: 3 },
      { epochs: 100, trials: 1, validation: kFold },
    ];
    const { estimate, first, trials } = await dryRun({ stages });
    const alone = await Promise.all(
      stages.map(({ epochs, validation }) => {
        const own = { hyperparameters: { ...hyperparameters, epochs }, ...(validation && { validation }) };
        return dryRun({ ...own, budget: { trials: 6 } });
      }),
    );
    const work = alone.map((one, i) => one.estimate.secondsPerTrial * stages[i]!.trials);
    const all = work.reduce((sum, one) => sum + one, 0);
    expect(trials).toBe(10);
    expect(estimate.secondsPerTrial).toBeCloseTo(all / 10, 10);
    // On two threads a stage of three trials takes as long as one of four, and one with a single trial leaves a thread idle.
    const training = work[0]! / 2 + (work[1]! * 2) / 3 + work[2]!;
    expect(estimate.seconds).toBeGreaterThan(training);
    // The service does little beside, 0.3 s a trial where other work keeps the machine busy.
    expect(estimate.seconds).toBeLessThan(training + 0.3 * trials);
    // What a later stage tries depends on the results before it.
    expect(first).toEqual(alone[0]!.first);
  });

  it.each(['random', 'tpe', 'grid'])(
    'narrows the space around the best, stage by stage, and trains longer: %s',
    async (type) => {
      const { search, trials } = await finished({
        sampler: { type, seed: 3 },
        stages: [
          { epochs: 2, trials: 16 },
          { epochs: 5, trials: 8, quantile: 0.2 },
          { epochs: 8, trials: 4, validation: { type: 'kFold', folds: 3 } },
        ],
      });
      expect(search.stages).toHaveLength(3);
      const [first, second, third] = search.stages.map((stage) => stage.hyperparameters['learningRate'] as Range);
      const width = ({ low, high }: Range) => Math.log(high / low);
      expect(first).toMatchObject({ low: 1e-5, high: 10 });
      expect(width(second!)).toBeLessThan(width(first!));
      expect(width(third!)).toBeLessThan(width(first!));
      for (const trial of trials) {
        const { from, to, hyperparameters: space } = search.stages[trial.stage]!;
        expect(trial.number).toBeGreaterThanOrEqual(from);
        expect(trial.number).toBeLessThan(to);
        expect(space['epochs']).toBe([2, 5, 8][trial.stage]);
        const { low, high } = space['learningRate'] as Range;
        const rate = Number(trial.hyperparameters['learningRate']);
        expect(rate).toBeGreaterThanOrEqual(low * (1 - 1e-12));
        expect(rate).toBeLessThanOrEqual(high * (1 + 1e-12));
        if (trial.outcome === 'ok') expect(trial.epochs).toBe([2, 5, 8][trial.stage]);
      }
      // The best is that of the last stage: only its values were measured on three folds.
      expect(search.best?.stage).toBe(2);
      const best = await service.client.best(search.id, 3);
      expect(best.items.every(({ stage, deviation }) => stage === 2 && deviation !== null)).toBe(true);
    },
  );

  it('says what does not fit together', async () => {
    const { status, body } = await request('POST', '/v1/searches', {
      dataset: 'iris',
      hyperparameters: { epochs: 5 },
      stages: [{ epochs: 2, trials: 4 }],
      budget: { trials: 10 },
    });
    expect(status).toBe(400);
    const { faults } = body as { faults: { path: string }[] };
    expect(faults.map(({ path }) => path).sort()).toEqual(['budget.trials', 'hyperparameters.epochs']);
  });
});

describe('refining', () => {
  it('begins a linked search in a narrower space, the best of the first tried again', async () => {
    const { search } = await finished({ hyperparameters: { ...hyperparameters, epochs: 4 }, budget: { trials: 20 } });
    const { status, body } = await request('POST', `/v1/searches/${search.id}/refine`, {
      epochs: 6,
      budget: { trials: 5 },
    });
    expect(status).toBe(201);
    const child = body as Search;
    expect(child.parent).toBe(search.id);
    const rate = child.specification.hyperparameters['learningRate'] as unknown as Range;
    expect(rate.low).toBeGreaterThan(1e-5);
    expect(child.specification.sampler.seed).not.toBe(search.specification.sampler.seed);
    const done = await ended(service.client, child.id);
    expect(done.trials.total).toBe(5);
    const [again] = await allTrials(service.client, child.id);
    const [best] = (await service.client.best(search.id, 1)).items;
    expect(again).toMatchObject({ source: 'enqueued', epochs: 6 });
    expect(again!.hyperparameters['learningRate']).toBe(best!.hyperparameters['learningRate']);
  });

  it('shows before it starts what it would be, and stores nothing', async () => {
    const { search } = await finished({ hyperparameters: { ...hyperparameters, epochs: 4 }, budget: { trials: 20 } });
    const refinement = { epochs: 6, quantile: 0.5, budget: { trials: 5 } };
    const { status, body } = await request('POST', `/v1/searches/${search.id}/refine/dry-run`, refinement);
    expect(status).toBe(200);
    const shown = body as DryRun;
    expect(shown.trials).toBe(5);
    expect(shown.estimate.seconds).toBeGreaterThan(0);
    expect(shown.first[0]).toMatchObject({ number: 0, source: 'enqueued' });
    expect((await request('GET', `/v1/searches?parent=${search.id}`)).body).toMatchObject({ items: [] });
    const child = (await request('POST', `/v1/searches/${search.id}/refine`, refinement)).body as Search;
    expect(shown.specification).toEqual(child.specification);
    const wrong = await request('POST', `/v1/searches/${search.id}/refine/dry-run`, { quantile: 9 });
    expect(wrong).toMatchObject({ status: 400, body: { faults: [{ path: 'quantile' }] } });
    await service.client.cancel(child.id).catch(() => undefined);
  });

  it('refuses one that still runs', async () => {
    const { id } = await service.client.create(lasting(500, 4));
    expect(await request('POST', `/v1/searches/${id}/refine`)).toMatchObject({ status: 409 });
    await service.client.cancel(id);
    expect(await request('POST', `/v1/searches/${id}/refine`)).toMatchObject({ status: 409 });
  });

  it('a warm start tries the best of another search first', async () => {
    const { search } = await finished({ hyperparameters: { ...hyperparameters, epochs: 3 }, budget: { trials: 12 } });
    const { trials } = await finished({
      hyperparameters: { learningRate: hyperparameters.learningRate, epochs: 2 },
      warmStart: { search: search.id, trials: 3 },
      budget: { trials: 4 },
    });
    const best = (await service.client.best(search.id, 3)).items.map((trial) => trial.hyperparameters['learningRate']);
    expect(trials.slice(0, 3).map((trial) => trial.hyperparameters['learningRate'])).toEqual(best);
    expect(trials.map(({ source }) => source)).toEqual(['enqueued', 'enqueued', 'enqueued', 'sampled']);
    const unknown = { dataset: 'iris', warmStart: { search: '00000000-0000-4000-8000-000000000000' } };
    const { status, body } = await request('POST', '/v1/searches', unknown);
    expect({ status, faults: (body as { faults: object[] }).faults }).toMatchObject({
      status: 400,
      faults: [{ path: 'warmStart.search' }],
    });
  });
});

describe('a budget', () => {
  const many = { hyperparameters: { ...hyperparameters, epochs: 3 } };

  it('of a target ends the search when it is reached', async () => {
    const { search } = await finished({ ...many, budget: { trials: 500, target: 0.5 } });
    expect(search).toMatchObject({ state: 'complete', endedBy: 'target' });
    expect(search.best!.value).toBeGreaterThanOrEqual(0.5);
    expect(search.trials.complete).toBeLessThan(500);
  });

  it('of epochs counts those of all trials', async () => {
    const { search } = await finished({ ...many, budget: { trials: 500, epochs: 30 } });
    expect(search).toMatchObject({ state: 'complete', endedBy: 'epochs' });
    expect(search.epochs).toBeGreaterThanOrEqual(30);
    expect(search.trials.complete).toBeLessThan(100);
  });

  it('of seconds ends it as it stands', async () => {
    const { search } = await finished({ ...lasting(12_000, 4), budget: { trials: 4, seconds: 0.5 } });
    expect(search).toMatchObject({ state: 'complete', endedBy: 'seconds' });
    expect(search.trials.cancelled).toBe(4);
  });

  it('of failures fails it', async () => {
    const slow = lasting(12_000, 9, { limits: { trialSeconds: 0.05 }, budget: { trials: 9, failures: 2 } });
    const { search } = await finished(slow);
    expect(search).toMatchObject({ state: 'failed', endedBy: 'failures' });
    expect(search.failure).toMatch(/2 trials failed/);
  });

  it('a search with trials that failed for good says which lack a result', async () => {
    const { id } = await service.client.create({
      dataset: 'digits',
      hyperparameters: {
        hiddenUnits: { distribution: 'categorical', choices: [4, 2048] },
        hiddenLayers: 3,
        epochs: 40,
      },
      sampler: { type: 'grid' },
      // Some 50 ms for the one, a minute for the other.
      limits: { trialSeconds: 3 },
    });
    await ended(service.client, id);
    const { body } = await request('GET', `/v1/searches/${id}/events`);
    const { events } = body as { events: { type: string; data: { lacking?: number[] } }[] };
    const failed = (await allTrials(service.client, id)).filter(({ state }) => state === 'failed');
    expect(failed).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ type: 'search.complete', data: { lacking: [failed[0]!.number] } });
  });
});

describe('afterwards', () => {
  it('importance, coverage, history and certainty are reported', async () => {
    const { search, trials } = await finished({
      hyperparameters: { ...hyperparameters, epochs: 4 },
      validation: { type: 'holdout', repeats: 2 },
      budget: { trials: 120 },
    });
    const importance = (await request('GET', `/v1/searches/${search.id}/importance`)).body as {
      trials: number;
      enough: boolean;
      shares: { name: string; share: number; low: number; high: number }[];
    };
    expect(importance.trials).toBe(trials.filter(({ value }) => value !== null).length);
    expect(importance.shares[0]!.name).toBe('learningRate');
    for (const { share, low, high } of importance.shares) expect(share >= low - 0.1 && share <= high + 0.1).toBe(true);
    const history = (await request('GET', `/v1/searches/${search.id}/history`)).body as {
      points: { best: number; value: number; seconds: number }[];
    };
    expect(history.points.at(-1)!.best).toBe(search.best!.value);
    const started = Math.min(...trials.map(({ startedAt }) => Date.parse(startedAt!)));
    const last = Math.max(...trials.map(({ finishedAt }) => Date.parse(finishedAt!)));
    expect(Math.min(...history.points.map(({ seconds }) => seconds))).toBeGreaterThan(0);
    expect(Math.max(...history.points.map(({ seconds }) => seconds))).toBeLessThanOrEqual((last - started) / 1000);
    const bests = history.points.map(({ best }) => best);
    expect(bests).toEqual(bests.toSorted((a, b) => a - b));
    const coverage = (await request('GET', `/v1/searches/${search.id}/coverage`)).body as {
      samplers: { sampler: string; hit: { one: number } }[];
    };
    const [random, grid] = coverage.samplers;
    // The lecture's picture: where one hyperparameter decides, a grid tries few values of it again and again.
    expect(random!.hit.one).toBeGreaterThan(grid!.hit.one + 0.2);
    const { certainty } = (await request('GET', `/v1/searches/${search.id}/best?limit=1`)).body as {
      certainty: { error: number; alike: number[]; text: string };
    };
    expect(certainty.alike[0]).toBe(search.best!.number);
    expect(certainty.text).toMatch(/standard error/);
  });
});
