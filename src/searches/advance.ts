/** Decides the next trials of a search and hands them to the queue. */
import { messageOf } from '../errors.ts';
import type { Sampler } from '../search/sampler.ts';
import { secondsOf } from './estimate.ts';
import { settingsOf } from './hyperparameters.ts';
import type { Delivery, PlannedTrial, SearchStore, TrialQueue } from './ports.ts';
import type { Search } from './records.ts';
import { type DatasetFacts, samplerOf } from './specification.ts';

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
  readonly facts: (name: string) => Promise<DatasetFacts | undefined>;
  readonly log: (message: string) => void;
}

/** Plans until the window is full, and delivers what was planned. Safe to call at any time, by anyone, any number of times. */
export async function advance({ store, queue, facts, log }: AdvanceParts, search: Search): Promise<void> {
  const dataset = await facts(search.dataset.name);
  if (dataset === undefined) {
    log(`search ${search.id} waits: there is no data set ${search.dataset.name}`);
    return;
  }
  const sampler = keptSampler(search);
  const deliveries = await store.plan(search.id, WINDOW, (from, count) =>
    decide(search, dataset, sampler, from, count),
  );
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

function decide(
  { specification }: Search,
  dataset: DatasetFacts,
  sampler: Sampler,
  from: number,
  count: number,
): PlannedTrial[] {
  const trials: PlannedTrial[] = [];
  let job = String(from);
  let seconds = 0;
  let together = 0;
  for (let number = from; number < from + count; number++) {
    const point = sampler.propose(number, []);
    const settings = settingsOf(specification.hyperparameters, point);
    const own = secondsOf(settings, dataset, specification.validation);
    if (together > 0 && (seconds + own > JOB_SECONDS || together === MOST_TRIALS_IN_A_JOB)) {
      job = String(number);
      seconds = 0;
      together = 0;
    }
    trials.push({ number, point, job });
    seconds += own;
    together++;
  }
  return trials;
}

/** Samplers by search, because a grid's takes thought to set up. A specification never changes in what a sampler sees. */
const samplers = new Map<string, Sampler>();
const MOST_SAMPLERS = 100;

function keptSampler({ id, specification }: Search): Sampler {
  const known = samplers.get(id);
  if (known !== undefined) return known;
  const sampler = samplerOf(specification);
  if (samplers.size >= MOST_SAMPLERS) samplers.delete(samplers.keys().next().value!);
  samplers.set(id, sampler);
  return sampler;
}
