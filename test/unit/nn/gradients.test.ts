/** Every gradient against central differences of the loss, in float64. */
import { describe, expect, it } from 'vitest';
import { initialize } from '../../../src/nn/initializers.ts';
import { createPlainKernels } from '../../../src/nn/kernels-plain.ts';
import type { Activation, Loss } from '../../../src/nn/network.ts';
import { allocateOrder } from '../../../src/nn/rows.ts';
import { allocateTrainer, computeGradient, createTrainer } from '../../../src/nn/trainer.ts';
import { randomAt } from '../../../src/random.ts';

const kernels = createPlainKernels('float64');
const ROWS = 7;
const STEP = 1e-5;

const activations: Activation[] = ['linear', 'sigmoid', 'tanh', 'relu', 'leakyRelu', 'elu', 'gelu', 'silu'];
const losses: Loss[] = ['softmaxCrossEntropy', 'meanSquaredError'];
const cases = activations.flatMap((activation) =>
  [false, true].flatMap((batchNorm) => losses.map((loss) => ({ activation, batchNorm, loss }))),
);

function setUp(activation: Activation, batchNorm: boolean, loss: Loss) {
  const optimizer = { type: 'sgd', learningRate: 0.1 } as const;
  const network = { sizes: [4, 6, 5, 3], activation, batchNorm, loss };
  const trainer = createTrainer(allocateTrainer(kernels, { network, optimizer, maxRows: ROWS }), {
    optimizer,
    schedule: { type: 'constant' },
    l2: 0.1,
    clipNorm: undefined,
    totalSteps: 1,
  });
  initialize(trainer.network, 'he', { seed: 5, trial: 0, fold: 0 });
  const random = randomAt({ seed: 5, purpose: 'probe' });
  // Biases, γ and β off their start, so that no gradient is right by chance.
  const { parameters } = trainer.network;
  for (let i = 0; i < parameters.length; i++) parameters[i]! += 0.1 * random.normal();
  const x = Float64Array.from({ length: ROWS * 4 }, random.normal);
  const labels = Int32Array.from({ length: ROWS }, () => random.integer(3));
  const y = loss === 'softmaxCrossEntropy' ? labels : Float64Array.from({ length: ROWS * 3 }, random.normal);
  const data = { count: ROWS, inputs: 4, targets: loss === 'softmaxCrossEntropy' ? 1 : 3, x, y };
  return { trainer, data, order: allocateOrder(kernels, ROWS) };
}

describe('the gradient of every parameter is the slope of the loss', () => {
  it.each(cases)('$activation, batch norm $batchNorm, $loss', ({ activation, batchNorm, loss }) => {
    const { trainer, data, order } = setUp(activation, batchNorm, loss);
    const { parameters, gradients, layers } = trainer.network;
    const total = () => {
      computeGradient(trainer, data, order, 0, ROWS);
      return trainer.last.dataLoss + trainer.last.regularizationLoss;
    };
    total();
    const analytic = gradients.slice();
    // On which side of their kink all the units are: a difference taken across a kink is not the slope.
    const sides = () =>
      layers
        .slice(0, -1)
        .flatMap(({ z }) => Array.from(z, (value) => value > 0))
        .join();
    let smooth = 0;
    for (let i = 0; i < parameters.length; i++) {
      const value = parameters[i]!;
      parameters[i] = value + STEP;
      const above = total();
      const sidesAbove = sides();
      parameters[i] = value - STEP;
      const below = total();
      const crossed = sides() !== sidesAbove && activation.toLowerCase().endsWith('relu');
      parameters[i] = value;
      if (crossed) continue;
      smooth++;
      const numeric = (above - below) / (2 * STEP);
      const relative = Math.abs(numeric - analytic[i]!) / Math.max(Math.abs(numeric), Math.abs(analytic[i]!), 1e-3);
      expect(relative, `parameter ${i}: ${analytic[i]} against ${numeric}`).toBeLessThan(1e-6);
    }
    expect(smooth).toBeGreaterThan(0.95 * parameters.length);
  });
});
