/** All kernel memory of a training run, and its size. */

import type { FloatArray, Kernels } from '../kernels/kernels.ts';
import type { TrainingAddress } from '../model/address.ts';
import { bytesFor } from '../model/memory.ts';
import type { NetworkSpec } from '../model/network.ts';
import { allocateOrder, allocateRows, type Rows } from '../model/rows.ts';
import { measuredMetric, needsOutputs, type Objective } from './metrics.ts';
import type { Optimizer } from './optimizers.ts';
import { probeRows } from './signals.ts';
import { allocateTrainer, type TrainerArrays } from './trainer.ts';

/** Rows evaluated at once; fixed, so that the order of summation does not depend on the batch size. */
export const EVALUATION_ROWS = 256;

/** What the memory of a training run depends on. */
export interface TrainingShape {
  readonly network: NetworkSpec;
  readonly optimizer: Optimizer;
  readonly batchSize: number;
  readonly data: { readonly trainRows: number; readonly validationRows: number };
  readonly objective?: Objective | undefined;
  readonly patience?: number | undefined;
  readonly address?: TrainingAddress | undefined;
}

export interface TrainingArrays {
  readonly trainer: TrainerArrays;
  readonly train: Rows;
  readonly validation: Rows;
  /** The order of the training rows in the epoch. */
  readonly order: Int32Array;
  /** 0, 1, 2, … */
  readonly validationOrder: Int32Array;
  /** Dense outputs of the epoch by row; of the training rows only if the metric needs them. */
  readonly trainOutputs: FloatArray;
  readonly validationOutputs: FloatArray;
  /** Training rows used to measure signals. */
  readonly probe: Int32Array;
  /** The parameters before the last step of an epoch. */
  readonly previous: FloatArray;
  /** Copies of the best epoch's parameters and statistics; empty without early stopping. */
  readonly bestParameters: FloatArray;
  readonly bestStatistics: FloatArray;
}

export function allocateTraining(kernels: Kernels, shape: TrainingShape): TrainingArrays {
  const { network, optimizer, batchSize, data, objective, patience = 0, address } = shape;
  const { trainRows, validationRows } = data;
  const { sizes, loss } = network;
  const [inputs, outputs] = [sizes[0]!, sizes.at(-1)!];
  const maxRows = Math.max(Math.min(batchSize, trainRows), EVALUATION_ROWS);
  const trainer = allocateTrainer(kernels, { network, optimizer, maxRows, address });
  const { parameterLength, statisticsLength } = trainer.network;
  return {
    trainer,
    train: allocateRows(kernels, trainRows, inputs, outputs, loss),
    validation: allocateRows(kernels, validationRows, inputs, outputs, loss),
    order: allocateOrder(kernels, trainRows),
    validationOrder: allocateOrder(kernels, validationRows),
    trainOutputs: kernels.allocate(needsOutputs(measuredMetric(loss, objective)) ? trainRows * outputs : 0),
    validationOutputs: kernels.allocate(validationRows * outputs),
    probe: kernels.allocateIntegers(probeRows(trainRows)),
    previous: kernels.allocate(parameterLength),
    bestParameters: kernels.allocate(patience > 0 ? parameterLength : 0),
    bestStatistics: kernels.allocate(patience > 0 ? statisticsLength : 0),
  };
}

/** Bytes of kernel memory that the training run needs. */
export function memoryOf(kernels: Kernels, shape: TrainingShape): number {
  return bytesFor(kernels, (counting) => allocateTraining(counting, shape));
}
