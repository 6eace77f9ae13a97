/** Group commit: while one transaction of a search is under way, results gather; the next one writes them all. */

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

/** As long as the store stays away, a result is kept and tried again; after this the trial's lease has run out anyway. */
const LONGEST_TRY_MS = 120_000;

export interface ResultBatcher {
  /**
   * Resolves when the result is written, or refused because the attempt is no longer the current one, with the search as it then was; undefined
   * where it could not be written. `search` as it was a moment ago.
   */
  finish(search: Search, trial: FinishedTrial): Promise<Search | undefined>;
  /** Reports an intermediate value. Where that could not be written, its claim is over. */
  reportValue(searchId: string, report: PausedReport): Promise<PruneDecision>;
}

/** `onCommitted` is told the search as it was after each transaction, and what is to be delivered. */
export function createResultBatcher(
  { finish, reportValue }: { readonly finish: Planner['finish']; readonly reportValue: SearchStore['reportValue'] },
  log: Log,
  onCommitted: (search: Search, deliveries: readonly Delivery[]) => Promise<void>,
): ResultBatcher {
  const queues = new Map<string, Pending[]>();

  const drain = async (searchId: string, queue: Pending[]): Promise<void> => {
    while (queue.length > 0) {
      const batch = queue.splice(0, queue.length);
      const search = await write(searchId, batch);
      for (const { done } of batch) done(search);
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

  /** Tries until the store answers; undefined where it stayed away, or the search is gone. */
  const persist = async <T extends { readonly search: Search; readonly deliveries: readonly Delivery[] }>(
    searchId: string,
    what: string,
    work: () => Promise<T>,
  ): Promise<T | undefined> => {
    const giveUp = Date.now() + LONGEST_TRY_MS;
    for (let pause = 50; ; pause = Math.min(pause * 2, 2000)) {
      try {
        const done = await work();
        const told = onCommitted(done.search, done.deliveries);
        await told.catch((error: unknown) => log.error(`search ${searchId}: ${messageOf(error)}`));
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

/** The search was deleted: there is nobody to write for. */
function isGone(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'notFound';
}
