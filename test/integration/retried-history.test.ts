/** A trial that failed is tried again and succeeds: every process learns from it, those too that had counted it as over. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { withPostgres } from '../support/postgres.ts';
import { type RunningApi, startApi } from '../support/processes.ts';
import { ended } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { recompute } from '../support/visible-history.ts';

let service: TestService;
let other: RunningApi;
beforeAll(async () => {
  // Nobody plans but who is asked to, or who has just written a result.
  service = await startTestService({ reconcileSeconds: 1000 });
  other = await startApi({ DATABASE_URL: service.databaseUrl, HYPERSEARCH_SWEEP_SECONDS: '1000' });
});
afterAll(async () => {
  await other?.end();
  await service?.close();
});

async function send(method: string, url: string, body?: object): Promise<void> {
  const headers = body === undefined ? undefined : { 'content-type': 'application/json' };
  const response = await fetch(url, { method, ...(headers && { headers, body: JSON.stringify(body) }) });
  expect(response.status, await response.text()).toBe(200);
}

it.each([1, 3])('tpe with a concurrency of %i plans on from the new result, in both processes', async (concurrency) => {
  const { id } = await service.client.create({
    dataset: 'iris',
    hyperparameters: {
      learningRate: { distribution: 'float', low: 1e-5, high: 1, scale: 'log' },
      hiddenUnits: { distribution: 'categorical', choices: [8, 1024] },
      hiddenLayers: 2,
      epochs: 9,
    },
    objective: { metric: 'validationLoss' },
    enqueue: [{ hiddenUnits: 8 }, { hiddenUnits: 1024, learningRate: 0.01 }],
    sampler: { type: 'tpe', seed: 2, startupTrials: 3, concurrency },
    limits: { trialSeconds: 0.1 },
    budget: { trials: 6 },
  });
  const [here, there] = [`${service.url}/v1/searches/${id}`, `${other.url}/v1/searches/${id}`];
  await ended(service.client, id);
  expect((await service.client.trial(id, 1)).state).toBe('failed');
  // Both have planned since the failure: the first while it ran, the second now.
  await send('PATCH', there, { budget: { trials: 8 } });
  await ended(service.client, id);

  await withPostgres(service.databaseUrl, (client) =>
    client.query(
      `UPDATE searches SET specification = jsonb_set(specification, '{limits,trialSeconds}', '60') WHERE id = $1`,
      [id],
    ),
  );
  await send('POST', `${here}/trials/1/retry`);
  await ended(service.client, id);
  expect((await service.client.trial(id, 1)).state).toBe('complete');
  // The second begins with what comes next, and whoever writes a result goes on.
  await send('PATCH', there, { budget: { trials: 14 } });
  await ended(service.client, id);
  const { tried, expected } = await recompute(service.client, id);
  expect(tried).toHaveLength(14);
  expect(tried.slice(8)).toEqual(expected.slice(8));
});
