/** Works off deliveries: claims trials, trains them, keeps their leases, writes what they gave. */
import {
  type ComputeCore,
  MemoryLimitExceeded,
  resultOf,
  TimeLimitExceeded,
  type TrialResult,
  type TrialTask,
} from '../compute/trial.ts';
import { messageOf } from '../errors.ts';
import { type AdvanceParts, advance, deliver, LOW_WATER } from './advance.ts';
import { createCommitter } from './commit.ts';
import { ClaimLost, type Held, holdClaims } from './held-claims.ts';
import { settingsOf } from './hyperparameters.ts';
import type { Claim, DatasetStore, Delivery, NoticeBoard, ReturnedTrial } from './ports.ts';
import { isOpen, type Search } from './records.ts';

export interface RunnerParts extends AdvanceParts {
  readonly datasets: DatasetStore;
  readonly core: ComputeCore;
  readonly board: NoticeBoard;
  /** Of this process, for people. */
  readonly worker: string;
  readonly leaseSeconds: number;
}

export interface TrialRunner {
  /** Runs the waiting trials of a delivery; done when all of them are written or given back. */
  work(delivery: Delivery): Promise<void>;
  /** Ends what is running and gives it back, to be tried elsewhere. */
  stop(): Promise<void>;
}

/** This process is to end: the trial goes back unharmed. */
class ShuttingDown extends Error {}
/** The trial had not begun when its search was paused: it goes back to wait. */
class SearchPaused extends Error {}
/** Trying again will not help. */
class HopelessTrial extends Error {}
const hopeless = [TimeLimitExceeded, MemoryLimitExceeded, HopelessTrial];

export function createTrialRunner(parts: RunnerParts): TrialRunner {
  const { store, board, leaseSeconds, log } = parts;
  const held = holdClaims(store, leaseSeconds, log);
  const committer = createCommitter(store, log, (search) => onCommitted(parts, search));
  /** Searches whose claimed trials are not to be begun. */
  const paused = new Set<string>();
  let stopping = false;

  const unsubscribe = board.subscribe((notice) => {
    if (notice.kind !== 'changed' && notice.kind !== 'removed') return;
    const { searchId } = notice;
    if (notice.kind === 'changed' && notice.state === 'paused') paused.add(searchId);
    else paused.delete(searchId);
    const ended = notice.kind === 'removed' || !isOpen(notice.state);
    if (ended) held.drop((claim) => claim.searchId === searchId, new ClaimLost());
  });

  const work = async (delivery: Delivery): Promise<void> => {
    if (stopping) return;
    const { claims, search } = await store.claim(delivery, parts.worker, leaseSeconds);
    const holds = claims.map(held.add);
    if (stopping) for (const { abort } of holds) abort.abort(new ShuttingDown());
    const written: Promise<void>[] = [];
    for (const hold of holds) {
      if (paused.has(search.id)) hold.abort.abort(new SearchPaused());
      const end = await runClaim(parts, search, hold);
      written.push(settle(parts, committer, hold.claim, end).finally(() => held.release(hold)));
    }
    await Promise.all(written);
  };
  const stop = async (): Promise<void> => {
    stopping = true;
    held.drop(() => true, new ShuttingDown());
    // Whoever works gives back; leases are renewed until the last has.
    while (held.size > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    held.stop();
    unsubscribe();
  };
  return { work, stop };
}

type End =
  | { readonly kind: 'result'; readonly result: TrialResult }
  | { readonly kind: 'returned'; readonly returned: ReturnedTrial }
  | { readonly kind: 'lost' };

/** Trains one claimed trial. Never throws: whatever happens to it is an end of one kind. */
async function runClaim(parts: RunnerParts, search: Search, { claim, abort, curves }: Held): Promise<End> {
  const { board, core } = parts;
  const { searchId, number, attempt } = claim;
  const returned = (how: ReturnedTrial['how'], reason: string): End => ({
    kind: 'returned',
    returned: { number, attempt, reason, how },
  });
  try {
    const { task, limitSeconds } = await taskOf(parts, search, claim);
    const end = await core.run(task, {
      signal: abort.signal,
      limitSeconds,
      onEpochs: (updates) => {
        curves.add(updates);
        const { epochs } = task.settings;
        board.publish(
          searchId,
          updates.map(({ learningRate: _, initialLoss: __, ...update }) => ({
            type: 'epoch',
            number,
            attempt,
            epochs,
            ...update,
          })),
        );
      },
    });
    return { kind: 'result', result: resultOf(end) };
  } catch (error) {
    if (error instanceof ClaimLost) return { kind: 'lost' };
    if (error instanceof SearchPaused) return returned('handedBack', 'the search was paused');
    if (error instanceof ShuttingDown) return returned('handedBack', `worker ${parts.worker} was stopped`);
    if (hopeless.some((kind) => error instanceof kind)) return returned('hopeless', messageOf(error));
    return returned('crashed', messageOf(error));
  }
}

async function taskOf(
  parts: RunnerParts,
  search: Search,
  { number, point }: Claim,
): Promise<{ task: TrialTask; limitSeconds: number }> {
  const { specification, dataset: wanted } = search;
  const dataset = await parts.datasets.load(wanted.name);
  if (dataset === undefined) throw new HopelessTrial(`there is no data set ${wanted.name}`);
  if (dataset.hash !== wanted.hash)
    throw new HopelessTrial(`the data set ${wanted.name} is not the one the search began with`);
  return {
    limitSeconds: specification.limits.trialSeconds,
    task: {
      settings: settingsOf(specification.hyperparameters, point),
      dataset,
      validation: specification.validation,
      ...specification.objective,
      divergence: specification.pruner.divergence,
      seed: specification.sampler.seed,
      trial: number,
    },
  };
}

async function settle(
  { store, queue, log }: RunnerParts,
  committer: ReturnType<typeof createCommitter>,
  { searchId, number, attempt }: Claim,
  end: End,
): Promise<void> {
  if (end.kind === 'result') await committer.finish(searchId, { ...end.result, number, attempt });
  if (end.kind !== 'returned') return;
  try {
    await deliver(queue, await store.giveBack(searchId, [end.returned]), log);
  } catch (error) {
    log(`trial ${number} of ${searchId} could not be given back, its lease will run out: ${messageOf(error)}`);
  }
}

async function onCommitted(parts: RunnerParts, search: Search): Promise<void> {
  const { waiting, planned, total } = search.trials;
  if (search.state === 'running' && planned < total && waiting < LOW_WATER) await advance(parts, search);
}
