/** How the rows are split into training and validation rows. */
import { z } from 'zod';
import { foldRows } from '../../data/folds.ts';
import type { ValidationIssue } from '../../errors.ts';

const repeats = z.int().min(1).max(100).default(1).describe('Repetitions, each with another shuffle');

export const validationKinds = z.discriminatedUnion('type', [
  z
    .strictObject({
      type: z.literal('holdout'),
      fraction: z.number().min(0.01).max(0.9).default(0.2).describe('Share of the rows that is held out'),
      repeats,
    })
    .describe('One split, with the same share of every class held out'),
  z
    .strictObject({
      type: z.literal('kFold'),
      folds: z.int().min(2).max(100).default(5),
      stratified: z.boolean().default(true).describe('Every fold has the same share of every class'),
      repeats,
    })
    .describe('Every row is in the validation set once'),
]);

/** `{}` and `{fraction: 0.3}` are a holdout. */
export const validationSchema = z.preprocess(
  (sent) => (typeof sent === 'object' && sent !== null && !('type' in sent) ? { type: 'holdout', ...sent } : sent),
  validationKinds,
);
export type ValidationSettings = z.output<typeof validationKinds>;

/** Refuses splits that leave too few training rows or no validation rows. */
export function foldIssues(validation: ValidationSettings, rows: number, path: string): ValidationIssue[] {
  if (validation.type === 'kFold' && validation.folds > rows) {
    return [
      { path: `${path}.folds`, message: `must be at most the ${rows} rows of the data set, got ${validation.folds}` },
    ];
  }
  const held =
    validation.type === 'holdout' ? Math.round(rows * validation.fraction) : foldRows(validation, rows).validationRows;
  if (held >= 1 && rows - held >= 2) return [];
  const name = validation.type === 'holdout' ? 'fraction' : 'folds';
  return [
    { path: `${path}.${name}`, message: `leaves ${rows - held} training and ${held} validation rows of ${rows}` },
  ];
}
