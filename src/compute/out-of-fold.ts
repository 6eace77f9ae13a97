/** What a model predicts for rows that it was not trained on: validation rows to select an ensemble, test rows to evaluate it. */
import { foldsOf, testRowsOf } from '../data/folds.ts';
import { portableOutputs } from '../models/evaluate.ts';
import type { Model } from '../models/model.ts';
import { fromOutputs, type PredictedNumbers, predictInputs, widthOf } from '../models/numbers.ts';
import type { MemberOutputs } from '../models/predictions.ts';
import { ROWS_AT_ONCE } from '../models/predictor.ts';
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
  const predictions: Float64Array[] = [];
  model.members.forEach((member, m) => {
    if (member.fold !== m) throw new RangeError(`member ${m} was not trained on fold ${m} of the trial`);
    const { validationX, validationRows } = prepared[m]!;
    const own = outputs(m, validationX, validationRows);
    const alone = { ...model, members: [{ ...member, weight: 1 }] };
    predictions.push(numbersOf(fromOutputs(alone, [own], validationRows)));
  });
  return { rows: Uint32Array.from(rows.flatMap((own) => [...own])), predictions: joined(predictions) };
}

/** Undefined if the search has no test rows. `model` is one of the task's trial, also a refit. */
export function predictTestRows({ dataset, validation, seed }: TrialTask, model: Model): PredictedRows | undefined {
  const rows = testRowsOf(dataset, validation, seed);
  if (rows.length === 0) return undefined;
  const { x, features } = dataset;
  const width = widthOf(model);
  const outputs = portableOutputs(model);
  const predictions = new Float64Array(rows.length * width);
  for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
    const some = rows.subarray(start, start + ROWS_AT_ONCE);
    const inputs = new Float64Array(some.length * features);
    for (const [i, row] of some.entries()) inputs.set(x.subarray(row * features, (row + 1) * features), i * features);
    predictions.set(numbersOf(predictInputs(model, outputs, inputs, some.length)), start * width);
  }
  return { rows, predictions };
}

/** Probabilities or values; NaN for rows without a prediction. */
export function numbersOf({ numbers, chosen }: PredictedNumbers): Float64Array {
  const width = numbers.length / chosen.length;
  chosen.forEach((index, row) => {
    if (index < 0) numbers.fill(Number.NaN, row * width, (row + 1) * width);
  });
  return numbers;
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
