/** Trials as spans of time, put into lines so that no two of a line overlap. Pure. */
import type { TrialRow } from './model.ts';

export interface Span {
  readonly from: number;
  readonly to: number;
  readonly trial: TrialRow;
}
export interface Lane {
  readonly worker: string;
  /** Of its worker, from 0. */
  readonly lane: number;
  readonly spans: readonly Span[];
}

/** `now` ends what still runs. */
export function lanesOf(trials: readonly TrialRow[], now: number): Lane[] {
  const byWorker = new Map<string, Span[]>();
  for (const trial of trials) {
    const { worker, startedAt, finishedAt, durationMs, state } = trial;
    if (worker === null || startedAt === null || state === 'waiting') continue;
    const spans = byWorker.get(worker) ?? [];
    byWorker.set(worker, spans);
    const to = Math.max(finishedAt ?? now, startedAt);
    // Tiny trials are claimed many at a time, and trained one after the other.
    spans.push({ from: Math.max(startedAt, to - (durationMs ?? Number.POSITIVE_INFINITY)), to, trial });
  }
  return [...byWorker]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([worker, spans]) => packed(spans).map((own, lane) => ({ worker, lane, spans: own })));
}

/** Into as few lines as there are spans at once. */
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
