/** Limits of a search that are changed while it runs, or after one of them has ended it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SearchEvent } from '../../src/domain/events.ts';
import type { Search } from '../../src/domain/search.ts';
import type { TrialSummary } from '../../src/domain/trial.ts';
import { allTrials, ended, expectSound, lasting, reached } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service?.close());

const tiny = (more: Record<string, unknown>) => ({
  dataset: 'iris',
  hyperparameters: {
    learningRate: { distribution: 'float', low: 1e-4, high: 1e-1, scale: 'log' },
    hiddenUnits: 4,
    epochs: 5,
  },
  sampler: { type: 'random', seed: 3 },
  ...more,
});

async function patch(id: string, body: object) {
  const response = await fetch(`${service.url}/v1/searches/${id}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as Search & { detail: string; faults: { path: string; message: string }[] };
  return { status: response.status, body: answer };
}

/** A search that has come to its end. */
async function done(specification: object): Promise<Search> {
  const { id } = await service.client.create(specification);
  return ended(service.client, id);
}

type Come = Pick<TrialSummary, 'number' | 'state' | 'value' | 'epochs' | 'resultHash' | 'hyperparameters'>;

async function whatCameOf(id: string): Promise<Come[]> {
  const trials = await allTrials(service.client, id);
  return trials.map(({ number, state, value, epochs, resultHash, hyperparameters }) => ({
    number,
    state,
    value,
    epochs,
    resultHash,
    hyperparameters,
  }));
}

async function events(id: string): Promise<SearchEvent[]> {
  const response = await fetch(`${service.url}/v1/searches/${id}/events?limit=5000`);
  return ((await response.json()) as { events: SearchEvent[] }).events;
}

describe('a search that a limit has ended', () => {
  it('does not go on with more trials alone: the refusal names the limit', async () => {
    const { id, endedBy, best } = await done(tiny({ budget: { trials: 60, target: 0.1 } }));
    expect(endedBy).toBe('target');
    const refused = await patch(id, { budget: { trials: 100 } });
    expect(refused.status).toBe(409);
    expect(refused.body.faults).toEqual([{ path: 'budget.target', message: expect.stringContaining('0.1') }]);
    expect(refused.body.detail).toContain(String(best!.value));
    const still = await patch(id, { budget: { trials: 100, target: 0.11 } });
    expect(still).toMatchObject({ status: 409, body: { faults: [{ path: 'budget.target' }] } });
    expect(await service.client.search(id)).toMatchObject({
      state: 'complete',
      endedBy: 'target',
      trials: { total: 60 },
    });
    expect((await patch(id, { name: 'as it was' })).status).toBe(200);
  });

  it.each([
    ['random', { sampler: { type: 'random', seed: 5 } }],
    [
      'grid',
      {
        sampler: { type: 'grid', seed: 5 },
        hyperparameters: {
          hiddenUnits: { distribution: 'int', low: 1, high: 4, points: 4 },
          epochs: 5,
          learningRate: { distribution: 'float', low: 0.001, high: 0.1, points: 4 },
        },
      },
    ],
    ['tpe', { sampler: { type: 'tpe', seed: 5, startupTrials: 4 } }],
    [
      'stages',
      {
        stages: [
          { epochs: 2, trials: 12 },
          { epochs: 4, trials: 8 },
        ],
        hyperparameters: { hiddenUnits: 4, learningRate: { distribution: 'float', low: 0.001, high: 0.1 } },
      },
    ],
    [
      'hyperband',
      {
        pruner: { type: 'hyperband' },
        hyperparameters: { hiddenUnits: 4, epochs: 9, learningRate: { distribution: 'float', low: 0.001, high: 0.1 } },
      },
    ],
  ])('goes on where it stopped once the limit is raised, to what it would have been: %s', async (_, more) => {
    const whole = await done(tiny(more));
    const { id, endedBy } = await done(tiny({ ...more, budget: { epochs: 30 } }));
    expect(endedBy).toBe('epochs');
    const raised = await patch(id, { budget: { epochs: null } });
    expect(raised).toMatchObject({ status: 200, body: { state: 'running', endedBy: null } });
    expect(raised.body.specification.budget).not.toHaveProperty('epochs');
    const search = await ended(service.client, id);
    expect(search).toMatchObject({ state: 'complete', endedBy: null, best: whole.best, found: whole.found });
    expect(search.trials).toEqual(whole.trials);
    expect(await whatCameOf(id)).toEqual(await whatCameOf(whole.id));
    await expectSound(service.databaseUrl, id);
  });

  it('goes on to the next limit, exactly', async () => {
    const { id } = await done(tiny({ budget: { trials: 300, epochs: 20 } }));
    expect((await patch(id, { budget: { epochs: 50 } })).body.state).toBe('running');
    expect(await ended(service.client, id)).toMatchObject({ endedBy: 'epochs', epochs: 50, trials: { complete: 10 } });
    const log = await events(id);
    expect(log.filter(({ type }) => type === 'search.complete')).toHaveLength(2);
    expect(log.find(({ type }) => type === 'search.changed')?.data).toMatchObject({ budget: { epochs: 50 } });
    await expectSound(service.databaseUrl, id);
  });

  it('fails no more when more failures are allowed', async () => {
    const { id, state } = await done(
      lasting(3000, 20, { limits: { trialSeconds: 0.001 }, budget: { trials: 20, failures: 2 } }),
    );
    expect(state).toBe('failed');
    expect((await patch(id, { budget: { trials: 30 } })).body.faults).toMatchObject([{ path: 'budget.failures' }]);
    expect((await patch(id, { budget: { failures: 5 } })).body).toMatchObject({ state: 'running', failure: null });
    expect(await ended(service.client, id)).toMatchObject({
      state: 'failed',
      endedBy: 'failures',
      trials: { failed: 5 },
    });
  });

  it('has seconds since it was created', async () => {
    const { id, endedBy } = await done(lasting(5000, 2, { budget: { trials: 2, seconds: 1 } }));
    expect(endedBy).toBe('seconds');
    expect((await patch(id, { budget: { seconds: 0.9 } })).body.faults).toMatchObject([{ path: 'budget.seconds' }]);
    expect((await patch(id, { budget: { seconds: 600 } })).body.state).toBe('running');
    await reached(service.client, id, 'running', 2);
    await service.client.cancel(id);
    const refused = await patch(id, { budget: { seconds: 900 } });
    expect(refused).toMatchObject({ status: 409, body: { code: 'wrongState' } });
  });

  it('leaves cancelled what was cancelled by hand', async () => {
    const { id } = await service.client.create(lasting(1000, 6, { budget: { trials: 6, seconds: 1 } }));
    await fetch(`${service.url}/v1/searches/${id}/trials/5/cancel`, { method: 'POST' });
    expect((await ended(service.client, id)).endedBy).toBe('seconds');
    await patch(id, { budget: { seconds: null } });
    expect((await ended(service.client, id)).trials).toMatchObject({ complete: 5, cancelled: 1 });
    expect((await service.client.trial(id, 5)).state).toBe('cancelled');
    await expectSound(service.databaseUrl, id);
  });
});

describe('a search that runs', () => {
  it('ends at once where a limit is set that it has reached', async () => {
    const { id } = await service.client.create(lasting(300, 200));
    await reached(service.client, id, 'complete', 1);
    const { status, body } = await patch(id, { budget: { epochs: 1 } });
    expect(status).toBe(200);
    expect(body).toMatchObject({ state: 'complete', endedBy: 'epochs', trials: { waiting: 0, running: 0 } });
    await expectSound(service.databaseUrl, id);
  });

  it('trains on at once where a limit is taken away that held trials back', async () => {
    const { id } = await service.client.create(lasting(3000, 3, { budget: { trials: 3, epochs: 10 } }));
    await reached(service.client, id, 'running', 1);
    expect((await patch(id, { budget: { epochs: null } })).body.state).toBe('running');
    await reached(service.client, id, 'running', 2);
    await service.client.cancel(id);
  });
});

it.each([
  [{ budget: {} }, 'budget'],
  [{ budget: { trials: null } }, 'budget.trials'],
  [{ budget: { epochs: 0 } }, 'budget.epochs'],
  [{ budget: { seconds: -1 } }, 'budget.seconds'],
  [{ budget: { hours: 1 } }, 'budget.hours'],
])('%j is refused', async (body, path) => {
  const { id } = await done(tiny({ budget: { trials: 1 } }));
  const refused = await patch(id, body);
  expect(refused.status).toBe(400);
  expect(refused.body.faults.map((fault) => fault.path)).toContain(path);
});
