/** Group commit: while one transaction of a search is under way, results gather; the next one writes them all. */
import { messageOf } from '../errors.ts';
import type { FinishedTrial, SearchStore } from './ports.ts';
import type { Search } from './records.ts';

interface Pending {
  readonly trial: FinishedTrial;
  readonly done: () => void;
}

/** As long as the store stays away, a result is kept and tried again; after this the trial's lease has run out anyway. */
const LONGEST_TRY_MS = 120_000;

export interface Committer {
  /** Resolves when the result is written, or refused because the attempt is no longer the current one. */
  finish(searchId: string, trial: FinishedTrial): Promise<void>;
}

/** `onCommitted` is told the search as it was after each transaction. */
export function createCommitter(
  store: Pick<SearchStore, 'finish'>,
  log: (message: string) => void,
  onCommitted: (search: Search) => Promise<void>,
): Committer {
  const queues = new Map<string, Pending[]>();

  const drain = async (searchId: string, queue: Pending[]): Promise<void> => {
    while (queue.length > 0) {
      const batch = queue.splice(0, queue.length);
      const search = await write(searchId, batch);
      for (const { done } of batch) done();
      if (search !== undefined) {
        await onCommitted(search).catch((error: unknown) => log(`search ${searchId}: ${messageOf(error)}`));
      }
    }
    queues.delete(searchId);
  };

  const write = async (searchId: string, batch: readonly Pending[]): Promise<Search | undefined> => {
    const trials = batch.map(({ trial }) => trial);
    const giveUp = Date.now() + LONGEST_TRY_MS;
    for (let pause = 50; ; pause = Math.min(pause * 2, 2000)) {
      try {
        const { accepted, search } = await store.finish(searchId, trials);
        const refused = trials.filter(({ number }) => !accepted.includes(number)).map(({ number }) => number);
        if (refused.length > 0)
          log(`search ${searchId}: results of trials ${refused.join(', ')} came too late and were refused`);
        return search;
      } catch (error) {
        if (isGone(error) || Date.now() > giveUp) {
          log(`search ${searchId}: ${trials.length} results could not be written: ${messageOf(error)}`);
          return undefined;
        }
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  };

  return {
    finish: (searchId, trial) =>
      new Promise((done) => {
        const queue = queues.get(searchId);
        if (queue !== undefined) {
          queue.push({ trial, done });
          return;
        }
        const fresh = [{ trial, done }];
        queues.set(searchId, fresh);
        void drain(searchId, fresh);
      }),
  };
}

/** The search was deleted: there is nobody to write for. */
function isGone(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'notFound';
}
