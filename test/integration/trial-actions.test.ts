/** One trial cancelled, or tried again: the search goes on without it, or with it, and nothing is stuck. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Trial, TrialState } from '../../src/domain/trial.ts';
import { eventually } from '../support/processes.ts';
import { ended, expectSound, hashesOf, lasting, reached } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service?.close());

async function act(id: string, number: number, verb: 'pause' | 'resume' | 'cancel' | 'retry') {
  const response = await fetch(`${service.url}/v1/searches/${id}/trials/${number}/${verb}`, { method: 'POST' });
  return { status: response.status, body: (await response.json()) as Trial & { detail?: string } };
}

/** The first trial in a state. */
async function oneThatIs(id: string, state: TrialState): Promise<number> {
  const found = await eventually(
    async () => {
      const response = await fetch(`${service.url}/v1/searches/${id}/trials?state=${state}&limit=1`);
      return ((await response.json()) as { items: Trial[] }).items[0];
    },
    30_000,
    `a trial that is ${state}`,
  );
  return found.number;
}

describe('cancel', () => {
  it('stops a running trial and a waiting one; the search ends without them, and names them', async () => {
    const { id } = await service.client.create(lasting(500, 6));
    await reached(service.client, id, 'running', 2);
    const running = await oneThatIs(id, 'running');
    expect(await act(id, running, 'cancel')).toMatchObject({ status: 200, body: { state: 'cancelled' } });
    expect((await act(id, running, 'cancel')).status).toBe(200);
    expect((await act(id, 5, 'cancel')).body.state).toBe('cancelled');
    const search = await ended(service.client, id);
    expect(search).toMatchObject({ state: 'complete', trials: { cancelled: 2, complete: 4, running: 0, waiting: 0 } });
    const page = (await (await fetch(`${service.url}/v1/searches/${id}/events?limit=5000`)).json()) as {
      events: { type: string; data: object }[];
    };
    expect(page.events.filter(({ type }) => type === 'trial.cancelled').map(({ data }) => data)).toEqual([
      { number: running },
      { number: 5 },
    ]);
    expect(page.events.at(-1)).toMatchObject({ type: 'search.complete', data: { lacking: [running, 5] } });
    await expectSound(service.databaseUrl, id);
  });

  it('lets the others of a bracket go on', async () => {
    const pruner = { type: 'successiveHalving', minEpochs: 4, bracketSize: 9 };
    const { id } = await service.client.create(lasting(200, 9, { pruner }));
    const waits = await oneThatIs(id, 'paused');
    expect((await act(id, waits, 'cancel')).body.state).toBe('cancelled');
    const search = await ended(service.client, id);
    expect(search.trials).toMatchObject({ cancelled: 1, paused: 0, running: 0, waiting: 0 });
    expect(search.trials.complete + search.trials.pruned).toBe(8);
    await expectSound(service.databaseUrl, id);
  });

  it('lets a sampler that learns go on without it', async () => {
    const sampler = { type: 'tpe', seed: 1, startupTrials: 4, concurrency: 1 };
    const { id } = await service.client.create(lasting(100, 12, { sampler }));
    expect((await act(id, await oneThatIs(id, 'running'), 'cancel')).status).toBe(200);
    expect(await ended(service.client, id)).toMatchObject({
      state: 'complete',
      trials: { cancelled: 1, complete: 11 },
    });
  });

  it('ends a search whose trials are all cancelled', async () => {
    const { id } = await service.client.create(lasting(14_000, 1));
    await act(id, await oneThatIs(id, 'running'), 'cancel');
    expect(await ended(service.client, id)).toMatchObject({ state: 'cancelled', trials: { cancelled: 1 } });
    await expectSound(service.databaseUrl, id);
  });

  it('is refused where there is a result, or no trial', async () => {
    const { id } = await service.client.create(lasting(20, 1));
    await ended(service.client, id);
    const refused = await act(id, 0, 'cancel');
    expect(refused).toMatchObject({ status: 409, body: { code: 'wrongState' } });
    expect(refused.body.detail).toContain('the trial is complete');
    expect((await act(id, 1, 'cancel')).status).toBe(404);
    expect((await act(id, 0, 'retry')).status).toBe(409);
  });
});

describe('pause', () => {
  it('puts a running trial aside; the search waits for it, and it comes to what it would have come to', async () => {
    const specification = lasting(500, 3);
    const whole = await service.client.create(specification);
    await ended(service.client, whole.id);
    const { id } = await service.client.create(specification);
    const running = await oneThatIs(id, 'running');
    expect((await act(id, running, 'pause')).body).toMatchObject({ state: 'paused' });
    expect((await act(id, running, 'pause')).status).toBe(200);
    await reached(service.client, id, 'complete', 2);
    expect(await service.client.search(id)).toMatchObject({
      state: 'running',
      trials: { paused: 1, running: 0, waiting: 0 },
    });
    expect((await act(id, running, 'resume')).body.state).toMatch(/waiting|running/);
    expect(await ended(service.client, id)).toMatchObject({ state: 'complete', trials: { complete: 3 } });
    expect(await hashesOf(service.client, id)).toEqual(await hashesOf(service.client, whole.id));
    await expectSound(service.databaseUrl, id);
  });
  it('can be done again and again, and ends with a cancel', async () => {
    const { id } = await service.client.create(lasting(9000, 1));
    for (const _ of [1, 2]) {
      const number = await oneThatIs(id, 'running');
      await act(id, number, 'pause');
      await act(id, number, 'resume');
    }
    await act(id, await oneThatIs(id, 'running'), 'pause');
    await act(id, 0, 'cancel');
    expect(await ended(service.client, id)).toMatchObject({ state: 'cancelled', trials: { cancelled: 1 } });
    await expectSound(service.databaseUrl, id);
  });
  it('is refused where trials wait for each other', async () => {
    const { id } = await service.client.create(lasting(100, 4, { pruner: { type: 'hyperband' } }));
    const refused = await act(id, 0, 'pause');
    expect(refused.status).toBe(409);
    expect(refused.body.detail).toContain('wait for each other');
    await ended(service.client, id);
  });
});

describe('retry', () => {
  it('tries a failed trial again, and opens the search that had ended', async () => {
    const slow = lasting(6000, 1, { limits: { trialSeconds: 0.2 } });
    const { id } = await service.client.create(slow);
    expect(await ended(service.client, id)).toMatchObject({ state: 'failed', trials: { failed: 1 } });
    expect((await act(id, 0, 'retry')).body.state).toMatch(/waiting|running/);
    // As slow as before: it fails again, and the search with it; the second attempt was made.
    const again = await ended(service.client, id);
    expect(again).toMatchObject({ state: 'failed', trials: { failed: 1, waiting: 0 } });
    expect((await service.client.trial(id, 0)).attempt).toBe(2);
  });

  it('is refused where a bracket was decided without it', async () => {
    const pruner = { type: 'successiveHalving', minEpochs: 1000 };
    const { id } = await service.client.create(lasting(6000, 2, { limits: { trialSeconds: 0.05 }, pruner }));
    expect(await ended(service.client, id)).toMatchObject({ state: 'failed', trials: { failed: 2 } });
    const refused = await act(id, await oneThatIs(id, 'failed'), 'retry');
    expect(refused.status).toBe(409);
    expect(refused.body.detail).toContain('bracket');
  });
});
