/** Estimates how long a search takes from how long its trials train. */
import { isLearning } from '../algorithms/samplers/create-sampler.ts';
import { type Bracket, bracketOf } from './brackets.ts';
import type { Slowness } from './estimate.ts';
import { hasBarriers, isImmediate } from './pruner-rules.ts';
import type { Specification } from './specification/specification.ts';

/**
 * What the service does beside training, on the same cores: before the first trial of a search starts; before the first trial of a batch starts
 * and after the last one ends; of a trial (its claim, events and result), of one of its epochs (curves and an event), of its training for a rung
 * (a report, a checkpoint), of a rung (the comparison, and jobs for those that continue), of a report to a pruner without rungs, and from the end
 * of a trial until the one that was proposed with its result starts. Seconds, fitted to twenty kinds of searches.
 */
const OVERHEAD = {
  ...{ search: 0.046, batch: 0.05, trial: 5.8e-4, epoch: 1.27e-4, rung: 3.1e-3, barrier: 9e-3 },
  ...{ report: 1.7e-3, proposal: 8e-3 },
} as const;
/** Slowness of the machine on which they were measured. */
const OVERHEAD_SLOWNESS = 0.4;
/** Threads share caches, memory and cores with each other and with the service: how much longer each of several takes. */
const CONTENTION = 1.3;
/** The share of epochs that median and percentile pruners train in the end, of typical searches. */
const TRAINED_SHARE = 0.6;
/** Epochs between two reports of successive halving that does not wait. */
const RUNGS_APART = 3;

/** Trials that are trained together: a stage. */
export interface Batch {
  readonly trials: number;
  /** Of each fold. */
  readonly epochs: number;
  readonly folds: number;
  /** Mean seconds of a trial with all its epochs. */
  readonly secondsPerTrial: number;
}

/** What trains. */
export interface Measured {
  readonly threads: number;
  readonly slowness: Slowness;
}

/** Seconds before the first batch of a search. */
export function startUp({ slowness }: Pick<Measured, 'slowness'>): number {
  return serviceSlowness(slowness.rest) * OVERHEAD.search;
}

/** Seconds until the last trial of the batch has ended. */
export function durationOf(
  { trials, epochs, folds, secondsPerTrial }: Batch,
  { pruner, sampler }: Pick<Specification, 'pruner' | 'sampler'>,
  { threads, slowness: { rest: slowness } }: Measured,
): number {
  const concurrency = 'concurrency' in sampler ? sampler.concurrency : Number.POSITIVE_INFINITY;
  const parallel = Math.min(threads, trials, concurrency);
  const contention = parallel > 1 ? CONTENTION : 1;
  const service = serviceSlowness(slowness);
  const waits = isLearning(sampler) ? (trials * OVERHEAD.proposal) / parallel : 0;
  /** Of `count` trials that are trained for a share of their epochs, all of which must end before others begin. */
  const together = (count: number, share: number, eachCosts: number) => {
    const training = Math.max(Math.ceil(count / threads), count / parallel) * share * contention * secondsPerTrial;
    const beside = OVERHEAD.trial + eachCosts + share * epochs * folds * OVERHEAD.epoch;
    return training + (service * count * beside) / Math.min(parallel, count);
  };
  if (!hasBarriers(pruner)) {
    const share = isImmediate(pruner) ? TRAINED_SHARE : 1;
    const reports = isImmediate(pruner) ? share * (epochs / ('interval' in pruner ? pruner.interval : RUNGS_APART)) : 0;
    return together(trials, share, reports * OVERHEAD.report) + service * (OVERHEAD.batch + waits);
  }
  let seconds = service * (OVERHEAD.batch + waits);
  for (let from = 0; from < trials; ) {
    const { rungs, to } = bracketOf({ from: 0, to: trials, epochs, pruner }, from) as Bracket;
    rungs.forEach((rung, k) => {
      const share = (rung.epochs - (rungs[k - 1]?.epochs ?? 0)) / epochs;
      seconds += together(rung.trials, share, OVERHEAD.rung) + service * OVERHEAD.barrier;
    });
    from = to;
  }
  return seconds;
}

/**
 * How much slower the service works than where its costs were measured, of which much is waiting, and none vector arithmetic: on a machine that
 * trains 3.5 times slower, it took 1.3 times longer. On a much slower one everything is slower alike.
 */
function serviceSlowness(slowness: number): number {
  return Math.max((slowness / OVERHEAD_SLOWNESS) ** 0.25, slowness / (3.5 * OVERHEAD_SLOWNESS));
}
