import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { loadBuiltin } from '../../../src/data/builtin.ts';
import { holdout } from '../../../src/data/folds.ts';
import { prepare } from '../../../src/data/preprocess.ts';
import { plainKernels } from '../../../src/nn/kernels/plain.ts';
import { optimizerOf } from '../../../src/nn/training/optimizers.ts';
import {
  type EpochReport,
  Interrupted,
  type TrainingResult,
  type TrainOptions,
  train,
} from '../../../src/nn/training/train.ts';
import { trainToEnd } from '../../support/training.ts';

function dataOf(name: string) {
  const dataset = loadBuiltin(name, 'datasets')!;
  return prepare(dataset, holdout(dataset, 0.2, 1), 'standardize');
}

const iris = dataOf('iris');

function optionsFor(data: typeof iris, changes: Partial<TrainOptions> = {}): TrainOptions {
  const classes = data.trainY instanceof Int32Array;
  return {
    kernels: plainKernels,
    network: {
      sizes: [data.inputs, 16, data.outputs],
      activation: 'relu',
      batchNorm: false,
      loss: classes ? 'softmaxCrossEntropy' : 'meanSquaredError',
    },
    initializer: 'he',
    optimizer: optimizerOf({ optimizer: 'adam', learningRate: 0.003, momentum: 0.9, weightDecay: 0 }),
    schedule: { type: 'constant' },
    l2: 0,
    batchSize: 32,
    epochs: 3,
    data,
    address: { seed: 1, trial: 0, fold: 0 },
    ...changes,
  };
}

function trainAll(options: TrainOptions, stopAfter = Number.POSITIVE_INFINITY) {
  const { reports, result } = trainToEnd(options, ({ epoch }) => (epoch >= stopAfter ? 'stop' : 'continue'));
  return { reports, result, hash: hashOf(result, reports) };
}

function hashOf({ parameters }: TrainingResult, reports: readonly EpochReport[]): string {
  // What is only looked at is left out: it may become more without changing what is learned.
  const learned = reports.map(({ signals: _, peakLoss: __, peakStep: ___, ...report }) => report);
  const hash = createHash('sha256').update(JSON.stringify(learned));
  for (const { weight } of parameters) hash.update(Uint8Array.from(new Uint8Array(weight.slice().buffer)));
  return hash.digest('hex');
}

describe('training', () => {
  it('reads digits: above 0.95 of the validation rows after 10 epochs', () => {
    const data = dataOf('digits');
    const network = { sizes: [64, 64, 10], activation: 'relu', batchNorm: false, loss: 'softmaxCrossEntropy' } as const;
    const { reports, result } = trainAll(optionsFor(data, { network, epochs: 10 }));
    expect(reports).toHaveLength(10);
    expect(reports.at(-1)!.validationMetric).toBeGreaterThan(0.95);
    expect(Math.abs(result.initialLoss - Math.log(10))).toBeLessThan(1);
    expect(result.steps).toBe(10 * Math.ceil(data.trainRows / 32));
  });

  it('reads digits with batch norm and tanh too', () => {
    const network = { sizes: [64, 32, 10], activation: 'tanh', batchNorm: true, loss: 'softmaxCrossEntropy' } as const;
    const { reports } = trainAll(optionsFor(dataOf('digits'), { network, epochs: 5 }));
    expect(reports.at(-1)!.validationMetric).toBeGreaterThan(0.93);
  });

  it('predicts the progression of diabetes to less than its standard deviation, in its own units', () => {
    const data = dataOf('diabetes');
    const { reports, result } = trainAll(optionsFor(data, { epochs: 10 }));
    expect(data.targetScale).toBeGreaterThan(70); // the standard deviation of the training targets
    expect(reports.at(-1)!.validationMetric).toBeLessThan(0.85 * data.targetScale);
    expect(reports.at(-1)!.validationMetric).toBeGreaterThan(40);
    expect(reports.at(-1)!.trainMetric).toBeCloseTo(Math.sqrt(reports.at(-1)!.trainLoss) * data.targetScale, 10);
    expect(result.initialLoss).toBeGreaterThan(0.3);
    expect(result.initialLoss).toBeLessThan(5);
  });

  it('starts from ln C exactly where the weights are zeros', () => {
    const { result } = trainAll(optionsFor(iris, { initializer: 'zeros', epochs: 1 }));
    expect(result.initialLoss).toBeCloseTo(Math.log(3), 6);
  });

  it('gives the same bits at the same address and others at any other', () => {
    const at = (seed: number, trial: number, fold: number) =>
      trainAll(optionsFor(iris, { address: { seed, trial, fold } })).hash;
    expect(at(1, 0, 0)).toBe(at(1, 0, 0));
    expect(new Set([at(1, 0, 0), at(1, 1, 0), at(1, 0, 1), at(2, 0, 0)]).size).toBe(4);
  });

  // Whoever changes these bits changes every stored result: say so in the change log.
  it('gives the bits it gave on other machines', () => {
    const network = { ...optionsFor(iris).network, activation: 'tanh', batchNorm: true } as const;
    expect(trainAll(optionsFor(iris, { network, schedule: { type: 'cosine', floor: 0 } })).hash).toBe(
      'd2fdbd1dbc91c81e930ffceff188e7f90f215c3b20863b0361c4c39545065d38',
    );
  });

  it('shuffles every epoch anew: with a rate of 0 the ragged first batches differ', () => {
    const frozen = optimizerOf({ optimizer: 'sgd', learningRate: 0, momentum: 0, weightDecay: 0 });
    const { reports } = trainAll(optionsFor(iris, { optimizer: frozen }));
    expect(new Set(reports.map(({ firstLoss }) => firstLoss)).size).toBe(3);
    expect(reports[1]!.trainLoss).toBeCloseTo(reports[0]!.trainLoss, 5);
  });

  it('goes on from where the caller says and stops where the caller says', () => {
    const { reports, result } = trainAll(optionsFor(iris, { epochs: 5 }), 2);
    expect(reports).toEqual(trainAll(optionsFor(iris, { epochs: 5 })).reports.slice(0, 2));
    expect(result).toMatchObject({ epochs: 2, steps: 2 * 4 });
  });

  it('asks before every step whether it is interrupted', () => {
    let asked = 0;
    const interrupted = () => ++asked > 6; // 4 steps an epoch
    const training = train(optionsFor(iris, { interrupted }));
    expect(training.next().done).toBe(false);
    expect(() => training.next('continue')).toThrow(Interrupted);
    expect(asked).toBe(7);
  });

  it('trains one batch where the batch size is above the rows, and a ragged last batch of one row', () => {
    expect(trainAll(optionsFor(iris, { batchSize: 100_000 })).result.steps).toBe(3);
    const batchNorm = { ...optionsFor(iris).network, batchNorm: true };
    const { reports, result } = trainAll(optionsFor(iris, { network: batchNorm, batchSize: iris.trainRows - 1 }));
    expect(result.steps).toBe(6);
    const numbers = reports.map(({ signals: _, ...report }) => report);
    expect(numbers.flatMap(Object.values).every(Number.isFinite)).toBe(true);
  });

  it('weighs a ragged batch by its rows', () => {
    const frozen = optimizerOf({ optimizer: 'sgd', learningRate: 0, momentum: 0, weightDecay: 0 });
    const lossWith = (batchSize: number) =>
      trainAll(optionsFor(iris, { optimizer: frozen, batchSize, epochs: 1 })).reports[0]!;
    expect(lossWith(119).trainLoss).toBeCloseTo(lossWith(120).trainLoss, 6);
    expect(lossWith(119).trainMetric).toBe(lossWith(120).trainMetric);
  });

  it('survives an explosion, and says so in the numbers', () => {
    const wild = optimizerOf({ optimizer: 'sgd', learningRate: 1e30, momentum: 0, weightDecay: 0 });
    const { reports } = trainAll(optionsFor(iris, { optimizer: wild }));
    expect(reports).toHaveLength(3);
    expect(Number.isFinite(reports[2]!.trainLoss)).toBe(false);
    expect(reports[2]!.validationMetric).toBe(0);
  });

  it('reports the regularization apart from the data loss, and shrinks the weights by it', () => {
    const sizeOf = ({ parameters }: TrainingResult) =>
      parameters.flatMap(({ weight }) => Array.from(weight)).reduce((sum, w) => sum + w * w, 0);
    const free = trainAll(optionsFor(iris));
    const held = trainAll(optionsFor(iris, { l2: 0.5 }));
    expect(free.reports[2]!.regularizationLoss).toBe(0);
    expect(held.reports[2]!.regularizationLoss).toBeCloseTo(0.25 * sizeOf(held.result), 5);
    expect(sizeOf(held.result)).toBeLessThan(sizeOf(free.result));
    expect(held.reports[0]!.firstLoss).toBe(free.reports[0]!.firstLoss);
  });

  it('clips the gradient: no step of sgd is longer than rate times norm', () => {
    const sgd = optimizerOf({ optimizer: 'sgd', learningRate: 1, momentum: 0, weightDecay: 0 });
    const network = { ...optionsFor(iris).network, sizes: [4, 3] };
    const zeros = { network, initializer: 'zeros', optimizer: sgd, epochs: 1, batchSize: 1000 } as const;
    const lengthOf = (clipNorm: number | undefined) =>
      Math.sqrt(
        trainAll(optionsFor(iris, { ...zeros, clipNorm }))
          .result.parameters.flatMap(({ weight, bias }) => [...weight, ...(bias ?? [])])
          .reduce((sum, w) => sum + w * w, 0),
      );
    expect(lengthOf(undefined)).toBeGreaterThan(1e-3);
    expect(lengthOf(lengthOf(undefined) / 4)).toBeCloseTo(lengthOf(undefined) / 4, 7);
  });

  it('follows the schedule over all its steps', () => {
    const { reports } = trainAll(optionsFor(iris, { schedule: { type: 'step', gamma: 0.1, every: 4 } }));
    expect(reports).toHaveLength(3);
    for (const { epoch, learningRate } of reports) expect(learningRate).toBeCloseTo(0.003 * 0.1 ** (epoch - 1), 12);
  });

  it.each([
    ['sizes that do not fit', { network: { ...optionsFor(iris).network, sizes: [5, 3] } }],
    ['a loss of the other kind', { network: { ...optionsFor(iris).network, loss: 'meanSquaredError' as const } }],
    ['no batch', { batchSize: 0 }],
    ['rows that are missing', { data: { ...iris, trainX: iris.trainX.subarray(1) } }],
  ])('refuses %s', (_what, changes) => {
    expect(() => train(optionsFor(iris, changes)).next()).toThrow(RangeError);
  });
});
