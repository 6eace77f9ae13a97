/** Works off deliveries: claims trials, trains them, keeps their leases, writes what they gave. */

import { isLearning } from '../algorithms/samplers/create-sampler.ts';
import { type ComputeCore, MemoryLimitExceeded, TimeLimitExceeded } from '../compute/trial.ts';
import type { Claim, Delivery, ReturnedTrial } from '../domain/commands.ts';
import { isOpen, type Search } from '../domain/search.ts';
import { reachesTarget } from '../domain/specification/budget.ts';
import { hasBarriers } from '../domain/specification/pruners.ts';
import { HopelessTrial } from '../domain/trial-task.ts';
import { messageOf, stackOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { deadlineOf } from './deadline.ts';
import { deliver } from './deliver.ts';
import type { HandOff, Place } from './hand-off.ts';
import { ClaimLost, createLeaseManager, type Held } from './lease-manager.ts';
import type { Planner } from './planner.ts';
import type { DatasetStore, PubSub, SearchStore, TrialQueue } from './ports.ts';
import { createResultBatcher, type ResultBatcher } from './result-batcher.ts';
import { type Trained, train } from './train-trial.ts';

export interface RunnerDependencies {
  readonly store: SearchStore;
  readonly queue: TrialQueue;
  readonly planner: Planner;
  readonly handOff: HandOff;
  readonly log: Log;
  readonly datasets: DatasetStore;
  readonly core: ComputeCore;
  readonly board: PubSub;
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
const hopeless = [TimeLimitExceeded, MemoryLimitExceeded, HopelessTrial];

export function createTrialRunner(parts: RunnerDependencies): TrialRunner {
  const { store, board, leaseSeconds, log } = parts;
  const held = createLeaseManager(store, leaseSeconds, log);
  const committed: Committed = async (search, deliveries) => {
    if (!isOpen(search.state)) held.drop(({ searchId }) => searchId === search.id, new ClaimLost());
    await onCommitted(parts, search, deliveries);
  };
  const reportValue: SearchStore['reportValue'] = async (searchId, report) => {
    const reported = await store.reportValue(searchId, report);
    parts.planner.refill(reported.search);
    return reported;
  };
  const batcher = createResultBatcher({ finish: parts.planner.finish, reportValue }, log, committed);
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

  /** The search as it is known when all of the claims are written or given back. `onTrained`: all are trained, the last is to be written. */
  const runClaims = async (
    search: Search,
    claims: readonly Claim[],
    onTrained: () => void = () => undefined,
  ): Promise<Search> => {
    const holds = claims.map(held.add);
    if (endsBracket(search)) void parts.planner.plan(search.id);
    if (stopping) for (const { abort } of holds) abort.abort(new ShuttingDown());
    const deadline = deadlineOf(search, () => {
      store.endOverdue(search.id).catch((error: unknown) => log.error(`search ${search.id}: ${messageOf(error)}`));
    });
    const written: Promise<Search | undefined>[] = [];
    for (const hold of holds) {
      if (paused.has(search.id)) hold.abort.abort(new SearchPaused());
      if (deadline.isOver()) hold.abort.abort(new OutOfTime());
      const end = await runClaim(parts, batcher, search, hold);
      if (hold === holds.at(-1)) onTrained();
      const settled = settle(parts, batcher, committed, search, hold.claim, end).finally(() => held.release(hold));
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
      for (let now: typeof claimed | undefined = claimed; now !== undefined; ) {
        let place: Place | undefined;
        const search = await runClaims(now.search, now.claims, () => {
          // The next trial may be written with this result, and is this worker's then.
          if (!stopping && performance.now() < until) place = parts.handOff.wait(delivery.searchId);
        });
        now = await goOn(search, place, until);
      }
    } finally {
      leave();
    }
  };
  const goOn = async (search: Search, place: Place | undefined, until: number) => {
    const { waiting, planned, total } = search.trials;
    const isOver = search.state !== 'running' || (waiting === 0 && planned === total);
    const stays = !stopping && performance.now() < until && !isOver;
    const next = await (stays ? (place ?? parts.handOff.wait(search.id)).next() : place?.leave());
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

type End = Trained | { readonly kind: 'returned'; readonly returned: ReturnedTrial };

/** Trains one claimed trial. Never throws: whatever happens to it is an end of one kind. */
async function runClaim(parts: RunnerDependencies, batcher: ResultBatcher, search: Search, held: Held): Promise<End> {
  const { number, attempt } = held.claim;
  const returned = (how: ReturnedTrial['how'], reason: string): End => ({
    kind: 'returned',
    returned: { number, attempt, reason, how },
  });
  try {
    return await train(parts, batcher, search, held);
  } catch (error) {
    if (error instanceof ClaimLost) return { kind: 'over' };
    if (error instanceof SearchPaused) return returned('handedBack', 'the search was paused');
    if (error instanceof OutOfTime) return returned('handedBack', 'the seconds of the search are used up');
    if (error instanceof ShuttingDown) return returned('handedBack', `worker ${parts.worker} was stopped`);
    if (hopeless.some((kind) => error instanceof kind)) return returned('hopeless', messageOf(error));
    parts.log.warn(`trial ${number} of ${search.id} crashed: ${stackOf(error)}`);
    return returned('crashed', messageOf(error));
  }
}

/** Whether what became of a trial may end its search by a limit of its budget other than time and epochs. */
function mayEndSearch({ specification: { budget, objective } }: Search, end: End): boolean {
  if (end.kind === 'returned') return budget.failures !== undefined && end.returned.how !== 'handedBack';
  return end.kind === 'result' && reachesTarget(budget, end.result.value, objective.direction);
}

type Committed = (search: Search, deliveries: readonly Delivery[]) => Promise<void>;

async function settle(
  { store, planner, log }: RunnerDependencies,
  batcher: ResultBatcher,
  committed: Committed,
  search: Search,
  { searchId, number, attempt }: Claim,
  end: End,
): Promise<Search | undefined> {
  if (end.kind === 'result') return batcher.finish(search, { ...end.result, number, attempt });
  if (end.kind !== 'returned') return undefined;
  try {
    const back = await store.release(searchId, [end.returned]);
    await committed(back.search, back.deliveries);
    planner.refill(back.search);
  } catch (error) {
    log.error(`trial ${number} of ${searchId} could not be given back, its lease will run out: ${messageOf(error)}`);
  }
  return undefined;
}

/** The last trials of a bracket run, and nobody waits: other threads can begin the next. */
function endsBracket({ state, specification, trials }: Search): boolean {
  const { waiting, paused, planned, total } = trials;
  return state === 'running' && hasBarriers(specification.pruner) && waiting + paused === 0 && planned < total;
}

async function onCommitted(parts: RunnerDependencies, search: Search, deliveries: readonly Delivery[]): Promise<void> {
  await deliver(parts.queue, deliveries, parts.log);
  const { waiting, running } = search.trials;
  // What the budget of epochs withheld may begin now, if those that ran left some of theirs.
  const withheld = search.specification.budget.epochs !== undefined && running === 0 && waiting > 0;
  if (search.state === 'running' && withheld) {
    await deliver(parts.queue, await parts.store.deliveries(search.id), parts.log);
  }
}
