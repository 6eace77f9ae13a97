/** What training can watch: losses, metrics, early stopping. */
import { describe, expect, it } from 'vitest';
import { loadBuiltin } from '../../src/data/builtin.ts';
import { holdout } from '../../src/data/folds.ts';
import { prepare } from '../../src/data/preprocess.ts';
import { plainKernels } from '../../src/nn/kernels/plain.ts';
import type { NetworkSpec } from '../../src/nn/model/network.ts';
import { optimizerOf } from '../../src/nn/training/optimizers.ts';
import type { EpochReport, TrainOptions } from '../../src/nn/training/train.ts';
import { trainToEnd } from '../support/training.ts';

function optionsFor(name: string, network: Partial<NetworkSpec>, changes: Partial<TrainOptions> = {}): TrainOptions {
  const dataset = loadBuiltin(name, 'datasets')!;
  const data = prepare(dataset, holdout(dataset, 0.2, 1), 'standardize');
  const loss = network.loss ?? (dataset.task === 'classification' ? 'softmaxCrossEntropy' : 'meanSquaredError');
  const outputs = loss === 'binaryCrossEntropy' ? 1 : data.outputs;
  return {
    kernels: plainKernels,
    network: { sizes: [data.inputs, 12, outputs], activation: 'relu', batchNorm: false, ...network, loss },
    initializer: 'he',
    optimizer: optimizerOf({ optimizer: 'adam', learningRate: 0.01, momentum: 0.9, weightDecay: 0 }),
    schedule: { type: 'constant' },
    l2: 0,
    batchSize: 32,
    epochs: 6,
    data,
    address: { seed: 1, trial: 0, fold: 0 },
    ...changes,
  };
}

const frozen = optimizerOf({ optimizer: 'sgd', learningRate: 0, momentum: 0, weightDecay: 0 });

describe('binary cross-entropy', () => {
  const binary = (changes: Partial<TrainOptions> = {}) =>
    trainToEnd(optionsFor('moons', { loss: 'binaryCrossEntropy' }, changes));

  it('tells two classes apart by one output, from a loss of ln 2 on', () => {
    expect(binary({ initializer: 'zeros', epochs: 1 }).result.initialLoss).toBeCloseTo(Math.log(2), 6);
    const { reports, result } = binary({ epochs: 40 });
    expect(reports.at(-1)!.validationMetric).toBeGreaterThan(0.94);
    expect(result.metrics).toMatchObject({ accuracy: reports.at(-1)!.validationMetric });
    expect(result.metrics).toHaveProperty('rocAuc', expect.closeTo(0.99, 1.5));
  });

  it('counts no row of a diverged network as right', () => {
    const optimizer = optimizerOf({ optimizer: 'sgd', learningRate: 1e30, momentum: 0, weightDecay: 0 });
    const { reports } = binary({ optimizer, epochs: 3 });
    expect(reports.at(-1)).toMatchObject({ trainLoss: Number.NaN, trainMetric: 0, validationMetric: 0 });
  });

  it('refuses more than two classes', () => {
    const three = optionsFor('iris', { loss: 'binaryCrossEntropy' });
    expect(() => trainToEnd(three)).toThrow('needs two classes, got 3');
  });
});

describe('what is measured', () => {
  it.each([
    ['iris', 'macroF1', 'maximize', 0.85],
    ['moons', 'rocAuc', 'maximize', 0.95],
    ['diabetes', 'r2', 'maximize', 0.2],
    ['diabetes', 'mae', 'minimize', 30],
  ] as const)('of %s follows the objective: %s, for both parts of the rows', (name, metric, direction, least) => {
    const { reports, result } = trainToEnd(optionsFor(name, {}, { objective: { metric, direction }, epochs: 15 }));
    const last = reports.at(-1)!;
    expect(last.validationMetric).toBe((result.metrics as Record<string, number>)[metric]);
    expect(last.validationMetric).toBeGreaterThan(least);
    expect(last.trainMetric).toBeGreaterThan(least);
    const worse = direction === 'maximize' ? Math.min : Math.max;
    expect(worse(reports[0]!.trainMetric, last.trainMetric)).toBe(reports[0]!.trainMetric);
  });

  it('is accuracy or RMSE, and changes nothing that is learned, where the objective is the loss', () => {
    const plain = trainToEnd(optionsFor('iris', {}));
    const watched = trainToEnd(optionsFor('iris', {}, { objective: { metric: 'macroF1', direction: 'maximize' } }));
    expect(watched.result.parameters).toEqual(plain.result.parameters);
    expect(plain.reports.at(-1)!.validationMetric).toBe((plain.result.metrics as Record<string, number>)['accuracy']);
    const { reports, result } = trainToEnd(optionsFor('diabetes', {}));
    expect(reports.at(-1)!.validationMetric).toBe((result.metrics as Record<string, number>)['rmse']);
  });
});

describe('early stopping', () => {
  const epochs = 60;
  const wild = optimizerOf({ optimizer: 'momentum', learningRate: 0.15, momentum: 0.9, weightDecay: 0 });
  const network = { sizes: [2, 40, 2], batchNorm: true, dropout: 0.2 };
  const options = (changes: Partial<TrainOptions>) =>
    optionsFor('moons', network, { optimizer: wild, epochs, ...changes });
  const unbroken = trainToEnd(options({})).reports;

  /** By the definition: the first epoch that has a best one `patience` before it, and that one. */
  function expected(
    reports: readonly EpochReport[],
    patience: number,
    better: (a: EpochReport, b: EpochReport) => boolean,
  ) {
    let best = reports[0]!;
    for (const report of reports) {
      if (better(report, best)) best = report;
      if (report.epoch - best.epoch >= patience) return { epochs: report.epoch, bestEpoch: best.epoch };
    }
    return { epochs: reports.length, bestEpoch: best.epoch };
  }

  it.each([1, 2, 4])('ends training %i epochs after the least loss, with that epoch’s parameters', (patience) => {
    const { reports, result } = trainToEnd(options({ patience }));
    const best = expected(unbroken, patience, (a, b) => a.validationLoss < b.validationLoss);
    expect(best.epochs).toBeLessThan(epochs);
    expect(result).toMatchObject({ ...best, stoppedEarly: true });
    expect(reports).toEqual(unbroken.slice(0, best.epochs));
    const atBest = trainToEnd(options({}), ({ epoch }) => (epoch === best.bestEpoch ? 'stop' : 'continue'));
    expect(result.parameters).toEqual(atBest.result.parameters); // running statistics among them
    expect(result.metrics).toEqual(atBest.result.metrics);
  });

  it('watches the objective, in its direction', () => {
    const objective = { metric: 'accuracy', direction: 'maximize' } as const;
    const { result } = trainToEnd(options({ patience: 3, objective }));
    expect(result).toMatchObject(expected(unbroken, 3, (a, b) => a.validationMetric > b.validationMetric));
    const opposite = trainToEnd(options({ patience: 3, objective: { ...objective, direction: 'minimize' } }));
    expect(opposite.result).toMatchObject(expected(unbroken, 3, (a, b) => a.validationMetric < b.validationMetric));
  });

  it('goes back to the best epoch at the end, though patience lasted', () => {
    const best = expected(unbroken.slice(0, 10), 100, (a, b) => a.validationLoss < b.validationLoss);
    const { result } = trainToEnd(options({ patience: 100 }), ({ epoch }) => (epoch === 10 ? 'stop' : 'continue'));
    expect(result).toMatchObject({ ...best, stoppedEarly: false });
  });

  it('of training that gets nowhere keeps the first epoch, and the last where none has a number', () => {
    const still = trainToEnd(optionsFor('iris', {}, { optimizer: frozen, patience: 2 })).result;
    expect(still).toMatchObject({ epochs: 3, bestEpoch: 1, stoppedEarly: true });
    const optimizer = optimizerOf({ optimizer: 'sgd', learningRate: 1e30, momentum: 0, weightDecay: 0 });
    const lost = trainToEnd(optionsFor('iris', {}, { optimizer, patience: 2 })).result;
    expect(lost).toMatchObject({ epochs: 2, bestEpoch: 2, stoppedEarly: true });
  });

  it('without patience counts the last epoch', () => {
    const { result } = trainToEnd(optionsFor('iris', {}));
    expect(result).toMatchObject({ epochs: 6, bestEpoch: 6, stoppedEarly: false });
  });
});

describe('dropout', () => {
  it('is in the steps alone: with a rate of 0 evaluation sees nothing of it', () => {
    const run = (dropout: number) => trainToEnd(optionsFor('iris', { dropout }, { optimizer: frozen })).reports;
    const [without, dropped] = [run(0), run(0.5)];
    expect(dropped.map(({ validationLoss }) => validationLoss)).toEqual(
      without.map(({ validationLoss }) => validationLoss),
    );
    expect(dropped[0]!.trainLoss).not.toBe(without[0]!.trainLoss);
    expect(new Set(dropped.map(({ trainLoss }) => trainLoss)).size).toBe(6); // every step has masks of its own
  });

  it('learns digits all the same', () => {
    const { reports } = trainToEnd(optionsFor('digits', { sizes: [64, 64, 64, 10], dropout: 0.2 }));
    expect(reports.at(-1)!.validationMetric).toBeGreaterThan(0.94);
  });

  it.each([1, -0.1])('refuses to drop %d of the units', (dropout) => {
    expect(() => trainToEnd(optionsFor('iris', { dropout }))).toThrow(RangeError);
  });
});

it.each(['gelu', 'silu', 'maxout'] as const)('%s learns digits', (activation) => {
  const { reports } = trainToEnd(optionsFor('digits', { sizes: [64, 32, 10], activation }));
  expect(reports.at(-1)!.validationMetric).toBeGreaterThan(0.93);
});

it('warms up over the first steps', () => {
  const { reports } = trainToEnd(optionsFor('iris', {}, { schedule: { type: 'constant', warmup: 8 }, epochs: 3 }));
  expect(reports.map(({ learningRate }) => learningRate)).toEqual([0.005, 0.01, 0.01]); // four steps an epoch
});
