/** Predictions for display: a confusion matrix, or predicted and true values. */
import { type Answers, predictedClass } from './metrics.ts';

/** The most classes for which there is a confusion matrix. */
const MAX_CONFUSION_CLASSES = 30;
/** The most rows of a scatter plot. */
export const MAX_PREDICTED = 200;

export type Predictions =
  /** `confusion[c][k]`: rows of class c predicted as class k, without rows whose outputs are NaN. */
  | { readonly confusion: readonly (readonly number[])[] }
  /** Evenly chosen rows, in the units of y. */
  | { readonly target: readonly number[]; readonly predicted: readonly number[] };

/** Undefined for too many classes. */
export function predictionsOf({ outputs, y }: Pick<Answers, 'outputs' | 'y'>): Predictions | undefined {
  if (y instanceof Int32Array) {
    const C = outputs.length / y.length;
    const classes = Math.max(C, 2);
    return classes > MAX_CONFUSION_CLASSES || y.length === 0
      ? undefined
      : { confusion: confusionOf(outputs, y, C, classes) };
  }
  const every = Math.max(1, Math.ceil(y.length / MAX_PREDICTED));
  const chosen = Array.from({ length: Math.ceil(y.length / every) }, (_, i) => i * every);
  return { target: chosen.map((i) => y[i]!), predicted: chosen.map((i) => outputs[i]!) };
}

function confusionOf(outputs: Answers['outputs'], labels: Int32Array, C: number, classes: number): number[][] {
  const confusion = Array.from({ length: classes }, () => Array.from({ length: classes }, () => 0));
  labels.forEach((label, i) => {
    const predicted = predictedClass(outputs, i, C);
    if (predicted >= 0) confusion[label]![predicted]!++;
  });
  return confusion;
}
