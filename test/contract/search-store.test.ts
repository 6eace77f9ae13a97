/**
 * What every store of searches promises: the same rules in memory and in Postgres. Histories of commands are drawn at random; what a store
 * answers, and what is in it afterwards, must be the same in both, and sound in each.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, type Database } from '../../src/adapters/postgres/connection.ts';
import type { Change } from '../../src/domain/events.ts';
import { FIRST_RUN } from '../../src/domain/runs.ts';
import type { Search } from '../../src/domain/search.ts';
import type { TrialState } from '../../src/domain/trial.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { specified } from '../support/search-in-memory.ts';
import { type Command, type InspectableStore, perform, type SeenTrial } from '../support/store-commands.ts';
import { create, inMemory, inPostgres } from '../support/stores.ts';

const hyperparameters = { learningRate: { distribution: 'float', low: 1e-4, high: 1, scale: 'log' } };
const searches: Readonly<Record<string, object>> = {
  'without a pruner': { hyperparameters, budget: { trials: 12, failures: 3 }, limits: { attempts: 2 } },
  'under hyperband': { hyperparameters: { ...hyperparameters, epochs: 9 }, pruner: { type: 'hyperband' } },
  'under successive halving, minimizing': {
    ...{ hyperparameters: { ...hyperparameters, epochs: 9 }, pruner: { type: 'successiveHalving', bracketSize: 4 } },
    ...{ budget: { trials: 10, epochs: 40 }, objective: { metric: 'validationLoss' } },
  },
  'under median, with a target': {
    ...{ hyperparameters, pruner: { type: 'median', startupTrials: 1, warmupEpochs: 0 } },
    budget: { trials: 12, target: 0.97 },
  },
  'with a confirmation': {
    ...{ hyperparameters, budget: { trials: 3 }, limits: { attempts: 2 } },
    confirm: { trials: 3, repeats: 2 },
  },
  'with a confirmation and a target, minimizing': {
    ...{ hyperparameters, budget: { trials: 8, target: 0.4 }, objective: { metric: 'validationLoss' } },
    confirm: { trials: 4, repeats: 2, design: 'sequentialHalving' },
  },
  'with a budget of epochs': { hyperparameters, budget: { trials: 12, epochs: 300 } },
};

const commands = fc.array(
  fc.record({ kind: fc.nat({ max: 1000 }), pick: fc.nat({ max: 1000 }), amount: fc.nat({ max: 1000 }) }),
  { maxLength: 60, size: 'max' },
);

/** For the measurement of speed. */
const shortHistories = commands.map((list) => list.slice(0, 12));

async function play(seen: InspectableStore, id: string, list: readonly Command[]): Promise<unknown[]> {
  const run = { id, claims: [] };
  const answers: unknown[] = [];
  for (const command of list) answers.push(await perform(seen, run, command));
  // Every beginning of a history is a history, too.
  await expectSound(seen, id);
  return answers;
}

const states: readonly TrialState[] = ['waiting', 'running', 'paused', 'complete', 'pruned', 'failed', 'cancelled'];

/** Counters, events and the best follow from the trials; a search that is over has none that is not. */
async function expectSound(seen: InspectableStore, id: string): Promise<void> {
  const [search, trials, events] = await Promise.all([seen.find(id), seen.trials(id), seen.events(id)]);
  const count = (state: string) => trials.filter((trial) => trial.state === state).length;
  const counted = Object.fromEntries(states.map((state) => [state, count(state)]));
  expect(search.trials).toMatchObject({ ...counted, planned: trials.length });
  expect(trials.map(({ number }) => number)).toEqual(trials.map((_, i) => i));
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
  expect(search.seq).toBe(events.length);
  const isOpen = search.state === 'running' || search.state === 'paused';
  if (!isOpen) expect(count('waiting') + count('running') + count('paused')).toBe(0);
  if (isOpen) expect(search).toMatchObject({ endedBy: null, failure: null, finishedAt: null });
  await expectSoundRuns(seen, id);
  const found: Record<string, number> = {};
  for (const trial of trials) {
    const isOver = !['waiting', 'running', 'paused'].includes(trial.state);
    for (const code of isOver ? trial.found : []) found[code] = (found[code] ?? 0) + 1;
  }
  expect(search.found).toEqual(found);
  for (const { number, state } of trials) expect(stateAfter(number, events as readonly Change[])).toBe(state);
}

/** Every run is there once, all have ended with the search, and the best is that of the confirmation once it is complete. */
async function expectSoundRuns(seen: InspectableStore, id: string): Promise<void> {
  const [search, trials, runs, events] = await Promise.all([
    seen.find(id),
    seen.trials(id),
    seen.runs(id),
    seen.events(id),
  ]);
  const { confirmation, specification } = search;
  expect(runs.map(({ number }) => number)).toEqual(runs.map((_, i) => FIRST_RUN + i));
  expect(new Set(runs.map(({ confirms: { trial, repeat } }) => `${trial} ${repeat}`)).size).toBe(runs.length);
  const open = runs.filter(({ state }) => state === 'waiting' || state === 'running');
  if (confirmation?.state !== 'running') expect(open).toEqual([]);
  else expect(open.length).toBe(confirmation.runs.planned - confirmation.runs.ended);
  const best = bestOf(search, trials);
  if (confirmation === undefined) return expect(search.best).toEqual(best);
  const { trials: finalists, repeats } = specification.confirm!;
  expect(confirmation.finalists.length).toBeLessThanOrEqual(finalists);
  expect(confirmation.runs.planned).toBeLessThanOrEqual(finalists * repeats);
  expect(confirmation.searched).toEqual(best);
  if (confirmation.best === null) return expect(search.best).toEqual(best);
  const own = confirmation.finalists.find(({ number }) => number === confirmation.best)!;
  expect(search.best).toEqual({ number: own.number, value: own.value, stage: 0, confirmed: own.confirmed });
  const chances = confirmation.finalists.map(({ confirmed }) => confirmed?.probability ?? 0);
  expect(chances.reduce((sum, chance) => sum + chance, 0)).toBeCloseTo(1, 6);
  for (const { number, state } of runs) {
    // No event plans a run, and its confirmation cancels it.
    if (state !== 'cancelled') expect(stateAfter(number, events as readonly Change[]) ?? 'waiting').toBe(state);
  }
}

function bestOf(search: Search, trials: readonly SeenTrial[]): Search['best'] {
  const sign = search.specification.objective.direction === 'maximize' ? 1 : -1;
  const [best] = trials
    .filter(({ state, value }) => state === 'complete' && value !== null)
    .sort((a, b) => sign * (b.value! - a.value!) || a.number - b.number);
  return best === undefined ? null : { number: best.number, value: best.value!, stage: 0 };
}

/** What the log says of a trial: who reads the events alone knows its state. */
function stateAfter(number: number, events: readonly Change[]): TrialState | undefined {
  let state: TrialState | undefined;
  for (const event of events) {
    if (event.type === 'trials.planned' && event.data.from <= number && number <= event.data.to) state = 'waiting';
    const ends =
      event.type === 'confirmation.started' ||
      event.type === 'search.complete' ||
      event.type === 'search.failed' ||
      event.type === 'search.cancelled';
    const isOpen = state === 'waiting' || state === 'running' || state === 'paused';
    if (ends && isOpen) state = 'cancelled';
    if (!('number' in event.data) || event.data.number !== number) continue;
    if (event.type === 'trial.started') state = 'running';
    else if (event.type === 'trial.retried' || event.type === 'trial.promoted') state = 'waiting';
    else state = event.type.slice('trial.'.length) as TrialState;
  }
  return state;
}

/** A history in which too little happens proves little: together they show all that can happen to such a search. */
function expected(name: string): string[] {
  const always = ['created', 'changed', 'paused', 'resumed', 'cancelled', 'complete'].map((type) => `search.${type}`);
  const ofTrials = ['started', 'complete', 'failed', 'retried', 'cancelled', 'paused'].map((type) => `trial.${type}`);
  const barriers = name.includes('hyperband') || name.includes('halving');
  return [
    ...[...always, ...ofTrials, 'trials.planned', 'search.failed'],
    ...(barriers ? ['trial.promoted'] : []),
    ...(name.includes('confirmation') ? ['confirmed best'] : []),
    ...(name.includes('confirmation')
      ? ['started', 'round', 'complete', 'discarded'].map((t) => `confirmation.${t}`)
      : []),
    ...(barriers || name.includes('median') ? ['trial.pruned'] : []),
  ];
}

describe('in memory', () => {
  it('plays thousands of histories a second', async () => {
    const specification = await specified({ sampler: { type: 'random', seed: 1 }, ...searches['under hyperband'] });
    const lists = fc.sample(shortHistories, 4000);
    const begun = performance.now();
    for (const list of lists) {
      const seen = inMemory();
      const run = { id: await create(seen, specification), claims: [] };
      for (const command of list) await perform(seen, run, command);
    }
    const perSecond = Math.round(lists.length / ((performance.now() - begun) / 1000));
    const length = Math.round(lists.flat().length / lists.length);
    console.log(`${perSecond} histories a second, of ${length} commands on average`);
    expect(perSecond).toBeGreaterThan(100);
  }, 60_000);

  it.each(Object.keys(searches))(
    '%s: every history is sound',
    async (name) => {
      const specification = await specified({ sampler: { type: 'random', seed: 1 }, ...searches[name] });
      const happened = new Set<string>();
      await fc.assert(
        fc.asyncProperty(commands, async (list) => {
          const seen = inMemory();
          const id = await create(seen, specification);
          await play(seen, id, list);
          for (const { type, data } of await seen.events(id)) {
            happened.add(type);
            if (type === 'confirmation.complete' && (data as { best: unknown }).best !== null)
              happened.add('confirmed best');
          }
        }),
        // Always the same histories: rounds of a confirmation are rare in random ones. Those in Postgres differ from run to run.
        { numRuns: name.includes('confirmation') ? 3000 : 500, seed: 5 },
      );
      expect([...happened].sort()).toEqual(expected(name).sort());
    },
    60_000,
  );
});

describe('in Postgres', () => {
  let testDatabase: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    database = connect(testDatabase.url, 2);
  });
  afterAll(async () => {
    await database?.$disconnect();
    await testDatabase?.drop();
  });

  it.each(Object.keys(searches))('%s: every history is the same as in memory', async (name) => {
    const specification = await specified({ sampler: { type: 'random', seed: 1 }, ...searches[name] });
    const postgres = inPostgres(database);
    await fc.assert(
      fc.asyncProperty(commands, async (list) => {
        const memory = inMemory();
        const inOne = await create(memory, specification);
        const inOther = await create(postgres, specification);
        try {
          expect(await play(postgres, inOther, list)).toEqual(await play(memory, inOne, list));
          expect(await postgres.trials(inOther)).toEqual(await memory.trials(inOne));
          expect(await postgres.runs(inOther)).toEqual(await memory.runs(inOne));
          expect(await postgres.events(inOther)).toEqual(await memory.events(inOne));
          const unlike = { id: '', createdAt: '', finishedAt: null, dataset: null };
          expect({ ...(await postgres.find(inOther)), ...unlike }).toEqual({
            ...(await memory.find(inOne)),
            ...unlike,
          });
        } finally {
          await postgres.store.remove(inOther);
        }
      }),
      { numRuns: 12 },
    );
  });
});
