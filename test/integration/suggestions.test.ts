/** What the trials of a search have in common, and whether going on from it helps: through REST. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SearchFindings } from '../../src/contract/analysis.ts';
import type { Search } from '../../src/domain/search.ts';
import { allTrials, contradictory, ended } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service?.close());

async function finished(specification: object): Promise<Search> {
  const { id } = await service.client.create(specification);
  return ended(service.client, id);
}

async function refine(id: string, apply: readonly string[], more: object = {}): Promise<Response> {
  const body = JSON.stringify({ apply, ...more });
  return fetch(`${service.url}/v1/searches/${id}/refine`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  });
}

async function medianValue(id: string): Promise<number> {
  const values = (await allTrials(service.client, id)).map(({ value }) => value ?? 0).sort((a, b) => a - b);
  return values[Math.floor(values.length / 2)]!;
}

/** Rates up to 10, inputs as they come, sigmoid, no batch norm. */
const bad = (seed: number) => ({
  dataset: 'wine',
  hyperparameters: {
    learningRate: { distribution: 'float', low: 1e-6, high: 10, scale: 'log' },
    hiddenUnits: { distribution: 'int', low: 8, high: 64, scale: 'log' },
    hiddenLayers: 3,
    activation: 'sigmoid',
    initializer: 'xavier',
    preprocessing: 'none',
    optimizer: 'momentum',
    batchSize: 32,
    epochs: 15,
  },
  sampler: { type: 'random', seed },
  budget: { trials: 30 },
});

describe('suggestions', () => {
  it.each([1, 2, 3, 4, 5])('better the median trial of a badly set search: seed %i', async (seed) => {
    const search = await finished(bad(seed));
    const { suggestions } = await service.client.findings(search.id);
    const ids = suggestions.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(['preprocessing.standardize', 'activation.relu']));
    for (const { text, trials, evidence, patch } of suggestions) {
      expect(text).toMatch(/[.]$/);
      expect(trials.length).toBeGreaterThan(0);
      expect(Object.keys(evidence).length).toBeGreaterThan(0);
      expect(Object.keys(patch).length).toBeGreaterThan(0);
    }
    const response = await refine(search.id, ids, { budget: { trials: 30 } });
    expect(response.status).toBe(201);
    const child = await ended(service.client, ((await response.json()) as Search).id);
    expect(child.parent).toBe(search.id);
    expect(child.specification.hyperparameters).toMatchObject({ preprocessing: 'standardize', activation: 'relu' });
    expect(await medianValue(child.id)).toBeGreaterThan((await medianValue(search.id)) + 0.1);
  });

  it('move a bound away from where trials diverge, name them, and refuse what was not suggested', async () => {
    const search = await finished({
      dataset: 'digits',
      hyperparameters: {
        learningRate: { distribution: 'float', low: 1e-4, high: 1000, scale: 'log' },
        optimizer: 'sgd',
        hiddenUnits: 32,
        epochs: 4,
      },
      sampler: { type: 'sobol', seed: 4 },
      budget: { trials: 32 },
    });
    const { suggestions } = (await service.client.findings(search.id)) satisfies SearchFindings;
    const lower = suggestions.find(({ id }) => id === 'learningRate.lower')!;
    const { high } = lower.patch.hyperparameters!['learningRate'] as { high: number };
    expect(high).toBeGreaterThan(0.05);
    expect(high).toBeLessThan(50);
    const trials = await allTrials(service.client, search.id);
    for (const number of lower.trials) {
      expect(Number(trials[number]!.hyperparameters['learningRate'])).toBeGreaterThan(high);
    }
    const refused = await refine(search.id, ['learningRate.lower', 'coffee.more']);
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain('apply[1]');
    // Whatever would exclude a trial says so, and is right.
    const outside = trials.filter(({ hyperparameters }) => Number(hyperparameters['learningRate']) > high);
    expect(lower.excluded).toMatchObject({
      trials: outside.length,
      diverged: outside.filter(({ outcome }) => outcome === 'diverged').length,
    });
  });

  it('that contradict each other are not applied together', async () => {
    const search = await finished(contradictory);
    const { suggestions } = await service.client.findings(search.id);
    const torn = suggestions.find(({ conflicts }) => conflicts.length > 0);
    expect(torn, JSON.stringify(suggestions.map(({ id }) => id))).toBeDefined();
    const both = [torn!.id, torn!.conflicts[0]!];
    const refused = await refine(search.id, both);
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain('change the same');
    for (const id of both) expect((await refine(search.id, [id])).status).toBe(201);
  });
});
