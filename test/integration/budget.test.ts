/** Budgets other than that of trials: no more is begun than they allow, also where tiny trials share a job. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Search } from '../../src/domain/search.ts';
import type { TrialSummary } from '../../src/domain/trial.ts';
import { withPostgres } from '../support/postgres.ts';
import { allTrials, ended, expectSound, lasting, reached } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  // Nothing here may wait for the sweep: an end that only the sweep brings comes too late.
  service = await startTestService({ reconcileSeconds: 60 });
});
afterAll(() => service?.close());

const THREADS = 2;

/** Trials of a few milliseconds: 32 share a job. */
const tiny = (more: { budget: object } & Record<string, unknown>) => ({
  dataset: 'iris',
  hyperparameters: {
    learningRate: { distribution: 'float', low: 1e-4, high: 1e-1, scale: 'log' },
    hiddenUnits: 4,
    epochs: 5,
  },
  sampler: { type: 'random', seed: 3 },
  ...more,
});

async function search(specification: object): Promise<{ search: Search; trials: TrialSummary[] }> {
  const { id } = await service.client.create(specification);
  const done = await ended(service.client, id, 60_000);
  await expectSound(service.databaseUrl, id);
  return { search: done, trials: await allTrials(service.client, id) };
}

/** The numbers of the trials that trained at least one epoch, as the stream says, whatever became of them. */
async function trained(specification: object): Promise<{ search: Search; numbers: number[] }> {
  // The threads are busy until the stream is open: it misses no epoch.
  const other = await service.client.create(lasting(15_000, THREADS));
  await reached(service.client, other.id, 'running', THREADS);
  const { id } = await service.client.create(specification);
  const numbers = new Set<number>();
  let isOpen = false;
  for await (const message of service.client.stream(id)) {
    if (!isOpen) await service.client.cancel(other.id);
    isOpen = true;
    if (message.type === 'epochs') for (const { number } of message.epochs) numbers.add(number);
    if (message.type === 'trial.complete' || message.type === 'trial.failed') numbers.add(message.data.number);
    if (message.type === 'search.complete' || message.type === 'search.failed') break;
  }
  return { search: await ended(service.client, id), numbers: [...numbers] };
}

/** Postgres takes half a second to write that a trial has failed: whatever does not wait for it is begun meanwhile. */
async function withSlowFailures(work: () => Promise<void>): Promise<void> {
  const execute = (sql: string) => withPostgres(service.databaseUrl, (client) => client.query(sql));
  await execute(`
    CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.5); RETURN NEW; END';
    CREATE TRIGGER slow_failures BEFORE UPDATE ON trials FOR EACH ROW WHEN (NEW.state = 'failed') EXECUTE FUNCTION slowly()`);
  try {
    await work();
  } finally {
    await execute('DROP FUNCTION slowly CASCADE');
  }
}

describe('epochs', () => {
  it.each([
    [100, 20],
    [20, 4],
    [3, 1],
  ])('%i of them are %i trials of five, not one more', async (epochs, complete) => {
    const { search: done, trials } = await search(tiny({ budget: { trials: 300, epochs } }));
    expect(done).toMatchObject({ state: 'complete', endedBy: 'epochs', epochs: complete * 5 });
    expect(done.trials).toMatchObject({ complete, waiting: 0, running: 0 });
    expect(trials.filter(({ epochs: own }) => own > 0)).toHaveLength(complete);
  });

  it('are exceeded by less than one trial where trials differ', async () => {
    const hyperparameters = {
      hiddenUnits: 4,
      epochs: { distribution: 'int', low: 3, high: 40 },
    };
    const { search: done } = await search(tiny({ hyperparameters, budget: { trials: 300, epochs: 200 } }));
    expect(done.endedBy).toBe('epochs');
    expect(done.epochs).toBeGreaterThanOrEqual(200);
    expect(done.epochs).toBeLessThan(240);
  });

  it('are used up where trials stop early and give back what they do not need', async () => {
    const hyperparameters = {
      learningRate: { distribution: 'float', low: 0.05, high: 0.5, scale: 'log' },
      hiddenUnits: 4,
      patience: 2,
      epochs: 60,
    };
    const { search: done } = await search(tiny({ hyperparameters, budget: { trials: 300, epochs: 300 } }));
    expect(done.endedBy).toBe('epochs');
    expect(done.trials.complete).toBeGreaterThan(5);
    expect(done.epochs).toBeGreaterThanOrEqual(300);
    expect(done.epochs).toBeLessThan(360);
  });

  it('count from rung to rung, and end a bracket where it stands', async () => {
    const hyperparameters = {
      learningRate: { distribution: 'float', low: 0.001, high: 0.1 },
      hiddenUnits: 4,
      epochs: 9,
    };
    const { search: done } = await search(
      tiny({ hyperparameters, pruner: { type: 'hyperband' }, budget: { trials: 300, epochs: 100 } }),
    );
    expect(done.endedBy).toBe('epochs');
    expect(done.epochs).toBeGreaterThanOrEqual(100);
    expect(done.epochs).toBeLessThan(109);
  });
});

describe('target', () => {
  it('ends a search with no more than what ran beside the trial that reached it', async () => {
    const objective = { metric: 'validationAccuracy', direction: 'maximize' };
    const { search: done, numbers } = await trained(tiny({ objective, budget: { trials: 300, target: 0.01 } }));
    expect(done).toMatchObject({ state: 'complete', endedBy: 'target' });
    expect(done.trials.complete).toBeGreaterThanOrEqual(1);
    expect(numbers.length).toBeLessThanOrEqual(THREADS + 1);
  });
});

describe('failures', () => {
  it('are counted one by one: those that were claimed together are not begun any more', async () => {
    const limits = { trialSeconds: 0.001 };
    const { search: done, trials } = await search(lasting(3000, 300, { limits, budget: { trials: 300, failures: 3 } }));
    expect(done).toMatchObject({ state: 'failed', endedBy: 'failures' });
    expect(done.trials.failed).toBe(3);
    expect(trials.filter(({ state }) => state === 'complete').length).toBeLessThan(300);
  });

  it('begin no trial that shares a job with the last that is allowed', async () => {
    const hyperparameters = {
      hiddenLayers: 2,
      hiddenUnits: { distribution: 'categorical', choices: [4, 512] },
      epochs: 5,
    };
    const enqueue = [{ hiddenUnits: 512 }, ...Array.from({ length: 15 }, () => ({ hiddenUnits: 4 }))];
    const limits = { trialSeconds: 0.005 };
    await withSlowFailures(async () => {
      const { search: done, numbers } = await trained(
        tiny({ hyperparameters, enqueue, limits, budget: { trials: 16, failures: 1 } }),
      );
      expect(done).toMatchObject({ state: 'failed', endedBy: 'failures' });
      expect(numbers).toEqual([0]);
    });
  });
});

describe('seconds', () => {
  const spent = ({ createdAt, finishedAt }: Search) => (Date.parse(finishedAt!) - Date.parse(createdAt)) / 1000;

  it('end what runs, on time, in a process that has nothing else to do', async () => {
    const { search: done } = await search(lasting(14_000, 4, { budget: { trials: 4, seconds: 1 } }));
    expect(done).toMatchObject({ state: 'complete', endedBy: 'seconds', trials: { complete: 0, cancelled: 4 } });
    expect(spent(done)).toBeLessThan(2);
  });

  it('end tiny trials that share a job', async () => {
    const { search: done } = await search(tiny({ budget: { trials: 100_000, seconds: 1 } }));
    expect(done.endedBy).toBe('seconds');
    expect(spent(done)).toBeLessThan(2);
  });
});
