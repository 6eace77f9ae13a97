/** What every store promises of turns: the same search is next in memory and in Postgres, and each gets its share. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connect, type Database } from '../../src/adapters/postgres/connection.ts';
import type { PlannedTrial, Usage } from '../../src/domain/commands.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
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
  await seen.store.chooseDelivery(ids.map((searchId, i) => ({ searchId, seconds: 0.001 * (i + 1), turns: 1 })));
  const running: { searchId: string; number: number; attempt: number }[] = [];
  const chosen: unknown[] = [];
  for (const { kind, which, seconds } of steps) {
    const searchId = ids[which % ids.length]!;
    if (kind === 'choose') {
      const { delivery, searches } = await seen.store.chooseDelivery([{ searchId, seconds, turns: 1 }]);
      chosen.push([searches, delivery && { ...delivery, searchId: ids.indexOf(delivery.searchId) }]);
      if (delivery !== undefined) running.push(...(await seen.store.claim(delivery, claimer)).claims);
    } else if (kind === 'release') {
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
    const { delivery } = await seen.store.chooseDelivery(usages);
    const which = ids.indexOf(delivery!.searchId);
    const { claims } = await seen.store.claim(delivery!, claimer);
    expect(claims.length).toBeGreaterThan(0);
    used[which]! += durations[which]!;
    usages = [{ searchId: delivery!.searchId, seconds: durations[which]!, turns: 1 }];
    const returned = claims.map((claim) => ({ ...claim, reason: 'test', how: 'handedBack' as const }));
    await seen.store.release(delivery!.searchId, returned);
  }
  const perShare = used.map((seconds, i) => seconds / shares[i]!);
  expect(Math.max(...perShare) - Math.min(...perShare)).toBeLessThan(Math.max(...durations) * 2);
});
