/** The lecture's demonstrations, each run through the service: what they promise is found, and nothing that they exclude. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readExamples } from '../../src/application/examples.ts';
import type { Example } from '../../src/contract/searches.ts';
import { projectRoot } from '../../src/paths.ts';
import { allTrials, ended } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service?.close());

const examples = readExamples(join(projectRoot, 'examples'));

describe('examples', () => {
  it.each(examples.map((example) => [example.name, example] as const))('%s', async (_, { specification, finds }) => {
    const { id } = await service.client.create(specification);
    expect((await ended(service.client, id)).state).toBe('complete');
    const trials = await allTrials(service.client, id);
    for (const { trial, stage, finds: wanted = [], never = [] } of finds) {
      const concerned = trials.filter(
        (one) => (trial === undefined || one.number === trial) && (stage === undefined || one.stage === stage),
      );
      expect(concerned.length).toBeGreaterThan(0);
      const found = new Set(concerned.flatMap((one) => one.found));
      expect([...found], `of trial ${trial}, stage ${stage}`).toEqual(expect.arrayContaining([...wanted]));
      expect(
        never.filter((code) => found.has(code)),
        `of trial ${trial}, stage ${stage}`,
      ).toEqual([]);
    }
  });

  it('are served as they are, and begin as they are served', async () => {
    const { items } = (await (await fetch(`${service.url}/v1/examples`)).json()) as { items: Example[] };
    expect(items.map(({ name }) => name)).toEqual(examples.map(({ name }) => name));
    expect(items).toEqual(examples);
  });

  it('ten layers: xavier halves the variance of relu layers, he keeps it', async () => {
    const { specification } = examples.find(({ name }) => name === 'ten-layers')!;
    const { id } = await service.client.create(specification);
    await ended(service.client, id);
    const kept = async (number: number) => {
      const { layers } = (await service.client.trial(id, number)).folds[0]!.signals[0]!;
      return layers[9]!.deviation! / layers[0]!.deviation!;
    };
    expect(await kept(3)).toBeLessThan(0.1);
    expect(await kept(4)).toBeGreaterThan(0.4);
  });

  it('twenty rows are learned down to a loss near nothing', async () => {
    const { specification } = examples.find(({ name }) => name === 'twenty-rows')!;
    const { id } = await service.client.create(specification);
    await ended(service.client, id);
    expect((await service.client.trial(id, 0)).folds[0]!.trainLoss.at(-1)!).toBeLessThan(0.02);
  });
});
