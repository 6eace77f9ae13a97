/** From trials to an ensemble: out-of-fold predictions, selection, one model. */
import { describe, expect, it } from 'vitest';
import { outOfFold } from '../../../src/compute/out-of-fold.ts';
import { ensembleModel } from '../../../src/models/ensemble-model.ts';
import { parseModel } from '../../../src/models/parse-model.ts';
import { createModelPredictor } from '../../../src/models/predict.ts';
import { selectEnsemble } from '../../../src/models/select-ensemble.ts';
import { mixedDataset, mixedRows, taskOf, trainedModel, twoClassRows, withoutTarget } from '../../support/models.ts';

const validation = { type: 'kFold', folds: 3 } as const;

describe('out-of-fold predictions', () => {
  it('are those that the trial was measured by, for every row once', () => {
    const read = mixedDataset('regression');
    const { model, result } = trainedModel(read, { preprocessing: 'standardize' }, { validation });
    const task = taskOf(read, { preprocessing: 'standardize' }, { validation });
    const { rows, predictions } = outOfFold(task, model);
    expect([...rows].sort((a, b) => a - b)).toEqual(Array.from({ length: read.dataset.rows }, (_, row) => row));
    let at = 0;
    for (const { metrics } of result!.folds) {
      const count = read.dataset.rows / 3;
      const own = rows.slice(at, at + count);
      const squares = own.reduce((sum, row, i) => sum + (predictions[at + i]! - read.dataset.y[row]!) ** 2, 0);
      expect(Math.sqrt(squares / count)).toBeCloseTo((metrics as { rmse: number }).rmse, 3);
      at += count;
    }
  });

  it('are refused for a network that has seen all rows', () => {
    const read = mixedDataset('regression');
    const { model } = trainedModel(read, {}, { validation, refit: { epochs: 1 } });
    expect(() => outOfFold(taskOf(read, {}, { validation }), model)).toThrow('was not trained on fold 0');
  });
});

describe('an ensemble', () => {
  it('of selected trials is a model: the weighted mean of their predictions', () => {
    const read = mixedDataset('classification', twoClassRows(120));
    // Both losses: members may have one output or two.
    const settings = [{ loss: 'softmaxCrossEntropy' }, { loss: 'binaryCrossEntropy' }, { activation: 'tanh' }] as const;
    const models = settings.map((own, trial) => trainedModel(read, own, { trial, validation }).model);
    const predicted = models.map((model, trial) =>
      outOfFold(taskOf(read, settings[trial]!, { trial, validation }), model),
    );
    const targets = Int32Array.from(predicted[0]!.rows, (row) => read.dataset.y[row]!);
    const choice = selectEnsemble(
      predicted.map(({ predictions }) => predictions),
      targets,
      { size: 10, metric: 'loss', seed: 7 },
    );
    const ensemble = ensembleModel(
      choice.members.map(({ candidate, weight }) => ({ model: models[candidate]!, weight })),
    );
    expect(parseModel(JSON.parse(JSON.stringify(ensemble)))).toEqual(ensemble);
    const rows = withoutTarget(mixedRows(30, 'classification', 4));
    const each = choice.members.map(({ candidate }) => createModelPredictor(models[candidate]!).rows(rows).predictions);
    createModelPredictor(ensemble)
      .rows(rows)
      .predictions.forEach((prediction, i) => {
        if (prediction === null || !('label' in prediction)) throw new Error('expected a class');
        const mean = choice.members.reduce((sum, { weight }, m) => {
          const own = each[m]![i]!;
          return sum + weight * ('label' in own ? own.probabilities[ensemble.classes[0]!]! : Number.NaN);
        }, 0);
        expect(prediction.probabilities[ensemble.classes[0]!]).toBeCloseTo(mean, 12);
        expect(prediction.spread).not.toBeNull();
      });
  });

  it('has the ranges of all training rows, and needs one data set', () => {
    const rows = mixedRows(120, 'regression');
    const read = mixedDataset('regression', rows);
    const parts = [0, 60].map((first) => {
      const own = Uint32Array.from({ length: 60 }, (_, i) => first + i);
      return { weight: 0.5, model: trainedModel(read, {}, { refit: { epochs: 1, rows: own } }).model };
    });
    const ages = rows.map((row) => row['age']).filter((age) => typeof age === 'number');
    const [age] = ensembleModel(parts).columns;
    expect(age).toHaveProperty('range', [Math.min(...ages), Math.max(...ages)]);
    const other = trainedModel(mixedDataset('classification'), { epochs: 1 }).model;
    expect(() => ensembleModel([...parts, { model: other, weight: 1 }])).toThrow('must have the same data set');
    expect(() => ensembleModel([])).toThrow('needs at least one model');
  });
});
