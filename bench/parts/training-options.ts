/** What `train` is given to train a workload: all rows, none for validation. */
import type { Kernels } from '../../src/nn/kernels/kernels.ts';
import { optimizerOf } from '../../src/nn/training/optimizers.ts';
import type { TrainOptions } from '../../src/nn/training/train.ts';
import type { Rows, Workload } from './workloads.ts';

export function optionsOf(workload: Workload, { x, y }: Rows, kernels: Kernels, epochs: number): TrainOptions {
  const { n, sizes, act, batch, opt, lr, bn } = workload;
  return {
    kernels,
    network: { sizes, activation: act, batchNorm: bn, loss: 'softmaxCrossEntropy' },
    initializer: 'he',
    optimizer: optimizerOf({ optimizer: opt, learningRate: lr, momentum: 0.9, weightDecay: 0 }),
    schedule: { type: 'constant' },
    l2: 0,
    batchSize: batch,
    epochs,
    data: {
      trainX: x,
      trainY: y,
      validationX: new Float32Array(0),
      validationY: new Int32Array(0),
      trainRows: n,
      validationRows: 0,
      inputs: sizes[0]!,
      outputs: sizes.at(-1)!,
      targetScale: 1,
    },
    address: { seed: 1, trial: 0, fold: 0 },
  };
}
