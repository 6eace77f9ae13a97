/** The estimated time of a search: what it counts, and that it has something to do with the time that the search takes. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DryRun } from '../../src/contract/searches.ts';
import { ended } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service?.close());

const base = {
  dataset: 'digits',
  hyperparameters: {
    learningRate: { distribution: 'float', low: 1e-4, high: 1e-2, scale: 'log' },
    hiddenUnits: 128,
    hiddenLayers: 2,
    epochs: 81,
  },
  budget: { trials: 81 },
};

async function secondsOf(more: object): Promise<number> {
  const response = await fetch(`${service.url}/v1/searches/dry-run`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...base, ...more }),
  });
  expect(response.status).toBe(200);
  return ((await response.json()) as DryRun).estimate.seconds;
}

it('counts what a pruner leaves to train, what a sampler lets run at once, and the confirmation', async () => {
  const whole = await secondsOf({});
  // Of a cycle of hyperband a quarter of the epochs is trained.
  expect(await secondsOf({ pruner: { type: 'hyperband' } })).toBeLessThan(whole / 2);
  expect(await secondsOf({ pruner: { type: 'successiveHalving' } })).toBeLessThan(whole / 2);
  expect(await secondsOf({ pruner: { type: 'median' } })).toBeLessThan(whole);
  // Two threads, which share a machine.
  const sequential = await secondsOf({ sampler: { type: 'tpe', concurrency: 1 } });
  expect(sequential).toBeGreaterThan(1.25 * whole);
  expect(await secondsOf({ sampler: { type: 'tpe', concurrency: 2 } })).toBeLessThan(sequential / 1.25);
  expect(await secondsOf({ sampler: { type: 'cmaes' } })).toBeGreaterThan(0);
  const confirmed = await secondsOf({ confirm: { trials: 10, repeats: 5 } });
  expect(confirmed).toBeGreaterThan(whole * 1.2);
  expect(confirmed).toBeLessThan(whole * 2);
  expect(await secondsOf({ budget: { trials: 81, seconds: 0.5 } })).toBe(0.5);
});

it('is of the magnitude of what a search takes, of tiny trials and of larger ones', async () => {
  const tiny = { dataset: 'iris', hyperparameters: { hiddenUnits: 4, epochs: 2 }, budget: { trials: 1500 } };
  const large = { hyperparameters: { ...base.hyperparameters, epochs: 4 }, budget: { trials: 24 } };
  for (const specification of [tiny, large]) {
    const estimated = await secondsOf(specification);
    const started = performance.now();
    const { id } = await service.client.create({ ...base, ...specification });
    await ended(service.client, id);
    const seconds = (performance.now() - started) / 1000;
    // Other tests may use the machine at the same time.
    expect(seconds / estimated).toBeGreaterThan(1 / 4);
    expect(seconds / estimated).toBeLessThan(10);
  }
});
