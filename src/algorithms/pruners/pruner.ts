/**
 * Pruners that decide whether a trial continues as soon as it reports a value. They compare it with the trials that reported before it, so
 * their decisions depend on the order in which trials run. Pruners that wait for all trials of a rung are in brackets.ts.
 */
import { significant } from '../../format.ts';

/** What a pruner knows when a trial reports after `epochs` epochs. */
export interface PrunerView {
  /** Completed, from 1. */
  readonly epochs: number;
  /** The trial's value at this epoch; null if it is not finite. */
  readonly value: number | null;
  /** The best of the trial's values up to this epoch. */
  readonly bestSoFar: number | null;
  /** Values of other trials at exactly this epoch; `Pruner.counts` says of which. */
  readonly others: readonly number[];
  /** How many trials of the search are complete. */
  readonly completeTrials: number;
}

/** The decision to stop a trial, with the reason. */
export interface StopDecision {
  readonly goesOn: false;
  readonly rule: string;
  readonly epochs: number;
  readonly value: number | null;
  /** The value it would have needed; null if nothing was compared. */
  readonly threshold: number | null;
  /** Its rank among the compared trials, from 1, and their number, including itself. */
  readonly rank: number | null;
  readonly of: number | null;
  /** From 0; null for rules without rungs. */
  readonly rung: number | null;
  /** The reason as a sentence. */
  readonly text: string;
}
export type PrunerDecision = { readonly goesOn: true } | StopDecision;

export interface Pruner {
  /** The next epoch after `after`, at most `last`, at which a trial reports; undefined if there is none. */
  nextCheck(after: number, last: number): number | undefined;
  /** Whether `others` are the values of complete trials or of all trials that reported at that epoch. */
  readonly counts: 'complete' | 'seen';
  decide(view: PrunerView): PrunerDecision;
}

/** A value in a message. */
export function formatted(value: number | null): string {
  return value === null ? 'no finite value' : significant(value);
}
