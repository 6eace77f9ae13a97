/** What every store promises of turns: the same search is next in memory and in Postgres, and each gets its share. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connect, type Database } from '../../src/adapters/postgres/connection.ts';
import type { PlannedTrial, Usage } from '../../src/domain/commands.ts';
import { createTestDatabase, type TestDatabase, withPostgres } from '../support/postgres.ts';
import { specified } from '../support/search-in-memory.ts';
import type { InspectableStore } from '../support/store-commands.ts';
import { create, inMemory, inPostgres } from '../support/stores.ts';

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

const claimer = { worker: 'test', leaseSeconds: 60 };
const TRIALS = 40;
/** Connections of those who ask at once. */
const AT_ONCE = 10;

/** Searches with `shares`, each with its trials waiting in jobs of two. */
async function searchesOf(seen: InspectableStore, shares: readonly number[]): Promise<string[]> {
  const ids: string[] = [];
  for (const share of shares) {
    const hyperparameters = { learningRate: { distribution: 'float', low: 1e-4, high: 1, scale: 'log' } };
    const id = await create(seen, await specified({ hyperparameters, share, budget: { trials: TRIALS } }));
    const trials = Array.from({ length: TRIALS }, (_, number): PlannedTrial => {
      return { number, stage: 0, point: { learningRate: 0.01 }, job: String(number - (number % 2)) };
    });
    await seen.store.addTrials(id, { from: 0, trials, version: undefined });
    ids.push(id);
  }
  return ids;
}

interface Step {
  readonly kind: 'choose' | 'release' | 'pause' | 'resume';
  readonly which: number;
  readonly seconds: number;
}
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom<Step['kind']>('choose', 'choose', 'release', 'pause', 'resume'),
  which: fc.nat({ max: 2 }),
  seconds: fc.double({ min: 0.001, max: 10, noNaN: true }),
});

/** Which search and which trials are chosen at every step. */
async function play(seen: InspectableStore, shares: readonly number[], steps: readonly Step[]) {
  const ids = await searchesOf(seen, shares);
  // No two have used the same: ties go by the clock, which differs between stores.
  const usedBefore = ids.map((searchId, i) => ({ searchId, seconds: 0.001 * (i + 1), turns: 1 }));
  const running: { searchId: string; number: number; attempt: number }[] = [];
  const chosen: unknown[] = [];
  const claimNext = async (usages: readonly Usage[]) => {
    const { claimed, searches } = await seen.store.claimNext(usages, claimer);
    const claims = claimed?.claims ?? [];
    chosen.push([searches, claims.map(({ searchId, number }) => [ids.indexOf(searchId), number])]);
    running.push(...claims);
  };
  await claimNext(usedBefore);
  for (const { kind, which, seconds } of steps) {
    const searchId = ids[which % ids.length]!;
    if (kind === 'choose') await claimNext([{ searchId, seconds, turns: 1 }]);
    else if (kind === 'release') {
      const [trial] = running.splice(0, 1);
      if (trial === undefined) continue;
      await seen.store.release(trial.searchId, [{ ...trial, reason: 'test', how: 'handedBack' }]);
    } else await seen.store.transition(searchId, kind);
  }
  for (const id of ids) await seen.store.remove(id);
  return chosen;
}

it('the same search is next in every store', async () => {
  const postgres = inPostgres(database);
  const shares = fc.array(fc.constantFrom(0.5, 1, 3), { minLength: 2, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(shares, fc.array(step, { maxLength: 30, size: 'max' }), async (given, steps) => {
      expect(await play(postgres, given, steps)).toEqual(await play(inMemory(), given, steps));
    }),
    { numRuns: 15 },
  );
});

it('over many turns every search gets its share of the time, however long its trials are', async () => {
  const seen = inMemory();
  const shares = [1, 2, 5];
  const durations = [0.1, 3, 0.7];
  const ids = await searchesOf(seen, shares);
  const used = [0, 0, 0];
  let usages: Usage[] = [];
  for (let turn = 0; turn < 3000; turn++) {
    const { claimed } = await seen.store.claimNext(usages, claimer);
    const { claims, search } = claimed!;
    const which = ids.indexOf(search.id);
    expect(claims.length).toBeGreaterThan(0);
    used[which]! += durations[which]!;
    usages = [{ searchId: search.id, seconds: durations[which]!, turns: 1 }];
    const returned = claims.map((claim) => ({ ...claim, reason: 'test', how: 'handedBack' as const }));
    await seen.store.release(search.id, returned);
  }
  const perShare = used.map((seconds, i) => seconds / shares[i]!);
  expect(Math.max(...perShare) - Math.min(...perShare)).toBeLessThan(Math.max(...durations) * 2);
});

it('many that ask at once get a delivery each, of the searches in turn', async () => {
  const many = connect(testDatabase.url, AT_ONCE);
  try {
    const seen = inPostgres(many);
    const ids = await searchesOf(seen, [1, 1, 1, 1]);
    const asked = await Promise.all(Array.from({ length: 60 }, () => seen.store.claimNext([], claimer)));
    const claims = asked.flatMap(({ claimed }) => claimed?.claims ?? []);
    // Two trials a job: nobody went away empty, and nothing was claimed twice.
    expect(claims).toHaveLength(120);
    expect(new Set(claims.map(({ searchId, number }) => `${searchId} ${number}`)).size).toBe(120);
    const turns = ids.map((id) => claims.filter(({ searchId }) => searchId === id).length / 2);
    // As many as ask at the same moment see the same turns.
    expect(Math.max(...turns) - Math.min(...turns)).toBeLessThanOrEqual(AT_ONCE);
    for (const id of ids) await seen.store.remove(id);
  } finally {
    await many.$disconnect();
  }
});

it('many that ask at once for one search get a delivery each', async () => {
  const many = connect(testDatabase.url, AT_ONCE);
  try {
    const seen = inPostgres(many);
    const [id] = await searchesOf(seen, [1]);
    const asked = await Promise.all(Array.from({ length: 25 }, () => seen.store.claimNext([], claimer)));
    const numbers = asked.flatMap(({ claimed }) => claimed?.claims ?? []).map(({ number }) => number);
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: TRIALS }, (_, number) => number));
    await seen.store.remove(id!);
  } finally {
    await many.$disconnect();
  }
});

it('a search that is being changed is passed over for another, and waited for where it is the only one', async () => {
  const one = connect(testDatabase.url, 1);
  try {
    // Who waited for the locked one would fail.
    await one.$executeRaw`SET lock_timeout = '5s'`;
    const seen = inPostgres(one);
    const [first, second] = (await searchesOf(seen, [1, 1])) as [string, string];
    // The second has used more: the first is next.
    const usages = [{ searchId: second, seconds: 100, turns: 1 }];
    const next = await withPostgres(testDatabase.url, async (client) => {
      await client.query('BEGIN');
      await client.query('SELECT FROM searches WHERE id = $1 FOR UPDATE', [first]);
      expect((await seen.store.claimNext(usages, claimer)).claimed?.search.id).toBe(second);
      await seen.store.remove(second);
      const waiting = seen.store.claimNext([], claimer);
      await client.query('ROLLBACK');
      return waiting;
    });
    expect(next.claimed?.search.id).toBe(first);
    expect(next.claimed?.claims).toHaveLength(2);
    await seen.store.remove(first);
  } finally {
    await one.$disconnect();
  }
});

it('commits wait for the disk again after a renewal and a charge, which do not', async () => {
  const one = connect(testDatabase.url, 1);
  try {
    const seen = inPostgres(one);
    const [id] = await searchesOf(seen, [1]);
    // The Postgres of the tests never waits.
    await one.$executeRaw`SET synchronous_commit = 'on'`;
    const { claimed } = await seen.store.claimNext([{ searchId: id!, seconds: 1, turns: 1 }], claimer);
    const renewals = claimed!.claims.map(({ searchId, number, attempt }) => {
      return { searchId, number, attempt, curves: undefined };
    });
    expect(await seen.store.renew(renewals, 60)).toEqual([]);
    expect(await one.$queryRaw`SELECT current_setting('synchronous_commit') AS setting`).toEqual([{ setting: 'on' }]);
    await seen.store.remove(id!);
  } finally {
    await one.$disconnect();
  }
});
