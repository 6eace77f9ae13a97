/** What to try next. A sampler sees data, never the service: no store, no clock, no shared random sequence. */
import type { Point } from './space.ts';

/** What a sampler that learns from history may know of a trial. */
export interface Observation {
  readonly number: number;
  readonly point: Point;
  /** The objective: at the end of a complete trial, at the last epoch of one that was stopped; null where there is none (diverged, pending). */
  readonly value: number | null;
  /** Completed epochs. */
  readonly epochs: number;
  /** Whether it ran to its end; false: it was stopped by a pruner, or is seen at its first rung only. */
  readonly complete: boolean;
  /** Its point is known, its result is not visible yet (law 6). */
  readonly pending?: boolean;
}

export interface Sampler {
  /** How many different trials there are; Infinity where there is no end. */
  readonly size: number;
  /** Trial `number` is proposed from the results of exactly the trials 0 … learnsFrom(number) − 1 (law 6); 0 for samplers that do not learn. */
  learnsFrom(number: number): number;
  /**
   * The hyperparameters of trial `number`. `history`, by number: of the trials it learns from, those that did not fail; then the pending ones
   * up to number − 1. It is empty for samplers that do not learn.
   */
  propose(number: number, history: readonly Observation[]): Point;
}
