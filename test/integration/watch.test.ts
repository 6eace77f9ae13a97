/** What the terminal shows of a search that is faster than the connection to its events. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { watch } from '../../src/cli/watch.ts';
import { ended } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service?.close());

it('shows trials that ended before it was connected', async () => {
  const hyperparameters = { learningRate: { distribution: 'float', low: 0.01, high: 0.02 }, epochs: 1 };
  const created = await service.client.create({ dataset: 'iris', hyperparameters, budget: { trials: 2 } });
  await ended(service.client, created.id);
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  try {
    expect((await watch(service.client, created, false)).state).toBe('complete');
    const lines = log.mock.calls.map(([line]) => String(line));
    for (const trial of [0, 1])
      expect(lines.filter((line) => new RegExp(`^trial +${trial} `).test(line))).toHaveLength(1);
  } finally {
    log.mockRestore();
  }
});
