/**
 * The page's state of one search: all trials and curves, from a table and later changes. Pure: it does no requests. The result is the same
 * whenever a client connects.
 */

import type { Point } from '../../../src/algorithms/space/space.ts';
import { type PerSeries, perSeries, type SeriesName, seriesNames } from '../../../src/nn/training/series.ts';
import type { Curves, Epoch, SearchEvent, Table, Trial } from '../api.ts';

type Columns = Table['trials'];
/** The current state of a trial. */
export type TrialRow = { -readonly [Name in Exclude<keyof Columns, 'number'>]: Columns[Name][number] } & {
  readonly number: number;
  point: Point;
};

/** Point i belongs to epoch `epochs[i]`. */
export type Curve = PerSeries<readonly (number | null)[]> & {
  readonly number: number;
  readonly epochs: readonly number[];
};

/** A running fold: entry i belongs to epoch i + 1. */
type LiveFold = PerSeries<(number | null)[]>;
export interface LiveTrial {
  readonly folds: Map<number, LiveFold>;
  /** Total number of epochs. */
  epochs: number;
  /** When the newest epoch ended, in milliseconds since 1970. */
  at: number;
}

/** How many curves of ended trials are kept. */
const MAX_CURVES = 300;
const MAX_POINTS = 60;

export class SearchModel {
  readonly trials: TrialRow[] = [];
  readonly live = new Map<number, LiveTrial>();
  readonly curves = new Map<number, Curve>();
  /** Whether trials are missing because there are too many. */
  thinned = false;
  /** The seq of the newest known change. */
  seq = 0;
  /** Another number after everything that changes trials or curves. */
  version = 0;
  private readonly index = new Map<number, number>();

  trial(number: number): TrialRow | undefined {
    const place = this.index.get(number);
    return place === undefined ? undefined : this.trials[place];
  }

  /** Replaces all trials by the table, then applies changes that arrived while it was read. */
  readTable({ seq, thinned, trials, points }: Table, since: readonly SearchEvent[]): void {
    this.version++;
    this.trials.length = 0;
    this.index.clear();
    const names = Object.keys(points);
    trials.number.forEach((number, i) => {
      const point = names.flatMap((name): [string, Point[string]][] => {
        const value = points[name]![i];
        return value === null || value === undefined ? [] : [[name, value]];
      });
      this.add({
        number,
        state: trials.state[i]!,
        stage: trials.stage[i]!,
        rung: trials.rung[i]!,
        attempt: trials.attempt[i]!,
        value: trials.value[i]!,
        deviation: trials.deviation[i]!,
        outcome: trials.outcome[i]!,
        epochs: trials.epochs[i]!,
        durationMs: trials.durationMs[i]!,
        worker: trials.worker[i]!,
        startedAt: trials.startedAt[i]!,
        finishedAt: trials.finishedAt[i]!,
        found: trials.found[i]!,
        reason: trials.reason[i]!,
        rule: trials.rule[i]!,
        notes: trials.notes[i]!,
        tags: trials.tags[i]!,
        point: Object.fromEntries(point),
      });
    });
    this.thinned = thinned;
    this.seq = seq;
    for (const event of since) this.onChange(event);
    for (const number of this.live.keys()) {
      if (this.trial(number)?.state !== 'running') this.live.delete(number);
    }
  }

  readCurves({ items }: Curves): void {
    this.version++;
    for (const { state: _, ...curve } of items) if (!this.live.has(curve.number)) this.curves.set(curve.number, curve);
  }

  /** Running trials with the known epochs of their folds. */
  readRunning(running: readonly Trial[]): void {
    if (running.length === 0 && this.live.size === 0) return;
    this.version++;
    this.live.clear();
    for (const { number, folds, settings } of running) {
      const own = new Map(folds.map((fold): [number, LiveFold] => [fold.fold, perSeries((name) => [...fold[name]])]));
      this.curves.delete(number);
      this.live.set(number, { folds: own, epochs: Number(settings['epochs'] ?? 1), at: 0 });
    }
  }

  onEpoch(epoch: Epoch): void {
    const trial = this.live.get(epoch.number);
    const row = this.trial(epoch.number);
    if (trial === undefined || (row !== undefined && row.attempt > epoch.attempt)) return;
    this.version++;
    const fold = trial.folds.get(epoch.fold) ?? perSeries(() => []);
    trial.folds.set(epoch.fold, fold);
    for (const name of seriesNames) {
      // A missed epoch becomes null.
      while (fold[name].length < epoch.epoch - 1) fold[name].push(null);
      fold[name][epoch.epoch - 1] = epoch[name];
    }
    trial.epochs = epoch.epochs;
    trial.at = epoch.at;
    if (row === undefined) return;
    row.epochs = Math.max(row.epochs, epoch.epoch);
    if (epoch.found?.some((code) => !row.found.includes(code)))
      row.found = [...new Set([...row.found, ...epoch.found])];
  }

  /** Ignores changes that are already known. */
  onChange(event: SearchEvent): void {
    if (event.seq <= this.seq) return;
    this.seq = event.seq;
    this.version++;
    // Runs of a confirmation are in none of the views of trials.
    if ('confirms' in event.data && event.data.confirms !== undefined) return;
    const at = Date.parse(event.at);
    switch (event.type) {
      case 'trials.planned':
        for (let number = event.data.from; number <= event.data.to; number++) this.add(planned(number));
        break;
      case 'trial.started':
        this.start(event.data, at);
        break;
      case 'trial.complete':
        this.end(event.data.number, { ...event.data, state: 'complete', finishedAt: at });
        break;
      case 'trial.pruned':
        this.end(event.data.number, {
          ...event.data,
          rule: event.data.verdict.rule,
          state: 'pruned',
          finishedAt: at,
        });
        break;
      case 'trial.failed':
        this.end(event.data.number, { ...event.data, state: 'failed', finishedAt: at });
        break;
      case 'trial.paused':
        this.end(event.data.number, { ...event.data, state: 'paused' });
        break;
      case 'trial.promoted':
        this.change(event.data.number, { rung: event.data.rung, state: 'waiting' });
        break;
      case 'trial.retried':
        this.end(event.data.number, { reason: event.data.reason, state: 'waiting', finishedAt: null });
        break;
      case 'trial.changed':
        this.change(event.data.number, { notes: event.data.notes, tags: event.data.tags });
        break;
      case 'trial.cancelled':
        this.end(event.data.number, { state: 'cancelled', finishedAt: at });
        break;
      // When a search ends, or a confirmation begins, its open trials end too.
      case 'confirmation.started':
      case 'search.cancelled':
      case 'search.complete':
      case 'search.failed':
        for (const { number, state } of this.trials) {
          if (isOpen(state)) this.end(number, { state: 'cancelled', finishedAt: at });
        }
        break;
    }
  }

  /** The curve of a trial: the mean of its folds. */
  curveOf(number: number): Curve | undefined {
    const live = this.live.get(number);
    return live === undefined ? this.curves.get(number) : meanOf(number, live);
  }

  private add(row: TrialRow): void {
    if (this.index.has(row.number)) return;
    this.index.set(row.number, this.trials.push(row) - 1);
  }

  private change(number: number, changed: Partial<TrialRow>): void {
    const place = this.index.get(number);
    if (place !== undefined) this.trials[place] = { ...this.trials[place]!, ...changed };
  }

  private start(
    { number, attempt, worker, hyperparameters }: Extract<SearchEvent, { type: 'trial.started' }>['data'],
    at: number,
  ): void {
    this.add(planned(number));
    const { rung, startedAt, epochs } = this.trial(number)!;
    const goesOn = rung > 0;
    this.change(number, {
      state: 'running',
      attempt,
      worker,
      point: hyperparameters,
      startedAt: goesOn ? startedAt : at,
      epochs: goesOn ? epochs : 0,
      ...(!goesOn && { durationMs: null }),
    });
    this.begin(number, goesOn);
  }

  /** Starts recording epochs of a trial; one that resumes at a rung keeps its curve up to there. */
  begin(number: number, goesOn = (this.trial(number)?.rung ?? 0) > 0): void {
    if (this.live.has(number)) return;
    this.version++;
    const folds = new Map<number, LiveFold>();
    const before = this.curves.get(number);
    if (goesOn && before !== undefined) folds.set(0, spread(before));
    this.live.set(number, { folds, epochs: 0, at: 0 });
  }

  private end(
    number: number,
    { best: _, verdict: __, ...changed }: Partial<TrialRow> & { best?: boolean; verdict?: unknown },
  ): void {
    const before = this.trial(number);
    const leg = changed.durationMs ?? null;
    // Includes the time before its rung.
    if (leg === null) delete changed.durationMs;
    else changed.durationMs = leg + ((before?.rung ?? 0) > 0 ? (before?.durationMs ?? 0) : 0);
    const curve = this.curveOf(number);
    if (this.live.delete(number) && curve !== undefined) this.remember(thinned(curve));
    this.change(number, changed);
  }

  private remember(curve: Curve): void {
    this.curves.set(curve.number, curve);
    if (this.curves.size <= MAX_CURVES) return;
    // Drops every other curve, so that the rest stays evenly spread over the search.
    for (const number of [...this.curves.keys()].filter((_, i) => i % 2 === 1)) this.curves.delete(number);
  }
}

function isOpen(state: TrialRow['state']): boolean {
  return state === 'waiting' || state === 'running' || state === 'paused';
}

function planned(number: number): TrialRow {
  const nothing = { value: null, deviation: null, outcome: null, durationMs: null, worker: null, startedAt: null };
  const none = {
    finishedAt: null,
    reason: null,
    rule: null,
    notes: '',
    tags: [],
    stage: 0,
    rung: 0,
    attempt: 0,
    epochs: 0,
  };
  return { number, state: 'waiting', ...nothing, ...none, found: [], point: {} };
}

/** Expands a downsampled curve to one entry per epoch. */
function spread({ epochs, ...series }: Curve): LiveFold {
  return perSeries((name) => {
    const all: (number | null)[] = Array.from({ length: epochs.at(-1) ?? 0 }, () => null);
    epochs.forEach((epoch, i) => {
      all[epoch - 1] = series[name][i] ?? null;
    });
    return all;
  });
}

/** The mean over the folds that have the epoch. */
function meanOf(number: number, { folds }: LiveTrial): Curve {
  const all = [...folds.values()];
  const length = Math.max(0, ...all.map(({ trainLoss }) => trainLoss.length));
  const epochs = Array.from({ length }, (_, i) => i + 1);
  const mean = (name: SeriesName, i: number) => {
    const known = all.map((fold) => fold[name][i]).filter((value): value is number => typeof value === 'number');
    return known.length === 0 ? null : known.reduce((a, b) => a + b, 0) / known.length;
  };
  return { number, epochs, ...perSeries((name) => epochs.map((_, i) => mean(name, i))) };
}

function thinned(curve: Curve): Curve {
  const { length } = curve.epochs;
  if (length <= MAX_POINTS) return curve;
  const kept = Array.from({ length: MAX_POINTS }, (_, i) => Math.round((i * (length - 1)) / (MAX_POINTS - 1)));
  const of = <T>(values: readonly T[]) => kept.map((i) => values[i]!);
  return { number: curve.number, epochs: of(curve.epochs), ...perSeries((name) => of(curve[name])) };
}
