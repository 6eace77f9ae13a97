/** The model of a trial is the network that the trial's value comes from. */
import { describe, expect, it } from 'vitest';
import type { TrainedFold } from '../../../src/compute/fold-run.ts';
import { runToCompletion } from '../../../src/compute/inline-core.ts';
import { kernelOutputs } from '../../../src/compute/model-outputs.ts';
import { replayTrial } from '../../../src/compute/replay.ts';
import { NoModel, trainModel } from '../../../src/compute/train-model.ts';
import type { TrialTask } from '../../../src/compute/trial.ts';
import { foldsOf, testRowsOf } from '../../../src/data/folds.ts';
import { prepare } from '../../../src/data/preprocess.ts';
import { portableOutputs } from '../../../src/models/evaluate.ts';
import { parseModel } from '../../../src/models/parse-model.ts';
import { createModelPredictor } from '../../../src/models/predict.ts';
import { hiddenActivations } from '../../../src/nn/model/activations.ts';
import { matrix, writeDense } from '../../../src/nn/model/layout.ts';
import { createNetwork, forward, readOutputs } from '../../../src/nn/model/network.ts';
import { fused } from '../../support/kernels.ts';
import {
  kernelsNamed,
  mixedDataset,
  mixedReading,
  mixedRows,
  taskOf,
  trainedModel,
  twoClassRows,
} from '../../support/models.ts';

const kFold = { type: 'kFold', folds: 3 } as const;

describe('a trial that is computed again for its model', () => {
  it.each<[string, Parameters<typeof trainedModel>[1], Partial<TrialTask>]>([
    ['holdout', {}, {}],
    ['k folds', {}, { validation: kFold }],
    [
      'early stopping',
      { epochs: 30, patience: 2, learningRate: 0.5 },
      { metric: 'validationLoss', direction: 'minimize' },
    ],
    ['dropout and batch norm', { dropout: 0.3, batchNorm: true }, {}],
  ])('has the hash of the trial: %s', (_what, settings, more) => {
    const read = mixedDataset('classification');
    const { result, model } = trainedModel(read, settings, more);
    const stored = replayTrial(taskOf(read, settings, more), 'simd').result;
    expect(result?.resultHash).toBe(stored.resultHash);
    expect(model.members.map(({ epoch }) => epoch)).toEqual(stored.folds.map(({ bestEpoch }) => bestEpoch));
    expect(parseModel(JSON.parse(JSON.stringify(model)))).toEqual(model);
  });

  it('has the parameters of the best epoch, not of the last one, with early stopping', () => {
    const settings = { epochs: 30, patience: 3, learningRate: 0.5 };
    const read = mixedDataset('classification');
    const { result, model } = trainedModel(read, settings, { metric: 'validationLoss', direction: 'minimize' });
    const [fold] = result!.folds;
    expect(fold!.bestEpoch).toBeLessThan(fold!.trainLoss.length);
    const rows = mixedRows(120, 'classification');
    const { validationRows } = foldsOf(read.dataset, { type: 'holdout', fraction: 0.25 }, 7)[0]!;
    const { predictions } = createModelPredictor(model).rows([...validationRows].map((row) => rows[row]!));
    const losses = predictions.map((prediction, i) => {
      if (prediction === null || !('label' in prediction)) throw new Error('expected a class');
      return -Math.log(prediction.probabilities[model.classes[read.dataset.y[validationRows[i]!]!]!]!);
    });
    expect(losses.reduce((a, b) => a + b, 0) / losses.length).toBeCloseTo(fold!.metrics.loss!, 5);
    expect(fold!.validationLoss[fold!.bestEpoch - 1]).toBe(fold!.metrics.loss);
  });

  it('has none if it diverged', () => {
    const settings = { learningRate: 1e6, activation: 'relu' } as const;
    expect(() => trainedModel(mixedDataset('regression'), settings)).toThrow(NoModel);
  });
});

it('kernels refuse networks of a file that they would compute as others', () => {
  const { model } = trainedModel(mixedDataset('classification'), { epochs: 1 });
  const [member] = model.members;
  for (const changed of [0, 1, 2]) {
    const activation = changed === 2 ? 'relu' : 'tanh';
    const layers = member!.layers.map((layer, l) => (l === changed ? ({ ...layer, activation } as const) : layer));
    expect(() => kernelOutputs({ members: [{ ...member!, layers }] }, kernelsNamed('simd').kernels)).toThrow(
      RangeError,
    );
  }
  expect(() => kernelOutputs(model, kernelsNamed('simd').kernels)).not.toThrow();
});

describe('a network trained on all rows', () => {
  it('is one member, with statistics of all given rows, after that many epochs', () => {
    const read = mixedDataset('classification');
    const rows = Uint32Array.from({ length: 100 }, (_, i) => i);
    const { model, result } = trainedModel(read, {}, { validation: kFold, refit: { epochs: 6, rows } });
    expect(result).toBeUndefined();
    expect(model.members.map(({ fold, epoch, weight }) => ({ fold, epoch, weight }))).toEqual([
      { fold: null, epoch: 6, weight: 1 },
    ]);
    const own = prepare(read.dataset, { trainRows: rows, validationRows: rows }, 'standardize').scaling;
    expect(model.members[0]!.preprocessing.offset).toEqual(Array.from(own.offset));
  });

  it('may end before the trial would have; the learning rate follows the schedule of the whole trial', () => {
    const read = mixedDataset('classification');
    const task = taskOf(read, { epochs: 10, schedule: 'cosine', cosineFloor: 0, warmupEpochs: 0, learningRate: 0.01 });
    const request = { task, columns: read.inputColumns, reading: mixedReading, refit: { epochs: 5 } };
    const rates: number[] = [];
    const conditions = { interrupted: () => false, memoryLimit: Number.POSITIVE_INFINITY };
    const run = trainModel(request, kernelsNamed('simd'), conditions);
    const { model } = runToCompletion(run, ({ learningRate }) => rates.push(learningRate));
    expect(model.members[0]!.epoch).toBe(5);
    expect(rates).toHaveLength(5);
    expect(rates.at(-1)).toBeGreaterThan(0.004); // half of the cosine
  });

  it.each([
    ['holdout', { type: 'holdout', fraction: 0.25, test: 0.3 }],
    ['k folds', { ...kFold, test: 0.3 }],
  ] as const)('never learns from test rows, as little as the trial does: %s', (_what, validation) => {
    const rows = mixedRows(120, 'regression');
    const test = testRowsOf(mixedDataset('regression', rows).dataset, validation, 7);
    const leaking = rows.map((row, i) =>
      test.includes(i) ? { ...row, age: 1000, height: Number(row['target']), target: -1e6 } : row,
    );
    for (const refit of [undefined, { epochs: 3 }]) {
      const [clean, leaked] = [rows, leaking].map((those) =>
        trainedModel(mixedDataset('regression', those), {}, { validation, refit }),
      );
      expect(leaked!.result?.resultHash).toBe(clean!.result?.resultHash);
      expect(leaked!.model.members).toEqual(clean!.model.members);
      expect(leaked!.model.columns).toEqual(clean!.model.columns);
    }
  });

  it('does not depend on rows that are left out', () => {
    const rows = mixedRows(120, 'classification');
    const changed = rows.map((row, i) => (i < 100 ? row : { ...row, age: 1000, height: -5 }));
    const kept = Uint32Array.from({ length: 100 }, (_, i) => i);
    const [one, other] = [rows, changed].map(
      (those) => trainedModel(mixedDataset('classification', those), {}, { refit: { epochs: 3, rows: kept } }).model,
    );
    expect(one!.members).toEqual(other!.members);
    expect(one!.columns).toEqual(other!.columns);
  });
});

const tasks = [
  ['classification', 'softmaxCrossEntropy', () => mixedDataset('classification')],
  ['two classes', 'binaryCrossEntropy', () => mixedDataset('classification', twoClassRows(120))],
  ['regression', 'softmaxCrossEntropy', () => mixedDataset('regression')],
] as const;
const families = ['simd', 'plain', ...fused.slice(0, 1).map(([name]) => name as 'fused')] as const;

describe.each(tasks)('predictions of %s, %s, have the bits of the trained network', (_task, loss, datasetOf) => {
  const read = datasetOf();
  it.each(
    hiddenActivations.flatMap((activation) =>
      (['none', 'center', 'standardize'] as const).flatMap((preprocessing) =>
        [true, false].map((batchNorm) => ({ activation, preprocessing, batchNorm })),
      ),
    ),
  )('$activation, $preprocessing, batch norm: $batchNorm', (settings) => {
    for (const family of families) {
      const kernels = kernelsNamed(family);
      const folds: TrainedFold[] = [];
      // Raw ages are far from 0: a large rate would diverge.
      const task = taskOf(read, { ...settings, loss, learningRate: 1e-4, epochs: 2 });
      const conditions = {
        interrupted: () => false,
        memoryLimit: Number.POSITIVE_INFINITY,
        onTrained: (fold: TrainedFold) => folds.push(fold),
      };
      const run = trainModel({ task, columns: read.inputColumns, reading: mixedReading }, kernels, conditions);
      const { model } = runToCompletion(run, () => undefined);
      const { network: spec, layers, data } = folds[0]!;
      kernels.kernels.reset(1 << 22);
      const network = createNetwork(kernels.kernels, spec, data.validationRows);
      layers.forEach(({ weight, bias, norm }, l) => {
        const { parameters, inputs, columns } = network.layers[l]!;
        writeDense(kernels.kernels, weight, parameters.weight, [matrix(inputs, columns)]);
        if (bias) parameters.bias!.set(bias);
        for (const name of ['gamma', 'beta', 'runningMean', 'runningVar'] as const) {
          if (norm) parameters.norm![name].set(norm[name]);
        }
      });
      const x = kernels.kernels.allocateMatrix(data.validationRows, data.inputs);
      writeDense(kernels.kernels, data.validationX, x, [matrix(data.validationRows, data.inputs)]);
      forward(network, x, data.validationRows, 'evaluate');
      const trained = Float32Array.from(readOutputs(network, data.validationRows));
      const portable = portableOutputs(model)(0, data.validationX, data.validationRows);
      expect(portable).toEqual(trained);
      expect(kernelOutputs(model, kernels.kernels)(0, data.validationX, data.validationRows)).toEqual(trained);
      // From raw rows: the prediction of outputs that were computed for the data set's own rows.
      const { validationRows } = foldsOf(read.dataset, task.validation, task.seed)[0]!;
      const rows = rowsOf(read);
      const got = createModelPredictor(model).rows([...validationRows].map((row) => rows[row]!));
      const wanted = createModelPredictor(model, () => trained).rows([...validationRows].map(() => rows[0]!));
      expect(got.errors).toEqual([]);
      expect(got.predictions).toEqual(wanted.predictions);
    }
  });
});

function rowsOf({ dataset }: ReturnType<typeof mixedDataset>) {
  if (dataset.task === 'regression') return mixedRows(120, 'regression');
  return dataset.classes.length === 2 ? twoClassRows(120) : mixedRows(120, 'classification');
}
