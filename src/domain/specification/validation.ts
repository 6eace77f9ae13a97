/** How the rows are split into training and validation rows. */
import { z } from 'zod';
import { foldRows } from '../../data/folds.ts';
import type { ValidationIssue } from '../../errors.ts';

const repeats = z.int().min(1).max(100).default(1).describe('Repetitions, each with another shuffle');
const test = z
  .number()
  .min(0.05)
  .max(0.5)
  .optional()
  .describe('Share of the rows that no trial trains or validates on; a model is evaluated on them once. Default: none');

export const validationKinds = z.discriminatedUnion('type', [
  z
    .strictObject({
      type: z.literal('holdout'),
      fraction: z
        .number()
        .min(0.01)
        .max(0.9)
        .default(0.2)
        .describe('Share of the rows, without test rows, that is held out'),
      repeats,
      test,
      reshuffle: z
        .boolean()
        .optional()
        .describe('Whether every trial has a split of its own. Default: no, all are compared on the same rows'),
    })
    .describe('One split, with the same share of every class held out'),
  z
    .strictObject({
      type: z.literal('kFold'),
      folds: z.int().min(2).max(100).default(5),
      stratified: z.boolean().default(true).describe('Every fold has the same share of every class'),
      repeats,
      test,
    })
    .describe('Every row that is not a test row is in the validation set once'),
]);

/** `{}` and `{fraction: 0.3}` are a holdout. */
export const validationSchema = z.preprocess(
  (sent) => (typeof sent === 'object' && sent !== null && !('type' in sent) ? { type: 'holdout', ...sent } : sent),
  validationKinds,
);
export type ValidationSettings = z.output<typeof validationKinds>;

/** Refuses splits that leave too few training rows or no validation rows. */
export function foldIssues(validation: ValidationSettings, allRows: number, path: string): ValidationIssue[] {
  const { testRows, validationRows } = foldRows(validation, allRows);
  const rows = allRows - testRows;
  const which = testRows === 0 ? 'rows of the data set' : 'rows of the data set that are not test rows';
  if (validation.type === 'kFold' && validation.folds > rows) {
    return [{ path: `${path}.folds`, message: `must be at most the ${rows} ${which}, got ${validation.folds}` }];
  }
  const held = validation.type === 'holdout' ? Math.round(rows * validation.fraction) : validationRows;
  if (held >= 1 && rows - held >= 2) return [];
  const name = validation.type === 'holdout' ? 'fraction' : 'folds';
  const besides = testRows === 0 ? '' : ` besides ${testRows} test rows`;
  return [
    {
      path: `${path}.${name}`,
      message: `leaves ${rows - held} training and ${held} validation rows of ${allRows}${besides}`,
    },
  ];
}

/** A stage with other test rows would train or validate on those of the search. */
export function testRowIssues(
  validation: ValidationSettings,
  stages: readonly { readonly validation?: ValidationSettings | undefined }[],
): ValidationIssue[] {
  return stages.flatMap((stage, i) => {
    const own = stage.validation?.test;
    if (stage.validation === undefined || own === validation.test) return [];
    const message = `must be that of the search (${validation.test ?? 'none'}) or left out, got ${own ?? 'none'}`;
    return [{ path: `stages[${i}].validation.test`, message }];
  });
}
