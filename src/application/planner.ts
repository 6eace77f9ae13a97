/**
 * Plans the next trials of searches, adds them and delivers them. A process makes one plan per search at a time. With a sampler that learns,
 * results and the trials that follow from them are written in one transaction.
 */

import { isLearning } from '../algorithms/samplers/create-sampler.ts';
import type { Added, Finished, FinishedTrial, Plan } from '../domain/commands.ts';
import { isConfirming } from '../domain/confirmation.ts';
import { hasBarriers } from '../domain/pruner-rules.ts';
import type { Search } from '../domain/search.ts';
import { stageOf } from '../domain/stages.ts';
import { messageOf } from '../errors.ts';
import { logAbout } from '../log.ts';
import { actingFor } from './actor.ts';
import type { HandOff } from './hand-off.ts';
import { type NextTrials, type NextTrialsDependencies, nextTrials, SentHistories, WINDOW } from './next-trials.ts';
import type { SearchQueries } from './ports/search-queries.ts';
import type { SearchStore } from './ports/search-store.ts';

/** More trials are planned when fewer than this are waiting. */
export const LOW_WATER = WINDOW / 2;

export interface PlannerDependencies extends NextTrialsDependencies {
  readonly store: Pick<SearchStore, 'history' | 'addTrials' | 'finish'>;
  readonly queries: Pick<SearchQueries, 'find'>;
  readonly handOff: Pick<HandOff, 'reserve' | 'deliver'>;
}

export interface Planner {
  /**
   * Plans everything that can be planned now. Safe to call at any time and repeatedly; errors are logged, and reconciliation retries. `now` is
   * a recent state of the search, if the caller has one.
   */
  plan(searchId: string, now?: Search): Promise<void>;
  /** Plans unless enough trials are waiting. `search` is its state after a change. */
  refill(search: Search): void;
  /**
   * Writes results with the store's `finish` and adds the trials that follow from them, in the same transaction if these are known soon enough.
   * `search` is a recent state. Throws errors of the store.
   */
  finish(search: Search, results: readonly FinishedTrial[]): Promise<Finished & { readonly search: Search }>;
  /** Waits for plans in progress, and makes no new ones. */
  close(): Promise<void>;
}

const BRIEF_MS = 1000;
/** How long results wait for the proposals that follow from them. */
const SOON_MS = 25;

/** Waits at most a second, so that a new search usually shows its first trials in the response. */
export async function briefly(planned: Promise<void>): Promise<void> {
  await within(planned, BRIEF_MS);
}

/** Undefined if it takes longer. */
async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

interface Request {
  /** What to plan next: a search to read first, or a recent state from a caller. Undefined if nothing is pending. */
  next: 'read' | Search | undefined;
  readonly done: Promise<void>;
}

export function createPlanner(dependencies: PlannerDependencies, soonMs = SOON_MS): Planner {
  const { store, queries, log } = dependencies;
  const requests = new Map<string, Request>();
  const sentHistories = new SentHistories();
  let closed = false;

  const run = async (searchId: string, request: Request): Promise<void> => {
    while (request.next !== undefined && !closed) {
      const { next } = request;
      request.next = undefined;
      try {
        const search = next === 'read' ? await queries.find(searchId) : next;
        if (search !== undefined && (await planOnce(dependencies, sentHistories, search))) request.next = 'read';
      } catch (error) {
        if (!closed) log.error(`search ${searchId} was not planned: ${messageOf(error)}`);
      }
    }
    requests.delete(searchId);
  };

  const begin = (searchId: string, first: (request: Request) => Promise<void>): Request => {
    // Starts after the request is in the map.
    const done = logAbout({ searchId }, () =>
      actingFor(undefined, () =>
        Promise.resolve()
          .then(() => first(request))
          .then(() => run(searchId, request)),
      ),
    );
    const request: Request = { next: undefined, done };
    requests.set(searchId, request);
    return request;
  };

  const plan = (searchId: string, now?: Search): Promise<void> => {
    const known = requests.get(searchId);
    if (known === undefined && closed) return Promise.resolve();
    const request = known ?? begin(searchId, () => Promise.resolve());
    // Without a newer state than the pending one, the search is read.
    const isNewer = now !== undefined && request.next !== 'read' && now.seq >= (request.next?.seq ?? 0);
    request.next = isNewer ? now : 'read';
    return request.done;
  };

  const refill = (search: Search): void => {
    const { waiting, planned, total } = search.trials;
    if (isConfirming(search)) return;
    if (search.state === 'running' && planned < total && waiting < LOW_WATER) void plan(search.id, search);
  };

  const finish: Planner['finish'] = async (search, results) => {
    if (closed || requests.has(search.id) || !followsAtOnce(search)) {
      const finished = await store.finish(search.id, results);
      refill(finished.search);
      return finished;
    }
    return new Promise((resolve, reject) => {
      begin(search.id, async (request) => {
        const settle = { resolve, reject };
        const more = await finishWithNext({ ...dependencies, soonMs }, sentHistories, search, results, settle);
        if (more) request.next = 'read';
      });
    });
  };

  return {
    plan,
    refill,
    finish,
    close: async () => {
      closed = true;
      await Promise.all([...requests.values()].map(({ done }) => done));
    },
  };
}

/** Whether a single result allows more trials; with barriers only the end of a bracket does. */
function followsAtOnce({ state, specification, trials }: Search): boolean {
  const { sampler, pruner } = specification;
  return state === 'running' && trials.planned < trials.total && isLearning(sampler) && !hasBarriers(pruner);
}

/** Returns whether more can be planned immediately. */
async function planOnce(
  dependencies: PlannerDependencies,
  sentHistories: SentHistories,
  search: Search,
): Promise<boolean> {
  const { plan, more } = await nextTrials(dependencies, sentHistories, search);
  const isPartial = plan !== undefined && (await addPlan(dependencies, search.id, plan));
  return more || isPartial;
}

/** Returns whether part of the plan was dropped because the history has changed. */
async function addPlan({ store, handOff }: PlannerDependencies, id: string, plan: Plan): Promise<boolean> {
  const { added } = await writeAndHandOver(handOff, id, plan, async (claiming) => {
    const { search, ...next } = await store.addTrials(id, claiming);
    return { added: next.added, next, search };
  });
  return added < plan.trials.length;
}

interface Settle {
  readonly resolve: (finished: Awaited<ReturnType<Planner['finish']>>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Plans as if the results were written, then writes results and plan together; if planning takes too long, the plan is added afterwards.
 * Settles when the results are written or have failed; never throws. Returns whether more can be planned immediately.
 */
async function finishWithNext(
  dependencies: PlannerDependencies & { readonly soonMs: number },
  sentHistories: SentHistories,
  search: Search,
  results: readonly FinishedTrial[],
  { resolve, reject }: Settle,
): Promise<boolean> {
  const { store, handOff, log, soonMs } = dependencies;
  const { id } = search;
  const planned = nextTrials(dependencies, sentHistories, search, results).catch((error: unknown): NextTrials => {
    log.error(`search ${id} was not planned: ${messageOf(error)}`);
    return { more: true };
  });
  const soon = (await within(planned, soonMs))?.plan;
  let isCertain = false;
  try {
    const finished =
      soon === undefined
        ? await store.finish(id, results)
        : await writeAndHandOver(handOff, id, soon, (claiming) => store.finish(id, results, claiming));
    resolve(finished);
    const { plan, seq, more } = await planned;
    isCertain = finished.accepted.length === results.length;
    if (!isCertain) return true;
    const isLate = plan !== undefined && soon === undefined;
    const isPartial = isLate
      ? await addPlan(dependencies, id, plan)
      : (finished.next?.added ?? 0) < (plan?.trials.length ?? 0);
    // Writes of others between the history and these results may allow more trials.
    return more || isPartial || finished.seqBefore !== seq;
  } catch (error) {
    reject(error);
    await planned;
    return true;
  } finally {
    // The thread was sent results that were not written.
    const stage = stageOf(search, search.trials.planned);
    if (!isCertain && stage !== undefined) sentHistories.forget(search, stage);
  }
}

/** Hands the first trials of a plan to waiting workers and delivers the rest. */
async function writeAndHandOver<T extends { readonly search: Search; readonly next?: Added | undefined }>(
  handOff: PlannerDependencies['handOff'],
  id: string,
  plan: Plan,
  write: (claiming: Plan) => Promise<T>,
): Promise<T> {
  const reservation = handOff.reserve(id);
  let written: T | undefined;
  try {
    written = await write({ ...plan, claimer: reservation.claimer });
  } finally {
    const search = written?.search;
    const claims = written?.next?.claims ?? [];
    reservation.fulfill(search === undefined ? [] : claims.map((claim) => ({ search, claim })));
  }
  await handOff.deliver(written.next?.deliveries ?? []);
  return written;
}
