/** Lays out trials as time spans in rows without overlaps. Pure. */
import { formatDuration, formatValue } from '../../../src/format.ts';
import type { TrialRow } from './model.ts';
import { shownState } from './shown-state.ts';

export interface Span {
  readonly from: number;
  readonly to: number;
  readonly trial: TrialRow;
}
export interface TimelineRow {
  readonly worker: string;
  /** Index of the row within its worker, from 0. */
  readonly row: number;
  readonly spans: readonly Span[];
}

/**
 * A worker stores when it claimed a trial, when its result was written, and how long it trained. Tiny trials are claimed and written in batches but
 * trained one after the other, so a trial may be moved within that time: rows are what the worker has threads, not what a batch has trials.
 */
interface Window {
  readonly trial: TrialRow;
  readonly claimed: number;
  readonly written: number;
  readonly length: number;
}

/** Claims and writes are timed by the database, trainings by their thread. */
const CLOCK_SLACK_MS = 50;

/**
 * A trial that was compared at rungs trained in several parts, of which only the sum is known: drawn as one it may overlap others of its thread. It
 * is shortened to the room that is left, unless that is less than this part of it.
 */
const LEAST_SHOWN = 0.3;

/** Running trials extend to `now`; `unnamed` is the worker of trials that have none, which are left out without it. */
export function timelineLayout(trials: readonly TrialRow[], now: number, unnamed?: string): TimelineRow[] {
  const byWorker = new Map<string, Window[]>();
  const claims = new Set<string>();
  for (const trial of trials) {
    const { startedAt, finishedAt, durationMs, state } = trial;
    const worker = trial.worker ?? unnamed;
    if (worker === undefined || startedAt === null || state === 'waiting') continue;
    if (finishedAt === null && trial.epochs === 0) {
      // Of the trials of one batch that have not begun, the first is next.
      const claim = `${worker} ${startedAt}`;
      if (claims.has(claim)) continue;
      claims.add(claim);
    }
    const windows = byWorker.get(worker) ?? [];
    byWorker.set(worker, windows);
    const written = Math.max(finishedAt ?? now, startedAt);
    const length = Math.min(durationMs ?? Number.POSITIVE_INFINITY, written - startedAt);
    windows.push({ trial, claimed: startedAt, written, length });
  }
  return [...byWorker]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([worker, windows]) => packed(windows).map((spans, row) => ({ worker, row, spans })));
}

/** What a span says: `trial 3: complete, 2.1 s, value 0.9`. */
export function spanText(trial: TrialRow, seconds: number): string {
  return `trial ${trial.number}: ${shownState(trial)}, ${formatDuration(seconds)}, value ${formatValue(trial.value)}`;
}

/** Packs trials into few rows: from the last to the first, each as late as it can have been, in the row where that is latest. */
function packed(windows: readonly Window[]): Span[][] {
  const rows: { start: number; spans: Span[] }[] = [];
  const lastFirst = windows.toSorted((a, b) => b.written - a.written || b.trial.number - a.trial.number);
  for (const { trial, claimed, written, length } of lastFirst) {
    const end = ({ start }: { readonly start: number }) => Math.min(written, start);
    const fitting = rows.filter((row) => end(row) - length >= claimed - CLOCK_SLACK_MS);
    const roomy = rows.filter((row) => end(row) - claimed >= length * LEAST_SHOWN);
    const [row = { start: Number.POSITIVE_INFINITY, spans: [] }] = (fitting.length > 0 ? fitting : roomy).sort(
      (a, b) => end(b) - end(a),
    );
    if (!rows.includes(row)) rows.push(row);
    const to = end(row);
    row.start = fitting.length > 0 || roomy.length === 0 ? to - length : claimed;
    row.spans.unshift({ from: row.start, to, trial });
  }
  return rows.map(({ spans }) => spans);
}
