/**
 * Processes killed, stopped and restarted at random during a search: it ends as an undisturbed one. `npm run chaos` disturbs a larger search more
 * often, and says how long recovering took.
 */
import { expect, it } from 'vitest';
import type { Search } from '../../src/domain/search.ts';
import { randomAt } from '../../src/random.ts';
import { type Disturbance, isAnyOpen, seqsUntilTheEnd, startFleet, storedAgain } from '../support/chaos.ts';
import { findRedis } from '../support/processes.ts';
import { ended, expectSound, hashesOf, lasting } from '../support/searches.ts';

const number = (name: string, other: number) => Number(process.env[name] ?? other);
const trials = number('CHAOS_TRIALS', 40);
/** With this one all kinds come over both queues. */
const seed = number('CHAOS_SEED', 2);
const queues = findRedis() === undefined ? (['postgres'] as const) : (['postgres', 'redis'] as const);
const asked = queues.filter((queue) => (process.env['CHAOS_QUEUE'] || queue) === queue);
/** In all, in equal parts with each queue. */
const EVENTS = 15;
const countOf = (queue: (typeof asked)[number]) =>
  number('CHAOS_EVENTS', Math.floor((EVENTS + asked.indexOf(queue)) / asked.length));

const learning = lasting(50, trials, {
  sampler: { type: 'tpe', seed: 3 },
  pruner: { type: 'hyperband' },
  limits: { attempts: 20 },
});
const grid = lasting(30, 25, {
  sampler: { type: 'grid' },
  hyperparameters: {
    learningRate: { distribution: 'float', low: 1e-5, high: 1e-3, scale: 'log', points: 5 },
    dropout: { distribution: 'float', low: 0, high: 0.4, points: 5 },
    epochs: 20,
  },
  limits: { attempts: 20 },
});

it.each(asked.map((queue) => ({ queue, count: countOf(queue) })))(
  '$count disturbances at random, with BullMQ on $queue',
  async ({ queue, count }) => {
    const fleet = await startFleet(queue);
    const { client, databaseUrl } = fleet;
    try {
      const searches = () => Promise.all([client.create(learning), client.create(grid)]);
      const calm = await searches();
      for (const { id } of calm) await ended(client, id, 3_600_000);

      const random = randomAt({ seed, purpose: 'probe' });
      const disturbed: Search[] = [];
      const watched: Promise<readonly number[]>[] = [];
      const happened: Disturbance[] = [];
      while (happened.length < count) {
        if (!(await isAnyOpen(databaseUrl))) {
          const next = await searches();
          disturbed.push(...next);
          watched.push(...next.map(({ id, seq }) => seqsUntilTheEnd(client, id, seq)));
        }
        await storedAgain(databaseUrl);
        happened.push(await fleet.disturb(random));
      }
      report(queue, happened);
      for (const [i, { id }] of disturbed.entries()) {
        const search = await ended(client, id, 3_600_000);
        expect(search).toMatchObject({ state: 'complete', trials: { failed: 0, complete: expect.any(Number) } });
        expect(await hashesOf(client, id)).toEqual(await hashesOf(client, calm[i % calm.length]!.id));
        await expectSound(databaseUrl, id);
      }
      // Whoever watched has seen every event once.
      for (const [i, seqs] of (await Promise.all(watched)).entries()) {
        const first = disturbed[i]!.seq + 1;
        expect(seqs).toEqual(seqs.map((_, k) => first + k));
        expect(seqs.at(-1)).toBe((await client.search(disturbed[i]!.id)).seq);
      }
    } catch (error) {
      throw new Error(`the processes said:\n${fleet.output()}`, { cause: error });
    } finally {
      await fleet.close();
    }
  },
  120_000 + Math.max(0, ...asked.map(countOf)) * 60_000,
);

function report(queue: string, happened: readonly Disturbance[]): void {
  const recoveries = happened.map(({ recoveryMs }) => recoveryMs).toSorted((a, b) => a - b);
  const quantile = (share: number) =>
    recoveries[Math.min(recoveries.length - 1, Math.floor(share * recoveries.length))];
  const seconds = (ms = 0) => `${(ms / 1000).toFixed(1)} s`;
  const lines = [...new Set(happened.map(({ what }) => what))].map((kind) => {
    const times = happened.filter(({ what }) => what === kind).map(({ recoveryMs }) => recoveryMs);
    return `  ${String(times.length).padStart(3)} × ${kind}: up to ${seconds(Math.max(...times))}`;
  });
  console.info(
    [
      `${happened.length} disturbances, queue on ${queue}: the next trial was stored after ${seconds(quantile(0.5))} (median), ${seconds(quantile(0.95))} (p95)`,
      ...lines,
    ].join('\n'),
  );
}
