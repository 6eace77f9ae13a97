/** Lays out trials as time spans in rows without overlaps. Pure. */
import type { TrialRow } from './model.ts';

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

/** Running trials extend to `now`. */
export function timelineLayout(trials: readonly TrialRow[], now: number): TimelineRow[] {
  const byWorker = new Map<string, Span[]>();
  for (const trial of trials) {
    const { worker, startedAt, finishedAt, durationMs, state } = trial;
    if (worker === null || startedAt === null || state === 'waiting') continue;
    const spans = byWorker.get(worker) ?? [];
    byWorker.set(worker, spans);
    const to = Math.max(finishedAt ?? now, startedAt);
    // Tiny trials are claimed in batches but trained one after the other.
    spans.push({ from: Math.max(startedAt, to - (durationMs ?? Number.POSITIVE_INFINITY)), to, trial });
  }
  return [...byWorker]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([worker, spans]) => packed(spans).map((own, row) => ({ worker, row, spans: own })));
}

/** Packs spans into the minimum number of rows. */
function packed(spans: readonly Span[]): Span[][] {
  const lines: { end: number; spans: Span[] }[] = [];
  for (const span of [...spans].sort((a, b) => a.from - b.from)) {
    const free = lines.find(({ end }) => end <= span.from);
    if (free === undefined) lines.push({ end: span.to, spans: [span] });
    else {
      free.spans.push(span);
      free.end = span.to;
    }
  }
  return lines.map((line) => line.spans);
}
