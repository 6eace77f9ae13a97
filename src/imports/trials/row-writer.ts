/** The rows of observed trials and of the events that tell of them, as JSON texts that a database can read. */
import { isBetter } from '../../algorithms/objective.ts';
import type { Point } from '../../algorithms/space/space.ts';
import type { FoldCurves } from '../../compute/trial.ts';
import type { Change } from '../../domain/events.ts';
import { seriesOf } from '../../domain/intermediate-values.ts';
import { MAX_IMPROVEMENTS, type Search } from '../../domain/search.ts';
import type { Specification } from '../../domain/specification/specification.ts';
import type { Verdict } from '../../domain/trial.ts';
import { perSeries } from '../../nn/training/series.ts';
import { refusedFile, type SourceTrial } from './source-trials.ts';

/** The end of a search names so many trials without a result. */
const MAX_LACKING = 100;
/** Of one text: it is sent to the database at once. */
const TEXT_CHARACTERS = 1_000_000;

type Series = readonly (number | null)[];

interface Written {
  readonly number: number;
  readonly attempt: number;
  readonly value: number | null;
  readonly deviation: number | null;
  readonly reason: string | null;
  readonly epochs: number;
  readonly verdict: Verdict | null;
}

/** Trials are added in the order of their numbers. */
export class RowWriter {
  readonly #specification: Specification;
  readonly #trials = new Texts();
  readonly #events = new Texts();
  readonly #counts = { complete: 0, pruned: 0, failed: 0, cancelled: 0, diverged: 0 };
  readonly #improvements: Search['improvements'][number][] = [];
  readonly #lacking: number[] = [];
  #number = 0;
  #seq = 0;
  #epochs = 0;

  constructor(specification: Specification) {
    this.#specification = specification;
    const total = specification.budget.trials;
    this.#event({ type: 'search.created', data: { total } });
    this.#event({ type: 'trials.planned', data: { from: 0, to: total } });
  }

  /** `series`: the objective after each epoch. */
  add(trial: SourceTrial, hyperparameters: Point, series: Series): void {
    const number = this.#number++;
    const { state, value, notes = '', tags = [] } = trial;
    const deviation = amount(trial.deviation);
    const outcome = state !== 'complete' ? null : value === null ? 'diverged' : 'ok';
    const reason = trial.reason ?? (outcome === 'diverged' ? 'its value is not finite' : null);
    const epochs = trial.epochs ?? series.length;
    const attempt = state === 'cancelled' ? 0 : 1;
    const verdict = state === 'pruned' ? this.#verdict(epochs, value) : null;
    const written: Written = { number, attempt, value, deviation, reason, epochs, verdict };
    const durationMs = amount(trial.durationMs) ?? durationOf(trial);
    this.#count(state, outcome, number, epochs);
    this.#trials.add(
      {
        ...written,
        ...{ state, outcome, hyperparameters, notes, tags, durationMs },
        curves: series.length === 0 ? null : [curvesOf(series, value, this.#specification)],
        startedAt: timeText(trial.startedAt),
        finishedAt: timeText(trial.finishedAt),
      },
      trial.place,
    );
    this.#event(this.#end(state, written, durationMs ?? 0));
  }

  done() {
    const { complete, pruned, failed, cancelled, diverged } = this.#counts;
    this.#event({ type: 'search.complete', data: this.#lacking.length > 0 ? { lacking: this.#lacking } : {} });
    const total = this.#number;
    const open = { waiting: 0, running: 0, paused: 0 };
    return {
      record: {
        trials: { total, planned: total, ...open, complete, pruned, failed, cancelled, diverged },
        best: this.#improvements.at(-1) ?? null,
        improvements: this.#improvements.slice(-MAX_IMPROVEMENTS),
        epochs: this.#epochs,
        seq: this.#seq,
      },
      trials: this.#trials.done(),
      events: this.#events.done(),
    };
  }

  #count(state: SourceTrial['state'], outcome: string | null, number: number, epochs: number): void {
    this.#counts[state]++;
    if (outcome === 'diverged') this.#counts.diverged++;
    const isLacking = state === 'failed' || state === 'cancelled';
    if (isLacking && this.#lacking.length < MAX_LACKING) this.#lacking.push(number);
    this.#epochs += epochs;
  }

  #end(state: SourceTrial['state'], written: Written, durationMs: number): Change {
    const { number, attempt, value, deviation, reason, epochs, verdict } = written;
    const common = { number, attempt, value, epochs, durationMs, found: [] };
    switch (state) {
      case 'complete': {
        const best = this.#improves(number, value);
        const outcome = value === null ? 'diverged' : 'ok';
        return { type: 'trial.complete', data: { ...common, stage: 0, outcome, reason, deviation, best } };
      }
      case 'pruned':
        return { type: 'trial.pruned', data: { ...common, reason: reason ?? verdict!.text, verdict: verdict! } };
      case 'failed':
        return { type: 'trial.failed', data: { number, attempt, reason: reason ?? 'it failed' } };
      case 'cancelled':
        return { type: 'trial.cancelled', data: { number } };
    }
  }

  #improves(number: number, value: number | null): boolean {
    const best = this.#improvements.at(-1)?.value ?? null;
    const { direction } = this.#specification.objective;
    if (value === null || (best !== null && !isBetter(value, best, direction))) return false;
    this.#improvements.push({ number, value, stage: 0 });
    return true;
  }

  #verdict(epochs: number, value: number | null): Verdict {
    const tool = this.#specification.observed?.format ?? 'another tool';
    const unknown = { threshold: null, rank: null, of: null, rung: null };
    return { rule: tool, epochs, value, ...unknown, text: `it was pruned in the other tool (${tool})` };
  }

  #event(change: Change): void {
    this.#seq += 1;
    this.#events.add({ seq: this.#seq, ...change }, '');
  }
}

function curvesOf(series: Series, value: number | null, { objective: { metric } }: Specification): FoldCurves {
  const unknown = series.map(() => null);
  const own = seriesOf(metric);
  return {
    fold: 0,
    value,
    initialLoss: null,
    ...perSeries((name) => (name === own ? series : unknown)),
    learningRate: unknown,
    gradientNorm: unknown,
    peakLoss: unknown,
    peakStep: [],
    regularizationLoss: unknown,
    signals: [],
  };
}

/** Of a deviation or a time; null for what is none, which could not be read back. */
function amount(value: number | undefined): number | null {
  return value !== undefined && value >= 0 && Number.isFinite(value) ? value : null;
}

function durationOf({ startedAt, finishedAt }: SourceTrial): number | null {
  return startedAt === undefined || finishedAt === undefined ? null : Math.max(0, finishedAt - startedAt);
}

/** 2200-01-01: years of five digits are no times for the clients of the API. */
const LATEST = 7_258_118_400_000;

function timeText(time: number | undefined): string | null {
  return time === undefined || time < 0 || time >= LATEST ? null : new Date(time).toISOString();
}

/** As JSON; the error for text that cannot be stored: Postgres has no NUL, and UTF-8 no half of a surrogate pair. */
export function storable(value: object, place: string): string {
  const text = JSON.stringify(value);
  if (/(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/.test(text))
    throw refusedFile(place, 'must be text: it has a NUL or half a surrogate pair');
  return text;
}

/** Lists of rows as JSON in UTF-8, each of bounded length, in shared memory: a thread gives them away without a copy. */
class Texts {
  readonly #texts: Uint8Array[] = [];
  #rows: string[] = [];
  #length = 0;

  /** `place`: in the file. */
  add(row: object, place: string): void {
    const text = storable(row, place);
    this.#rows.push(text);
    this.#length += text.length;
    if (this.#length >= TEXT_CHARACTERS) this.#flush();
  }

  done(): readonly Uint8Array[] {
    this.#flush();
    return this.#texts;
  }

  #flush(): void {
    if (this.#rows.length === 0) return;
    const text = Buffer.from(`[${this.#rows.join()}]`);
    const shared = new Uint8Array(new SharedArrayBuffer(text.length));
    shared.set(text);
    this.#texts.push(shared);
    this.#rows = [];
    this.#length = 0;
  }
}
