/** What the use cases need of the world, and nothing more. The adapters keep these promises. */
import type { FoldsFinding } from '../compute/trial.ts';
import type { Dataset } from '../data/dataset.ts';
import type { AskedUpload } from '../data/upload.ts';
import type { FindingCode } from '../diagnosis/finding.ts';
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
  TrialOutcome,
} from '../domain/commands.ts';
import type { StoredCurves } from '../domain/curves.ts';
import type { DatasetSummary } from '../domain/dataset-record.ts';
import type { Epoch, SearchEvent } from '../domain/events.ts';
import type { Search, SearchState } from '../domain/search.ts';
import type { DatasetFacts, Specification } from '../domain/specification/specification.ts';
import type { Warning } from '../domain/specification/warnings.ts';
import type { DiagnosedTrial } from '../domain/suggestions.ts';
import type { Trial, TrialState, TrialSummary } from '../domain/trial.ts';

/** A slice of a list that goes on at `next`. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

export interface NewSearch {
  readonly specification: Specification;
  /** The search it refines. */
  readonly parent: string | null;
  readonly dataset: DatasetFacts;
  readonly warnings: readonly Warning[];
  readonly idempotency: { readonly key: string; readonly requestHash: string } | undefined;
}

/**
 * Every change is one transaction that locks its search, writes the trials, the counters and the events together, and wakes
 * whoever listens. A search that does not exist is a Problem `notFound`.
 */
export interface SearchStore {
  /** Stores a search, or finds the one that was stored under the same idempotency key. */
  create(search: NewSearch): Promise<{ search: Search; created: boolean }>;
  transition(id: string, transition: Transition): Promise<Search>;
  /** Renames it, or changes its budget: a search that has ended goes on where that leaves something to do. */
  change(
    id: string,
    change: SearchChange,
  ): Promise<{ readonly deliveries: readonly Delivery[]; readonly search: Search }>;
  remove(id: string): Promise<void>;
  /** Pauses or resumes one trial, cancels one that has not ended, tries one again that failed; what is to be delivered then. */
  actOnTrial(
    id: string,
    number: number,
    act: TrialAction,
  ): Promise<{ readonly deliveries: readonly Delivery[]; readonly search: Search }>;
  /** Trials from number `from` on. `firstRung`: after so many epochs their value counts as that of their first rung. */
  history(id: string, from: number, firstRung: number | undefined): Promise<History>;
  /**
   * Adds planned trials to a search that runs. Those that another process has added meanwhile are the same, and are passed over; where the
   * plan does not follow from the history any more, or a stage has begun meanwhile, nothing is added.
   */
  addTrials(id: string, plan: Plan): Promise<Added & { readonly search: Search }>;
  /** Claims the waiting trials of a delivery: one atomic statement. Empty when there are none or the search does not run. */
  claim(delivery: Omit<Delivery, 'job'>, claimer: Claimer): Promise<{ claims: readonly Claim[]; search: Search }>;
  /**
   * Writes results. Those whose attempt is no longer the current one are refused and left out of `accepted`. `next` is a plan that follows
   * from a history with these results: it is added with them, where all are accepted.
   */
  finish(
    searchId: string,
    trials: readonly FinishedTrial[],
    next?: Plan,
  ): Promise<Finished & { readonly search: Search }>;
  /** Takes an intermediate value of a trial: it goes on, is stopped, or waits at its rung, and with the last of its bracket the best go on. */
  reportValue(
    searchId: string,
    report: PausedReport,
  ): Promise<{ decision: PruneDecision; deliveries: readonly Delivery[]; search: Search }>;
  /** Ends the searches that have used up their seconds, or the one that is named if it has. */
  endOverdue(id?: string): Promise<void>;
  /** Gives claims back: to wait again, or to fail where their attempts are used up. */
  release(
    searchId: string,
    trials: readonly ReturnedTrial[],
  ): Promise<{ deliveries: readonly Delivery[]; search: Search }>;
  /** Renews leases and keeps the curves so far; returns the claims that are no longer held. */
  renew(renewals: readonly Renewal[], leaseSeconds: number): Promise<readonly ClaimRef[]>;
  /** Takes back every claim whose lease ran out. */
  reapExpired(): Promise<readonly Delivery[]>;
  /** Everything that waits to be delivered: of one search, or of all that run. */
  deliveries(searchId?: string): Promise<readonly Delivery[]>;
  countDeliveries(): Promise<number>;
  /** Searches that run and have fewer than `window` trials waiting though more are to come. */
  underfilled(window: number): Promise<readonly string[]>;
}

export type TrialSort = 'number' | '-number' | 'value' | '-value';

export interface TrialQuery {
  readonly state?: TrialState | undefined;
  readonly finding?: FindingCode | undefined;
  readonly sort: TrialSort;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface SearchQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly state?: SearchState | undefined;
  /** Contained in the name or the data set's, whatever the case. */
  readonly q?: string | undefined;
  readonly dataset?: string | undefined;
  /** The search they refine. */
  readonly parent?: string | undefined;
}

/** One finding over the trials of a search. */
export interface FoundOften {
  readonly example: FoldsFinding;
  /** How many trials have it. */
  readonly trials: number;
  /** Some of them, the first. */
  readonly numbers: readonly number[];
}

export interface SearchQueries {
  find(id: string): Promise<Search | undefined>;
  /** Those of them that there are. */
  findAll(ids: readonly string[]): Promise<readonly Search[]>;
  list(query: SearchQuery): Promise<Page<Search>>;
  trials(search: Search, query: TrialQuery): Promise<Page<TrialSummary>>;
  trial(search: Search, number: number): Promise<Trial | undefined>;
  /** Complete trials by value, the best first. */
  best(search: Search, limit: number): Promise<readonly TrialSummary[]>;
  /** Every trial that has ended, or waits at a rung, by number. */
  outcomes(search: Search): Promise<readonly TrialOutcome[]>;
  /** Of all trials that ended or wait at a rung: how often each finding was made, and by whom. */
  findings(search: Search): Promise<readonly FoundOften[]>;
  /** Trials of one stage that have ended, with what was found in them, by number. */
  diagnosed(search: Search, stage: number): Promise<readonly DiagnosedTrial[]>;
  /** The running trials with their curves so far. */
  running(search: Search): Promise<readonly Trial[]>;
  /** Its trials as columns, of one moment: JSON text of a `Table`. Undefined where the search was deleted. */
  table(search: Search): Promise<string | undefined>;
  /** The curves of at most so many trials, of one moment; undefined where the search was deleted. */
  curves(
    search: Search,
    trials: number,
    points: number,
  ): Promise<{ readonly seq: number; readonly trials: readonly StoredCurves[] } | undefined>;
  events(id: string, after: number, limit: number): Promise<readonly SearchEvent[]>;
}

/** Delivers, and only delivers (law 1): a delivery that is already queued is not queued twice. */
export interface TrialQueue {
  deliver(deliveries: readonly Delivery[]): Promise<void>;
  /** How many deliveries are queued or being worked on. */
  depth(): Promise<number>;
  close(): Promise<void>;
}

/** What listeners are told. `seq` is that of the newest event; who needs the events reads them from the log. */
export type Notice =
  | { readonly kind: 'changed'; readonly searchId: string; readonly seq: number; readonly state: SearchState }
  | { readonly kind: 'removed'; readonly searchId: string }
  | { readonly kind: 'epochs'; readonly searchId: string; readonly epochs: readonly Epoch[] }
  /** The connection was lost for a while: anything may have been missed. */
  | { readonly kind: 'gap' };

/** Tells every process what happens in any. */
export interface PubSub {
  subscribe(listener: (notice: Notice) => void): () => void;
  /** For epochs alone; changes are told by the store, in their own transaction. Never throws: an epoch may be lost. */
  publish(searchId: string, epochs: readonly Epoch[]): void;
  close(): Promise<void>;
}

/** The newest version of a data set, unless a hash says which. */
export interface DatasetStore {
  list(): Promise<readonly DatasetSummary[]>;
  find(name: string, hash?: string): Promise<DatasetSummary | undefined>;
  /** The rows, in memory that threads share; kept for the next caller. */
  load(name: string, hash?: string): Promise<Dataset | undefined>;
  csv(name: string, hash?: string): Promise<string | undefined>;
  /** Stores a new version; one that is there already becomes the newest again. */
  add(upload: AskedUpload & { readonly file: Uint8Array }): Promise<DatasetSummary>;
  /**
   * Deletes all versions, unless a search uses one: any search, or, with `force`, one that is not over. Says which searches were made on
   * it. A Problem where there is no such data set, or it is built in.
   */
  remove(
    name: string,
    force: boolean,
  ): Promise<{
    readonly removed: boolean;
    readonly uses: readonly { readonly id: string; readonly state: SearchState }[];
  }>;
}
