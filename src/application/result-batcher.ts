/** Group commit: results that arrive during a transaction of their search are batched into the next one. */

import { isLearning } from '../algorithms/samplers/create-sampler.ts';
import type { Delivery, FinishedTrial, PausedReport, PruneDecision } from '../domain/commands.ts';
import type { Search } from '../domain/search.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Planner } from './planner.ts';
import type { SearchStore } from './ports.ts';

interface Pending {
  readonly search: Search;
  readonly trial: FinishedTrial;
  readonly done: (search: Search | undefined) => void;
}

/** While the store is unavailable, writing is retried for this long; by then the trial's lease has expired. */
const MAX_RETRY_MS = 120_000;
/**
 * Minimum interval between the transactions of a search whose results arrive in a stream: a transaction costs as much as writing several
 * tiny trials. A single result is written immediately.
 */
const BATCH_INTERVAL_MS = 25;

export interface ResultBatcher {
  /**
   * Resolves with the search after the result was written, or was refused because its attempt is not current; undefined if it could not be
   * written. `search` is a recent state.
   */
  finish(search: Search, trial: FinishedTrial): Promise<Search | undefined>;
  /** Reports an intermediate value. If it cannot be written, the claim has ended. */
  reportValue(searchId: string, report: PausedReport): Promise<PruneDecision>;
}

/** `onCommitted` is called after each transaction with the search and the deliveries to make. */
export function createResultBatcher(
  { finish, reportValue }: { readonly finish: Planner['finish']; readonly reportValue: SearchStore['reportValue'] },
  log: Log,
  onCommitted: (search: Search, deliveries: readonly Delivery[]) => Promise<void>,
): ResultBatcher {
  const queues = new Map<string, Pending[]>();

  const drain = async (searchId: string, queue: Pending[]): Promise<void> => {
    while (queue.length > 0) {
      const begun = performance.now();
      const batch = queue.splice(0, queue.length);
      const search = await write(searchId, batch);
      for (const { done } of batch) done(search);
      // A sampler that learns needs each result at once.
      if (search !== undefined && !isLearning(search.specification.sampler)) await batchInterval(begun);
    }
    queues.delete(searchId);
  };

  const write = async (searchId: string, batch: readonly Pending[]): Promise<Search | undefined> => {
    const trials = batch.map(({ trial }) => trial);
    const { search } = batch.reduce((newest, one) => (one.search.seq > newest.search.seq ? one : newest));
    const written = await persist(searchId, `${trials.length} results`, () => finish(search, trials));
    const refused = trials.filter(({ number }) => written?.accepted.includes(number) === false);
    if (refused.length > 0) {
      const numbers = refused.map(({ number }) => number).join(', ');
      log.warn(`search ${searchId}: results of trials ${numbers} came too late and were refused`);
    }
    return written?.search;
  };

  /** Retries until the store answers; undefined if it stays unavailable or the search was deleted. */
  const persist = async <T extends { readonly search: Search; readonly deliveries: readonly Delivery[] }>(
    searchId: string,
    what: string,
    work: () => Promise<T>,
  ): Promise<T | undefined> => {
    const giveUp = Date.now() + MAX_RETRY_MS;
    for (let pause = 50; ; pause = Math.min(pause * 2, 2000)) {
      try {
        const done = await work();
        const notified = onCommitted(done.search, done.deliveries);
        await notified.catch((error: unknown) => log.error(`search ${searchId}: ${messageOf(error)}`));
        return done;
      } catch (error) {
        if (isGone(error) || Date.now() > giveUp) {
          log.error(`search ${searchId}: ${what} could not be written: ${messageOf(error)}`);
          return undefined;
        }
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  };

  return {
    finish: (search, trial) =>
      new Promise((done) => {
        const queue = queues.get(search.id);
        if (queue !== undefined) {
          queue.push({ search, trial, done });
          return;
        }
        const fresh = [{ search, trial, done }];
        queues.set(search.id, fresh);
        void drain(search.id, fresh);
      }),
    reportValue: async (searchId, report) => {
      const written = await persist(searchId, `the value of trial ${report.number}`, () =>
        reportValue(searchId, report),
      );
      return written?.decision ?? 'over';
    },
  };
}

function batchInterval(begun: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(begun + BATCH_INTERVAL_MS - performance.now(), 0)));
}

/** Whether the search was deleted. */
function isGone(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'notFound';
}
