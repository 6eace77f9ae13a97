/** What a network says of rows, for people to look at: which classes it takes for which, or its numbers beside the true ones. */
import { type Answers, predictedClass } from './metrics.ts';

/** More classes than this make a table that nobody reads. */
const MAX_CONFUSED = 30;
/** So many rows show how numbers scatter. */
export const MAX_PREDICTED = 200;

export type Predictions =
  /** `confusion[c][k]`: rows of class c that are taken for class k. Rows of which the outputs are no numbers are in none. */
  | { readonly confusion: readonly (readonly number[])[] }
  /** Some rows, evenly chosen, in the units of y. */
  | { readonly target: readonly number[]; readonly predicted: readonly number[] };

/** Undefined where there are more classes than anybody reads. */
export function predictionsOf({ outputs, y }: Pick<Answers, 'outputs' | 'y'>): Predictions | undefined {
  if (y instanceof Int32Array) {
    const C = outputs.length / y.length;
    const classes = Math.max(C, 2);
    return classes > MAX_CONFUSED || y.length === 0 ? undefined : { confusion: confusionOf(outputs, y, C, classes) };
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
