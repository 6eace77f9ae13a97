/** Estimates how long a search takes from how long its trials train. */
import { type Bracket, bracketOf } from './brackets.ts';
import type { Slowness } from './estimate.ts';
import { hasBarriers, isImmediate } from './specification/pruners.ts';
import type { Specification } from './specification/specification.ts';

/**
 * What the service does beside training, on the same cores: of a trial (its claim, events and result), of one of its epochs (curves and an event), of
 * its training for a rung (a report, and a job for the next rung), of a report to a pruner without rungs, and from the end of a trial until the one
 * that was proposed with its result starts. Seconds on the machine of estimate.ts, fitted to twenty kinds of searches.
 */
const OVERHEAD = { trial: 6e-4, epoch: 3e-5, rung: 5.5e-3, report: 9e-4, proposal: 7e-3 } as const;
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

/** Seconds until the last trial of the batch has ended. */
export function durationOf(
  { trials, epochs, folds, secondsPerTrial }: Batch,
  { pruner, sampler }: Pick<Specification, 'pruner' | 'sampler'>,
  { threads, slowness: { rest: slowness } }: Measured,
): number {
  const concurrency = 'concurrency' in sampler ? sampler.concurrency : Number.POSITIVE_INFINITY;
  const parallel = Math.min(threads, trials, concurrency);
  const waits = Number.isFinite(concurrency) ? (trials * OVERHEAD.proposal) / parallel : 0;
  /** Of `count` trials that are trained for a share of their epochs, all of which must end before others begin. */
  const together = (count: number, share: number, eachCosts: number) => {
    const training = Math.max(Math.ceil(count / threads), count / parallel) * share * secondsPerTrial;
    const beside = OVERHEAD.trial + eachCosts + share * epochs * folds * OVERHEAD.epoch;
    return training + (slowness * count * beside) / Math.min(parallel, count);
  };
  if (!hasBarriers(pruner)) {
    const share = isImmediate(pruner) ? TRAINED_SHARE : 1;
    const reports = isImmediate(pruner) ? share * (epochs / ('interval' in pruner ? pruner.interval : RUNGS_APART)) : 0;
    return together(trials, share, reports * OVERHEAD.report) + slowness * waits;
  }
  let seconds = slowness * waits;
  for (let from = 0; from < trials; ) {
    const { rungs, to } = bracketOf({ from: 0, to: trials, epochs, pruner }, from) as Bracket;
    rungs.forEach((rung, k) => {
      const share = (rung.epochs - (rungs[k - 1]?.epochs ?? 0)) / epochs;
      seconds += together(rung.trials, share, OVERHEAD.rung);
    });
    from = to;
  }
  return seconds;
}
