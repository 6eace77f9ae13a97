/** What a search is asked to do with its trials, and what comes of it. */

import type { Point } from '../algorithms/space/space.ts';
import type { FoldCurves, FoldsFinding, PausedTrial, TrialResult } from '../compute/trial.ts';
import type { BudgetChange } from './specification/budget.ts';
import type { BegunStage } from './stages.ts';
import type { TrialState } from './trial.ts';

/** A trial whose hyperparameters are decided, and the job that will deliver it. */
export interface PlannedTrial {
  readonly number: number;
  readonly stage: number;
  readonly point: Point;
  readonly job: string;
}

/** A run of trials that one queue job delivers: numbers `from` … `to`, those of them that still wait. */
export interface Delivery {
  readonly searchId: string;
  /** That of its trials' rows: unique within the search. */
  readonly job: string;
  readonly from: number;
  readonly to: number;
}

/** The right to work on a trial: good until its lease runs out, and only for this attempt. */
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

/** The intermediate value of a trial: what it came to, and what it can go on from. */
export interface PausedReport
  extends Pick<PausedTrial, 'epochs' | 'value' | 'folds' | 'findings' | 'checkpoint' | 'kernels' | 'durationMs'> {
  readonly number: number;
  readonly attempt: number;
  /** The best of its values up to now. */
  readonly best: number | null;
  /** What is wrong with it since the last report, and does not heal; undefined where there is no such thing. */
  readonly lasting?: FoldsFinding | undefined;
}

/** What becomes of a trial that has reported a value: it goes on with its claim, or the claim is over. */
export type PruneDecision = 'goesOn' | 'over';

/** A trial as samplers and pruners may see it. */
export interface TrialOutcome {
  readonly number: number;
  readonly state: TrialState;
  readonly point: Point;
  readonly value: number | null;
  readonly epochs: number;
}

/** A trial as a sampler that learns may come to see it. */
export interface KnownTrial extends TrialOutcome {
  /** Its value at the first rung of its bracket, once it has come there. */
  readonly firstRung?: { readonly value: number | null } | undefined;
}

/** The trials of a search from some number on, by number, and the version of its history. */
export interface History {
  /** Of the newest event when it was read. */
  readonly seq: number;
  /** Changes whenever a trial that had ended begins again: what was read before is to be read anew. */
  readonly version: number;
  readonly trials: readonly KnownTrial[];
}

/** What became of a plan. */
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

/** Who claims a trial, and for how long. */
export interface Claimer {
  readonly worker: string;
  readonly leaseSeconds: number;
}

/** What is to be added to a search. It is added only where it still fits. */
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

/** A claim to be renewed, with its curves so far. */
export interface Renewal extends ClaimRef {
  readonly epochs: number;
  readonly folds: readonly FoldCurves[];
}

export interface SearchChange {
  readonly name?: string | undefined;
  readonly budget?: BudgetChange | undefined;
}

export type TrialAction = 'pause' | 'resume' | 'cancel' | 'retry';

export type Transition = 'pause' | 'resume' | 'cancel';
