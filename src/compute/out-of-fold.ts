/** What a model predicts for rows that it was not trained on: validation rows to select an ensemble, test rows to evaluate it. */
import { foldsOf, testRowsOf } from '../data/folds.ts';
import { portableOutputs } from '../models/evaluate.ts';
import type { Model } from '../models/model.ts';
import type { MemberOutputs, Prediction } from '../models/predictions.ts';
import { fromOutputs, predictInputs, ROWS_AT_ONCE } from '../models/predictor.ts';
import { preparedFolds } from './prepared-folds.ts';
import type { TrialTask } from './trial.ts';

export interface PredictedRows {
  /** Rows of the data set: validation rows fold by fold, with repetitions several times, or test rows. */
  readonly rows: Uint32Array;
  /** rows × classes, or one value a row in the units of the target; NaN if an output is not finite. */
  readonly predictions: Float64Array;
}

/** `model` is that of the task's trial as `trainModel` made it, with a member for every fold, and not a refit, which has seen all rows. */
export function outOfFold(
  { dataset, validation, seed, split, settings }: TrialTask,
  model: Model,
  outputs: MemberOutputs = portableOutputs(model),
): PredictedRows {
  const prepared = preparedFolds(dataset, validation, seed, settings.preprocessing, split);
  const rows = foldsOf(dataset, validation, seed, split).map(({ validationRows }) => validationRows);
  const predictions: number[] = [];
  model.members.forEach((member, m) => {
    if (member.fold !== m) throw new RangeError(`member ${m} was not trained on fold ${m} of the trial`);
    const { validationX, validationRows } = prepared[m]!;
    const own = outputs(m, validationX, validationRows);
    const predictionOf = fromOutputs({ ...model, members: [{ ...member, weight: 1 }] }, [own]);
    for (let row = 0; row < validationRows; row++) predictions.push(...numbersOf(model, predictionOf(row)));
  });
  return { rows: Uint32Array.from(rows.flatMap((own) => [...own])), predictions: Float64Array.from(predictions) };
}

/** Undefined if the search has no test rows. `model` is one of the task's trial, also a refit. */
export function predictTestRows({ dataset, validation, seed }: TrialTask, model: Model): PredictedRows | undefined {
  const rows = testRowsOf(dataset, validation, seed);
  if (rows.length === 0) return undefined;
  const { x, features } = dataset;
  const width = Math.max(model.classes.length, 1);
  const outputs = portableOutputs(model);
  const predictions = new Float64Array(rows.length * width);
  for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
    const some = rows.subarray(start, start + ROWS_AT_ONCE);
    const inputs = new Float64Array(some.length * features);
    for (const [i, row] of some.entries()) inputs.set(x.subarray(row * features, (row + 1) * features), i * features);
    const predictionOf = predictInputs(model, outputs, inputs, some.length);
    for (let i = 0; i < some.length; i++) predictions.set(numbersOf(model, predictionOf(i)), (start + i) * width);
  }
  return { rows, predictions };
}

/** Probabilities in the order of the classes, or a value; NaN without a prediction. */
function numbersOf({ classes }: Model, prediction: Prediction | undefined): readonly number[] {
  if (prediction === undefined) return Array<number>(Math.max(classes.length, 1)).fill(Number.NaN);
  if ('value' in prediction) return [prediction.value];
  return classes.map((name) => prediction.probabilities[name]!);
}
