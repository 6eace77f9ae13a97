/** Works off deliveries: claims trials, trains them, keeps their leases, writes what they gave. */
import type { ComputeCore, EpochUpdate, FoldCurves, TrialResult, TrialTask } from '../compute/trial.ts';
import { TimeLimitExceeded } from '../compute/trial.ts';
import { messageOf } from '../errors.ts';
import { type AdvanceParts, advance, deliver, LOW_WATER } from './advance.ts';
import { createCommitter } from './commit.ts';
import { settingsOf } from './hyperparameters.ts';
import type { Claim, ClaimRef, DatasetStore, Delivery, NoticeBoard, ReturnedTrial } from './ports.ts';
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

/** The claim is no longer ours to work on: its search ended, or somebody else has it. Nothing is to be written. */
class ClaimLost extends Error {}
/** This process is to end: the trial goes back unharmed. */
class ShuttingDown extends Error {}

/** The trial had not begun when its search was paused: it goes back to wait. */
class SearchPaused extends Error {}

/** A claim that is being worked on. */
interface Held {
  readonly claim: Claim;
  readonly abort: AbortController;
  readonly curves: CurvesSoFar;
}

export function createTrialRunner(parts: RunnerParts): TrialRunner {
  const { store, board, leaseSeconds, log } = parts;
  const held = new Map<string, Held>();
  const committer = createCommitter(store, log, (search) => onCommitted(parts, search));
  /** Searches whose claimed trials are not to be begun. */
  const paused = new Set<string>();
  let stopping = false;
  let renewing = false;

  const drop = (refs: Iterable<ClaimRef>, reason: Error) => {
    for (const { searchId, number, attempt } of refs) held.get(keyOf(searchId, number, attempt))?.abort.abort(reason);
  };
  const unsubscribe = board.subscribe((notice) => {
    if (notice.kind === 'changed' && notice.state === 'paused') paused.add(notice.searchId);
    else if (notice.kind === 'changed') paused.delete(notice.searchId);
    const ended = notice.kind === 'removed' || (notice.kind === 'changed' && !isOpen(notice.state));
    if (!ended) return;
    const claims = [...held.values()].map(({ claim }) => claim).filter(({ searchId }) => searchId === notice.searchId);
    drop(claims, new ClaimLost());
  });
  const heartbeat = setInterval(
    async () => {
      if (renewing) return;
      renewing = true;
      const renewals = [...held.values()].map(({ claim, curves }) => ({ ...claim, ...curves.snapshot() }));
      try {
        // Also how a claim is lost that no notice told of.
        drop(await store.renew(renewals, leaseSeconds), new ClaimLost());
      } catch (error) {
        log(`leases were not renewed: ${messageOf(error)}`);
      }
      renewing = false;
    },
    Math.min(1000, (leaseSeconds * 1000) / 3),
  );

  return {
    work: async (delivery) => {
      if (stopping) return;
      const { claims, search } = await store.claim(delivery, parts.worker, leaseSeconds);
      for (const claim of claims) {
        held.set(keyOf(claim.searchId, claim.number, claim.attempt), {
          claim,
          abort: new AbortController(),
          curves: new CurvesSoFar(),
        });
      }
      if (stopping) drop(claims, new ShuttingDown());
      const written: Promise<void>[] = [];
      for (const claim of claims) {
        const key = keyOf(claim.searchId, claim.number, claim.attempt);
        const one = held.get(key)!;
        if (paused.has(claim.searchId)) one.abort.abort(new SearchPaused());
        const end = await runClaim(parts, search, one);
        written.push(settle(parts, committer, claim, end).finally(() => held.delete(key)));
      }
      await Promise.all(written);
    },
    stop: async () => {
      stopping = true;
      drop(
        [...held.values()].map(({ claim }) => claim),
        new ShuttingDown(),
      );
      // Whoever works gives back; the heartbeat goes on until the last has.
      while (held.size > 0) await new Promise((resolve) => setTimeout(resolve, 10));
      clearInterval(heartbeat);
      unsubscribe();
    },
  };
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
    const result = await core.run(task, {
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
    return { kind: 'result', result };
  } catch (error) {
    if (error instanceof ClaimLost) return { kind: 'lost' };
    if (error instanceof SearchPaused) return returned('handedBack', 'the search was paused');
    if (error instanceof ShuttingDown) return returned('handedBack', `worker ${parts.worker} was stopped`);
    if (error instanceof TimeLimitExceeded || error instanceof HopelessTrial)
      return returned('hopeless', error.message);
    return returned('crashed', messageOf(error));
  }
}

/** Trying again will not help. */
class HopelessTrial extends Error {}

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
      metric: specification.objective.metric,
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

function keyOf(searchId: string, number: number, attempt: number): string {
  return `${searchId} ${number} ${attempt}`;
}

/** A running trial's curves, for the lease's renewal: a page that opens now shows what one opened earlier does. */
class CurvesSoFar {
  readonly #updates: EpochUpdate[] = [];

  add(updates: readonly EpochUpdate[]): void {
    this.#updates.push(...updates);
  }

  snapshot(): { epochs: number; folds: FoldCurves[] } {
    const folds = [...new Set(this.#updates.map(({ fold }) => fold))].map((fold) => {
      const own = this.#updates.filter((update) => update.fold === fold);
      return {
        fold,
        value: null,
        initialLoss: own[0]?.initialLoss ?? null,
        trainLoss: own.map(({ trainLoss }) => trainLoss),
        trainMetric: own.map(({ trainMetric }) => trainMetric),
        validationLoss: own.map(({ validationLoss }) => validationLoss),
        validationMetric: own.map(({ validationMetric }) => validationMetric),
        learningRate: own.map(({ learningRate }) => learningRate),
      };
    });
    return { epochs: Math.max(0, ...folds.map(({ trainLoss }) => trainLoss.length)), folds };
  }
}
