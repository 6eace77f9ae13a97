/** Queries of searches and their trials. */
import type { Point } from '../../algorithms/space/space.ts';
import type { FoldsFinding } from '../../compute/trial.ts';
import type { FindingCode } from '../../diagnosis/finding.ts';
import type { TrialOutcome } from '../../domain/commands.ts';
import type { StoredCurves } from '../../domain/curves.ts';
import type { SearchEvent } from '../../domain/events.ts';
import type { ValueSeries } from '../../domain/intermediate-values.ts';
import type { Search, SearchState } from '../../domain/search.ts';
import type { Trial, TrialState, TrialSummary } from '../../domain/trial.ts';
import type { Page } from './page.ts';

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
