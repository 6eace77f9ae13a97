/** The interfaces that the use cases need and adapters implement. */
import type { Point } from '../algorithms/space/space.ts';
import type { FoldsFinding } from '../compute/trial.ts';
import type { Thing } from '../contract/reach.ts';
import type { InputColumn } from '../data/columns.ts';
import type { Dataset } from '../data/dataset.ts';
import type { CsvReading } from '../data/reading.ts';
import type { AskedUpload } from '../data/upload.ts';
import type { FindingCode } from '../diagnosis/finding.ts';
import type { Annotation } from '../domain/annotations.ts';
import type { ApiKey, BrowserSession, KeyLimits, Principal, Role } from '../domain/api-key.ts';
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
  Usage,
} from '../domain/commands.ts';
import type { StoredCurves } from '../domain/curves.ts';
import type { DatasetSummary } from '../domain/dataset-record.ts';
import type { Change, Epoch, SearchEvent } from '../domain/events.ts';
import type { ValueSeries } from '../domain/intermediate-values.ts';
import type { ModelClaim, ModelFacts, ModelOrigin, ModelRecord } from '../domain/model-record.ts';
import type { Project, ProjectLimits, ProjectLimitsChange } from '../domain/project.ts';
import type { Search, SearchState } from '../domain/search.ts';
import type { SignedInUser } from '../domain/signed-in-user.ts';
import type { DatasetFacts, Specification } from '../domain/specification/specification.ts';
import type { Warning } from '../domain/specification/warnings.ts';
import type { Trial, TrialState, TrialSummary } from '../domain/trial.ts';
import type { ObservedSearch } from '../imports/trials/observed-search.ts';

/** A page of a list; the next page starts at cursor `next`. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

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

export type TrialSort = 'number' | '-number' | 'value' | '-value';

export interface TrialQuery {
  readonly state?: TrialState | undefined;
  readonly finding?: FindingCode | undefined;
  readonly tag?: string | undefined;
  readonly sort: TrialSort;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface SearchQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly state?: SearchState | undefined;
  /** Substring of the name, the data set's name, the notes or a tag, ignoring case. */
  readonly q?: string | undefined;
  readonly tag?: string | undefined;
  readonly dataset?: string | undefined;
  /** The search they refine. */
  readonly parent?: string | undefined;
  readonly project?: string | undefined;
}

export interface TimedOutcome extends TrialOutcome {
  /** From the start of the first of them to the end of this one, by the clock; null while it waits at a rung. */
  readonly seconds: number | null;
}

/** A finding, aggregated over the trials of a search. */
export interface FoundOften {
  readonly example: FoldsFinding;
  /** How many trials have it. */
  readonly trials: number;
  /** Numbers of the first of them. */
  readonly numbers: readonly number[];
}

/** The objective of a trial that trained to its own end, epoch by epoch. */
export interface StoredObjective extends Pick<TrialOutcome, 'number' | 'point' | 'value' | 'epochs'> {
  /** JSON text: a list of series, one per fold. */
  readonly folds: string;
}

/** Of all searches together. */
export interface ServiceTotals {
  readonly searches: Readonly<Record<SearchState, number>>;
  readonly trials: Readonly<Record<TrialState, number>>;
  readonly epochs: number;
  /** Size of the database. */
  readonly bytes: number;
}

export interface SearchQueries {
  totals(): Promise<ServiceTotals>;
  find(id: string): Promise<Search | undefined>;
  /** Those that exist. */
  findAll(ids: readonly string[]): Promise<readonly Search[]>;
  list(query: SearchQuery): Promise<Page<Search>>;
  trials(search: Search, query: TrialQuery): Promise<Page<TrialSummary>>;
  trial(search: Search, number: number): Promise<Trial | undefined>;
  /** Complete trials, best first: the confirmed best, if there is one, then by value as searched. */
  best(search: Search, limit: number): Promise<readonly TrialSummary[]>;
  /** Values of the complete trials of a stage, with their standard deviations over the folds. */
  values(
    search: Search,
    stage: number,
  ): Promise<readonly { readonly number: number; readonly value: number; readonly deviation: number | null }[]>;
  /** All trials that have ended or wait at a rung, by number. */
  outcomes(search: Search): Promise<readonly TimedOutcome[]>;
  /** Findings of all trials that have ended or wait at a rung. */
  findings(search: Search): Promise<readonly FoundOften[]>;
  /** Ended trials of a stage with their findings, by number: `DiagnosedTrial`s as JSON text, which is for a thread. */
  diagnosed(search: Search, stage: number): Promise<string>;
  /** The runs of its confirmations, by finalist and repetition. */
  runs(search: Search): Promise<readonly TrialSummary[]>;
  /** Running trials with their curves so far. */
  running(search: Search): Promise<readonly Trial[]>;
  /** A consistent snapshot of its trials as the JSON text of a `Table`; undefined if the search was deleted. */
  table(search: Search): Promise<string | undefined>;
  /** A consistent snapshot of the curves of at most `trials` trials; undefined if the search was deleted. */
  curves(
    search: Search,
    trials: number,
    points: number,
  ): Promise<{ readonly seq: number; readonly trials: readonly StoredCurves[] } | undefined>;
  /** How many trials from number `from` on are complete with a value, and a sample of at most `limit` of them, evenly spread by number. */
  completeSample(
    search: Search,
    from: number,
    limit: number,
  ): Promise<{
    readonly trials: number;
    readonly sample: readonly { readonly point: Point; readonly value: number }[];
  }>;
  /** How many trials of a stage are in each state. */
  countStates(search: Search, stage: number): Promise<Readonly<Partial<Record<TrialState, number>>>>;
  /** Complete trials of a stage with the whole series of the objective, by number; a sample, always the same, of more than `limit`. */
  objectives(search: Search, stage: number, limit: number): Promise<readonly StoredObjective[]>;
  /** The objective of these trials after each epoch, a series per fold; null where it is not finite. */
  objectiveSeries(search: Search, numbers: readonly number[]): Promise<ReadonlyMap<number, readonly ValueSeries[]>>;
  /** All series of these trials after each epoch: the JSON text of `FoldSeries[]`, in the order of the folds. It is read where it is used, which may be a thread. */
  foldSeries(search: Search, numbers: readonly number[]): Promise<ReadonlyMap<number, string>>;
  /** How many trials of a stage have an intermediate value, by the epochs that they had completed, ascending. */
  reportCounts(search: Search, stage: number): Promise<readonly { readonly epochs: number; readonly trials: number }[]>;
  /** The intermediate values of the trials of a stage at these epochs, by number. */
  reportsAt(
    search: Search,
    stage: number,
    epochs: number,
  ): Promise<readonly { readonly point: TrialOutcome['point']; readonly value: number }[]>;
  events(id: string, after: number, limit: number): Promise<readonly SearchEvent[]>;
}

export interface ModelQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
  /** The search they were made from. */
  readonly searchId?: string | undefined;
  readonly project?: string | undefined;
}

/** Methods of a worker do nothing, or return false, if its claim is no longer current. Every change is announced. */
export interface ModelStore {
  create(model: {
    readonly name: string;
    readonly project: string;
    readonly origin: ModelOrigin;
  }): Promise<ModelRecord>;
  find(id: string): Promise<ModelRecord | undefined>;
  /** Newest first. */
  list(query: ModelQuery): Promise<Page<ModelRecord>>;
  /** The model as JSON in UTF-8; undefined until it is ready. */
  document(id: string): Promise<Uint8Array | undefined>;
  change(
    id: string,
    change: { readonly name?: string | undefined; readonly notes?: string | undefined },
  ): Promise<boolean>;
  remove(id: string): Promise<boolean>;
  /** Undefined unless it is waiting. */
  claim(id: string, claimer: Claimer): Promise<ModelClaim | undefined>;
  renew(claim: ModelClaim, leaseSeconds: number): Promise<boolean>;
  /** It has failed if its project may not store as much. */
  finish(
    claim: ModelClaim,
    made: { readonly facts: ModelFacts; readonly document: Uint8Array<ArrayBuffer> },
  ): Promise<boolean>;
  /** Trying again cannot help. */
  fail(claim: ModelClaim, failure: string): Promise<void>;
  /** It waits again, or has failed if all attempts have ended with a failure. Without a failure the attempt does not count. */
  release(claim: ModelClaim, failure?: string): Promise<void>;
  /** Releases every claim whose lease has expired. */
  reapExpired(): Promise<void>;
  waiting(): Promise<readonly string[]>;
}

/** Methods that change a project are a Problem `notFound` if there is none of that name. */
export interface ProjectStore {
  /** The project, or all of them, by name. */
  list(name?: string): Promise<readonly Project[]>;
  exists(name: string): Promise<boolean>;
  /** The name of the project that something belongs to; undefined if there is no such thing, or if it belongs to none. */
  ownerOf(thing: Thing, name: string): Promise<string | undefined>;
  /** A Problem `projectExists` if the name is taken. */
  create(name: string, limits: ProjectLimits): Promise<Project>;
  change(name: string, limits: ProjectLimitsChange): Promise<Project>;
  /** A Problem `projectInUse` while something belongs to it. */
  remove(name: string): Promise<void>;
}

/** What a browser must come back with from the identity provider. */
export interface SignInSecrets {
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string;
}

export interface SignInAttempt {
  readonly secrets: SignInSecrets;
  /** Of the page, to which the browser comes back. */
  readonly path: string;
}

export interface IdentityProvider {
  /** The address to send a browser to. */
  begin(redirectUri: string): Promise<{ readonly url: string; readonly secrets: SignInSecrets }>;
  /** A Problem `signInFailed` if anything is not as it began. */
  finish(callback: string, secrets: SignInSecrets): Promise<SignedIn>;
  /** Where a browser signs out there, to come back to `returnUri`; undefined if the provider has no such page. */
  signOutAddress(idToken: string | undefined, returnUri: string): Promise<string | undefined>;
  /** What a logout token says; a Problem `invalidRequest` if it is not one of this provider for this service, or too old. */
  readLogout(token: string): Promise<ProviderLogout>;
}

/** Someone who has signed in at the identity provider. */
export interface SignedIn {
  readonly claims: Readonly<Record<string, unknown>>;
  readonly idToken: string | undefined;
}

/** Whose sessions the identity provider ends: of a user, or those that belong to one of its own sessions. */
export interface ProviderLogout {
  /** Unique among the logout tokens of the provider. */
  readonly tokenId: string;
  readonly subject: string | undefined;
  readonly session: string | undefined;
}

/** What the provider calls a session, and what tells it later who signs out. */
export interface ProviderSession {
  readonly session: string | undefined;
  readonly idToken: string | undefined;
}

/** A session that has just ended. */
export interface EndedSession {
  /** Of the user of an identity provider; undefined for a key. */
  readonly userId: string | undefined;
  readonly idToken: string | undefined;
}

/** A session of the key of the settings, which is in no table, has no owner. */
export type ListedSession = Pick<BrowserSession, 'id' | 'startedAt' | 'expiresAt'> & {
  readonly owner: Pick<BrowserSession, 'name' | 'role' | 'project'> | { readonly keyHash: Uint8Array };
};

/** Secrets are known to it by their hashes. */
export interface KeyStore extends SessionStore {
  create(key: {
    readonly name: string;
    readonly role: Role;
    readonly project: string | null;
    readonly limits: KeyLimits;
    readonly hash: Uint8Array;
  }): Promise<ApiKey>;
  /** Newest first, with those that are revoked. */
  list(project?: string): Promise<readonly ApiKey[]>;
  /** Ends the sessions that began with it, too. Whether there is such a key. */
  revoke(id: string): Promise<boolean>;
  /** Whether there is a key, or was one. */
  isAny(): Promise<boolean>;
  /** Undefined if it is unknown or revoked. Records that it was used. */
  use(hash: Uint8Array): Promise<Principal | undefined>;
}

/** Sessions of browsers, known to it by the hashes of their tokens. */
export interface SessionStore {
  beginSession(hash: Uint8Array, keyHash: Uint8Array, seconds: number): Promise<void>;
  /** Who began a session that has not expired: the hash of a key, or a user. */
  session(hash: Uint8Array): Promise<{ readonly keyHash: Uint8Array } | { readonly principal: Principal } | undefined>;
  beginUserSession(hash: Uint8Array, user: SignedInUser, at: ProviderSession, seconds: number): Promise<void>;
  beginSignIn(hash: Uint8Array, attempt: SignInAttempt, seconds: number): Promise<void>;
  /** Once; undefined if it has expired. */
  takeSignIn(hash: Uint8Array): Promise<SignInAttempt | undefined>;
  /** Undefined if there is none. */
  endSession(hash: Uint8Array): Promise<EndedSession | undefined>;
  /** Newest first; those of the project, or all. */
  listSessions(project?: string): Promise<readonly ListedSession[]>;
  /** Whether there was such a session. */
  revokeSession(id: string): Promise<boolean>;
  /**
   * Ends those that a logout token of the issuer names, and returns how many; undefined if a token with this hash was used within `seconds`
   * before: it ends none again.
   */
  endSessionsOf(issuer: string, logout: ProviderLogout, hash: Uint8Array, seconds: number): Promise<number | undefined>;
}

/** Only delivers (invariant 1): a delivery that is already queued is not queued twice. */
export interface TrialQueue {
  deliver(deliveries: readonly Delivery[]): Promise<void>;
  deliverModels(ids: readonly string[]): Promise<void>;
  /** How many deliveries are queued or in progress. */
  depth(): Promise<number>;
  close(): Promise<void>;
}

/** A notification for listeners. `seq` is that of the newest event; the events themselves are in the log. */
export type PubSubMessage =
  | {
      readonly kind: 'changed';
      readonly project: string;
      readonly searchId: string;
      readonly seq: number;
      readonly state: SearchState;
    }
  | { readonly kind: 'removed'; readonly project: string; readonly searchId: string }
  /** A model has changed or was deleted; or, with `progress`, that share of its training is done. */
  | { readonly kind: 'model'; readonly modelId: string; readonly progress?: number }
  | { readonly kind: 'epochs'; readonly searchId: string; readonly epochs: readonly Epoch[] }
  /** The connection was interrupted: notifications may have been missed. */
  | { readonly kind: 'gap' };

/** Publishes notifications to all processes. */
export interface PubSub {
  subscribe(listener: (notice: PubSubMessage) => void): () => void;
  /** Only for epochs; the store publishes changes in their own transaction. Never throws; epochs may be lost. */
  publish(searchId: string, epochs: readonly Epoch[]): void;
  /** Like `publish`: the share of a model's training that is done. */
  publishProgress(modelId: string, done: number): void;
  close(): Promise<void>;
}

/** The columns of a data set's file and how they are read. */
export interface DatasetInputs {
  readonly columns: readonly InputColumn[];
  readonly reading: CsvReading;
}

export interface FileFetcher {
  /** The file at an address, of at most so many bytes. Throws a Problem of `url` if it is refused or cannot be read. */
  fetch(url: string, maxBytes: number): Promise<Uint8Array>;
}

/** Without a hash, methods use the newest version of a data set. */
export interface DatasetStore {
  /** Those that are built in, and those of the project, or of all. */
  list(project?: string): Promise<readonly DatasetSummary[]>;
  find(name: string, hash?: string): Promise<DatasetSummary | undefined>;
  /** The rows, in shared memory and cached. */
  load(name: string, hash?: string): Promise<Dataset | undefined>;
  /** UTF-8. */
  csv(name: string, hash?: string): Promise<Buffer | undefined>;
  /** How its rows are read: for rows that come later. */
  inputs(name: string, hash: string): Promise<DatasetInputs | undefined>;
  /** Stores a new version; an existing version becomes the newest again. */
  add(upload: AskedUpload & { readonly file: Uint8Array; readonly project: string }): Promise<DatasetSummary>;
  /**
   * Deletes all versions unless a search (with `force`: an open search) uses one. Returns the searches that use it. Throws a Problem if there
   * is no such data set or it is built in.
   */
  remove(
    name: string,
    force: boolean,
  ): Promise<{
    readonly removed: boolean;
    readonly uses: readonly { readonly id: string; readonly state: SearchState }[];
  }>;
}
