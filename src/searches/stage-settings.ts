/** The stages of a search as its specification names them. */
import { z } from 'zod';
import type { Distribution, Value } from '../search/space.ts';
import { type ValidationSettings, validationSchema } from './validation.ts';

const MOST_STAGES = 20;

export const narrowingSchema = z.strictObject({
  quantile: z
    .number()
    .min(0.01)
    .max(1)
    .default(0.25)
    .describe('The share of the trials before, the best, that it is narrowed around'),
  margin: z.number().min(0).max(2).default(0.1).describe('How much wider than those, in each hyperparameter’s scale'),
  mayWiden: z.boolean().default(false).describe('Whether the margin may lie outside the original bounds'),
});
export type Narrowing = z.output<typeof narrowingSchema>;

export const stagesSchema = z
  .array(
    narrowingSchema.extend({
      epochs: z.int().min(1).max(1_000_000).describe('Of its trials, in place of the hyperparameter'),
      trials: z.int().min(1).max(100_000),
      validation: validationSchema.optional().describe('That of the search unless given'),
    }),
  )
  .max(MOST_STAGES)
  .describe('Coarse to fine: each narrows the space around the best trials of the one before');

export type StageSettings = Narrowing & {
  readonly epochs: number;
  readonly trials: number;
  readonly validation?: ValidationSettings | undefined;
};

export type Settings = Readonly<Record<string, Value | Distribution>>;
