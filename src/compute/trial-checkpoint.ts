/** Serialized checkpoints of paused trials: the state of every fold. */
import { createHash } from 'node:crypto';
import type { Finding } from '../diagnosis/finding.ts';
import type { Checkpoint } from '../nn/training/checkpoint.ts';
import type { Metrics } from '../nn/training/metrics.ts';
import type { Predictions } from '../nn/training/predictions.ts';
import type { EpochReport } from '../nn/training/train.ts';
import { fromBytes, toBytes } from './plain-bytes.ts';
import type { TrialTask } from './trial.ts';

/** A fold that has finished training. */
export interface FoldEnd {
  readonly state: 'over';
  readonly reports: readonly EpochReport[];
  readonly bestEpoch: number;
  readonly stoppedEarly: boolean;
  readonly metrics: Metrics;
  /** For the validation rows, in the units of the target. */
  readonly predictions?: Predictions | undefined;
  /** sha256 of its learned tensors. */
  readonly digest: string;
  /** Why it counts as diverged; null if it does not. */
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

/** Everything that determines the bits of a trial. */
function identityOf(task: TrialTask, kernels: string): string {
  const { settings, dataset, validation, metric, direction, divergence, seed, trial } = task;
  const all = [kernels, settings, dataset.hash, validation, metric, direction, divergence, seed, trial];
  return createHash('sha256').update(JSON.stringify(all)).digest('hex');
}

export function writeCheckpoint(task: TrialTask, kernels: string, folds: readonly FoldState[]): Uint8Array {
  return toBytes({ format: FORMAT, trial: identityOf(task, kernels), folds });
}

/** The folds of a checkpoint; throws if it is invalid or belongs to another trial. */
export function readCheckpoint(bytes: Uint8Array, task: TrialTask, kernels: string): readonly FoldState[] {
  const read = fromBytes(bytes) as { format?: unknown; trial?: unknown; folds: readonly FoldState[] } | null;
  if (read?.format !== FORMAT) throw new Error(`the checkpoint does not have the format ${FORMAT}`);
  if (read.trial !== identityOf(task, kernels)) throw new Error('the checkpoint belongs to another trial');
  return read.folds;
}
