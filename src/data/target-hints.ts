/** Hints about the target. */
import { type Column, isWhole, presentNumbers, presentTexts } from './column.ts';
import type { Task } from './dataset.ts';
import { shortened } from './faults.ts';
import { type Hint, hint } from './hint.ts';
import { sameSpelling } from './spelling.ts';

/** What is known of the target. */
export interface TargetFacts {
  readonly task: Task;
  /** Whether the task was given. */
  readonly asked: boolean;
  readonly classes: readonly string[];
}

/** Classes with fewer rows than this are missing in some of five folds. */
const USUAL_FOLDS = 5;
const MAX_CLASSES_ASKED = 100;
const UNBALANCED = 0.95;

export function targetHints(column: Column, { task, asked, classes }: TargetFacts): Hint[] {
  const hints: Hint[] = [];
  const numbers = presentNumbers(column);
  const distinct = column.kind === 'number' && isWhole(column) ? new Set(numbers).size : 0;
  if (!asked && distinct > 2 && distinct <= MAX_CLASSES_ASKED && distinct * 2 <= numbers.length) {
    const [is, not] = task === 'classification' ? ['classes', 'numeric values'] : ['numeric values', 'classes'];
    const message = `${distinct} different whole numbers are treated as ${is}; if they are ${not}, set task=classification or task=regression`;
    hints.push(
      hint('task', column, message, [
        { label: 'classes', option: 'task', values: ['classification'] },
        { label: 'numeric values', option: 'task', values: ['regression'] },
      ]),
    );
  }
  if (task === 'classification') hints.push(...classHints(column, classes));
  return hints;
}

function classHints(column: Column, classes: readonly string[]): Hint[] {
  const texts = presentTexts(column);
  const labels = column.isTyped ? texts : texts.map(sameSpelling);
  const counts = new Map<string, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const hints: Hint[] = [];
  const few = classes.filter((label) => (counts.get(label) ?? 0) < USUAL_FOLDS);
  if (few.length > 0) {
    const some = few.slice(0, 5).map((label) => `${shortened(label)} (${counts.get(label) ?? 0})`);
    const more = few.length > some.length ? ` and ${few.length - some.length} more` : '';
    const message = `classes with fewer than ${USUAL_FOLDS} rows: ${some.join(', ')}${more}; they are missing in some folds of a cross-validation: merge them or remove their rows`;
    hints.push(hint('fewRowsOfClass', column, message));
  }
  const [most, count] = [...counts].reduce((best, one) => (one[1] > best[1] ? one : best), ['', 0]);
  if (count > UNBALANCED * labels.length && counts.size > 1) {
    const share = ((100 * count) / labels.length).toFixed(1);
    const message = `${share} % of the rows are ${shortened(most)}, so always predicting it has that accuracy; use validationMacroF1 instead of validationAccuracy`;
    hints.push(hint('unbalanced', column, message));
  }
  return hints;
}
