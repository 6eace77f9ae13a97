/** A trial put aside, as bytes: what every fold has come to. */
import { createHash } from 'node:crypto';
import type { Finding } from '../diagnosis/finding.ts';
import type { Checkpoint } from '../nn/training/checkpoint.ts';
import type { Metrics } from '../nn/training/metrics.ts';
import type { Predictions } from '../nn/training/predictions.ts';
import type { EpochReport } from '../nn/training/train.ts';
import { fromBytes, toBytes } from './plain-bytes.ts';
import type { TrialTask } from './trial.ts';

/** A fold whose training is over. */
export interface FoldEnd {
  readonly state: 'over';
  readonly reports: readonly EpochReport[];
  readonly bestEpoch: number;
  readonly stoppedEarly: boolean;
  readonly metrics: Metrics;
  /** Of the validation rows, in the target's own units. */
  readonly predictions?: Predictions | undefined;
  /** sha256 of all that it learned. */
  readonly digest: string;
  /** Why it is called diverged; null where it is not. */
  readonly diverged: string | null;
  readonly findings: readonly Finding[];
}

export interface FoldPause {
  readonly state: 'paused';
  readonly reports: readonly EpochReport[];
  readonly findings: readonly Finding[];
  readonly training: Checkpoint;
}

export type FoldState = FoldEnd | FoldPause;

const FORMAT = 'hypersearch-checkpoint/3';

/** Whatever decides the bits of a trial. */
function identityOf(task: TrialTask, kernels: string): string {
  const { settings, dataset, validation, metric, direction, divergence, seed, trial } = task;
  const all = [kernels, settings, dataset.hash, validation, metric, direction, divergence, seed, trial];
  return createHash('sha256').update(JSON.stringify(all)).digest('hex');
}

export function writeCheckpoint(task: TrialTask, kernels: string, folds: readonly FoldState[]): Uint8Array {
  return toBytes({ format: FORMAT, trial: identityOf(task, kernels), folds });
}

/** The folds of a checkpoint; throws where it is none, or that of another trial. */
export function readCheckpoint(bytes: Uint8Array, task: TrialTask, kernels: string): readonly FoldState[] {
  const read = fromBytes(bytes) as { format?: unknown; trial?: unknown; folds: readonly FoldState[] } | null;
  if (read?.format !== FORMAT) throw new Error(`the checkpoint is not of the format ${FORMAT}`);
  if (read.trial !== identityOf(task, kernels)) throw new Error('the checkpoint is that of another trial');
  return read.folds;
}
