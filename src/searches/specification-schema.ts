/** The specification of a search as a user sends it, and as it is stored with every default filled in. */
import { z } from 'zod';
import type { TrialMetric } from '../compute/trial.ts';
import { directions } from '../search/objective.ts';
import { budgetSchema, resolvedBudgetSchema } from './budget.ts';
import { enqueueSchema } from './enqueue.ts';
import { hyperparametersSchema } from './hyperparameters.ts';
import { metrics } from './objectives.ts';
import { prunerKinds, prunerSchema } from './pruning.ts';
import { samplerKinds, samplerSchema } from './samplers.ts';
import { pointSchema, settingsSchema } from './settings.ts';
import { validationKinds, validationSchema } from './validation.ts';

export const MOST_STAGES = 20;

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

/** More of another search's best are not taken over. */
export const MOST_TAKEN = 100;

export const warmStartSchema = z
  .strictObject({
    search: z.uuid(),
    trials: z.int().min(1).max(MOST_TAKEN).default(5).describe('So many of its best are tried first'),
  })
  .describe('Begins with the best of another search: what varies here and can be as it was there is taken over');

export type Metric = TrialMetric;
const metricNames = [...new Set(Object.values(metrics).flatMap((of) => Object.keys(of) as Metric[]))];

/** What a user sends. */
export const specificationSchema = z
  .strictObject({
    name: z.string().trim().min(1).max(200).optional().describe('For people; made from the data set unless given'),
    dataset: z.string().min(1).max(100),
    hyperparameters: hyperparametersSchema
      .optional()
      .describe('Each a value or a distribution. A good space of five unless given'),
    enqueue: enqueueSchema.default([]),
    warmStart: warmStartSchema.optional(),
    sampler: samplerSchema.prefault({}),
    validation: validationSchema.prefault({}),
    objective: z
      .strictObject({
        metric: z.enum(metricNames).optional().describe('validationRocAuc is for two classes'),
        direction: z.enum(directions).optional(),
      })
      .prefault({}),
    pruner: prunerSchema.prefault({}),
    stages: stagesSchema.default([]),
    budget: budgetSchema.prefault({}),
    limits: z
      .strictObject({
        trialSeconds: z.number().positive().max(86_400).default(600).describe('A trial that takes longer has failed'),
        attempts: z.int().min(1).max(20).default(3).describe('How often a trial that crashes is tried'),
      })
      .prefault({}),
  })
  .meta({ id: 'Specification' });

/**
 * What is stored and served: every default filled in, so that a later default changes no earlier search. Answers are checked against it, so
 * a bound may become wider, and never narrower than what is stored.
 */
export const resolvedSpecificationSchema = z
  .object({
    name: z.string(),
    dataset: z.string(),
    hyperparameters: settingsSchema,
    enqueue: z
      .array(pointSchema)
      .readonly()
      .describe('Tried first, as trials 0 …: each decides some or all of what varies'),
    sampler: samplerKinds,
    validation: validationKinds,
    objective: z.object({ metric: z.enum(metricNames), direction: z.enum(directions) }).readonly(),
    pruner: prunerKinds,
    stages: z
      .array(
        narrowingSchema.extend({ epochs: z.int(), trials: z.int(), validation: validationKinds.optional() }).readonly(),
      )
      .readonly()
      .describe('Empty where the search has one stage, of all its trials'),
    budget: resolvedBudgetSchema,
    limits: z.object({ trialSeconds: z.number(), attempts: z.int() }).readonly(),
  })
  .readonly()
  .meta({ id: 'ResolvedSpecification' });
export type Specification = z.output<typeof resolvedSpecificationSchema>;
export type StageSettings = Specification['stages'][number];
