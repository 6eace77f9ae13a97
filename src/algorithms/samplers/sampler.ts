/** Samplers propose the hyperparameters of trials. They only get data: no store, no clock, no shared random state. */
import type { Point } from '../space/space.ts';

/** What a sampler may know of an earlier trial. */
export interface Observation {
  readonly number: number;
  readonly point: Point;
  /** The objective of a complete trial, or of a stopped one at its last epoch; null if there is none (diverged, pending). */
  readonly value: number | null;
  /** Completed epochs. */
  readonly epochs: number;
  /** Whether it ran to completion; false if a pruner stopped it or only its first rung is visible. */
  readonly complete: boolean;
  /** Its point is known, but its result is not visible yet (invariant 6 in docs/invariants.md). */
  readonly pending?: boolean;
}

export interface Sampler {
  /** How many different trials it can propose; may be Infinity. */
  readonly size: number;
  /** Trial `number` is proposed from exactly the results of trials 0 … learnsFrom(number) − 1; 0 for samplers that do not learn. */
  learnsFrom(number: number): number;
  /**
   * The hyperparameters of trial `number`. `history` is ordered by number: the trials it learns from, without failed ones, then the pending
   * ones up to number − 1. It is empty for samplers that do not learn.
   */
  propose(number: number, history: readonly Observation[]): Point;
}
