/**
 * Plans the next trials of a search outside of any transaction, from a history that was read; the sampler runs in a thread. The plan is a
 * function of the history, so it does not matter which process plans, how often, or how many at once.
 */
import { LRUCache } from 'lru-cache';
import { isLearning } from '../algorithms/samplers/create-sampler.ts';
import { narrow } from '../algorithms/space/narrow.ts';
import type { FinishedTrial, History, Plan } from '../domain/commands.ts';
import { isConfirming } from '../domain/confirmation.ts';
import { inJobs } from '../domain/jobs.ts';
import type { Search } from '../domain/search.ts';
import { boundsOf } from '../domain/specification/bounds.ts';
import type { Settings } from '../domain/specification/settings.ts';
import { type DatasetFacts, samplerOf } from '../domain/specification/specification.ts';
import type { StageSettings } from '../domain/specification/stage-settings.ts';
import { type BegunStage, bracketIn, type Stage, stageOf, withEpochs } from '../domain/stages.ts';
import type { Log } from '../log.ts';
import type { SearchStore } from './ports/search-store.ts';
import type { Propose } from './proposals.ts';

/** How many waiting trials to keep as rows: enough that threads never wait for planning, few enough for a grid of millions. */
export const WINDOW = 512;

export interface NextTrialsDependencies {
  readonly store: Pick<SearchStore, 'history'>;
  readonly facts: (name: string, hash?: string) => Promise<DatasetFacts | undefined>;
  readonly propose: Propose;
  readonly log: Log;
}

export interface NextTrials {
  /** Undefined if nothing can be planned. */
  readonly plan?: Plan | undefined;
  /** The seq of the newest event when the history was read, for samplers that learn. */
  readonly seq?: number | undefined;
  /** Whether more can be planned at once. */
  readonly more: boolean;
}

const nothing: NextTrials = { more: false };
const again: NextTrials = { more: true };

const MAX_KNOWN = 1000;

/** Tracks which part of each search's history the proposal thread already has. */
export class SentHistories {
  readonly #known = new LRUCache<string, { readonly version: number; readonly since: number }>({ max: MAX_KNOWN });

  /** The first trial of the stage to read and send. */
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
    this.#known.set(keyOf(search, stage), { version, since });
  }
}

function keyOf({ id }: Search, { index }: Stage): string {
  return `${id} ${index}`;
}

/** Plans as if `results`, which are not yet written, were in the history. If they are refused, call `sentHistories.forget`. */
export async function nextTrials(
  dependencies: NextTrialsDependencies,
  sentHistories: SentHistories,
  search: Search,
  results: readonly FinishedTrial[] = [],
): Promise<NextTrials> {
  const { facts, log } = dependencies;
  const { trials } = search;
  if (search.state !== 'running' || isConfirming(search) || trials.planned >= trials.total) return nothing;
  const dataset = await facts(search.dataset.name, search.dataset.hash);
  if (dataset === undefined) {
    log.warn(`search ${search.id} is waiting: there is no data set ${search.dataset.name}`);
    return nothing;
  }
  const current = stageOf(search, trials.planned);
  const begun = current === undefined ? await beginStage(dependencies.store, search) : undefined;
  const stage = current ?? begun?.stage;
  if (stage === undefined) return nothing;
  return withinStage(dependencies, sentHistories, { search, results, dataset, stage, begun });
}

interface Situation {
  readonly search: Search;
  readonly results: readonly FinishedTrial[];
  readonly dataset: DatasetFacts;
  readonly stage: Stage;
  readonly begun: { readonly total: number; readonly version: number } | undefined;
}

async function withinStage(
  { store, propose }: NextTrialsDependencies,
  sentHistories: SentHistories,
  { search, results, dataset, stage, begun }: Situation,
): Promise<NextTrials> {
  const { id, specification } = search;
  const { planned, waiting, paused, total } = search.trials;
  const bracket = bracketIn(specification, stage, planned);
  // Brackets run one after the other: trials waiting at a rung are promoted before a new bracket starts.
  if (planned === bracket?.from && waiting + paused > 0) return nothing;
  const since = sentHistories.since(search, stage);
  const history = isLearning(specification.sampler)
    ? await store.history(id, since, bracket?.rungs[0]?.epochs)
    : undefined;
  if (history !== undefined && !sentHistories.isOf(search, stage, history.version)) {
    sentHistories.forget(search, stage);
    return again;
  }
  // Trials may have been added since the search was read.
  const from = history === undefined ? planned : since + history.trials.length;
  if (begun !== undefined && from !== planned) return again;
  const count = Math.min(from + WINDOW - waiting, total, bracket?.to ?? stage.to) - from;
  if (count <= 0) return from === planned ? nothing : again;
  const trials = withResults(history?.trials ?? [], results);
  const key = `${keyOf(search, stage)} ${history?.version ?? 0}`;
  const answer = await propose({ key, specification, stage, from, count, since, trials });
  if (history !== undefined) sentHistories.set(search, stage, history.version, answer.since);
  if (answer.kind === 'incomplete') return again;
  const { points, more } = answer;
  if (points.length === 0) return { more: false, seq: history?.seq };
  const { from: first, to, hyperparameters } = stage;
  const plan: Plan = {
    from,
    trials: inJobs(points, from, specification, stage, dataset),
    version: begun?.version ?? history?.version,
    ...(begun && { begins: { stage: { from: first, to, hyperparameters }, total: begun.total } }),
  };
  return { plan, seq: history?.seq, more };
}

function withResults(trials: History['trials'], results: readonly FinishedTrial[]): History['trials'] {
  if (results.length === 0) return trials;
  const byNumber = new Map(results.map((result) => [result.number, result]));
  return trials.map((trial) => {
    const result = byNumber.get(trial.number);
    return result === undefined ? trial : { ...trial, state: 'complete', value: result.value, epochs: result.epochs };
  });
}

/** The next stage, once all earlier trials have ended: its space is narrowed around the best trials of the previous stage. */
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
  const unlimited: Stage = { index, from, to: from + settings.trials, hyperparameters, validation };
  const { size } = samplerOf(specification, unlimited);
  const to = from + Math.min(settings.trials, size);
  const later = specification.stages.slice(index + 1).reduce((sum, stage) => sum + stage.trials, 0);
  return { stage: { ...unlimited, to }, total: to + later, version };
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
