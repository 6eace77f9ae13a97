/** The specification of a search: as users send it and as it is stored. */
import { z } from 'zod';
import { type Direction, directions } from '../../algorithms/objective.ts';
import { createSampler } from '../../algorithms/samplers/create-sampler.ts';
import type { Sampler } from '../../algorithms/samplers/sampler.ts';
import { spaceOf } from '../../algorithms/space/space.ts';
import type { TrialMetric } from '../../compute/trial.ts';
import { projectNameSchema } from '../project.ts';
import { budgetSchema, resolvedBudgetSchema } from './budget.ts';
import { confirmSchema, resolvedConfirmSchema } from './confirm-settings.ts';
import { enqueueSchema } from './enqueue.ts';
import { hyperparametersSchema } from './hyperparameters.ts';
import { metrics, type Task } from './objectives.ts';
import { OBSERVED_METRIC, observedSchema } from './observed.ts';
import { prunerKinds, prunerSchema } from './pruners.ts';
import { samplerKinds, samplerSchema } from './samplers.ts';
import { pointSchema, type Settings, settingsSchema } from './settings.ts';
import { resolvedStagesSchema, stagesSchema } from './stage-settings.ts';
import { validationKinds, validationSchema } from './validation.ts';
import { warmStartSchema } from './warm-start-settings.ts';

/** Of the threads that searches share while several run; a search that says nothing has 1. */
export const shareSchema = z
  .number()
  .min(0.01)
  .max(100)
  .describe('Share of the threads relative to other searches that run at the same time. Default: 1');

export const keepCurvesSchema = z
  .boolean()
  .describe(
    'Keep all curves, layer signals and events of its trials, whatever the retention of the service. Default: false',
  );

/** Of trials that are trained here. */
export type Metric = TrialMetric;
const metricNames = [...new Set(Object.values(metrics).flatMap((of) => Object.keys(of) as Metric[]))];

/** As users send it. */
export const specificationSchema = z
  .strictObject({
    name: z.string().trim().min(1).max(200).optional().describe('Display name; derived from the data set by default'),
    project: projectNameSchema.optional().describe('The project it belongs to. Default: that of the key, or `default`'),
    dataset: z.string().min(1).max(100),
    hyperparameters: hyperparametersSchema
      .optional()
      .describe('Each is a value or a distribution. Default: a search space of five hyperparameters'),
    enqueue: enqueueSchema.default([]),
    warmStart: warmStartSchema.optional(),
    sampler: samplerSchema.prefault({}),
    validation: validationSchema.prefault({}),
    objective: z
      .strictObject({
        metric: z.enum(metricNames).optional().describe('validationRocAuc needs two classes'),
        direction: z.enum(directions).optional(),
      })
      .prefault({}),
    pruner: prunerSchema.prefault({}),
    stages: stagesSchema.default([]),
    budget: budgetSchema.prefault({}),
    confirm: confirmSchema
      .optional()
      .describe('Trains the best trials again, on new splits, to find the best of them. Default: no'),
    limits: z
      .strictObject({
        trialSeconds: z.number().positive().max(86_400).default(600).describe('A trial that takes longer fails'),
        attempts: z.int().min(1).max(20).default(3).describe('Attempts for a trial that crashes'),
      })
      .prefault({}),
    share: shareSchema.optional(),
    keepCurves: keepCurvesSchema.optional(),
  })
  .meta({ id: 'Specification' });

/**
 * As stored and served: with every default filled in, so that changing a default does not change existing searches. Responses are validated
 * against it, so its bounds may be widened but never made narrower than what is stored.
 */
export const resolvedSpecificationSchema = z
  .object({
    name: z.string(),
    dataset: z.string(),
    hyperparameters: settingsSchema,
    enqueue: z
      .array(pointSchema)
      .readonly()
      .describe('Tried first, as trials 0 …: each sets some or all of the hyperparameters that vary'),
    sampler: samplerKinds,
    validation: validationKinds,
    objective: z
      .object({ metric: z.enum([...metricNames, OBSERVED_METRIC]), direction: z.enum(directions) })
      .readonly(),
    pruner: prunerKinds,
    stages: resolvedStagesSchema,
    budget: resolvedBudgetSchema,
    confirm: resolvedConfirmSchema.optional(),
    limits: z.object({ trialSeconds: z.number(), attempts: z.int() }).readonly(),
    share: shareSchema.optional(),
    keepCurves: keepCurvesSchema.optional(),
    observed: observedSchema.optional(),
  })
  .readonly()
  .meta({ id: 'ResolvedSpecification' });
export type Specification = z.output<typeof resolvedSpecificationSchema>;

/** The objective of a search that trains: that of observed trials may be no metric that can be computed here. */
export function trainedObjective({ objective: { metric, direction } }: Pick<Specification, 'objective'>): {
  readonly metric: Metric;
  readonly direction: Direction;
} {
  if (metric === OBSERVED_METRIC) throw new Error('the objective of observed trials is none that is computed here');
  return { metric, direction };
}

/** What validating a specification needs to know of a data set. */
export interface DatasetFacts {
  readonly name: string;
  readonly task: Task;
  readonly rows: number;
  readonly features: number;
  readonly classes: readonly string[];
  readonly hash: string;
}

/** Gives every stage its own random numbers, so that a stage does not repeat the samples of the previous one in a smaller space. */
const SEED_STRIDE = 0x9e3779b1;

/** The sampler of a stage, whose trial numbers start at 0 with the stage; of the whole search if it has no stages. */
export function samplerOf(
  { hyperparameters, sampler, enqueue, objective }: Specification,
  stage: { readonly index: number; readonly hyperparameters: Settings } = { index: 0, hyperparameters },
): Sampler {
  const seed = (sampler.seed + stage.index * SEED_STRIDE) % Number.MAX_SAFE_INTEGER;
  const enqueued = stage.index === 0 ? enqueue : [];
  return createSampler(spaceOf(stage.hyperparameters), { ...sampler, seed }, enqueued, objective.direction);
}
