/** A trial as the rules of a search know it. */

import type { Point } from '../../algorithms/space/space.ts';
import type { FoldCurves, FoldsFinding } from '../../compute/trial.ts';
import type { PlannedTrial } from '../commands.ts';
import type { Confirms } from '../runs.ts';
import type { TrialState, TrialSummary, Verdict } from '../trial.ts';

/** What rules read. Curves and checkpoints, which may be large, are read by themselves (facts.ts). */
export interface TrialRecord {
  readonly number: number;
  /** Only for a run of the confirmation. */
  readonly confirms?: Confirms | undefined;
  readonly stage: number;
  /** The queue job that delivers it while it waits. */
  readonly job: string;
  readonly state: TrialState;
  /** How often it was claimed. Writes that carry an older attempt are refused. */
  readonly attempt: number;
  /** Attempts that crashed, or whose lease expired. */
  readonly failures: number;
  /** From 0; 0 where there are no rungs. */
  readonly rung: number;
  readonly point: Point;
  readonly value: number | null;
  readonly epochs: number;
  /** Codes of its findings. */
  readonly found: TrialSummary['found'];
  readonly notes: string;
  readonly tags: readonly string[];
  /** Milliseconds. */
  readonly durationMs: number | null;
  /** Whether the lease of whoever runs it is over. */
  readonly leaseExpired: boolean;
}

/** What rules write; what is not named stays. Times are the store's, at the moment of the change. */
export interface TrialPatch
  extends Partial<
    Pick<
      TrialRecord,
      'job' | 'state' | 'attempt' | 'failures' | 'rung' | 'value' | 'epochs' | 'found' | 'durationMs' | 'notes' | 'tags'
    >
  > {
  readonly worker?: string;
  readonly deviation?: number | null;
  readonly outcome?: string | null;
  readonly reason?: string | null;
  readonly curves?: readonly FoldCurves[] | null;
  readonly findings?: readonly FoldsFinding[];
  readonly verdict?: Verdict;
  readonly resultHash?: string;
  readonly kernels?: string;
  readonly startedAt?: 'now';
  readonly finishedAt?: 'now' | null;
  /** From now on; null where nobody holds it any more. */
  readonly leaseSeconds?: number | null;
}

export interface NewTrial extends PlannedTrial {
  /** Who runs it from the start, as its first attempt. */
  readonly claimedBy?: { readonly worker: string; readonly leaseSeconds: number } | undefined;
}

/** The record after a patch. */
export function patched(record: TrialRecord, patch: TrialPatch): TrialRecord {
  const { job, state, attempt, failures, rung, value, epochs, found, durationMs, leaseSeconds, notes, tags } = patch;
  return {
    ...record,
    ...(job !== undefined && { job }),
    ...(state !== undefined && { state }),
    ...(attempt !== undefined && { attempt }),
    ...(failures !== undefined && { failures }),
    ...(rung !== undefined && { rung }),
    ...(value !== undefined && { value }),
    ...(epochs !== undefined && { epochs }),
    ...(found !== undefined && { found }),
    ...(notes !== undefined && { notes }),
    ...(tags !== undefined && { tags }),
    ...(durationMs !== undefined && { durationMs }),
    ...(leaseSeconds !== undefined && { leaseExpired: false }),
  };
}
