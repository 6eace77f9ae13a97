/** Networks for tests, on any kernels. */
import type { Kernels } from '../../src/nn/kernels/kernels.ts';
import { type Layer, type LayerParameters, readLayer } from '../../src/nn/model/layer.ts';
import { matrix, readDense, writeDense } from '../../src/nn/model/layout.ts';
import { bytesFor } from '../../src/nn/model/memory.ts';
import type { NetworkSpec } from '../../src/nn/model/network.ts';
import { allocateOrder, allocateRows, fillRows } from '../../src/nn/model/rows.ts';
import { allocateTrainer, createTrainer, type Trainer } from '../../src/nn/training/trainer.ts';
import { type Random, randomAt } from '../../src/random.ts';

export interface Ready {
  readonly trainer: Trainer;
  readonly rows: ReturnType<typeof allocateRows>;
  readonly order: Int32Array;
}

/** A trainer of plain gradient descent on `count` rows of normal numbers, with the whole memory of its kernels. */
export function readyNetwork(
  kernels: Kernels,
  network: NetworkSpec,
  count: number,
  y: (random: Random) => number,
  learningRate = 0.1,
): Ready {
  const optimizer = { type: 'sgd', learningRate } as const;
  const [inputs, outputs] = [network.sizes[0]!, network.sizes.at(-1)!];
  const allocate = (from: Kernels) => ({
    arrays: allocateTrainer(from, { network, optimizer, maxRows: count }),
    rows: allocateRows(from, count, inputs, outputs, network.loss),
    order: allocateOrder(from, count),
  });
  kernels.reset(bytesFor(kernels, allocate));
  const { arrays, rows, order } = allocate(kernels);
  const random = randomAt({ seed: 6, purpose: 'probe' });
  const x = Float64Array.from({ length: count * inputs }, () => random.normal());
  fillRows(
    kernels,
    rows,
    x,
    Float64Array.from({ length: count * rows.targets }, () => y(random)),
  );
  const options = { optimizer, schedule: { type: 'constant' }, l2: 0, clipNorm: undefined, totalSteps: 1000 } as const;
  return { trainer: createTrainer(arrays, options), rows, order };
}

/** What the layer's units gave for the rows that went through last, dense. */
export function activationsOf(kernels: Kernels, { activated, units }: Layer, rows: number): number[] {
  return Array.from(readDense(kernels, activated, [matrix(rows, units)]));
}

export function parametersOf(kernels: Kernels, layer: Layer): LayerParameters {
  return readLayer(kernels, layer);
}

export function setWeights(
  kernels: Kernels,
  { inputs, columns, parameters }: Layer,
  weight: (i: number) => number,
): void {
  writeDense(
    kernels,
    Float64Array.from({ length: inputs * columns }, (_, i) => weight(i)),
    parameters.weight,
    [matrix(inputs, columns)],
  );
}

export function moments(values: ArrayLike<number>): { mean: number; variance: number; meanSquare: number } {
  const all = Array.from(values);
  const mean = all.reduce((a, b) => a + b, 0) / all.length;
  const meanSquare = all.reduce((a, b) => a + b * b, 0) / all.length;
  return { mean, variance: all.reduce((a, b) => a + (b - mean) ** 2, 0) / all.length, meanSquare };
}
