/** Group commit: results that arrive during a transaction of their search are batched into the next one. */

import type { Delivery, FinishedTrial, PausedReport, PruneDecision } from '../domain/commands.ts';
import { nextDependsOnResults } from '../domain/jobs.ts';
import type { Search } from '../domain/search.ts';
import type { Specification } from '../domain/specification/specification.ts';
import { messageOf } from '../errors.ts';
import { type Log, logAbout } from '../log.ts';
import type { Planner } from './planner.ts';
import type { SearchStore } from './ports/search-store.ts';

interface Pending<Written> {
  readonly search: Search;
  readonly written: Written;
  readonly done: (search: Search | undefined) => void;
}

/** While the store is unavailable, writing is retried for this long; by then the trial's lease has expired. */
const MAX_RETRY_MS = 120_000;
/**
 * Minimum interval between the transactions of a search whose results arrive in a stream: a transaction costs some 4 ms of processor time
 * besides its results. A single result is written immediately.
 */
const BATCH_INTERVAL_MS = 200;
/** The same where a result may end the search: which trials start may wait for it. */
const DECISIVE_INTERVAL_MS = 25;
/** So many results are written without waiting. */
const FULL_BATCH = 100;

export interface ResultBatcher {
  /**
   * Resolves with the search after the result was written, or was refused because its attempt is not current; undefined if it could not be
   * written. `search` is a recent state.
   */
  finish(search: Search, trial: FinishedTrial): Promise<Search | undefined>;
  /** The same for a trial that has come to its rung, where it waits. */
  pause(search: Search, report: PausedReport): Promise<Search | undefined>;
  /** Reports an intermediate value to a pruner without barriers. If it cannot be written, the claim has ended. */
  reportValue(searchId: string, report: PausedReport): Promise<PruneDecision>;
}

interface Stores extends Pick<SearchStore, 'pauseAtRungs' | 'reportValue'> {
  readonly finish: Planner['finish'];
}

/** `onCommitted` is called after each transaction with the search and the deliveries to make. */
export function createResultBatcher(
  { finish, pauseAtRungs, reportValue }: Stores,
  log: Log,
  onCommitted: (search: Search, deliveries: readonly Delivery[]) => Promise<void>,
): ResultBatcher {
  const writeResults = async (search: Search, trials: readonly FinishedTrial[]): Promise<Search | undefined> => {
    const written = await persist(search.id, `${trials.length} results`, () => finish(search, trials));
    const refused = trials.filter(({ number }) => written?.accepted.includes(number) === false);
    if (refused.length > 0) {
      const numbers = refused.map(({ number }) => number).join(', ');
      log.warn(`search ${search.id}: results of trials ${numbers} came too late and were refused`);
    }
    return written?.search;
  };

  const writePauses = async ({ id }: Search, reports: readonly PausedReport[]): Promise<Search | undefined> => {
    const written = await persist(id, `the values of ${reports.length} trials`, () => pauseAtRungs(id, reports));
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
    finish: inBatches(writeResults),
    pause: inBatches(writePauses),
    reportValue: async (searchId, report) => {
      const written = await persist(searchId, `the value of trial ${report.number}`, () =>
        reportValue(searchId, report),
      );
      return written?.decision ?? 'over';
    },
  };
}

/** Results of a search that are not written yet. */
interface Unwritten<Written> {
  pending: Pending<Written>[];
  /** As of the last transaction. */
  search: Search | undefined;
  /** Ends the interval between two transactions. */
  wake: () => void;
}

/** Writes one by one per search; what arrives meanwhile is written together. */
function inBatches<Written>(
  write: (newest: Search, batch: readonly Written[]) => Promise<Search | undefined>,
): (search: Search, written: Written) => Promise<Search | undefined> {
  const queues = new Map<string, Unwritten<Written>>();
  const drain = async (searchId: string, queue: Unwritten<Written>): Promise<void> => {
    while (queue.pending.length > 0) {
      const begun = performance.now();
      const batch = queue.pending;
      queue.pending = [];
      const newest = batch.reduce((latest, one) => (one.search.seq > latest.search.seq ? one : latest));
      const search = await write(
        newest.search,
        batch.map(({ written }) => written),
      );
      queue.search = search;
      for (const { done } of batch) done(search);
      // Where trials wait for results, each is written at once.
      if (search === undefined || nextDependsOnResults(search.specification) || isDue(queue)) continue;
      const rest = Math.max(begun + intervalOf(search.specification) - performance.now(), 0);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, rest);
        queue.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    queues.delete(searchId);
  };
  return (search, written) =>
    new Promise((done) => {
      const queue = queues.get(search.id);
      if (queue !== undefined) {
        queue.pending.push({ search, written, done });
        if (isDue(queue)) queue.wake();
        return;
      }
      const fresh = { pending: [{ search, written, done }], search: undefined, wake: () => undefined };
      queues.set(search.id, fresh);
      // What is written is of many trials.
      void logAbout({ searchId: search.id }, () => drain(search.id, fresh));
    });
}

function intervalOf({ budget }: Specification): number {
  const mayEnd = budget.failures !== undefined || budget.target !== undefined;
  return mayEnd ? DECISIVE_INTERVAL_MS : BATCH_INTERVAL_MS;
}

/** Whether nothing is gained by waiting: the batch is full, or no other result can arrive and the search ends with these. */
function isDue({ pending, search }: Unwritten<unknown>): boolean {
  if (pending.length >= FULL_BATCH) return true;
  if (search === undefined) return false;
  const { planned, total, waiting, running } = search.trials;
  return planned === total && waiting === 0 && pending.length >= running;
}

/** Whether the search was deleted. */
function isGone(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'notFound';
}
