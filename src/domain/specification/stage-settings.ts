/** The stages in a specification. */
import { z } from 'zod';
import { validationKinds, validationSchema } from './validation.ts';

const MAX_STAGES = 20;

export const narrowingSchema = z.strictObject({
  quantile: z
    .number()
    .min(0.01)
    .max(1)
    .default(0.25)
    .describe('The share of the previous trials, from the best, that the space is narrowed around'),
  margin: z.number().min(0).max(2).default(0.1).describe('Margin around them, on each hyperparameter’s scale'),
  mayWiden: z.boolean().default(false).describe('Whether the margin may exceed the original bounds'),
});

export const stagesSchema = z
  .array(
    narrowingSchema.extend({
      epochs: z.int().min(1).max(1_000_000).describe('Epochs of its trials; replaces the hyperparameter'),
      trials: z.int().min(1).max(100_000),
      validation: validationSchema.optional().describe('Default: that of the search'),
    }),
  )
  .max(MAX_STAGES)
  .describe('Coarse to fine: each stage narrows the space around the best trials of the previous one');

/** With defaults filled in. */
export const resolvedStagesSchema = z
  .array(
    narrowingSchema.extend({ epochs: z.int(), trials: z.int(), validation: validationKinds.optional() }).readonly(),
  )
  .readonly()
  .describe('Empty for a search with a single stage');
export type StageSettings = z.output<typeof resolvedStagesSchema>[number];
