/** Checkpoints of training runs between two epochs, which can be resumed with the same bits. */
import type { FloatArray, Kernels } from '../kernels/kernels.ts';
import { type Place, readDense, writeDense } from '../model/layout.ts';
import type { TrainingArrays } from './arrays.ts';
import type { BestEpoch } from './early-stopping.ts';
import type { Trainer } from './trainer.ts';

/** Plain data. All arrays are dense and therefore independent of the stride of the kernels. */
export interface Checkpoint {
  readonly epoch: number;
  readonly steps: number;
  readonly initialLoss: number;
  readonly parameters: FloatArray;
  readonly statistics: FloatArray;
  /** Optimizer state; empty if it has none. */
  readonly firstMoment: FloatArray;
  readonly secondMoment: FloatArray;
  /** State of early stopping, once there is a best epoch. */
  readonly best: {
    readonly epoch: number;
    readonly value: number;
    readonly parameters: FloatArray;
    readonly statistics: FloatArray;
  } | null;
}

/** The progress of a training run. */
export interface Progress {
  epoch: number;
  initialLoss: number;
  /** Of early stopping. */
  readonly best: { -readonly [Key in keyof BestEpoch]: BestEpoch[Key] };
}

function read(kernels: Kernels, flat: FloatArray, places: readonly Place[]): FloatArray {
  return flat.length === 0 ? flat.slice() : readDense(kernels, flat, places);
}

export function takeCheckpoint(trainer: Trainer, arrays: TrainingArrays, progress: Progress): Checkpoint {
  const { network, memory, steps } = trainer;
  const { kernels, parameterPlaces, statisticsPlaces } = network;
  const { epoch, initialLoss, best } = progress;
  return {
    epoch,
    steps,
    initialLoss,
    parameters: read(kernels, network.parameters, parameterPlaces),
    statistics: read(kernels, network.statistics, statisticsPlaces),
    firstMoment: read(kernels, memory.first, parameterPlaces),
    secondMoment: read(kernels, memory.second, parameterPlaces),
    best:
      best.epoch === 0
        ? null
        : {
            ...best,
            parameters: read(kernels, arrays.bestParameters, parameterPlaces),
            statistics: read(kernels, arrays.bestStatistics, statisticsPlaces),
          },
  };
}

/** Throws a RangeError if the checkpoint has another network size or optimizer. */
function write(kernels: Kernels, dense: FloatArray, flat: FloatArray, places: readonly Place[]): void {
  writeDense(kernels, dense, flat, flat.length === 0 ? [] : places);
}

export function applyCheckpoint(
  checkpoint: Checkpoint,
  trainer: Trainer,
  arrays: TrainingArrays,
  progress: Progress,
): void {
  const { network, memory } = trainer;
  const { kernels, parameterPlaces, statisticsPlaces } = network;
  const { best } = checkpoint;
  write(kernels, checkpoint.parameters, network.parameters, parameterPlaces);
  write(kernels, checkpoint.statistics, network.statistics, statisticsPlaces);
  write(kernels, checkpoint.firstMoment, memory.first, parameterPlaces);
  write(kernels, checkpoint.secondMoment, memory.second, parameterPlaces);
  trainer.steps = checkpoint.steps;
  progress.epoch = checkpoint.epoch;
  progress.initialLoss = checkpoint.initialLoss;
  if (best === null) return;
  write(kernels, best.parameters, arrays.bestParameters, parameterPlaces);
  write(kernels, best.statistics, arrays.bestStatistics, statisticsPlaces);
  progress.best.epoch = best.epoch;
  progress.best.value = best.value;
}
