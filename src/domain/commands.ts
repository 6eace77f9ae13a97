/** What a search is asked to do with its trials, and what comes of it. */
import type { FoldCurves, FoldsFinding, PausedTrial, TrialResult } from '../compute/trial.ts';
import type { Point } from '../search/space.ts';
import type { BudgetChange } from '../searches/budget.ts';
import type { TrialState } from '../searches/records.ts';
import type { BegunStage } from '../searches/stages.ts';

export interface PlannedTrial {
  readonly number: number;
  readonly stage: number;
  readonly point: Point;
  readonly job: string;
}

export interface Delivery {
  readonly searchId: string;
  /** That of its trials' rows: unique within the search. */
  readonly job: string;
  readonly from: number;
  readonly to: number;
}

export interface Claim {
  readonly searchId: string;
  readonly number: number;
  readonly attempt: number;
  readonly point: Point;
  /** The rung it trains for; 0 where there are none. */
  readonly rung: number;
  /** Where it was put aside: it goes on from there. */
  readonly checkpoint?: Uint8Array | undefined;
  /** Its curves up to there. */
  readonly folds: readonly FoldCurves[];
}

export type ClaimRef = Pick<Claim, 'searchId' | 'number' | 'attempt'>;

export type FinishedTrial = TrialResult & Pick<Claim, 'number' | 'attempt'>;

export interface PausedReport
  extends Pick<PausedTrial, 'epochs' | 'value' | 'folds' | 'findings' | 'checkpoint' | 'kernels' | 'durationMs'> {
  readonly number: number;
  readonly attempt: number;
  /** The best of its values up to now. */
  readonly best: number | null;
  /** What is wrong with it since the last look, and does not heal; undefined where there is no such thing. */
  readonly lasting?: FoldsFinding | undefined;
}

export type Looked = 'goesOn' | 'over';

export interface TrialOutcome {
  readonly number: number;
  readonly state: TrialState;
  readonly point: Point;
  readonly value: number | null;
  readonly epochs: number;
}

export interface KnownTrial extends TrialOutcome {
  /** Its value at the first rung of its bracket, once it has come there. */
  readonly firstRung?: { readonly value: number | null } | undefined;
}

export interface History {
  /** Of the newest event when it was read. */
  readonly seq: number;
  /** Changes whenever a trial that had ended begins again: what was read before is to be read anew. */
  readonly version: number;
  readonly trials: readonly KnownTrial[];
}

export interface Added {
  /** How many of its trials were added. */
  readonly added: number;
  /** Those that were claimed at once. */
  readonly claims: readonly Claim[];
  /** The rest of what was added. */
  readonly deliveries: readonly Delivery[];
}

export interface Finished {
  readonly accepted: readonly number[];
  readonly deliveries: readonly Delivery[];
  /** Undefined where there was no plan, or not every result was accepted. */
  readonly next?: Added | undefined;
  /** Of the newest event before these results. */
  readonly seqBefore: number;
}

export interface Claimer {
  readonly worker: string;
  readonly leaseSeconds: number;
}

export interface Plan {
  /** The first of the planned trials. */
  readonly from: number;
  /** Consecutive, from `from` on. */
  readonly trials: readonly PlannedTrial[];
  /** Of the history that it follows from; undefined where it follows from none. */
  readonly version: number | undefined;
  /** The stage that begins with it, and how many trials the search has, now that this is known. */
  readonly begins?: { readonly stage: BegunStage; readonly total: number } | undefined;
  /** Who claims the first `count` of what is added, in the same transaction. */
  readonly claimer?: (Claimer & { readonly count: number }) | undefined;
}

export interface ReturnedTrial {
  readonly number: number;
  readonly attempt: number;
  readonly reason: string;
  /** `crashed` counts against limits.attempts; `handedBack` does not; `hopeless` fails the trial at once. */
  readonly how: 'crashed' | 'handedBack' | 'hopeless';
}

export interface Renewal extends ClaimRef {
  readonly epochs: number;
  readonly folds: readonly FoldCurves[];
}

export interface SearchChange {
  readonly name?: string | undefined;
  readonly budget?: BudgetChange | undefined;
}

export type TrialAct = 'pause' | 'resume' | 'cancel' | 'retry';

export type Transition = 'pause' | 'resume' | 'cancel';
