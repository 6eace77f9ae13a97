/** Stores that write searches and their trials. */
import type { Annotation } from '../../domain/annotations.ts';
import type {
  Added,
  Claim,
  Claimer,
  ClaimRef,
  Delivery,
  Finished,
  FinishedTrial,
  History,
  PausedReport,
  Plan,
  PruneDecision,
  Renewal,
  ReturnedTrial,
  SearchChange,
  Transition,
  TrialAction,
  Usage,
} from '../../domain/commands.ts';
import type { Change } from '../../domain/events.ts';
import type { Search } from '../../domain/search.ts';
import type { DatasetFacts, Specification } from '../../domain/specification/specification.ts';
import type { Warning } from '../../domain/specification/warnings.ts';
import type { ObservedSearch } from '../../imports/trials/observed-search.ts';

export interface NewSearch {
  readonly specification: Specification;
  readonly project: string;
  /** The search it refines. */
  readonly parent: string | null;
  readonly dataset: DatasetFacts;
  readonly warnings: readonly Warning[];
  readonly baselines: Search['baselines'];
  readonly idempotency: { readonly key: string; readonly requestHash: string } | undefined;
}

export interface Claimed {
  readonly search: Search;
  readonly claims: readonly Claim[];
  /** Whether its project limits how many trials run: then trials may wait although their delivery is over. */
  readonly isRunningLimited: boolean;
}

export interface ClaimedNext {
  /** Undefined if no trial waits; without claims where nothing of the search may begin. */
  readonly claimed: Claimed | undefined;
  /** How many running searches had waiting trials. */
  readonly searches: number;
}

/**
 * Every change is one transaction that locks its search, writes trials, counters and events together, and notifies listeners. A search that
 * does not exist is a Problem `notFound`.
 */
export interface SearchStore {
  /** Stores a search, or returns the one stored with the same idempotency key. */
  create(search: NewSearch): Promise<{ search: Search; created: boolean }>;
  transition(id: string, transition: Transition): Promise<Search>;
  /** Changes its name, notes, tags or budget; a search that has ended continues if the new budget allows more trials. */
  change(
    id: string,
    change: SearchChange,
  ): Promise<{ readonly deliveries: readonly Delivery[]; readonly search: Search }>;
  remove(id: string): Promise<void>;
  /** Pauses or resumes a trial, cancels one that has not ended, or retries one that failed. */
  actOnTrial(
    id: string,
    number: number,
    action: TrialAction,
  ): Promise<{ readonly deliveries: readonly Delivery[]; readonly search: Search }>;
  /** Changes notes and tags of trials, of all of them or of none; `changed` are those that were not as asked already. */
  annotateTrials(
    id: string,
    numbers: readonly number[],
    annotation: Annotation,
  ): Promise<{ readonly changed: number; readonly search: Search }>;
  /** Trials from number `from` on. `firstRung` is the number of epochs of the first rung. */
  history(id: string, from: number, firstRung: number | undefined): Promise<History>;
  /**
   * Adds planned trials to a running search. Trials that another process has added in the meantime are identical and are skipped; if the
   * history has changed or a stage has started in the meantime, nothing is added.
   */
  addTrials(id: string, plan: Plan): Promise<Added & { readonly search: Search }>;
  /** Claims the waiting trials of a delivery atomically. Empty if there are none, the search is not running, or its project may not run more. */
  claim(delivery: Omit<Delivery, 'job'>, claimer: Claimer): Promise<Claimed>;
  /**
   * Writes results. Results of attempts that are no longer current are refused and missing in `accepted`. `next` is a plan computed with these
   * results; it is added in the same transaction if all are accepted.
   */
  finish(
    searchId: string,
    trials: readonly FinishedTrial[],
    next?: Plan,
  ): Promise<Finished & { readonly search: Search }>;
  /** Stores that trials have come to their rungs, where they wait for the others of their bracket. The last one triggers promotions. */
  pauseAtRungs(
    searchId: string,
    reports: readonly PausedReport[],
  ): Promise<{ deliveries: readonly Delivery[]; search: Search }>;
  /** Stores an intermediate value for a pruner without barriers: the trial continues or is stopped. */
  reportValue(
    searchId: string,
    report: PausedReport,
  ): Promise<{ decision: PruneDecision; deliveries: readonly Delivery[]; search: Search }>;
  /** Ends the searches, or the given one, that have used up their seconds. */
  endOverdue(id?: string): Promise<void>;
  /** Releases claims: the trials wait again, or fail if their attempts are used up. */
  release(
    searchId: string,
    trials: readonly ReturnedTrial[],
  ): Promise<{ deliveries: readonly Delivery[]; search: Search }>;
  /** Renews leases and stores curves so far; returns the claims that are lost. */
  renew(renewals: readonly Renewal[], leaseSeconds: number): Promise<readonly ClaimRef[]>;
  /** Releases every claim whose lease has expired. */
  reapExpired(): Promise<readonly Delivery[]>;
  /** Deliveries of all waiting trials of one search, or of all running searches; none of projects that may not run more. */
  deliveries(searchId?: string): Promise<readonly Delivery[]>;
  countDeliveries(): Promise<number>;
  /**
   * Adds `usages` to what searches have used, and claims the delivery that a free thread should run: of the running searches with waiting
   * trials, whose projects may run more, that of the one that has used least for its share. Of searches that are being changed at this moment
   * another is taken, if there is one: many that ask at once neither wait for each other nor get the same trial.
   */
  claimNext(usages: readonly Usage[], claimer: Claimer): Promise<ClaimedNext>;
  /** Running searches with fewer than `window` waiting trials and more to plan. */
  underfilled(window: number): Promise<readonly string[]>;
}

/** Counts what this process does, for its metrics. */
export interface WorkMeter {
  /** What was committed of a search. `cancelled`: how many trials were, which have no events where their search ended. */
  changed(changes: readonly Change[], cancelled: number): void;
  renewed(leases: number): void;
  /** `expired`: nobody renewed them, and this process released them; `revoked`: a renewal was refused; `late`: a result was. */
  lost(how: 'expired' | 'revoked' | 'late', leases: number): void;
}

/** Searches whose trials another tool has run. */
export interface ObservedStore {
  /** Stores it with its trials and events, all or nothing. `dataset`: the one that they were run on, if it is known here. */
  add(
    observed: ObservedSearch,
    dataset: Pick<DatasetFacts, 'name' | 'hash'> | undefined,
    project: string,
  ): Promise<Search>;
}
