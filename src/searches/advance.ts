/** Decides the next trials of a search and hands them to the queue. */
import { messageOf } from '../errors.ts';
import { narrow } from '../search/narrow.ts';
import type { Observation, Sampler } from '../search/sampler.ts';
import type { Point } from '../search/space.ts';
import { boundsOf } from './bounds.ts';
import { secondsOf } from './estimate.ts';
import { settingsOf } from './hyperparameters.ts';
import type { Delivery, Plan, PlannedTrial, Planning, SearchStore, TrialOutcome, TrialQueue } from './ports.ts';
import type { Search, TrialState } from './records.ts';
import { type DatasetFacts, samplerOf } from './specification.ts';
import {
  type BegunStage,
  bracketIn,
  type Settings,
  type Stage,
  type StageSettings,
  stageOf,
  withEpochs,
} from './stages.ts';

/** How many trials wait as rows: enough that no thread ever waits for a decision, few enough that a grid of millions is light. */
export const WINDOW = 512;
/** A new decision is due when this many still wait. */
export const LOW_WATER = WINDOW / 2;
/** Trials that are shorter share a job: handing over a job costs milliseconds, a tiny trial less. */
const JOB_SECONDS = 0.1;
const MOST_TRIALS_IN_A_JOB = 32;

export interface AdvanceParts {
  readonly store: SearchStore;
  readonly queue: TrialQueue;
  readonly facts: (name: string, hash?: string) => Promise<DatasetFacts | undefined>;
  readonly log: (message: string) => void;
}

/** Plans until the window is full, and delivers what was planned. Safe to call at any time, by anyone, any number of times. */
export async function advance({ store, queue, facts, log }: AdvanceParts, search: Search): Promise<void> {
  const dataset = await facts(search.dataset.name, search.dataset.hash);
  if (dataset === undefined) {
    log(`search ${search.id} waits: there is no data set ${search.dataset.name}`);
    return;
  }
  const deliveries = await store.plan(search.id, WINDOW, (planning) => decide(planning, dataset));
  await deliver(queue, deliveries, log);
}

/** Hands deliveries to the queue. If it is away, the sweep will do it again: they stand in Postgres. */
export async function deliver(
  queue: TrialQueue,
  deliveries: readonly Delivery[],
  log: (message: string) => void,
): Promise<void> {
  try {
    await queue.deliver(deliveries);
  } catch (error) {
    log(`${deliveries.length} deliveries will be made later: ${messageOf(error)}`);
  }
}

/** The next trials, as far as what they are to be learned from is over. */
async function decide(planning: Planning, dataset: DatasetFacts): Promise<Plan> {
  const { search, from, count } = planning;
  const known = stageOf(search, from);
  const begun = known === undefined ? await beginStage(planning) : undefined;
  const stage = known ?? begun?.stage;
  if (stage === undefined) return { trials: [] };
  const course = keptCourse(search, stage);
  const points: Point[] = [];
  const bracket = bracketIn(search.specification, stage, from);
  const end = Math.min(from + count, bracket?.to ?? stage.to);
  // Who waits at a rung will go on, and before others begin: a search goes through its brackets one after the other.
  const { waiting, paused } = search.trials;
  if (from === bracket?.from && waiting + paused > 0) return { trials: [] };
  for (let number = from; number < end; number++) {
    const local = number - stage.from;
    const history = await observed(planning, course, number, course.sampler.learnsFrom(local));
    if (history === undefined) break;
    points.push(course.sampler.propose(local, history));
  }
  const trials = inJobs(points, from, stage, dataset);
  if (begun === undefined) return { trials };
  const { to, hyperparameters } = stage;
  return { trials, stage: { from: stage.from, to, hyperparameters }, total: begun.total };
}

/** Tiny trials share a job. */
function inJobs(points: readonly Point[], from: number, stage: Stage, dataset: DatasetFacts): PlannedTrial[] {
  let job = String(from);
  let seconds = 0;
  let together = 0;
  return points.map((point, i) => {
    const number = from + i;
    const own = secondsOf(settingsOf(stage.hyperparameters, point), dataset, stage.validation);
    if (together > 0 && (seconds + own > JOB_SECONDS || together === MOST_TRIALS_IN_A_JOB)) {
      job = String(number);
      seconds = 0;
      together = 0;
    }
    seconds += own;
    together++;
    return { number, stage: stage.index, point, job };
  });
}

/** What the trials of one stage are proposed by, and from. */
interface Course {
  readonly stage: Stage;
  readonly sampler: Sampler;
  /** Of the stage's first trials, all of which are over: these never change. */
  readonly over: Observation[];
  /** How many trials these are; failed ones are among the trials, but taught nothing. */
  trials: number;
}

/** By search and stage: a grid takes thought to set up, and a long history time to read. */
const courses = new Map<string, Course>();
const MOST_COURSES = 100;

function keptCourse(search: Search, stage: Stage): Course {
  const key = `${search.id} ${stage.index}`;
  const known = courses.get(key);
  if (known !== undefined) return known;
  const course = { stage, sampler: samplerOf(search.specification, stage), over: [], trials: 0 };
  if (courses.size >= MOST_COURSES) courses.delete(courses.keys().next().value!);
  courses.set(key, course);
  return course;
}

/**
 * The first `needed` trials of the stage, as trial `number` may know them (law 6); undefined while one of them is not that far. Those of its
 * own bracket are seen where they came to its first rung, since they end only with it; all others where they ended.
 */
async function observed(
  planning: Planning,
  course: Course,
  number: number,
  needed: number,
): Promise<readonly Observation[] | undefined> {
  if (needed === 0) return [];
  const { from } = course.stage;
  const end = from + needed;
  const bracket = bracketIn(planning.search.specification, { ...course.stage, to: Number.POSITIVE_INFINITY }, number);
  const whole = Math.min(end, bracket?.from ?? end);
  if (course.trials < whole - from) {
    for (const outcome of await planning.outcomes(from + course.trials, whole)) {
      if (!isOver(outcome.state)) return undefined;
      if (outcome.state === 'complete' || outcome.state === 'pruned') course.over.push(observation(outcome, from));
      course.trials++;
    }
  }
  const before = course.over.filter((seen) => seen.number < whole - from);
  if (bracket === undefined || end <= bracket.from) return before;
  const { epochs } = bracket.rungs[0]!;
  const outcomes = await planning.outcomes(bracket.from, end);
  const reports = await planning.reports(bracket.from, end, epochs);
  for (const outcome of outcomes) {
    const value = reports.get(outcome.number);
    if (value !== undefined) before.push({ ...observation(outcome, from), value, epochs, complete: false });
    else if (!isOver(outcome.state)) return undefined;
    else if (outcome.state === 'complete') before.push(observation(outcome, from));
  }
  return before;
}

function isOver(state: TrialState): boolean {
  return state !== 'waiting' && state !== 'running' && state !== 'paused';
}

function observation({ number, state, point, value, epochs }: TrialOutcome, from: number): Observation {
  return { number: number - from, point, value, epochs, complete: state === 'complete' };
}

/** The next stage, once every trial before it is over: its space lies around the best of the stage before. */
async function beginStage(planning: Planning): Promise<{ stage: Stage; total: number } | undefined> {
  const { search, from } = planning;
  const { specification, stages, trials } = search;
  const index = stages.length;
  const settings = specification.stages[index];
  if (settings === undefined || trials.waiting + trials.running + trials.paused > 0) return undefined;
  const before = stages[index - 1];
  const space = before === undefined ? specification.hyperparameters : await narrowed(planning, before, settings);
  const hyperparameters = withEpochs(space, settings.epochs);
  const validation = settings.validation ?? specification.validation;
  const endless: Stage = { index, from, to: from + settings.trials, hyperparameters, validation };
  const { size } = samplerOf(specification, endless);
  const to = from + Math.min(settings.trials, size);
  const later = specification.stages.slice(index + 1).reduce((sum, stage) => sum + stage.trials, 0);
  return { stage: { ...endless, to }, total: to + later };
}

async function narrowed(planning: Planning, before: BegunStage, settings: StageSettings): Promise<Settings> {
  const { specification } = planning.search;
  const outcomes = await planning.outcomes(before.from, before.to);
  const trials = outcomes.filter(({ state }) => state === 'complete');
  const bounds = boundsOf(specification.hyperparameters, settings.mayWiden);
  return narrow(before.hyperparameters, trials, specification.objective.direction, { ...settings, bounds });
}
