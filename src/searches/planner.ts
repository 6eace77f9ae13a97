/**
 * Decides the next trials of searches and hands them to the queue.
 *
 * A plan is made outside of any transaction, from a history that was read, and proposed in a thread; then one short transaction adds what
 * still fits. What is planned is a function of the history alone, so it does not matter who plans, how often, or how many at once.
 */
import { messageOf } from '../errors.ts';
import { narrow } from '../search/narrow.ts';
import { isLearning } from '../search/sampler.ts';
import { boundsOf } from './bounds.ts';
import type { HandedOver, HandOff } from './hand-off.ts';
import { inJobs } from './jobs.ts';
import type { History, SearchQueries, SearchStore } from './ports.ts';
import type { Propose } from './proposals.ts';
import type { Search } from './records.ts';
import { type DatasetFacts, samplerOf } from './specification.ts';
import type { Settings, StageSettings } from './stage-settings.ts';
import { type BegunStage, bracketIn, type Stage, stageOf, withEpochs } from './stages.ts';

/** How many trials wait as rows: enough that no thread ever waits for a decision, few enough that a grid of millions is light. */
const WINDOW = 512;
/** A new decision is due when fewer than this many wait. */
export const LOW_WATER = WINDOW / 2;

export interface PlannerDependencies {
  readonly store: Pick<SearchStore, 'history' | 'addTrials'>;
  readonly queries: Pick<SearchQueries, 'find'>;
  readonly handOff: Pick<HandOff, 'reserve' | 'deliver'>;
  readonly facts: (name: string, hash?: string) => Promise<DatasetFacts | undefined>;
  readonly propose: Propose;
  readonly log: (message: string) => void;
}

export interface Planner {
  /**
   * Plans all that can be planned now. Safe to call at any time, by anyone, any number of times; what fails is logged, and done again by the
   * next sweep. `now` is the search as it was a moment ago, where the caller has it.
   */
  plan(searchId: string, now?: Search): Promise<void>;
  /** Ends what is being planned. */
  close(): Promise<void>;
}

const BRIEF_MS = 1000;

/** Waits for it, but not for long: who has begun a search finds its first trials, unless a sampler of another is still thinking. */
export async function briefly(planned: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, BRIEF_MS);
  });
  await Promise.race([planned, enough]);
  clearTimeout(timer);
}

interface Request {
  /** Something changed since it last looked. */
  again: boolean;
  /** The newest state of the search that a caller had. */
  now: Search | undefined;
  readonly done: Promise<void>;
}

export function createPlanner(dependencies: PlannerDependencies): Planner {
  const { log } = dependencies;
  const requests = new Map<string, Request>();
  const knowledge = new Knowledge();
  let closed = false;

  const run = async (searchId: string, request: Request): Promise<void> => {
    while (request.again && !closed) {
      const { now } = request;
      request.again = false;
      request.now = undefined;
      try {
        const search = now ?? (await dependencies.queries.find(searchId));
        if (search !== undefined && (await planOnce(dependencies, knowledge, search))) request.again = true;
      } catch (error) {
        if (!closed) log(`search ${searchId} was not planned: ${messageOf(error)}`);
      }
    }
    requests.delete(searchId);
  };

  return {
    plan: (searchId, now) => {
      const known = requests.get(searchId);
      if (known !== undefined) {
        known.again = true;
        if (now !== undefined && now.seq >= (known.now?.seq ?? 0)) known.now = now;
        return known.done;
      }
      if (closed) return Promise.resolve();
      // Begins when the request is in the map.
      const done = Promise.resolve().then(() => run(searchId, request));
      const request: Request = { again: true, now, done };
      requests.set(searchId, request);
      return done;
    },
    close: async () => {
      closed = true;
      await Promise.all([...requests.values()].map(({ done }) => done));
    },
  };
}

/** What the proposing thread was sent of the histories of searches. */
class Knowledge {
  readonly #known = new Map<string, { readonly version: number; readonly since: number }>();

  /** The first trial of the stage that is to be read and sent. */
  since(search: Search, stage: Stage): number {
    return this.#known.get(keyOf(search, stage))?.since ?? stage.from;
  }

  isOf(search: Search, stage: Stage, version: number): boolean {
    const known = this.#known.get(keyOf(search, stage));
    return known === undefined || known.version === version;
  }

  forget(search: Search, stage: Stage): void {
    this.#known.delete(keyOf(search, stage));
  }

  set(search: Search, stage: Stage, version: number, since: number): void {
    this.forget(search, stage);
    this.#known.set(keyOf(search, stage), { version, since });
    if (this.#known.size > MAX_KNOWN) this.#known.delete(this.#known.keys().next().value!);
  }
}
const MAX_KNOWN = 1000;

function keyOf({ id }: Search, { index }: Stage): string {
  return `${id} ${index}`;
}

/** Whether more can be planned at once. */
async function planOnce(
  { store, handOff, facts, propose, log }: PlannerDependencies,
  knowledge: Knowledge,
  search: Search,
): Promise<boolean> {
  const { id, specification } = search;
  if (search.state !== 'running') return false;
  const { total, planned: from, waiting, paused } = search.trials;
  const room = Math.min(WINDOW - waiting, total - from);
  if (room <= 0) return false;
  const dataset = await facts(search.dataset.name, search.dataset.hash);
  if (dataset === undefined) {
    log(`search ${id} waits: there is no data set ${search.dataset.name}`);
    return false;
  }
  const current = stageOf(search, from);
  const begun = current === undefined ? await beginStage(store, search) : undefined;
  const stage = current ?? begun?.stage;
  if (stage === undefined) return false;
  const bracket = bracketIn(specification, stage, from);
  // Who waits at a rung will go on, and before others begin: a search goes through its brackets one after the other.
  if (from === bracket?.from && waiting + paused > 0) return false;

  const count = Math.min(from + room, bracket?.to ?? stage.to) - from;
  const since = knowledge.since(search, stage);
  const history = isLearning(specification.sampler)
    ? await store.history(id, since, bracket?.rungs[0]?.epochs)
    : undefined;
  if (history !== undefined && !knowledge.isOf(search, stage, history.version)) {
    knowledge.forget(search, stage);
    return true;
  }
  // Trials that were added since the search was read are proposed again, and come out the same.
  const trials = history?.trials.filter(({ number }) => number < from) ?? [];
  const key = `${keyOf(search, stage)} ${history?.version ?? 0}`;
  const answer = await propose({ key, specification, stage, from, count, since, trials });
  if (history !== undefined) knowledge.set(search, stage, history.version, answer.since);
  if (answer.kind === 'incomplete') return true;
  if (answer.points.length === 0) return false;
  const reservation = handOff.reserve(id);
  let handedOver: readonly HandedOver[] = [];
  try {
    const { added, claims, deliveries, ...after } = await store.addTrials(id, {
      from,
      trials: inJobs(answer.points, from, specification, stage, dataset),
      version: begun?.version ?? history?.version,
      ...(begun && { begins: { stage: begunStageOf(stage), total: begun.total } }),
      claimer: reservation.claimer,
    });
    handedOver = claims.map((claim) => ({ search: after.search, claim }));
    await handOff.deliver(deliveries);
    return answer.more || added < answer.points.length;
  } finally {
    reservation.give(handedOver);
  }
}

function begunStageOf({ from, to, hyperparameters }: Stage): BegunStage {
  return { from, to, hyperparameters };
}

/** The next stage, once every trial before it is over: its space lies around the best of the stage before. */
async function beginStage(
  store: Pick<SearchStore, 'history'>,
  search: Search,
): Promise<{ stage: Stage; total: number; version: number } | undefined> {
  const { specification, stages, trials } = search;
  const from = trials.planned;
  const index = stages.length;
  const settings = specification.stages[index];
  if (settings === undefined || trials.waiting + trials.running + trials.paused > 0) return undefined;
  const before = stages[index - 1];
  const { version, trials: ended } = await store.history(search.id, before?.from ?? from, undefined);
  const space = before === undefined ? specification.hyperparameters : narrowed(search, before, ended, settings);
  const hyperparameters = withEpochs(space, settings.epochs);
  const validation = settings.validation ?? specification.validation;
  const endless: Stage = { index, from, to: from + settings.trials, hyperparameters, validation };
  const { size } = samplerOf(specification, endless);
  const to = from + Math.min(settings.trials, size);
  const later = specification.stages.slice(index + 1).reduce((sum, stage) => sum + stage.trials, 0);
  return { stage: { ...endless, to }, total: to + later, version };
}

function narrowed(
  { specification }: Search,
  before: BegunStage,
  ended: History['trials'],
  settings: StageSettings,
): Settings {
  const trials = ended.filter(({ state, number }) => state === 'complete' && number < before.to);
  const bounds = boundsOf(specification.hyperparameters, settings.mayWiden);
  return narrow(before.hyperparameters, trials, specification.objective.direction, { ...settings, bounds });
}
