/**
 * Adds the next trials of searches, and hands them to the queue. One plan of a search is made at a time in a process; where its sampler learns,
 * results and the trials that follow from them are written together.
 */

import { isLearning } from '../algorithms/samplers/create-sampler.ts';
import type { Added, Finished, FinishedTrial, Plan } from '../domain/commands.ts';
import type { Search } from '../domain/search.ts';
import { hasBarriers } from '../domain/specification/pruners.ts';
import { stageOf } from '../domain/stages.ts';
import { messageOf } from '../errors.ts';
import type { HandOff } from './hand-off.ts';
import { Knowledge, type NextTrials, type NextTrialsDependencies, nextTrials, WINDOW } from './next-trials.ts';
import type { SearchQueries, SearchStore } from './ports.ts';

/** A new plan is due when fewer trials than this wait. */
export const LOW_WATER = WINDOW / 2;

export interface PlannerDependencies extends NextTrialsDependencies {
  readonly store: Pick<SearchStore, 'history' | 'addTrials' | 'finish'>;
  readonly queries: Pick<SearchQueries, 'find'>;
  readonly handOff: Pick<HandOff, 'reserve' | 'deliver'>;
}

export interface Planner {
  /**
   * Plans all that can be planned now. Safe to call at any time, by anyone, any number of times; what fails is logged, and done again by the
   * next sweep. `now` is the search as it was a moment ago, where the caller has it.
   */
  plan(searchId: string, now?: Search): Promise<void>;
  /** Plans, unless enough trials wait. `search` as it was after a change. */
  refill(search: Search): void;
  /**
   * Writes results with the store's `finish`, and adds the trials that follow from them: in the same transaction where these are known soon.
   * `search` as it was a moment ago. Throws what the store throws.
   */
  finish(search: Search, results: readonly FinishedTrial[]): Promise<Finished & { readonly search: Search }>;
  /** Ends what is being planned. */
  close(): Promise<void>;
}

const BRIEF_MS = 1000;
/** So long results wait for the proposals that follow from them. */
const SOON_MS = 25;

/** Waits for it, but not for long: who has begun a search finds its first trials, unless a sampler of another is still thinking. */
export async function briefly(planned: Promise<void>): Promise<void> {
  await within(planned, BRIEF_MS);
}

/** Undefined where it takes longer. */
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
  /** What is to be planned next: the search as it is then, or as a caller knew it a moment ago. Undefined where nothing is. */
  next: 'read' | Search | undefined;
  readonly done: Promise<void>;
}

export function createPlanner(dependencies: PlannerDependencies, soonMs = SOON_MS): Planner {
  const { store, queries, log } = dependencies;
  const requests = new Map<string, Request>();
  const knowledge = new Knowledge();
  let closed = false;

  const run = async (searchId: string, request: Request): Promise<void> => {
    while (request.next !== undefined && !closed) {
      const { next } = request;
      request.next = undefined;
      try {
        const search = next === 'read' ? await queries.find(searchId) : next;
        if (search !== undefined && (await planOnce(dependencies, knowledge, search))) request.next = 'read';
      } catch (error) {
        if (!closed) log.error(`search ${searchId} was not planned: ${messageOf(error)}`);
      }
    }
    requests.delete(searchId);
  };

  const begin = (searchId: string, first: (request: Request) => Promise<void>): Request => {
    // Begins when the request is in the map.
    const done = Promise.resolve()
      .then(() => first(request))
      .then(() => run(searchId, request));
    const request: Request = { next: undefined, done };
    requests.set(searchId, request);
    return request;
  };

  const plan = (searchId: string, now?: Search): Promise<void> => {
    const known = requests.get(searchId);
    if (known === undefined && closed) return Promise.resolve();
    const request = known ?? begin(searchId, () => Promise.resolve());
    // Who has no newer search than others asks for one that is read.
    const isNewer = now !== undefined && request.next !== 'read' && now.seq >= (request.next?.seq ?? 0);
    request.next = isNewer ? now : 'read';
    return request.done;
  };

  const refill = (search: Search): void => {
    const { waiting, planned, total } = search.trials;
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
        const more = await finishWithNext({ ...dependencies, soonMs }, knowledge, search, results, settle);
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

/** Under rungs it is the end of a bracket that decides, not a single result. */
function followsAtOnce({ state, specification, trials }: Search): boolean {
  const { sampler, pruner } = specification;
  return state === 'running' && trials.planned < trials.total && isLearning(sampler) && !hasBarriers(pruner);
}

/** Whether more can be planned at once. */
async function planOnce(dependencies: PlannerDependencies, knowledge: Knowledge, search: Search): Promise<boolean> {
  const { plan, more } = await nextTrials(dependencies, knowledge, search);
  const isPartial = plan !== undefined && (await addPlan(dependencies, search.id, plan));
  return more || isPartial;
}

/** Whether some of the plan was not added: it no longer followed from the history. */
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
 * Plans as if the results were written, and writes them with the plan, or without it where that takes too long: then the plan is added after
 * them. Settles when the results are written or are not; never throws. Whether more can be planned at once.
 */
async function finishWithNext(
  dependencies: PlannerDependencies & { readonly soonMs: number },
  knowledge: Knowledge,
  search: Search,
  results: readonly FinishedTrial[],
  { resolve, reject }: Settle,
): Promise<boolean> {
  const { store, handOff, log, soonMs } = dependencies;
  const { id } = search;
  const planned = nextTrials(dependencies, knowledge, search, results).catch((error: unknown): NextTrials => {
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
    // What others wrote between the history and these results may be what the next trial waits for.
    return more || isPartial || finished.seqBefore !== seq;
  } catch (error) {
    reject(error);
    await planned;
    return true;
  } finally {
    // The thread was sent results that the search does not have.
    const stage = stageOf(search, search.trials.planned);
    if (!isCertain && stage !== undefined) knowledge.forget(search, stage);
  }
}

/** The first trials of a plan go to workers that wait for them, the rest to the queue. */
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
    reservation.give(search === undefined ? [] : claims.map((claim) => ({ search, claim })));
  }
  await handOff.deliver(written.next?.deliveries ?? []);
  return written;
}
