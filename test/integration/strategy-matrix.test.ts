/**
 * Invariant 6 over the whole matrix: any sampler with any reproducible pruner gives the same trials, values and order of promotion on one
 * thread, on four, and on two whose worker is killed half-way.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiClient, createClient } from '../../src/cli/api-client.ts';
import type { SearchEvent } from '../../src/domain/events.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { eventually, type RunningProcess, startApi, startWorkerProcess } from '../support/processes.ts';
import { earlySettings, samplerTypes } from '../support/samplers.ts';
import { allTrials, ended, expectSound } from '../support/searches.ts';

const pruners = {
  none: { type: 'none' },
  hyperband: { type: 'hyperband' },
  'successive halving': { type: 'successiveHalving', bracketSize: 8, reductionFactor: 2 },
  diagnosis: { type: 'diagnosis', warmupEpochs: 3, patience: 2 },
} as const;

const specification = {
  dataset: 'iris',
  hyperparameters: {
    learningRate: { distribution: 'float', low: 1e-7, high: 1, scale: 'log', points: 4 },
    activation: { distribution: 'categorical', choices: ['relu', 'tanh'] },
    optimizer: { distribution: 'categorical', choices: ['sgd', 'momentum'] },
    momentum: { distribution: 'float', low: 0.5, high: 0.99, points: 2, when: { optimizer: ['momentum'] } },
    hiddenUnits: 12,
    epochs: 9,
  },
  budget: { trials: 18 },
};

let database: TestDatabase;
let environment: Record<string, string>;
let api: RunningProcess;
let client: ApiClient;
beforeAll(async () => {
  database = await createTestDatabase();
  environment = { DATABASE_URL: database.url, HYPERSEARCH_LEASE_SECONDS: '1', HYPERSEARCH_SWEEP_SECONDS: '0.2' };
  const started = await startApi(environment);
  api = started;
  client = createClient(started.url);
});
afterAll(async () => {
  await api?.end();
  await database?.drop();
});

function worker(threads: number): Promise<RunningProcess> {
  return startWorkerProcess({ ...environment, HYPERSEARCH_THREADS: String(threads) });
}

/** Everything that must be the same: not who trained it when, nor how long that took. */
async function outcome(id: string) {
  await expectSound(database.url, id);
  const trials = (await allTrials(client, id)).map(
    ({ number, state, rung, hyperparameters, value, epochs, reason, resultHash }) => ({
      ...{ number, state, rung, hyperparameters, value, epochs, resultHash },
      // Those that were tried again after a crash keep its reason until they end.
      reason: state === 'pruned' ? reason : null,
    }),
  );
  const events: SearchEvent[] = [];
  for (let after = 0; ; ) {
    const response = await fetch(`${client.url}/v1/searches/${id}/events?after=${after}&limit=1000`);
    const page = (await response.json()) as { events: SearchEvent[]; next: number };
    if (page.events.length === 0) break;
    events.push(...page.events);
    after = page.next;
  }
  const promotions = events.flatMap(({ type, data }) => (type === 'trial.promoted' ? [data] : []));
  // Brackets may be settled in any order; within one the order is that of rank.
  promotions.sort((a, b) => a.rung - b.rung || a.rank - b.rank || a.number - b.number);
  const { best, epochs } = await client.search(id);
  return { trials, promotions, best, epochs };
}

type Run = (ids: readonly string[]) => Promise<void>;

const onThreads =
  (threads: number): Run =>
  async (ids) => {
    const running = await worker(threads);
    await Promise.all(ids.map((id) => ended(client, id)));
    await running.end();
  };

type Ids = Readonly<Record<string, readonly string[]>>;

/** Workers are killed, one for each sampler, when half of its searches are half-way; another takes over. */
async function struck(ids: Ids): Promise<void> {
  for (const [sampler, own] of Object.entries(ids)) {
    const killed = await worker(2);
    const halfway = async () => {
      const searches = await Promise.all(own.map((id) => client.search(id)));
      const begun = searches.filter(({ trials }) => trials.complete + trials.paused + trials.pruned >= 8);
      return begun.length >= own.length / 2;
    };
    await eventually(halfway, 60_000, `half of the work of ${sampler}`);
    await killed.end('SIGKILL');
  }
  await onThreads(2)(Object.values(ids).flat());
}

/** The searches of all samplers with all pruners, run together; their outcomes by sampler, then by pruner. */
async function outcomesOf(run: (ids: Ids) => Promise<void>): Promise<Record<string, Record<string, unknown>>> {
  const ids: Record<string, string[]> = {};
  for (const type of samplerTypes) {
    const sampler = { type, seed: 5, ...earlySettings[type] };
    const created = Object.values(pruners).map((pruner) => client.create({ ...specification, sampler, pruner }));
    ids[type] = (await Promise.all(created)).map(({ id }) => id);
  }
  await run(ids);
  const outcomes: Record<string, Record<string, unknown>> = {};
  for (const [type, own] of Object.entries(ids)) {
    const each = Object.keys(pruners).map(async (name, i) => [name, await outcome(own[i]!)] as const);
    outcomes[type] = Object.fromEntries(await Promise.all(each));
  }
  return outcomes;
}

describe('every sampler with every reproducible pruner', () => {
  const runs = {
    'on four threads': (ids: Ids) => onThreads(4)(Object.values(ids).flat()),
    'on two threads, with workers that are killed': struck,
  };
  let one: Awaited<ReturnType<typeof outcomesOf>>;
  beforeAll(async () => {
    one = await outcomesOf((ids) => onThreads(1)(Object.values(ids).flat()));
  }, 300_000);

  it.each(Object.entries(runs))(
    'gives the same as on one thread: %s',
    async (_, run) => {
      expect(await outcomesOf(run)).toEqual(one);
    },
    300_000,
  );
});

describe('tpe under hyperband, on digits', () => {
  it('gives the same 70 trials on 1 and 4 threads and on two workers of two, of which one is killed', async () => {
    const runs: Readonly<Record<string, Run>> = {
      one: onThreads(1),
      four: onThreads(4),
      'two by two': async ([id]) => {
        const [first, second] = await Promise.all([worker(2), worker(2)]);
        const halfway = async () => (await client.search(id!)).trials.planned >= 35;
        await eventually(halfway, 60_000, 'half of the search');
        await first.end('SIGKILL');
        const third = await worker(2);
        await ended(client, id!);
        await Promise.all([second.end(), third.end()]);
      },
    };
    const outcomes: Record<string, unknown> = {};
    for (const [how, run] of Object.entries(runs)) {
      const { id } = await client.create({
        dataset: 'digits',
        hyperparameters: {
          learningRate: { distribution: 'float', low: 1e-5, high: 1, scale: 'log' },
          hiddenUnits: { distribution: 'int', low: 4, high: 32, scale: 'log' },
          activation: { distribution: 'categorical', choices: ['relu', 'tanh', 'sigmoid'] },
          epochs: 27,
        },
        sampler: { type: 'tpe', seed: 1 },
        pruner: { type: 'hyperband' },
        budget: { trials: 70 },
      });
      await run([id]);
      outcomes[how] = await outcome(id);
    }
    const { one, ...others } = outcomes;
    for (const other of Object.values(others)) expect(other).toEqual(one);
  }, 240_000);
});
