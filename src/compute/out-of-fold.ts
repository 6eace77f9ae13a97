/** What a trial predicted for rows that it was not trained on: the input of ensemble selection. */
import { foldsOf } from '../data/folds.ts';
import { portableOutputs } from '../models/evaluate.ts';
import type { Model } from '../models/model.ts';
import type { MemberOutputs } from '../models/predictions.ts';
import { fromOutputs } from '../models/predictor.ts';
import { preparedFolds } from './prepared-folds.ts';
import type { TrialTask } from './trial.ts';

export interface OutOfFold {
  /** Rows of the data set, fold by fold; with repetitions a row comes several times. */
  readonly rows: Uint32Array;
  /** rows × classes, or one value a row in the units of the target; NaN if an output is not finite. */
  readonly predictions: Float64Array;
}

/** `model` is that of the task's trial as `trainModel` made it, with a member for every fold, and not a refit, which has seen all rows. */
export function outOfFold(
  { dataset, validation, seed, settings }: TrialTask,
  model: Model,
  outputs: MemberOutputs = portableOutputs(model),
): OutOfFold {
  const width = Math.max(model.classes.length, 1);
  const prepared = preparedFolds(dataset, validation, seed, settings.preprocessing);
  const rows = foldsOf(dataset, validation, seed).map(({ validationRows }) => validationRows);
  const predictions: number[] = [];
  model.members.forEach((member, m) => {
    if (member.fold !== m) throw new RangeError(`member ${m} was not trained on fold ${m} of the trial`);
    const { validationX, validationRows } = prepared[m]!;
    const own = outputs(m, validationX, validationRows);
    const predictionOf = fromOutputs({ ...model, members: [{ ...member, weight: 1 }] }, [own]);
    for (let row = 0; row < validationRows; row++) {
      const prediction = predictionOf(row);
      if (prediction === undefined) predictions.push(...Array<number>(width).fill(Number.NaN));
      else if ('label' in prediction) predictions.push(...model.classes.map((name) => prediction.probabilities[name]!));
      else predictions.push(prediction.value);
    }
  });
  return { rows: Uint32Array.from(rows.flatMap((own) => [...own])), predictions: Float64Array.from(predictions) };
}
