/** Works off deliveries: claims trials, trains them, keeps their leases, writes what they gave. */
import {
  type ComputeCore,
  type FoldCurves,
  MemoryLimitExceeded,
  type TimedUpdate,
  TimeLimitExceeded,
  type TrialResult,
  type TrialTask,
} from '../compute/trial.ts';
import { type Look, lastingFault } from '../diagnosis/lasting.ts';
import { messageOf } from '../errors.ts';
import { isLearning } from '../search/sampler.ts';
import { reachesTarget } from './budget.ts';
import { type Committer, createCommitter } from './commit.ts';
import { deadlineOf } from './deadline.ts';
import { deliver } from './deliver.ts';
import type { HandOff } from './hand-off.ts';
import { ClaimLost, type Held, holdClaims } from './held-claims.ts';
import { settingsOf } from './hyperparameters.ts';
import { LOW_WATER, type Planner } from './planner.ts';
import type { Claim, DatasetStore, Delivery, NoticeBoard, ReturnedTrial, SearchStore, TrialQueue } from './ports.ts';
import { hasBarriers } from './pruning.ts';
import { type Epoch, isOpen, type Search } from './records.ts';
import { type Looks, looksAt, stageOf } from './stages.ts';
import { undefinedOn } from './undefined-metric.ts';

export interface RunnerParts {
  readonly store: SearchStore;
  readonly queue: TrialQueue;
  readonly planner: Planner;
  readonly handOff: HandOff;
  readonly log: (message: string) => void;
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

/** A job goes on with the next trials of its search for about this time: then it is another search's turn. */
const LONGEST_JOB_MS = 1000;

/** This process is to end: the trial goes back unharmed. */
class ShuttingDown extends Error {}
/** The trial had not begun when its search was paused: it goes back to wait. */
class SearchPaused extends Error {}
/** The seconds of the search were used up before the trial had begun. */
class OutOfTime extends Error {}
/** Trying again will not help. */
class HopelessTrial extends Error {}
const hopeless = [TimeLimitExceeded, MemoryLimitExceeded, HopelessTrial];

export function createTrialRunner(parts: RunnerParts): TrialRunner {
  const { store, board, leaseSeconds, log } = parts;
  const held = holdClaims(store, leaseSeconds, log);
  const committed: Committed = async (search, deliveries) => {
    if (!isOpen(search.state)) held.drop(({ searchId }) => searchId === search.id, new ClaimLost());
    await onCommitted(parts, search, deliveries);
  };
  const committer = createCommitter(store, log, committed);
  /** Searches whose claimed trials are not to be begun. */
  const paused = new Set<string>();
  const claimer = { worker: parts.worker, leaseSeconds };
  let stopping = false;

  const unsubscribe = board.subscribe((notice) => {
    if (notice.kind !== 'changed' && notice.kind !== 'removed') return;
    const { searchId } = notice;
    if (notice.kind === 'changed' && notice.state === 'paused') paused.add(searchId);
    else paused.delete(searchId);
    const ended = notice.kind === 'removed' || !isOpen(notice.state);
    if (ended) held.drop((claim) => claim.searchId === searchId, new ClaimLost());
  });

  /** The search as it is known when all of the claims are written or given back. */
  const runClaims = async (search: Search, claims: readonly Claim[]): Promise<Search> => {
    const holds = claims.map(held.add);
    if (endsBracket(search)) void parts.planner.plan(search.id);
    if (stopping) for (const { abort } of holds) abort.abort(new ShuttingDown());
    const deadline = deadlineOf(search, () => {
      store.endOverdue(search.id).catch((error: unknown) => log(`search ${search.id}: ${messageOf(error)}`));
    });
    const written: Promise<Search | undefined>[] = [];
    for (const hold of holds) {
      if (paused.has(search.id)) hold.abort.abort(new SearchPaused());
      if (deadline.isOver()) hold.abort.abort(new OutOfTime());
      const end = await runClaim(parts, committer, search, hold);
      const settled = settle(parts, committer, committed, hold.claim, end).finally(() => held.release(hold));
      written.push(settled);
      // What was claimed with it is begun only once it is known that the search goes on.
      if (mayEndSearch(search, end)) await settled;
    }
    const later = (await Promise.all(written)).filter((one) => one !== undefined);
    deadline.clear();
    return later.reduce((newest, one) => (one.seq > newest.seq ? one : newest), search);
  };
  /** A job goes on with the next trials of its search, where these follow from its results. */
  const work = async (delivery: Delivery): Promise<void> => {
    if (stopping) return;
    const until = performance.now() + LONGEST_JOB_MS;
    const claimed = await store.claim(delivery, claimer);
    if (!isLearning(claimed.search.specification.sampler)) {
      await runClaims(claimed.search, claimed.claims);
      return;
    }
    const leave = parts.handOff.enter(delivery.searchId);
    try {
      for (let now: typeof claimed | undefined = claimed; now !== undefined; now = await goOn(now.search, until)) {
        now = { ...now, search: await runClaims(now.search, now.claims) };
      }
    } finally {
      leave();
    }
  };
  const goOn = async (search: Search, until: number) => {
    const { waiting, planned, total } = search.trials;
    if (stopping || performance.now() >= until || search.state !== 'running') return undefined;
    if (waiting === 0 && planned === total) return undefined;
    const next = await parts.handOff.next(search.id);
    if (next === undefined) return undefined;
    return 'claim' in next ? { search: next.search, claims: [next.claim] } : store.claim(next, claimer);
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
  /** It is no longer ours: it waits at a rung, was stopped, or somebody else has it. */
  | { readonly kind: 'over' };

/** Trains one claimed trial. Never throws: whatever happens to it is an end of one kind. */
async function runClaim(parts: RunnerParts, committer: Committer, search: Search, held: Held): Promise<End> {
  const { number, attempt } = held.claim;
  const returned = (how: ReturnedTrial['how'], reason: string): End => ({
    kind: 'returned',
    returned: { number, attempt, reason, how },
  });
  try {
    return await train(parts, committer, search, held);
  } catch (error) {
    if (error instanceof ClaimLost) return { kind: 'over' };
    if (error instanceof SearchPaused) return returned('handedBack', 'the search was paused');
    if (error instanceof OutOfTime) return returned('handedBack', 'the seconds of the search are used up');
    if (error instanceof ShuttingDown) return returned('handedBack', `worker ${parts.worker} was stopped`);
    if (hopeless.some((kind) => error instanceof kind)) return returned('hopeless', messageOf(error));
    return returned('crashed', messageOf(error));
  }
}

/** From one look at it to the next, until it ends or its claim does. */
async function train(
  { board, ...parts }: RunnerParts,
  committer: Committer,
  search: Search,
  { claim, abort, curves }: Held,
): Promise<End> {
  const { searchId, number, attempt } = claim;
  const { task, limitSeconds, looks } = await taskOf({ board, ...parts }, search, claim);
  const { epochs } = task.settings;
  let resume = claim.checkpoint;
  let completed = 0;
  let durationMs = 0;
  let before: Look | undefined;
  for (;;) {
    const end = await parts.core.run(
      { ...task, resume, pauseAfter: looks.next(completed) },
      {
        signal: abort.signal,
        limitSeconds: limitSeconds - durationMs / 1000,
        onEpochs: (updates) => {
          curves.add(updates);
          board.publish(
            searchId,
            updates.map((update) => epochOf(update, { number, attempt, epochs })),
          );
        },
      },
    );
    durationMs += end.durationMs;
    if (end.outcome !== 'paused') return { kind: 'result', result: { ...end, durationMs } };
    const best = bestOf(end.folds, task);
    const now = {
      ...end,
      trainLoss: lastMean(end.folds, 'trainLoss'),
      trainMetric: lastMean(end.folds, 'trainMetric'),
    };
    const lasting = lastingFault(before, now, classesOf(task));
    before = now;
    const looked = await committer.look(searchId, { ...end, number, attempt, best, lasting, durationMs });
    if (looked === 'over') return { kind: 'over' };
    resume = end.checkpoint;
    completed = end.epochs;
  }
}

function classesOf({ dataset }: TrialTask): number {
  return dataset.task === 'classification' ? dataset.classes.length : 0;
}

/** The folds' mean in the epoch that ended last; null where one has none. */
function lastMean(folds: readonly FoldCurves[], of: 'trainLoss' | 'trainMetric'): number | null {
  const values = folds.map((fold) => fold[of].at(-1) ?? null);
  return values.reduce<number | null>(
    (sum, value) => (sum === null || value === null ? null : sum + value / values.length),
    0,
  );
}

/** What of an epoch is told live: a notice is small, the rest is stored with the curves. */
function epochOf(update: TimedUpdate, trial: Pick<Epoch, 'number' | 'attempt' | 'epochs'>): Epoch {
  const { fold, epoch, at, trainLoss, trainMetric, validationLoss, validationMetric } = update;
  const found = update.found.map(({ code }) => code);
  return {
    type: 'epoch',
    ...trial,
    fold,
    epoch,
    at,
    trainLoss,
    trainMetric,
    validationLoss,
    validationMetric,
    ...(found.length > 0 && { found }),
  };
}

/** The best, so far, of the means over the folds. */
function bestOf(folds: readonly FoldCurves[], { metric, direction }: TrialTask): number | null {
  const [first] = folds;
  if (first === undefined) return null;
  const series = metric === 'validationLoss' ? 'validationLoss' : 'validationMetric';
  const means = first[series]
    .map((_, epoch) => folds.map((fold) => fold[series][epoch] ?? null))
    .filter((values): values is number[] => values.every((value) => value !== null))
    .map((values) => values.reduce((a, b) => a + b, 0) / values.length);
  if (means.length === 0) return null;
  return direction === 'maximize' ? Math.max(...means) : Math.min(...means);
}

async function taskOf(
  parts: RunnerParts,
  search: Search,
  { number, rung, point }: Claim,
): Promise<{ task: TrialTask; limitSeconds: number; looks: Looks }> {
  const { specification, dataset: wanted } = search;
  const dataset = await parts.datasets.load(wanted.name, wanted.hash);
  if (dataset === undefined) throw new HopelessTrial(`there is no data set ${wanted.name}`);
  if (dataset.hash !== wanted.hash)
    throw new HopelessTrial(`the data set ${wanted.name} is not the one the search began with`);
  const stage = stageOf(search, number);
  if (stage === undefined) throw new HopelessTrial(`the stage of trial ${number} has not begun`);
  const settings = settingsOf(stage.hyperparameters, point);
  const undefinedMetric = undefinedOn(
    dataset,
    stage.validation,
    specification.sampler.seed,
    specification.objective.metric,
  );
  if (undefinedMetric !== undefined) throw new HopelessTrial(undefinedMetric);
  return {
    limitSeconds: specification.limits.trialSeconds,
    looks: looksAt(specification, stage, number, rung, settings.epochs),
    task: {
      settings,
      dataset,
      validation: stage.validation,
      ...specification.objective,
      divergence: specification.pruner.divergence,
      seed: specification.sampler.seed,
      trial: number,
    },
  };
}

/** Whether what became of a trial may end its search by a limit of its budget other than time and epochs. */
function mayEndSearch({ specification: { budget, objective } }: Search, end: End): boolean {
  if (end.kind === 'returned') return budget.failures !== undefined && end.returned.how !== 'handedBack';
  return end.kind === 'result' && reachesTarget(budget, end.result.value, objective.direction);
}

type Committed = (search: Search, deliveries: readonly Delivery[]) => Promise<void>;

async function settle(
  { store, log }: RunnerParts,
  committer: Committer,
  committed: Committed,
  { searchId, number, attempt }: Claim,
  end: End,
): Promise<Search | undefined> {
  if (end.kind === 'result') return committer.finish(searchId, { ...end.result, number, attempt });
  if (end.kind !== 'returned') return undefined;
  try {
    const { search, deliveries } = await store.giveBack(searchId, [end.returned]);
    await committed(search, deliveries);
  } catch (error) {
    log(`trial ${number} of ${searchId} could not be given back, its lease will run out: ${messageOf(error)}`);
  }
  return undefined;
}

/** The last trials of a bracket run, and nobody waits: other threads can begin the next. */
function endsBracket({ state, specification, trials }: Search): boolean {
  const { waiting, paused, planned, total } = trials;
  return state === 'running' && hasBarriers(specification.pruner) && waiting + paused === 0 && planned < total;
}

async function onCommitted(parts: RunnerParts, search: Search, deliveries: readonly Delivery[]): Promise<void> {
  await deliver(parts.queue, deliveries, parts.log);
  const { waiting, running, planned, total } = search.trials;
  // What the budget of epochs withheld may begin now, if those that ran left some of theirs.
  const withheld = search.specification.budget.epochs !== undefined && running === 0 && waiting > 0;
  if (search.state === 'running' && withheld) {
    await deliver(parts.queue, await parts.store.deliveries(search.id), parts.log);
  }
  if (search.state === 'running' && planned < total && waiting < LOW_WATER) void parts.planner.plan(search.id, search);
}
