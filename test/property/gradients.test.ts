/** Every gradient against central differences of the loss, in float64. */
import { describe, expect, it } from 'vitest';
import { createPlainKernels } from '../../src/nn/kernels/plain.ts';
import { type Activation, activations } from '../../src/nn/model/activations.ts';
import { initialize } from '../../src/nn/model/initializers.ts';
import type { Layer } from '../../src/nn/model/layer.ts';
import { matrix, readDense } from '../../src/nn/model/layout.ts';
import type { Loss, NetworkSpec } from '../../src/nn/model/network.ts';
import { allocateOrder, allocateRows, fillRows } from '../../src/nn/model/rows.ts';
import { allocateTrainer, computeGradient, createTrainer } from '../../src/nn/training/trainer.ts';
import { randomAt } from '../../src/random.ts';

const ROWS = 7;
const STEP = 1e-5;
const SIZES = [4, 6, 5, 3];

/** With a kink: at 0, or for maxout where its pieces are equal. An α that is not 1 gives elu one too. */
const kinked: readonly Activation[] = ['relu', 'leakyRelu', 'elu', 'maxout'];
const losses: Loss[] = ['softmaxCrossEntropy', 'binaryCrossEntropy', 'meanSquaredError'];

const cases = activations.flatMap((activation) =>
  [false, true].flatMap((batchNorm) => [
    ...losses.map((loss) => ({ activation, batchNorm, dropout: 0, loss, padding: 0 })),
    { activation, batchNorm, dropout: 0.4, loss: losses[0]!, padding: 3 },
  ]),
);

/** The step stays 0, and with it the masks of dropout. */
function setUp(network: NetworkSpec, padding: number) {
  const kernels = createPlainKernels('float64', { padding });
  const optimizer = { type: 'sgd', learningRate: 0.1 } as const;
  const trainer = createTrainer(allocateTrainer(kernels, { network, optimizer, maxRows: ROWS }), {
    optimizer,
    schedule: { type: 'constant' },
    l2: 0.1,
    clipNorm: undefined,
    totalSteps: 1,
  });
  initialize(trainer.network, { initializer: 'he' }, { seed: 5, trial: 0, fold: 0 });
  const random = randomAt({ seed: 5, purpose: 'probe' });
  // Biases, γ and β off their start, so that no gradient is right by chance.
  const { parameters, parameterPlaces } = trainer.network;
  const indices = parameterPlaces.flatMap(({ start, rows, columns }) =>
    Array.from(
      { length: rows * columns },
      (_, i) => start + Math.floor(i / columns) * kernels.stride(columns) + (i % columns),
    ),
  );
  for (const i of indices) parameters[i]! += 0.1 * random.normal();
  const data = allocateRows(kernels, ROWS, 4, 3, network.loss);
  const truth: Record<Loss, () => number> = {
    softmaxCrossEntropy: () => random.integer(3),
    binaryCrossEntropy: () => random.uniform(),
    meanSquaredError: () => random.normal(),
  };
  const x = Float64Array.from({ length: ROWS * 4 }, () => random.normal());
  const y = Float64Array.from({ length: ROWS * data.targets }, truth[network.loss]);
  fillRows(kernels, data, x, y);
  return { kernels, trainer, data, order: allocateOrder(kernels, ROWS), indices };
}

describe('the gradient of every parameter is the slope of the loss', () => {
  it.each(cases)('$activation, batch norm $batchNorm, dropout $dropout, $loss', ({ padding, ...spec }) => {
    const network = { sizes: SIZES, slope: 0.2, alpha: 0.7, ...spec };
    const { kernels, trainer, data, order, indices } = setUp(network, padding);
    const { parameters, gradients, layers } = trainer.network;
    const total = () => {
      computeGradient(trainer, data, order, 0, ROWS);
      return trainer.last.dataLoss + trainer.last.regularizationLoss;
    };
    total();
    const analytic = gradients.slice();
    /** On which side of their kink all the units are: a difference taken across a kink is not the slope. */
    const sidesOf = ({ z, columns, activation }: Layer) => {
      const values = readDense(kernels, z, [matrix(ROWS, columns)]);
      return Array.from(values, (value, i) => (activation === 'maxout' ? value >= values[i ^ 1]! : value > 0));
    };
    const sides = () => layers.slice(0, -1).flatMap(sidesOf).join();
    let compared = 0;
    for (const i of indices) {
      const value = parameters[i]!;
      parameters[i] = value + STEP;
      const above = total();
      const sidesAbove = sides();
      parameters[i] = value - STEP;
      const below = total();
      const crossed = sides() !== sidesAbove && kinked.includes(network.activation);
      parameters[i] = value;
      if (crossed) continue;
      compared++;
      const numeric = (above - below) / (2 * STEP);
      const relative = Math.abs(numeric - analytic[i]!) / Math.max(Math.abs(numeric), Math.abs(analytic[i]!), 1e-3);
      expect(relative, `parameter ${i}: ${analytic[i]} against ${numeric}`).toBeLessThan(1e-6);
    }
    expect(compared).toBeGreaterThan(0.95 * indices.length);
  });

  it('of a maxout layer has two weights for every input of a unit', () => {
    const network: NetworkSpec = { sizes: SIZES, activation: 'maxout', batchNorm: true, loss: 'meanSquaredError' };
    const { trainer, indices } = setUp(network, 0);
    expect(indices).toHaveLength(2 * (4 * 6 + 2 * 6) + 2 * (6 * 5 + 2 * 5) + 5 * 3 + 3);
    expect(trainer.network.layers.map(({ units, columns }) => [units, columns])).toEqual([
      [6, 12],
      [5, 10],
      [3, 3],
    ]);
  });
});
