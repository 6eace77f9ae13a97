/** Commands on a search and its trials, and their results. */

import type { Point } from '../algorithms/space/space.ts';
import type { FoldCurves, FoldsFinding, PausedTrial, TrialResult } from '../compute/trial.ts';
import type { Annotation } from './annotations.ts';
import type { Confirms } from './runs.ts';
import type { BudgetChange } from './specification/budget.ts';
import type { BegunStage } from './stages.ts';
import type { TrialState } from './trial.ts';

/** A trial whose hyperparameters are decided, and the queue job that will deliver it. */
export interface PlannedTrial {
  readonly number: number;
  readonly stage: number;
  readonly point: Point;
  readonly job: string;
  readonly confirms?: Confirms | undefined;
}

/** Trials that one queue job delivers: those numbered `from` … `to` that are still waiting. */
export interface Delivery {
  readonly searchId: string;
  /** The job id stored with its trials; unique within the search. */
  readonly job: string;
  readonly from: number;
  readonly to: number;
}

/** What threads did for a search: how long they were occupied by it, and how often they turned to it. */
export interface Usage {
  readonly searchId: string;
  readonly seconds: number;
  readonly turns: number;
}

/** The right to work on one attempt of a trial, valid until its lease expires. */
export interface Claim {
  readonly searchId: string;
  readonly number: number;
  readonly attempt: number;
  readonly point: Point;
  /** Only for a run of the confirmation. */
  readonly confirms?: Confirms | undefined;
  /** The rung it trains for; 0 without rungs. */
  readonly rung: number;
  /** The state it was paused in, to continue from. */
  readonly checkpoint?: Uint8Array | undefined;
  /** Its curves up to the checkpoint. */
  readonly folds: readonly FoldCurves[];
}

export type ClaimRef = Pick<Claim, 'searchId' | 'number' | 'attempt'>;

export type FinishedTrial = TrialResult & Pick<Claim, 'number' | 'attempt'>;

/** An intermediate value that a trial reports, with the checkpoint it can continue from. */
export interface PausedReport
  extends Pick<PausedTrial, 'epochs' | 'value' | 'folds' | 'findings' | 'checkpoint' | 'kernels' | 'durationMs'> {
  readonly number: number;
  readonly attempt: number;
  /** The best of its values so far. */
  readonly best: number | null;
  /** The worst problem that persists since the last report; undefined if there is none. */
  readonly lasting?: FoldsFinding | undefined;
}

/** What follows a reported value: the trial continues under its claim, or the claim has ended. */
export type PruneDecision = 'goesOn' | 'over';

/** A trial as samplers and pruners may see it. */
export interface TrialOutcome {
  readonly number: number;
  readonly state: TrialState;
  readonly point: Point;
  readonly value: number | null;
  readonly epochs: number;
}

/** A trial as samplers that learn from history may see it. */
export interface KnownTrial extends TrialOutcome {
  /** Its value at the first rung of its bracket, once it has reached it. */
  readonly firstRung?: { readonly value: number | null } | undefined;
}

/** The trials of a search from some number on, in order, and the version of the history. */
export interface History {
  /** Of the newest event at the time of reading. */
  readonly seq: number;
  /** Changes when a trial that had ended is retried: anything read earlier must then be read again. */
  readonly version: number;
  readonly trials: readonly KnownTrial[];
}

/** The result of adding a plan. */
export interface Added {
  /** How many of its trials were added. */
  readonly added: number;
  /** The trials claimed in the same transaction. */
  readonly claims: readonly Claim[];
  /** Deliveries of the other trials. */
  readonly deliveries: readonly Delivery[];
}

export interface Finished {
  readonly accepted: readonly number[];
  readonly deliveries: readonly Delivery[];
  /** Undefined if there was no plan, or if a result was refused. */
  readonly next?: Added | undefined;
  /** The seq of the newest event before these results. */
  readonly seqBefore: number;
}

/** The worker that claims a trial, and the length of its lease. */
export interface Claimer {
  readonly worker: string;
  readonly leaseSeconds: number;
}

/** Trials to add to a search. A plan is dropped if the search has changed in the meantime. */
export interface Plan {
  /** Number of the first planned trial. */
  readonly from: number;
  /** Consecutive, from `from` on. */
  readonly trials: readonly PlannedTrial[];
  /** The version of the history it was computed from; undefined if it depends on no history. */
  readonly version: number | undefined;
  /** The stage that starts with this plan, and the total number of trials that follows from it. */
  readonly begins?: { readonly stage: BegunStage; readonly total: number } | undefined;
  /** Claims the first `count` added trials in the same transaction. */
  readonly claimer?: (Claimer & { readonly count: number }) | undefined;
}

export interface ReturnedTrial {
  readonly number: number;
  readonly attempt: number;
  readonly reason: string;
  /** `crashed` counts against limits.attempts; `handedBack` does not; `hopeless` fails the trial at once. */
  readonly how: 'crashed' | 'handedBack' | 'hopeless';
}

/** A claim to be renewed. Its curves so far are stored too, if they are given. */
export interface Renewal extends ClaimRef {
  readonly curves?: { readonly epochs: number; readonly folds: readonly FoldCurves[] } | undefined;
}

export interface SearchChange extends Pick<Annotation, 'notes' | 'tags'> {
  readonly name?: string | undefined;
  readonly budget?: BudgetChange | undefined;
  readonly share?: number | undefined;
  readonly keepCurves?: boolean | undefined;
}

export type TrialAction = 'pause' | 'resume' | 'cancel' | 'retry';

export type Transition = 'pause' | 'resume' | 'cancel';
