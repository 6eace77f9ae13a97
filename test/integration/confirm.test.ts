/** The confirmation of the best trials, through the service: what it chooses, what it leaves as it was, and what may happen meanwhile. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { replayed } from '../../src/cli/replay.ts';
import type { DryRun } from '../../src/contract/searches.ts';
import type { SearchEvent } from '../../src/domain/events.ts';
import { FIRST_RUN } from '../../src/domain/runs.ts';
import type { Search } from '../../src/domain/search.ts';
import { randomAt } from '../../src/random.ts';
import { eventually } from '../support/processes.ts';
import { allTrials, ended, expectSound, hashesOf, lasting } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
  await upload('coins', coinFlips());
});
afterAll(() => service?.close());

/** Labels that no column says anything of. */
function coinFlips(): string {
  const random = randomAt({ seed: 8, purpose: 'probe' });
  const lines = Array.from({ length: 240 }, () => {
    const x = Array.from({ length: 5 }, () => random.normal().toFixed(3));
    return [...x, random.uniform() < 0.5 ? 'heads' : 'tails'].join();
  });
  return ['a,b,c,d,e,coin', ...lines].join('\n');
}

async function upload(name: string, body: string): Promise<void> {
  const address = `${service.url}/v1/datasets?name=${name}&target=coin`;
  const response = await fetch(address, { method: 'POST', headers: { 'content-type': 'text/csv' }, body });
  expect(response.status).toBe(201);
}

const hyperparameters = {
  learningRate: { distribution: 'float', low: 1e-3, high: 1e-1, scale: 'log' },
  hiddenUnits: { distribution: 'int', low: 4, high: 24 },
  activation: { distribution: 'categorical', choices: ['relu', 'tanh'] },
  epochs: 4,
};
const base = { dataset: 'wine', hyperparameters, sampler: { type: 'random', seed: 3 }, budget: { trials: 12 } };
const confirm = { trials: 4, repeats: 3 };

async function finished(specification: object): Promise<Search> {
  const { id } = await service.client.create(specification);
  const search = await ended(service.client, id);
  await expectSound(service.databaseUrl, id);
  return search;
}

async function eventsOf(id: string): Promise<SearchEvent[]> {
  const response = await fetch(`${service.url}/v1/searches/${id}/events?limit=5000`);
  return ((await response.json()) as { events: SearchEvent[] }).events;
}

async function send(method: string, path: string, body?: object) {
  const response = await fetch(`${service.url}${path}`, {
    method,
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  return {
    status: response.status,
    body: (await response.json()) as { detail: string; faults?: { path: string; message: string }[] },
  };
}

describe('what it chooses', () => {
  it('shows that the best of many trials on coin flips is no better than chance', async () => {
    const search = await finished({
      ...{ ...base, dataset: 'coins', budget: { trials: 60 }, validation: { fraction: 0.06 } },
      confirm: { trials: 8, repeats: 6 },
    });
    const { best, confirmation } = search;
    expect(confirmation!.searched.value).toBeGreaterThan(0.65);
    expect(best!.number).not.toBe(confirmation!.searched.number);
    expect(best!.confirmed!.value).toBeGreaterThan(0.4);
    expect(best!.confirmed!.value).toBeLessThan(0.6);
    expect(best!.confirmed!.standardError).toBeGreaterThan(0.01);
    expect(best!.confirmed!.probability).toBeLessThan(0.6);

    // So do searches that begin from the best of this one.
    const refined = await send('POST', `/v1/searches/${search.id}/refine`, { budget: { trials: 2 } });
    const { specification } = refined.body as unknown as Search;
    const chosen = await service.client.trial(search.id, best!.number);
    expect(specification.enqueue[0]).toMatchObject({ activation: chosen.hyperparameters['activation'] });
    expect(specification.enqueue[0]!['learningRate']).toBeCloseTo(Number(chosen.hyperparameters['learningRate']), 12);
    expect(specification.confirm).toEqual({ trials: 2, repeats: 6, design: 'successiveRejects' });

    const answer = await service.client.best(search.id, 5);
    expect(answer.items[0]!.number).toBe(best!.number);
    expect(answer.confirmed).toEqual({ ...best!.confirmed, number: best!.number, searched: best!.value, finalists: 8 });
    expect(answer.certainty).toMatchObject({ error: best!.confirmed!.standardError });
    expect(answer.certainty.text).toMatch(
      /^Trial \d+: 0\.\d+ in the search, confirmed 0\.\d+ ± 0\.\d+; best of 8 finalists with probability 0\.\d+\./,
    );
    expect((await service.client.findings(search.id)).confirmed).toBe(answer.certainty.text);
  });

  it('has the runs that its design says, on splits and seeds of their own, shared by the finalists of a repetition', async () => {
    const all = await finished({ ...base, confirm: { ...confirm, design: 'all' } });
    const { finalists, rounds, best } = await service.client.confirmation(all.id);
    expect(rounds).toEqual([{ finalists: 4, repeats: 3 }]);
    for (const { trials } of finalists) expect(trials.map(({ confirms }) => confirms!.repeat)).toEqual([0, 1, 2]);
    const hashes = finalists.flatMap(({ trials }) => trials.map(({ resultHash }) => resultHash));
    expect(new Set([...hashes, ...Object.values(await hashesOf(service.client, all.id))]).size).toBe(12 + 12);
    for (const { number, trials, mean, confirmed } of finalists) {
      const values = trials.map(({ value }) => value!);
      expect(mean).toBeCloseTo(values.reduce((a, b) => a + b, 0) / 3, 12);
      expect(confirmed!.mean).toBe(mean);
      expect(
        trials.every((run) => run.state === 'complete' && run.number >= FIRST_RUN && run.confirms!.trial === number),
      ).toBe(true);
    }
    expect(finalists.find(({ number }) => number === best)!.mean).toBe(Math.max(...finalists.map(({ mean }) => mean!)));

    const rejects = await finished({ ...base, confirm });
    const other = await service.client.confirmation(rejects.id);
    expect(other.rounds.length).toBeGreaterThan(1);
    expect(other.finalists.flatMap(({ trials }) => trials).length).toBeLessThanOrEqual(12);
    expect(other.finalists.some(({ rejected }) => rejected?.why === 'worse' && rejected.round === 1)).toBe(true);
    // The same repetition of the same trial has the same bits in any design.
    const run = (search: typeof other, trial: number) =>
      search.finalists.find(({ number }) => number === trial)!.trials[0]!;
    for (const { number } of finalists)
      expect(run(other, number).resultHash).toBe(run({ ...other, finalists }, number).resultHash);
  });

  it('gives finalists with the same hyperparameters the same results', async () => {
    const point = { learningRate: 0.01, hiddenUnits: 8, activation: 'tanh' };
    const search = await finished({
      ...base,
      enqueue: [point, point],
      budget: { trials: 2 },
      confirm: { trials: 2, repeats: 2, design: 'all' },
    });
    const { finalists } = await service.client.confirmation(search.id);
    const [one, two] = finalists.map(({ trials }) => trials.map(({ resultHash }) => resultHash));
    expect(one).toEqual(two);
    expect(one![0]).not.toBe(one![1]);
    expect(finalists.map(({ confirmed }) => confirmed!.probability)).toEqual([
      expect.closeTo(0.5, 10),
      expect.closeTo(0.5, 10),
    ]);
  });

  it.each([
    ['folds', { validation: { type: 'kFold', folds: 3 } }],
    ['brackets', { hyperparameters: { ...hyperparameters, epochs: 9 }, pruner: { type: 'hyperband' }, budget: {} }],
    ['an immediate pruner', { pruner: { type: 'median', startupTrials: 2, warmupEpochs: 1 } }],
    [
      'stages',
      {
        hyperparameters: { ...hyperparameters, epochs: undefined },
        stages: [
          { epochs: 2, trials: 8 },
          { epochs: 4, trials: 6, quantile: 0.5 },
        ],
        budget: {},
      },
    ],
    ['a regression', { dataset: 'diabetes', objective: { metric: 'validationRmse' } }],
  ])('confirms trials of a search with %s, and every run is replayed', async (_, more) => {
    const search = await finished({ ...base, ...more, confirm });
    expect(search.confirmation).toMatchObject({ state: 'complete' });
    const { finalists } = await service.client.confirmation(search.id);
    const stage = search.best!.stage;
    for (const { trials, number } of finalists) {
      const original = await service.client.trial(search.id, number);
      expect(original).toMatchObject({ stage, state: 'complete' });
      for (const run of trials) {
        expect(run.hyperparameters).toEqual(original.hyperparameters);
        expect(await replayed(service.client, search.id, run.number)).toMatchObject({ same: true });
      }
    }
  });

  it('makes a model of the confirmed best, and of a run', async () => {
    const search = await finished({ ...base, validation: { test: 0.2 }, confirm });
    const { finalists } = await service.client.confirmation(search.id);
    const run = finalists[0]!.trials[0]!;
    for (const [trial, number] of [
      ['best', search.best!.number],
      [run.number, run.number],
    ] as const) {
      const { id } = await service.client.createModel(search.id, { trial });
      const model = await eventually(async () => {
        const now = await service.client.model(id);
        return now.state === 'ready' || now.state === 'failed' ? now : undefined;
      });
      expect(model).toMatchObject({ state: 'ready', failure: null, origin: { trial: number } });
    }
  });
});

describe('what it leaves as it was', () => {
  it('says nothing in a search without it', async () => {
    const search = await finished(base);
    expect(JSON.stringify([search, await service.client.best(search.id, 5)])).not.toContain('confirm');
    expect(Object.keys(search.best!)).toEqual(['number', 'value', 'stage']);
    expect((await eventsOf(search.id)).filter(({ type }) => type.startsWith('confirmation.'))).toEqual([]);
    const { status, body } = await send('GET', `/v1/searches/${search.id}/confirmation`);
    expect({ status, detail: body.detail }).toMatchObject({
      status: 404,
      detail: expect.stringContaining('no `confirm`'),
    });
  });

  it('teaches no sampler, and is in no list, analysis or picture of trials', async () => {
    const tpe = {
      ...base,
      sampler: { type: 'tpe', seed: 5, startupTrials: 4, concurrency: 2 },
      budget: { trials: 14 },
    };
    const plain = await finished(tpe);
    const search = await finished({ ...tpe, confirm });
    const of = async (path: string) => (await fetch(`${service.url}/v1/searches/${search.id}/${path}`)).text();
    const plainOf = async (path: string) => (await fetch(`${service.url}/v1/searches/${plain.id}/${path}`)).text();
    expect(await hashesOf(service.client, search.id)).toEqual(await hashesOf(service.client, plain.id));
    expect(await of('importance')).toBe(await plainOf('importance'));
    // How long trials took differs.
    const withoutTimes = (history: string) => history.replaceAll(/"seconds":[^,}]*/g, '');
    expect(withoutTimes(await of('history'))).toBe(withoutTimes(await plainOf('history')));
    const { confirmed: _, ...findings } = await service.client.findings(search.id);
    expect(findings).toEqual(await service.client.findings(plain.id));
    for (const path of ['trials?limit=100', 'table', 'curves', 'export?format=ndjson'])
      expect(await of(path)).not.toMatch(/\b10000000\d\d\b/);
    const { best, confirmation, epochs } = search;
    expect({ trials: search.trials, found: search.found }).toEqual({ trials: plain.trials, found: plain.found });
    // Which of two trials that run together ends first, and so counts as an improvement, may differ.
    expect(search.improvements.at(-1)).toEqual(plain.improvements.at(-1));
    expect(search.improvements.filter(({ number }) => number >= FIRST_RUN)).toEqual([]);
    expect(confirmation!.searched).toEqual(plain.best);
    expect(best!.confirmed).toBeDefined();
    expect(epochs).toBeGreaterThan(plain.epochs);

    // More trials after the confirmation are those of a search that had them from the start.
    const more = await send('PATCH', `/v1/searches/${search.id}`, { budget: { trials: 20 } });
    expect(more.status).toBe(200);
    const longer = await ended(service.client, search.id);
    const whole = await finished({ ...tpe, budget: { trials: 20 }, confirm });
    expect(await hashesOf(service.client, search.id)).toEqual(await hashesOf(service.client, whole.id));
    const factsOf = ({ finalists, searched, best: chosen }: NonNullable<Search['confirmation']>) => ({
      finalists,
      searched,
      chosen,
    });
    expect(factsOf(longer.confirmation!)).toEqual(factsOf(whole.confirmation!));
    expect(longer.best).toEqual(whole.best);
    await expectSound(service.databaseUrl, search.id);
    // What was computed for the first confirmation was not computed again.
    const events = await eventsOf(search.id);
    const begun = events.flatMap((event) =>
      event.type === 'trial.started' && event.data.confirms ? [event.data.confirms] : [],
    );
    expect(new Set(begun.map(({ trial, repeat }) => `${trial} ${repeat}`)).size).toBe(begun.length);
    expect(events.filter(({ type }) => type === 'confirmation.discarded')).toHaveLength(1);
  });
});

describe('what may happen meanwhile', () => {
  /** Runs that last long enough to be met. */
  const slow = lasting(120, 3, { confirm: { trials: 3, repeats: 3 } });
  const confirming = (id: string) =>
    eventually(async () => {
      const search = await service.client.search(id);
      return search.confirmation === undefined ? undefined : search;
    });

  it('is cancelled with the search: the best is that of the values as searched', async () => {
    const { id } = await service.client.create(slow);
    const { confirmation } = await confirming(id);
    await service.client.cancel(id);
    const search = await ended(service.client, id);
    expect(search).toMatchObject({
      state: 'cancelled',
      best: confirmation!.searched,
      confirmation: { state: 'cancelled' },
    });
    expect(search.best!.confirmed).toBeUndefined();
    await expectSound(service.databaseUrl, id);
  });

  it('is paused and resumed with the search', async () => {
    const undisturbed = await finished(slow);
    const { id } = await service.client.create(slow);
    await confirming(id);
    expect((await send('POST', `/v1/searches/${id}/pause`)).status).toBe(200);
    expect((await send('POST', `/v1/searches/${id}/resume`)).status).toBe(200);
    expect((await ended(service.client, id)).best).toEqual(undisturbed.best);
    await expectSound(service.databaseUrl, id);
  });

  it('lets nobody decide for one of its runs', async () => {
    const { id } = await finished({ ...base, confirm });
    for (const act of ['pause', 'resume', 'cancel', 'retry']) {
      const { status, body } = await send('POST', `/v1/searches/${id}/trials/${FIRST_RUN}/${act}`);
      expect({ status, detail: body.detail }).toEqual({
        status: 409,
        detail: expect.stringContaining('pause or cancel the search'),
      });
    }
  });

  it('is there after a target, and after epochs of which some are kept for it, but not after the seconds', async () => {
    const target = await finished({ ...base, budget: { trials: 12, target: 0.1 }, confirm: { trials: 2, repeats: 2 } });
    expect(target).toMatchObject({ endedBy: 'target', confirmation: { state: 'complete', by: 'target' } });
    // Nothing more is planned, though there is room for trials.
    const sampler = { type: 'tpe', seed: 2, concurrency: 1 };
    const early = await finished({
      ...base,
      sampler,
      budget: { trials: 40, target: 0.1 },
      confirm: { trials: 2, repeats: 4 },
    });
    expect(early).toMatchObject({ endedBy: 'target', confirmation: { state: 'complete' } });
    expect(early.trials.planned).toBeLessThan(10);
    const epochs = await finished({ ...base, budget: { trials: 40, epochs: 100 }, confirm });
    expect(epochs).toMatchObject({ endedBy: 'epochs', confirmation: { state: 'complete', by: 'epochs' } });
    expect(epochs.epochs).toBeGreaterThan(80);
    expect(epochs.epochs).toBeLessThan(104);
    const { id } = await service.client.create({ ...slow, budget: { trials: 3, seconds: 3600 } });
    await confirming(id);
    const lowered = await send('PATCH', `/v1/searches/${id}`, { budget: { seconds: 0.001 } });
    expect(lowered.status).toBe(409);
    const seconds = await finished({ ...lasting(400, 200, { confirm }), budget: { trials: 200, seconds: 1.5 } });
    expect(seconds).toMatchObject({ state: 'complete', endedBy: 'seconds' });
    expect(seconds.confirmation).toBeUndefined();
  });

  it('confirms without a trial that was cancelled by hand', async () => {
    const { id } = await service.client.create(lasting(120, 4, { confirm: { trials: 4, repeats: 2 } }));
    expect((await send('POST', `/v1/searches/${id}/trials/3/cancel`)).status).toBe(200);
    const search = await ended(service.client, id);
    expect(search).toMatchObject({ state: 'complete', trials: { cancelled: 1 }, confirmation: { state: 'complete' } });
    expect(search.confirmation!.finalists.map(({ number }) => number).sort()).toEqual([0, 1, 2]);
  });

  it('begins again once a target is taken away, also while it runs', async () => {
    const whole = await finished({ ...slow, budget: { trials: 6 } });
    const { id } = await service.client.create({ ...slow, budget: { trials: 6, target: 0.05 } });
    await confirming(id);
    const { status } = await send('PATCH', `/v1/searches/${id}`, { budget: { target: null } });
    expect(status).toBe(200);
    const search = await ended(service.client, id);
    expect(search).toMatchObject({ state: 'complete', endedBy: null, trials: { complete: 6, cancelled: 0 } });
    expect(search.best).toEqual(whole.best);
    expect(await hashesOf(service.client, id)).toEqual(await hashesOf(service.client, whole.id));
    await expectSound(service.databaseUrl, id);
  });

  it('is made up for once the seconds that left no time for it are raised', async () => {
    const { id } = await service.client.create({ ...slow, budget: { trials: 3, seconds: 3600 } });
    const { createdAt } = await confirming(id);
    // Reached in a moment; refused where it is reached already.
    await eventually(async () => {
      const passed = (Date.now() - Date.parse(createdAt)) / 1000;
      const { status } = await send('PATCH', `/v1/searches/${id}`, { budget: { seconds: passed + 0.2 } });
      return status === 200;
    });
    const cut = await ended(service.client, id);
    expect(cut).toMatchObject({ endedBy: 'seconds', confirmation: { state: 'cancelled' } });
    expect((await send('PATCH', `/v1/searches/${id}`, { budget: { seconds: null } })).status).toBe(200);
    const search = await ended(service.client, id);
    expect(search).toMatchObject({ state: 'complete', endedBy: null, confirmation: { state: 'complete' } });
    expect(search.best).toEqual((await finished(slow)).best);
    await expectSound(service.databaseUrl, id);
  });
});

describe('what is refused', () => {
  it.each([
    [{ confirm: { trials: 13 } }, 'confirm.trials', 'must be at most the 12 trials of the search, got 13'],
    [{ confirm: { trials: 1 } }, 'confirm.trials', 'must be at least 2, got 1'],
    [{ confirm: { repeats: 21 } }, 'confirm.repeats', 'must be at most 20, got 21'],
    [{ confirm: { rounds: 2 } }, 'confirm.rounds', 'is not a known key'],
    [
      { confirm: { trials: 4, repeats: 3, design: 'all' }, budget: { trials: 12, epochs: 48 } },
      'budget.epochs',
      'must be above the 48 epochs that the confirmation can take, got 48',
    ],
    [{ validation: { type: 'kFold', reshuffle: true } }, 'validation.reshuffle', 'is not a known key'],
  ])('%o', async (more, path, message) => {
    const { status, body } = await send('POST', '/v1/searches', { ...base, ...more });
    expect({ status, faults: body.faults }).toEqual({ status: 400, faults: [{ path, message }] });
  });
});

it('is part of the estimate of a dry run', async () => {
  const secondsOf = async (more: object) => {
    const { body } = await send('POST', '/v1/searches/dry-run', { ...base, ...more });
    return (body as unknown as DryRun).estimate.seconds;
  };
  const plain = await secondsOf({});
  // As many runs as trials take as long, but for the start of the search.
  const added = (await secondsOf({ confirm: { trials: 6, repeats: 2, design: 'all' } })) - plain;
  expect(added / plain).toBeGreaterThan(0.4);
  expect(added / plain).toBeLessThan(1);
});

describe('reshuffled splits', () => {
  /** Linear, from zero, all rows in a batch: but for the order in which rows are added up, only the split is random. */
  const exact = {
    dataset: 'wine',
    hyperparameters: {
      learningRate: { distribution: 'float', low: 0.01, high: 0.02 },
      hiddenLayers: 0,
      initializer: 'zeros',
      batchSize: 1000,
      epochs: 9,
    },
    enqueue: [{ learningRate: 0.015 }, { learningRate: 0.015 }, { learningRate: 0.015 }],
    sampler: { seed: 4 },
    objective: { metric: 'validationLoss' },
    budget: { trials: 3 },
  };
  const reshuffled = { fraction: 0.25, reshuffle: true };

  it('are another for every trial, and the same for all its rungs', async () => {
    const losses = async (validation: object) => {
      const { id } = await finished({ ...exact, validation });
      return (await allTrials(service.client, id)).map(({ value }) => value!);
    };
    const fixed = await losses({ fraction: 0.25 });
    for (const loss of fixed) expect(loss).toBeCloseTo(fixed[0]!, 5);
    const own = await losses(reshuffled);
    expect(new Set([...own, fixed[0]!].map((loss) => loss.toFixed(3))).size).toBe(4);

    // So has every repetition of a confirmation, also where trials share theirs.
    const confirmed = await finished({
      ...{ ...exact, validation: { fraction: 0.25 } },
      confirm: { trials: 2, repeats: 3, design: 'all' },
    });
    const { finalists } = await service.client.confirmation(confirmed.id);
    const [one, two] = finalists.map(({ trials }) => trials.map(({ value }) => value!));
    expect(new Set([...one!, fixed[0]!].map((loss) => loss.toFixed(3))).size).toBe(4);
    expect(one).toEqual(two);

    const enqueue = Array.from({ length: 9 }, () => exact.enqueue[0]!);
    const budget = { trials: 9 };
    const whole = await finished({ ...exact, enqueue, budget, validation: reshuffled });
    const rungs = await finished({
      ...exact,
      enqueue,
      budget,
      validation: reshuffled,
      pruner: { type: 'successiveHalving', bracketSize: 9 },
    });
    const promoted = (await allTrials(service.client, rungs.id)).filter(
      ({ state, rung }) => state === 'complete' && rung > 0,
    );
    expect(promoted.length).toBeGreaterThan(0);
    const all = await hashesOf(service.client, whole.id);
    for (const { number, resultHash } of promoted) expect(resultHash).toBe(all[number]);
  });

  it('are replayed, made models of and confirmed; test rows are those of all trials', async () => {
    const validation = { ...reshuffled, test: 0.2 };
    const search = await finished({ ...base, validation, confirm });
    for (const { number } of await allTrials(service.client, search.id)) {
      expect(await replayed(service.client, search.id, number)).toMatchObject({ same: true });
    }
    const fixed = await finished({ ...base, validation: { fraction: 0.25, test: 0.2 }, confirm });
    // Runs have splits of their own in any case: the same ones.
    const runsOf = async (id: string) =>
      new Map(
        (await service.client.confirmation(id)).finalists.flatMap(({ trials }) =>
          trials.map((run) => [`${run.confirms!.trial} ${run.confirms!.repeat}`, run.resultHash]),
        ),
      );
    const [own, others] = [await runsOf(search.id), await runsOf(fixed.id)];
    const common = [...own].filter(([name]) => others.has(name));
    expect(common.length).toBeGreaterThan(0);
    for (const [name, hash] of common) expect(others.get(name)).toBe(hash);

    const { id } = await service.client.createModel(search.id, { trial: 0 });
    const model = await eventually(async () => {
      const now = await service.client.model(id);
      return now.state === 'ready' || now.state === 'failed' ? now : undefined;
    });
    expect(model).toMatchObject({ state: 'ready', failure: null });
    const ensemble = await send('POST', `/v1/searches/${search.id}/models`, { ensemble: 3 });
    expect(ensemble).toMatchObject({ status: 409, body: { detail: expect.stringContaining('reshuffled splits') } });
  });
});
