/**
 * One change of a search, as a unit of work: rules read what they need, say what changes, and see what they have changed already. A store
 * commits the whole, or nothing of it.
 *
 * Counters follow from the states of trials: no rule counts.
 */

import type { Confirmation } from '../confirmation.ts';
import type { Change } from '../events.ts';
import { isOpen, MAX_IMPROVEMENTS, type Search, type SearchState } from '../search.ts';
import type { Budget, Limit } from '../specification/budget.ts';
import { isOver, type TrialState } from '../trial.ts';
import { bestOf, type Facts, meets, type TrialQuery } from './facts.ts';
import { type NewTrial, patched, type TrialPatch, type TrialRecord } from './trial-record.ts';

/** Fields of a search that take new values. */
export interface SearchPatch {
  readonly state?: SearchState;
  readonly failure?: string | null;
  readonly best?: Search['best'];
  readonly improvements?: Search['improvements'];
  readonly stages?: Search['stages'];
  readonly endedBy?: Limit;
  /** null takes it away. */
  readonly confirmation?: Confirmation | null;
  readonly name?: string;
  readonly notes?: string;
  readonly tags?: Search['tags'];
  readonly total?: number;
  readonly share?: number;
  readonly keepCurves?: boolean;
  /** Its `trials` follow `total`. */
  readonly budget?: Budget;
}

/** What a store writes. */
export interface SearchWrites {
  readonly events: readonly Change[];
  readonly trials: ReadonlyMap<number, TrialPatch>;
  readonly newTrials: readonly NewTrial[];
  readonly reports: readonly { readonly number: number; readonly epochs: number; readonly value: number | null }[];
  readonly checkpoints: {
    readonly put: ReadonlyMap<number, Uint8Array>;
    readonly remove: readonly number[] | 'all';
  };
  /** Whether name, budget, share or keepCurves of the specification are new. */
  readonly changesSpecification: boolean;
  /** Trials that had ended begin again: what samplers learned of them is to be learned anew. */
  readonly renewsHistory: boolean;
}

export class SearchUpdate {
  readonly facts: Facts;
  /** Without the counters, which change with every trial. */
  #base: Search;
  readonly #trials: { -readonly [name in keyof Search['trials']]: number };
  #seq: number;
  #epochs: number;
  /** With the counters; undefined after a change. */
  #search: Search | undefined;
  readonly #events: Change[] = [];
  readonly #records = new Map<number, TrialRecord>();
  readonly #patches = new Map<number, TrialPatch>();
  readonly #newTrials: NewTrial[] = [];
  readonly #reports: SearchWrites['reports'][number][] = [];
  readonly #checkpoints = new Map<number, Uint8Array>();
  #removedCheckpoints: number[] | 'all' = [];
  #changesSpecification = false;
  #renewsHistory = false;

  constructor(search: Search, facts: Facts) {
    this.#base = search;
    this.#trials = { ...search.trials };
    this.#seq = search.seq;
    this.#epochs = search.epochs;
    this.facts = facts;
  }

  /** As it is with all that was changed. `finishedAt` stays as it was: the store's clock says when a search ended. */
  get search(): Search {
    this.#search ??= { ...this.#base, trials: { ...this.#trials }, seq: this.#seq, epochs: this.#epochs };
    return this.#search;
  }

  get writes(): SearchWrites {
    return {
      events: this.#events,
      trials: this.#patches,
      newTrials: this.#newTrials,
      reports: this.#reports,
      checkpoints: { put: this.#checkpoints, remove: this.#removedCheckpoints },
      changesSpecification: this.#changesSpecification,
      renewsHistory: this.#renewsHistory,
    };
  }

  /** By number, with what was changed. */
  async trials(query: TrialQuery): Promise<readonly TrialRecord[]> {
    const { limit = Number.POSITIVE_INFINITY } = query;
    const margin = limit === Number.POSITIVE_INFINITY ? undefined : limit + this.#records.size;
    const stored = await this.facts.trials({ ...query, limit: margin });
    const others = stored.filter(({ number }) => !this.#records.has(number));
    const changed = [...this.#records.values()].filter((trial) => meets(trial, query));
    return [...others, ...changed].sort((a, b) => a.number - b.number).slice(0, limit);
  }

  /** The complete trials of a stage with a value, best first, with what was changed. */
  async best(stage: number, limit: number): Promise<readonly TrialRecord[]> {
    const stored = await this.facts.best(stage, limit + this.#records.size);
    const others = stored.filter(({ number }) => !this.#records.has(number));
    const { direction } = this.#base.specification.objective;
    return bestOf([...others, ...this.#records.values()], stage, limit, direction);
  }

  event(change: Change): void {
    this.#events.push(change);
    this.#seq++;
    this.#search = undefined;
  }

  set({ total, name, budget, share, keepCurves, improvements, confirmation, ...patch }: SearchPatch): void {
    const { confirmation: known, ...before } = this.#base;
    const decided = confirmation === undefined ? known : confirmation;
    if (total !== undefined) this.#trials.total = total;
    const specification = {
      ...before.specification,
      name: name ?? before.name,
      budget: { ...(budget ?? before.specification.budget), trials: this.#trials.total },
      ...(share !== undefined && { share }),
      ...(keepCurves !== undefined && { keepCurves }),
    };
    const changesSpecification = [total, name, budget, share, keepCurves].some((one) => one !== undefined);
    if (changesSpecification) this.#changesSpecification = true;
    const state = patch.state ?? before.state;
    this.#base = {
      ...before,
      ...patch,
      ...(decided && { confirmation: decided }),
      ...(changesSpecification && { name: specification.name, specification }),
      ...(improvements && { improvements: improvements.slice(-MAX_IMPROVEMENTS) }),
      endedBy: isOpen(state) ? null : (patch.endedBy ?? before.endedBy),
    };
    this.#search = undefined;
  }

  /** The record after it. */
  updateTrial(trial: TrialRecord, patch: TrialPatch): TrialRecord {
    const { number } = trial;
    const after = patched(trial, patch);
    this.#records.set(number, after);
    this.#patches.set(number, { ...this.#patches.get(number), ...patch });
    // Runs of the confirmation are no trials of the search.
    if (trial.confirms !== undefined) return after;
    this.#count(trial.state, -1);
    this.#count(after.state, 1);
    if (isOver(trial.state)) this.#countFound(trial, -1);
    if (isOver(after.state)) this.#countFound(after, 1);
    return after;
  }

  /** The next ones, in order. */
  addTrials(trials: readonly NewTrial[]): void {
    this.#newTrials.push(...trials);
    for (const { claimedBy } of trials) this.#count(claimedBy === undefined ? 'waiting' : 'running', 1);
    this.#trials.planned += trials.length;
    this.#search = undefined;
  }

  addRuns(runs: readonly NewTrial[]): void {
    this.#newTrials.push(...runs);
  }

  /** Epochs that trials were trained for, and how many of those that are complete diverged. */
  addTraining({ epochs, diverged = 0 }: { readonly epochs: number; readonly diverged?: number }): void {
    this.#epochs += epochs;
    this.#trials.diverged += diverged;
    this.#search = undefined;
  }

  report(number: number, epochs: number, value: number | null): void {
    this.#reports.push({ number, epochs, value });
  }

  putCheckpoint(number: number, bytes: Uint8Array): void {
    this.#checkpoints.set(number, bytes);
  }

  removeCheckpoints(numbers: readonly number[] | 'all'): void {
    if (numbers === 'all' || this.#removedCheckpoints === 'all') this.#removedCheckpoints = 'all';
    else this.#removedCheckpoints.push(...numbers);
    for (const number of numbers === 'all' ? [...this.#checkpoints.keys()] : numbers) this.#checkpoints.delete(number);
  }

  renewHistory(): void {
    this.#renewsHistory = true;
  }

  #count(state: TrialState, by: number): void {
    this.#trials[state] += by;
    this.#search = undefined;
  }

  #countFound({ found }: TrialRecord, by: number): void {
    if (found.length === 0) return;
    const counts: Record<string, number> = { ...this.#base.found };
    for (const code of found) counts[code] = (counts[code] ?? 0) + by;
    const left = Object.entries(counts).filter(([, count]) => count !== 0);
    this.#base = { ...this.#base, found: Object.fromEntries(left) };
    this.#search = undefined;
  }
}
