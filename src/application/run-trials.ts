/** Runs deliveries: claims trials, trains them, keeps their leases and writes their results. */

import { isLearning } from '../algorithms/samplers/create-sampler.ts';
import { type ComputeCore, MemoryLimitExceeded, TimeLimitExceeded } from '../compute/trial.ts';
import type { Claim, Delivery, ReturnedTrial } from '../domain/commands.ts';
import { nextDependsOnResults } from '../domain/jobs.ts';
import { hasBarriers } from '../domain/pruner-rules.ts';
import { isOpen, type Search } from '../domain/search.ts';
import { reachesTarget } from '../domain/specification/budget.ts';
import { HopelessTrial } from '../domain/trial-task.ts';
import { messageOf, stackOf } from '../errors.ts';
import { type Log, logAbout } from '../log.ts';
import { deadlineOf } from './deadline.ts';
import { deliver } from './deliver.ts';
import { createFairShare } from './fair-share.ts';
import type { HandOff, WaitHandle } from './hand-off.ts';
import { ClaimLost, createLeaseManager, type Lease } from './lease-manager.ts';
import type { Planner } from './planner.ts';
import type { DatasetStore } from './ports/dataset-store.ts';
import type { PubSub, TrialQueue } from './ports/messages.ts';
import type { Claimed, SearchStore } from './ports/search-store.ts';
import { createResultBatcher, type ResultBatcher } from './result-batcher.ts';
import { currentSpan, inSpan, type SpanAttributes, type Tracing, within } from './tracing.ts';
import { type TrainDependencies, type Trained, train } from './train-trial.ts';
import { createUnwrittenJobs } from './unwritten-jobs.ts';

export interface RunnerDependencies {
  readonly store: SearchStore;
  readonly queue: TrialQueue;
  readonly planner: Planner;
  readonly handOff: HandOff;
  readonly log: Log;
  readonly datasets: DatasetStore;
  readonly core: ComputeCore;
  readonly pubSub: PubSub;
  readonly tracing: Tracing;
  /** Name of this process in logs and records. */
  readonly worker: string;
  readonly leaseSeconds: number;
  /** How many trials it trains at a time. */
  readonly threads: number;
}

export interface TrialRunner {
  /** Runs the waiting trials of a delivery, or others whose turn it is; resolves when all of them are written or released. */
  work(delivery: Delivery): Promise<void>;
  /** Aborts running trials and releases them for other processes. */
  stop(): Promise<void>;
}

/** A job continues with the next trials of its search for about this long, then other searches get a turn. */
const MAX_JOB_MS = 1000;

/** Per thread: as many as are trained while results gather until they are written. */
const UNWRITTEN_JOBS = 2;

/** This process is shutting down: the trial is released and does not count as crashed. */
class ShuttingDown extends Error {}
/** The search was paused before the trial started: it waits again. */
class SearchPaused extends Error {}
/** The seconds of the search were used up before the trial started. */
class OutOfTime extends Error {}
const hopeless = [TimeLimitExceeded, MemoryLimitExceeded, HopelessTrial];

export function createTrialRunner(dependencies: RunnerDependencies): TrialRunner {
  const { store, pubSub, leaseSeconds, log, threads } = dependencies;
  const leases = createLeaseManager(store, leaseSeconds, log);
  const committed: Committed = async (search, deliveries) => {
    if (!isOpen(search.state)) leases.abort(({ searchId }) => searchId === search.id, new ClaimLost());
    await onCommitted(dependencies, search, deliveries);
  };
  const reportValue: SearchStore['reportValue'] = async (searchId, report) => {
    const reported = await store.reportValue(searchId, report);
    dependencies.planner.refill(reported.search);
    return reported;
  };
  const pauseAtRungs: SearchStore['pauseAtRungs'] = async (searchId, reports) => {
    const paused = await store.pauseAtRungs(searchId, reports);
    dependencies.planner.refill(paused.search);
    return paused;
  };
  const writes = { finish: dependencies.planner.finish, pauseAtRungs, reportValue };
  const batcher = createResultBatcher(writes, log, committed);
  /** Searches whose claimed trials must not be started. */
  const paused = new Set<string>();
  const fairShare = createFairShare(store);
  const claimer = { worker: dependencies.worker, leaseSeconds };
  const goOnOnceTrained = createUnwrittenJobs(UNWRITTEN_JOBS * threads, log);
  let stopping = false;

  const unsubscribe = pubSub.subscribe((message) => {
    if (message.kind !== 'changed' && message.kind !== 'removed') return;
    const { searchId } = message;
    if (message.kind === 'changed' && message.state === 'paused') {
      paused.add(searchId);
      leases.revoke((claim) => claim.searchId === searchId, new SearchPaused());
    } else paused.delete(searchId);
    const ended = message.kind === 'removed' || !isOpen(message.state);
    if (ended) leases.abort((claim) => claim.searchId === searchId, new ClaimLost());
  });

  /** Returns the newest known state of the search when all claims are written or released. `onTrained` is called before the last is written. */
  const runClaims = async (
    search: Search,
    claims: readonly Claim[],
    onTrained: () => void = () => undefined,
  ): Promise<Search> => {
    const held = claims.map(leases.add);
    if (endsBracket(search)) void dependencies.planner.plan(search.id);
    if (stopping) for (const { abort } of held) abort.abort(new ShuttingDown());
    const deadline = deadlineOf(search, () => {
      store.endOverdue(search.id).catch((error: unknown) => log.error(`search ${search.id}: ${messageOf(error)}`));
    });
    const together = isSeries(search, claims);
    const core = together ? dependencies.core.series() : dependencies.core;
    const written: Promise<Search | undefined>[] = [];
    const runOne = async (lease: Lease): Promise<void> => {
      if (paused.has(search.id)) lease.revoke.abort(new SearchPaused());
      if (deadline.isOver()) lease.abort.abort(new OutOfTime());
      const span = currentSpan().child('trial', { attributes: attributesOf(lease.claim, dependencies.worker) });
      const end = await within(span, () => runClaim({ ...dependencies, core }, batcher, search, lease));
      if (lease === held.at(-1)) onTrained();
      const writing = () => settle(dependencies, batcher, committed, search, lease.claim, end);
      const settled = inSpan(span, 'write result', writing).finally(() => {
        leases.release(lease);
        span.set({ 'trial.end': end.kind });
        span.end({ error: end.kind === 'returned' ? end.returned.reason : undefined });
      });
      written.push(settled);
      // Start the next claimed trial only once it is known that the search continues.
      if (mayEndSearch(search, end)) await settled;
    };
    const runNamed = (lease: Lease) => {
      const { number: trial, attempt } = lease.claim;
      return logAbout({ searchId: search.id, trial, attempt }, () => runOne(lease));
    };
    if (together) await Promise.all(held.map(runNamed));
    else for (const lease of held) await runNamed(lease);
    const later = (await Promise.all(written)).filter((one) => one !== undefined);
    deadline.clear();
    return later.reduce((newest, one) => (one.seq > newest.seq ? one : newest), search);
  };
  /** Where results allow more trials, because a sampler learns or others were compared at a rung, a job continues with the next ones of its search. */
  const work = async (delivery: Delivery): Promise<void> => {
    let offered: Delivery | undefined = delivery;
    while (!stopping) {
      const startedAt = Date.now();
      const claimed = await fairShare.claim(offered, claimer);
      if (claimed === undefined) return;
      const { id, traceparent } = claimed.search;
      const attributes = { 'search.id': id, worker: dependencies.worker, trials: claimed.claims.length };
      // What the queue offers need not be what is claimed: the trace is that of the search, with a link to the job.
      const link = currentSpan().traceparent;
      const span = dependencies.tracing.start('claim', traceparent, { startedAt, attributes, link });
      span.end();
      const { owesDelivery } = await within(span, () => runClaimed(claimed));
      // Of what had to wait for the limit of its project the deliveries are over: who has room now takes the next ones.
      if (!claimed.isRunningLimited && !owesDelivery) return;
      offered = undefined;
    }
  };
  const runClaimed = async (claimed: Claimed): Promise<Left> => {
    const from = performance.now();
    try {
      if (nextDependsOnResults(claimed.search.specification)) return await stayWith(claimed, from + MAX_JOB_MS);
      const run = (onTrained?: () => void) => runClaims(claimed.search, claimed.claims, onTrained);
      // Where results decide whether the next trials may start, they are waited for.
      if (claimed.isRunningLimited || !isFree(claimed.search)) await run();
      else await goOnOnceTrained(run);
      return { owesDelivery: false };
    } finally {
      fairShare.used(claimed.search.id, (performance.now() - from) / 1000);
    }
  };
  /** Runs trials of one search, until none follows or others get a turn. */
  const stayWith = async (claimed: Next, until: number): Promise<Left> => {
    const { id } = claimed.search;
    const leave = dependencies.handOff.enter(id);
    try {
      for (let now: Next = claimed; ; ) {
        let handle: WaitHandle | undefined;
        const search = await runClaims(now.search, now.claims, () => {
          // The next trial may be added in the same transaction as this result, and claimed for this worker.
          if (!stopping && performance.now() < until) handle = dependencies.handOff.wait(id);
        });
        const next = await nextClaims(search, handle, until);
        if (next === undefined) return { owesDelivery: false };
        if (next.claims.length === 0) return { owesDelivery: true };
        now = next;
      }
    } finally {
      leave();
    }
  };
  /** Without claims if others were faster with the delivery that was handed over. */
  const nextClaims = async (
    search: Search,
    handle: WaitHandle | undefined,
    until: number,
  ): Promise<Next | undefined> => {
    const mayStay = !stopping && performance.now() < until;
    const now = handle ?? (mayStay ? dependencies.handOff.wait(search.id) : undefined);
    const next = await (mayStay && isFollowed(search) ? now?.next() : now?.cancel());
    if (next === undefined) return undefined;
    if ('claim' in next) return { search: next.search, claims: [next.claim] };
    return store.claim(next, claimer);
  };
  const stop = async (): Promise<void> => {
    stopping = true;
    leases.abort(() => true, new ShuttingDown());
    // Leases are renewed until the last trial is released.
    while (leases.size > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    leases.stop();
    unsubscribe();
  };
  return { work, stop };
}

type Next = Pick<Claimed, 'search' | 'claims'>;

/**
 * How a worker left a search. It owes a delivery if it was handed one whose trials another worker had claimed: that one was offered a delivery
 * by the queue, which is now nobody's.
 */
interface Left {
  readonly owesDelivery: boolean;
}

function attributesOf({ searchId, number, attempt }: Claim, worker: string): SpanAttributes {
  return { 'search.id': searchId, 'trial.number': number, 'trial.attempt': attempt, worker };
}

type End = Trained | { readonly kind: 'returned'; readonly returned: ReturnedTrial };

/** Trains one claimed trial. Never throws. */
async function runClaim(
  dependencies: TrainDependencies & Pick<RunnerDependencies, 'log' | 'worker'>,
  batcher: ResultBatcher,
  search: Search,
  lease: Lease,
): Promise<End> {
  const { number, attempt } = lease.claim;
  const returned = (how: ReturnedTrial['how'], reason: string): End => ({
    kind: 'returned',
    returned: { number, attempt, reason, how },
  });
  try {
    return await train(dependencies, batcher, search, lease);
  } catch (error) {
    if (error instanceof ClaimLost) return { kind: 'over' };
    if (error instanceof SearchPaused) return returned('handedBack', 'the search was paused');
    if (error instanceof OutOfTime) return returned('handedBack', 'the time budget of the search is used up');
    if (error instanceof ShuttingDown) return returned('handedBack', `worker ${dependencies.worker} was stopped`);
    if (hopeless.some((kind) => error instanceof kind)) return returned('hopeless', messageOf(error));
    dependencies.log.warn(`trial ${number} of ${search.id} crashed: ${stackOf(error)}`);
    return returned('crashed', messageOf(error));
  }
}

/** Whether claimed trials can be sent to a thread at once: none asks whether to go on, and no outcome decides whether the next one starts. */
function isSeries(search: Search, claims: readonly Claim[]): boolean {
  const { pruner } = search.specification;
  return claims.length > 1 && (pruner.type === 'none' || hasBarriers(pruner)) && isFree(search);
}

/** Whether no outcome decides that the search ends. */
function isFree({ specification: { budget } }: Search): boolean {
  return budget.failures === undefined && budget.target === undefined && budget.seconds === undefined;
}

/** Whether a worker should wait for more trials of the search: none is in the queue, and results of others may allow some. */
function isFollowed({ state, specification: { sampler, pruner }, trials }: Search): boolean {
  const { waiting, running, paused, planned, total } = trials;
  if (state !== 'running') return false;
  const mayPromote = hasBarriers(pruner) && running + paused > 0;
  // Those of a sampler that does not learn are in the queue as soon as they are planned.
  if (!isLearning(sampler)) return waiting === 0 && mayPromote;
  return waiting > 0 || planned < total || mayPromote;
}

/** Whether the outcome of a trial may end its search through the budget limits `failures` or `target`. */
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
  if (end.kind === 'paused') return batcher.pause(search, end.report);
  if (end.kind !== 'returned') return undefined;
  try {
    const back = await store.release(searchId, [end.returned]);
    await committed(back.search, back.deliveries);
    planner.refill(back.search);
  } catch (error) {
    log.error(`trial ${number} of ${searchId} could not be released, its lease will expire: ${messageOf(error)}`);
  }
  return undefined;
}

/** Whether the last trials of a bracket are running, so that idle threads could start the next bracket. */
function endsBracket({ state, specification, trials }: Search): boolean {
  const { waiting, paused, planned, total } = trials;
  return state === 'running' && hasBarriers(specification.pruner) && waiting + paused === 0 && planned < total;
}

async function onCommitted(
  dependencies: RunnerDependencies,
  search: Search,
  deliveries: readonly Delivery[],
): Promise<void> {
  await dependencies.handOff.deliver(deliveries);
  const { waiting, running } = search.trials;
  // Trials withheld by the budget of epochs may start now, if the finished ones used fewer epochs than reserved.
  const withheld = search.specification.budget.epochs !== undefined && running === 0 && waiting > 0;
  if (search.state === 'running' && withheld) {
    await deliver(dependencies.queue, await dependencies.store.deliveries(search.id), dependencies.log);
  }
}
