/** The specification of a search: what a user sends, and what is stored of it. */
import { z } from 'zod';
import type { TrialMetric } from '../compute/trial.ts';
import { directions } from '../objective.ts';
import { createSampler } from '../search/create-sampler.ts';
import type { Sampler } from '../search/sampler.ts';
import { spaceOf } from '../search/space.ts';
import { budgetSchema, resolvedBudgetSchema } from './budget.ts';
import { enqueueSchema } from './enqueue.ts';
import { hyperparametersSchema } from './hyperparameters.ts';
import { metrics, type Task } from './objectives.ts';
import { prunerKinds, prunerSchema } from './pruning.ts';
import { samplerKinds, samplerSchema } from './samplers.ts';
import { pointSchema, type Settings, settingsSchema } from './settings.ts';
import { resolvedStagesSchema, stagesSchema } from './stage-settings.ts';
import { validationKinds, validationSchema } from './validation.ts';
import { warmStartSchema } from './warm-start-settings.ts';

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
    stages: resolvedStagesSchema,
    budget: resolvedBudgetSchema,
    limits: z.object({ trialSeconds: z.number(), attempts: z.int() }).readonly(),
  })
  .readonly()
  .meta({ id: 'ResolvedSpecification' });
export type Specification = z.output<typeof resolvedSpecificationSchema>;

/** What must be known of a data set to judge a specification. */
export interface DatasetFacts {
  readonly name: string;
  readonly task: Task;
  readonly rows: number;
  readonly features: number;
  readonly classes: readonly string[];
  readonly hash: string;
}

/** Tells the stages' draws apart: those of one must not be those of another in a smaller space. */
const SEED_STRIDE = 0x9e3779b1;

/** Decides the trials of a stage, counted from its first; of the whole search, where it has but one. */
export function samplerOf(
  { hyperparameters, sampler, enqueue, objective }: Specification,
  stage: { readonly index: number; readonly hyperparameters: Settings } = { index: 0, hyperparameters },
): Sampler {
  const seed = (sampler.seed + stage.index * SEED_STRIDE) % Number.MAX_SAFE_INTEGER;
  const given = stage.index === 0 ? enqueue : [];
  return createSampler(spaceOf(stage.hyperparameters), { ...sampler, seed }, given, objective.direction);
}
