/** A trial as the page keeps it. */
import type { FindingCode } from '../../../src/diagnosis/finding.ts';
import type { Point } from '../../../src/search/space.ts';
import type { TrialSummary } from '../api.ts';

export interface TrialRow {
  readonly number: number;
  state: TrialSummary['state'];
  stage: number;
  rung: number;
  attempt: number;
  value: number | null;
  deviation: number | null;
  outcome: 'ok' | 'diverged' | null;
  epochs: number;
  durationMs: number | null;
  worker: string | null;
  /** Milliseconds since 1970. */
  startedAt: number | null;
  finishedAt: number | null;
  found: readonly FindingCode[];
  reason: string | null;
  /** Of the pruner that stopped it. */
  rule: string | null;
  point: Point;
}
