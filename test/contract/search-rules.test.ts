/** The rules of a search, one by one, in memory and in Postgres: claims, leases, refusals, rungs, retries, budgets. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connect, type Database } from '../../src/adapters/postgres/connection.ts';
import type { Claim, FinishedTrial, PausedReport } from '../../src/domain/commands.ts';
import { createTestDatabase, type TestDatabase, withPostgres } from '../support/postgres.ts';
import { eventually } from '../support/processes.ts';
import { specified } from '../support/search-in-memory.ts';
import type { InspectableStore } from '../support/store-commands.ts';
import { create, inMemory, inPostgres } from '../support/stores.ts';

let testDatabase: TestDatabase;
let database: Database;
beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = connect(testDatabase.url, 4);
});
afterAll(async () => {
  await database?.$disconnect();
  await testDatabase?.drop();
});

const hyperparameters = { learningRate: { distribution: 'float', low: 1e-4, high: 1, scale: 'log' } };
const claimer = { worker: 'one', leaseSeconds: 1000 };

function result({ number, attempt }: Claim, value: number | null, epochs = 9): FinishedTrial {
  return {
    ...{ number, attempt, value, epochs, deviation: null, outcome: value === null ? 'diverged' : 'ok', reason: null },
    ...{ findings: [], folds: [], resultHash: 'h', kernels: 'plain', durationMs: 1 },
  };
}

function report({ number, attempt }: Claim, value: number, epochs: number): PausedReport {
  const checkpoint = new Uint8Array([number]);
  return {
    ...{ number, attempt, value, best: value, epochs, folds: [], findings: [] },
    ...{ checkpoint, kernels: 'plain', durationMs: 1 },
  };
}

describe.each(['in memory', 'in Postgres'])('%s', (where) => {
  let seen: InspectableStore;
  let id: string;
  beforeEach(() => {
    seen = where === 'in memory' ? inMemory() : inPostgres(database);
  });
  afterEach(async () => seen.store.remove(id).catch(() => undefined));

  /** A search with `count` trials, each its own job. */
  async function begin(body: object, count: number): Promise<void> {
    const base = { sampler: { type: 'random', seed: 1 }, hyperparameters, budget: { trials: count } };
    id = await create(seen, await specified({ ...base, ...body }));
    await plan(0, count);
  }
  async function plan(from: number, count: number): Promise<number> {
    const trials = Array.from({ length: count }, (_, i) => {
      return { number: from + i, stage: 0, point: { learningRate: 0.1 }, job: `${from + i}` };
    });
    return (await seen.store.addTrials(id, { from, trials, version: undefined })).added;
  }
  async function claim(from: number, to = from, by = claimer): Promise<readonly Claim[]> {
    return (await seen.store.claim({ searchId: id, from, to }, by)).claims;
  }
  const search = () => seen.find(id);
  const trial = async (number: number) => (await seen.trials(id))[number]!;

  it('adds what a plan has that is not there yet, and nothing behind a gap or of another history', async () => {
    await begin({ budget: { trials: 6 } }, 2);
    expect(await plan(3, 2)).toBe(0);
    expect(await plan(1, 3)).toBe(2);
    expect(await plan(0, 10)).toBe(2);
    const plan0 = { from: 6, trials: [], version: 7 };
    expect((await seen.store.addTrials(id, plan0)).added).toBe(0);
    expect((await search()).trials).toMatchObject({ planned: 6, waiting: 6 });
  });

  it('gives a trial to one claimer, whoever asks at the same time', async () => {
    await begin({}, 4);
    const all = await Promise.all(['a', 'b', 'c'].map((worker) => claim(0, 3, { ...claimer, worker })));
    expect(all.map((claims) => claims.length).sort()).toEqual([0, 0, 4]);
    expect((await search()).trials).toMatchObject({ waiting: 0, running: 4 });
  });

  it('refuses a result of an earlier attempt, and takes the one of the current', async () => {
    await begin({}, 1);
    const [first] = await claim(0);
    await seen.store.release(id, [{ number: 0, attempt: 1, reason: 'stopped', how: 'handedBack' }]);
    const [second] = await claim(0);
    expect(second).toMatchObject({ attempt: 2 });
    expect((await seen.store.finish(id, [result(first!, 0.9)])).accepted).toEqual([]);
    expect((await seen.store.finish(id, [result(second!, 0.8)])).accepted).toEqual([0]);
    expect((await seen.store.finish(id, [result(second!, 0.7)])).accepted).toEqual([]);
    expect(await search()).toMatchObject({ state: 'complete', best: { number: 0, value: 0.8 }, epochs: 9 });
  });

  it('adds what follows from results with them, unless one of them is refused', async () => {
    await begin({ budget: { trials: 4 } }, 1);
    const [only] = await claim(0);
    const at = (from: number) => {
      const trials = [{ number: from, stage: 0, point: {}, job: `${from}` }];
      return { from, trials, version: undefined, claimer: { ...claimer, count: 1 } };
    };
    const refused = await seen.store.finish(id, [result({ ...only!, attempt: 5 }, 0.9)], at(1));
    expect(refused).toMatchObject({ accepted: [], next: undefined });
    const finished = await seen.store.finish(id, [result(only!, 0.9)], at(1));
    expect(finished.next).toMatchObject({ added: 1, claims: [{ number: 1, attempt: 1 }], deliveries: [] });
    expect((await search()).trials).toMatchObject({ planned: 2, complete: 1, running: 1 });
  });

  it('calls the better value the best, and of equal ones the lower number', async () => {
    await begin({ objective: { metric: 'validationLoss' } }, 3);
    const claims = await claim(0, 2);
    await seen.store.finish(id, [result(claims[2]!, 0.5)]);
    await seen.store.finish(id, [result(claims[1]!, 0.5), result(claims[0]!, null)]);
    const { best, improvements, trials } = await search();
    expect(best).toEqual({ number: 1, value: 0.5, stage: 0 });
    expect(improvements.map(({ number }) => number)).toEqual([2, 1]);
    expect(trials.diverged).toBe(1);
  });

  it('takes back a claim whose lease expired, and only that', async () => {
    await begin({}, 2);
    const expired = await claim(0, 0, { ...claimer, leaseSeconds: -1 });
    const held = await claim(1);
    expect(await seen.store.reapExpired()).toEqual([{ searchId: id, job: '0.1', from: 0, to: 0 }]);
    expect(await seen.store.reapExpired()).toEqual([]);
    const renewals = [...expired, ...held].map((one) => ({ ...one, curves: { epochs: 1, folds: [] } }));
    expect((await seen.store.renew(renewals, 1000)).map(({ number }) => number)).toEqual([0]);
    expect(await trial(0)).toMatchObject({ state: 'waiting', attempt: 1 });
  });

  /** Reaps expired leases; `meanwhile` runs when those that had expired are known, and nothing is changed yet. */
  async function reapWhile(meanwhile: () => Promise<unknown>) {
    if (where === 'in memory') {
      const reaped = seen.store.reapExpired();
      await meanwhile();
      return reaped;
    }
    return withPostgres(testDatabase.url, async (client) => {
      await client.query('BEGIN');
      await client.query('SELECT id FROM searches WHERE id = $1 FOR UPDATE', [id]);
      const reaped = seen.store.reapExpired();
      const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      await eventually(async () => (await client.query(waiting)).rowCount === 1, 10_000, 'a reaper that waits');
      await meanwhile();
      await client.query('COMMIT');
      return reaped;
    });
  }

  it('leaves a trial to its worker that renews an expired lease just before it would be taken back', async () => {
    await begin({}, 2);
    const [slow] = await claim(0, 0, { ...claimer, leaseSeconds: -1 });
    await claim(1, 1, { ...claimer, leaseSeconds: -1 });
    const renewals = [{ ...slow!, curves: { epochs: 1, folds: [] } }];
    const back = await reapWhile(async () => expect(await seen.store.renew(renewals, 1000)).toEqual([]));
    expect(back).toEqual([{ searchId: id, job: '1.1', from: 1, to: 1 }]);
    expect(await trial(0)).toMatchObject({ state: 'running', attempt: 1 });
    expect(await trial(1)).toMatchObject({ state: 'waiting' });
    expect((await seen.store.finish(id, [result(slow!, 0.5)])).accepted).toEqual([0]);
  });

  it('fails a trial when its attempts are used up, or there is no hope; not when it was handed back', async () => {
    await begin({ limits: { attempts: 2 } }, 2);
    for (const how of ['handedBack', 'crashed', 'crashed'] as const) {
      const [claimed] = await claim(0);
      await seen.store.release(id, [{ number: 0, attempt: claimed!.attempt, reason: how, how }]);
    }
    expect(await trial(0)).toMatchObject({ state: 'failed', attempt: 3 });
    const [other] = await claim(1);
    await seen.store.release(id, [{ number: 1, attempt: other!.attempt, reason: 'too large', how: 'hopeless' }]);
    expect(await search()).toMatchObject({ state: 'failed', failure: expect.stringContaining('all 2 trials failed') });
  });

  it('tries a failed trial again, opens the search, and renews its history', async () => {
    await begin({ limits: { attempts: 1 } }, 1);
    const [first] = await claim(0);
    await seen.store.release(id, [{ number: 0, attempt: first!.attempt, reason: 'crashed', how: 'crashed' }]);
    const before = await seen.store.history(id, 0, undefined);
    const { deliveries } = await seen.store.actOnTrial(id, 0, 'retry');
    expect(deliveries).toHaveLength(1);
    expect((await seen.store.history(id, 0, undefined)).version).toBe(before.version + 1);
    expect(await search()).toMatchObject({ state: 'running', failure: null, trials: { waiting: 1, failed: 0 } });
    const [again] = await claim(0);
    await seen.store.finish(id, [result(again!, 0.5)]);
    expect(await search()).toMatchObject({ state: 'complete' });
  });

  it('compares a bracket when all of it have come to the rung: the best go on from their checkpoints', async () => {
    const pruner = { type: 'successiveHalving', bracketSize: 3, reductionFactor: 3, minEpochs: 1 };
    await begin({ hyperparameters: { ...hyperparameters, epochs: 3 }, pruner, budget: { trials: 3 } }, 3);
    const claims = await claim(0, 2);
    await seen.store.pauseAtRungs(id, [report(claims[1]!, 0.9, 1), report(claims[0]!, 0.2, 1)]);
    expect((await search()).trials).toMatchObject({ paused: 2, running: 1 });
    const { deliveries } = await seen.store.pauseAtRungs(id, [report(claims[2]!, 0.5, 1)]);
    expect(deliveries).toEqual([{ searchId: id, job: '1r1', from: 1, to: 1 }]);
    expect((await search()).trials).toMatchObject({ paused: 0, waiting: 1, pruned: 2 });
    const [resumed] = await claim(1);
    expect(resumed).toMatchObject({ number: 1, rung: 1, attempt: 2 });
    expect([...resumed!.checkpoint!]).toEqual([1]);
    await seen.store.finish(id, [result(resumed!, 0.95, 3)]);
    expect(await search()).toMatchObject({ state: 'complete', epochs: 5, best: { number: 1 } });
  });

  it('begins no trial that the budget of epochs leaves nothing for, until others have ended', async () => {
    await begin({ hyperparameters: { ...hyperparameters, epochs: 10 }, budget: { trials: 4, epochs: 15 } }, 4);
    const claims = await claim(0, 3);
    expect(claims.map(({ number }) => number)).toEqual([0, 1]);
    expect(await seen.store.deliveries(id)).toEqual([]);
    await seen.store.finish(id, [result(claims[0]!, 0.1, 3)]);
    await seen.store.finish(id, [result(claims[1]!, 0.1, 3)]);
    expect(await seen.store.deliveries(id)).toHaveLength(1);
    const later = await claim(2, 3);
    expect(later.map(({ number }) => number)).toEqual([2]);
    await seen.store.finish(id, [result(later[0]!, 0.1, 10)]);
    expect(await search()).toMatchObject({ state: 'complete', endedBy: 'epochs', trials: { cancelled: 1 } });
  });

  it('ends by a target or by failures, and goes on once the limit is changed', async () => {
    await begin({ budget: { trials: 3, target: 0.9 } }, 3);
    const claims = await claim(0, 2);
    await seen.store.finish(id, [result(claims[0]!, 0.95)]);
    expect(await search()).toMatchObject({ state: 'complete', endedBy: 'target', trials: { cancelled: 2 } });
    await expect(seen.store.change(id, { budget: { trials: 5 } })).rejects.toMatchObject({ code: 'wrongState' });
    const { deliveries } = await seen.store.change(id, { budget: { target: null } });
    expect(deliveries).toHaveLength(2);
    expect(await search()).toMatchObject({ state: 'running', endedBy: null, trials: { waiting: 2, cancelled: 0 } });
    const again = await claim(1, 2);
    expect(again.map(({ attempt }) => attempt)).toEqual([2, 2]);
  });

  it('does nothing while it is paused, and nothing at all once it is cancelled', async () => {
    await begin({}, 2);
    await seen.store.transition(id, 'pause');
    expect(await claim(0, 1)).toEqual([]);
    expect(await seen.store.deliveries(id)).toEqual([]);
    await seen.store.transition(id, 'resume');
    expect(await seen.store.deliveries(id)).toHaveLength(2);
    await seen.store.transition(id, 'cancel');
    expect((await search()).trials).toMatchObject({ cancelled: 2, waiting: 0 });
    await expect(seen.store.transition(id, 'resume')).rejects.toMatchObject({ code: 'wrongState' });
    await expect(seen.store.transition('00000000-0000-4000-8000-000000000000', 'pause')).rejects.toMatchObject({
      code: 'notFound',
    });
  });

  it('annotates trials in any state, all of them or none', async () => {
    await begin({}, 3);
    const [first] = await claim(0);
    expect((await seen.store.annotateTrials(id, [0, 1], { addTags: ['odd'] })).changed).toBe(2);
    expect((await seen.store.annotateTrials(id, [0, 2], { addTags: ['odd'], notes: 'why?' })).changed).toBe(2);
    expect((await seen.store.annotateTrials(id, [0], { tags: ['odd'] })).changed).toBe(0);
    await expect(seen.store.annotateTrials(id, [1, 7], { tags: [] })).rejects.toMatchObject({ code: 'notFound' });
    expect((await seen.store.finish(id, [result(first!, 0.9)])).accepted).toEqual([0]);
    // As they are: nothing is left to change.
    expect((await seen.store.annotateTrials(id, [0], { notes: 'why?', tags: ['odd'] })).changed).toBe(0);
    expect((await seen.store.annotateTrials(id, [1], { notes: '', tags: ['odd'] })).changed).toBe(0);
    expect((await trial(0)).state).toBe('complete');
    const { search: noted } = await seen.store.change(id, { notes: 'mine', tags: ['a', 'a'] });
    expect(noted).toMatchObject({ notes: 'mine', tags: ['a'], trials: { complete: 1, waiting: 2, running: 0 } });
  });

  it('finds the search that was created under the same key, and refuses another under it', async () => {
    const specification = await specified({ hyperparameters, budget: { trials: 2 } });
    const dataset = { name: 'iris', task: 'classification', rows: 100, features: 4, classes: ['a'], hash: '' } as const;
    const asked = { specification, project: 'default', dataset, parent: null, warnings: [] };
    const key = `key of ${where}`;
    const first = await seen.store.create({ ...asked, baselines: [], idempotency: { key, requestHash: 'x' } });
    id = first.search.id;
    const second = await seen.store.create({ ...asked, baselines: [], idempotency: { key, requestHash: 'x' } });
    expect({ created: second.created, id: second.search.id }).toEqual({ created: false, id });
    const other = seen.store.create({ ...asked, baselines: [], idempotency: { key, requestHash: 'y' } });
    await expect(other).rejects.toMatchObject({ code: 'idempotencyKeyReused' });
  });
});
