/** Estimates how long a search takes from how long its trials train. */
import { type Bracket, bracketOf } from './brackets.ts';
import { hasBarriers, isImmediate } from './specification/pruners.ts';
import type { Specification } from './specification/specification.ts';

/** What the service does beside training, per trial: claims, events, results, on the same cores. Measured (docs/benchmarks.md). */
const TRIAL_SECONDS = 1e-3;
/** Per epoch: its curves and its event. */
const EPOCH_SECONDS = 5e-5;
/** From the end of a trial until the one that was proposed with its result starts. */
const PROPOSAL_SECONDS = 1e-2;
/** The share of epochs that median and percentile pruners train in the end, of typical searches. */
const TRAINED_SHARE = 0.6;

/** Trials that are trained together: a stage. */
export interface Batch {
  readonly trials: number;
  /** Of each fold. */
  readonly epochs: number;
  readonly folds: number;
  /** Mean seconds of a trial with all its epochs. */
  readonly secondsPerTrial: number;
}

/** Seconds of `threads` threads until the last trial of the batch has ended. */
export function durationOf(
  { trials, epochs, folds, secondsPerTrial }: Batch,
  { pruner, sampler }: Pick<Specification, 'pruner' | 'sampler'>,
  threads: number,
): number {
  const parallel = Math.min(threads, trials, 'concurrency' in sampler ? sampler.concurrency : Number.POSITIVE_INFINITY);
  const waits = 'concurrency' in sampler ? PROPOSAL_SECONDS / parallel : 0;
  // All trials of a rung must have ended before the next one begins.
  const together = (count: number, share: number) =>
    Math.max(Math.ceil(count / threads), count / parallel) * share * secondsPerTrial +
    (count * (TRIAL_SECONDS + share * epochs * folds * EPOCH_SECONDS)) / Math.min(parallel, count);
  if (!hasBarriers(pruner)) {
    const share = isImmediate(pruner) ? TRAINED_SHARE : 1;
    return together(trials, share) + trials * waits;
  }
  let seconds = trials * waits;
  for (let from = 0; from < trials; ) {
    const { rungs, to } = bracketOf({ from: 0, to: trials, epochs, pruner }, from) as Bracket;
    rungs.forEach((rung, k) => {
      seconds += together(rung.trials, (rung.epochs - (rungs[k - 1]?.epochs ?? 0)) / epochs);
    });
    from = to;
  }
  return seconds;
}
