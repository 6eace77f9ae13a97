/**
 * Whether a trial goes on, asked while it trains. Pruners here judge a trial by those that were there before it, whichever these
 * are, so what they stop depends on the order in which trials run. Those that wait for all of a rung are in brackets.ts.
 */
import { significant } from '../../format.ts';

/** A pruner's question: does this trial, looked at after `epochs` epochs, go on? */
export interface PrunerView {
  /** Completed, from 1. */
  readonly epochs: number;
  /** Of this trial at this epoch; null where it is not finite. */
  readonly value: number | null;
  /** The best of this trial's values up to this epoch. */
  readonly bestSoFar: number | null;
  /** The values of other trials at exactly this epoch: of those that count. */
  readonly others: readonly number[];
  /** How many trials of the search ran to their end. */
  readonly completeTrials: number;
}

/** A trial is stopped, and why. */
export interface StopDecision {
  readonly goesOn: false;
  readonly rule: string;
  readonly epochs: number;
  readonly value: number | null;
  /** What would have been good enough; null where nothing was compared. */
  readonly threshold: number | null;
  /** Its place among those it was compared with, from 1, and how many these are, itself included. */
  readonly rank: number | null;
  readonly of: number | null;
  /** From 0; null where the rule knows no rungs. */
  readonly rung: number | null;
  /** The same in a sentence. */
  readonly text: string;
}
export type PrunerDecision = { readonly goesOn: true } | StopDecision;

export interface Pruner {
  /** The next epoch after `after` at which a trial is looked at, at most `last`; undefined where there is none. */
  nextCheck(after: number, last: number): number | undefined;
  /** Whose values are `others`: of trials that are complete, or of all that were looked at there. */
  readonly counts: 'complete' | 'seen';
  judge(view: PrunerView): PrunerDecision;
}

/** A number as it stands in a sentence. */
export function formatted(value: number | null): string {
  return value === null ? 'no finite value' : significant(value);
}
