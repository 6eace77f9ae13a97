/** The stages of a search as its specification names them. */
import { z } from 'zod';
import { validationKinds, validationSchema } from './validation.ts';

const MAX_STAGES = 20;

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

export const stagesSchema = z
  .array(
    narrowingSchema.extend({
      epochs: z.int().min(1).max(1_000_000).describe('Of its trials, in place of the hyperparameter'),
      trials: z.int().min(1).max(100_000),
      validation: validationSchema.optional().describe('That of the search unless given'),
    }),
  )
  .max(MAX_STAGES)
  .describe('Coarse to fine: each narrows the space around the best trials of the one before');

/** The same, of a specification whose defaults are filled in. */
export const resolvedStagesSchema = z
  .array(
    narrowingSchema.extend({ epochs: z.int(), trials: z.int(), validation: validationKinds.optional() }).readonly(),
  )
  .readonly()
  .describe('Empty where the search has one stage, of all its trials');
export type StageSettings = z.output<typeof resolvedStagesSchema>[number];
