/** The specification of a search: what a user sends, and what is stored of it. */
import { z } from 'zod';
import type { TrialMetric } from '../compute/trial.ts';
import { createSampler } from '../search/create-sampler.ts';
import type { Sampler } from '../search/sampler.ts';
import { type Distribution, type Point, spaceOf, type Value } from '../search/space.ts';
import { type Budget, budgetSchema } from './budget.ts';
import { enqueueSchema } from './enqueue.ts';
import { hyperparametersSchema } from './hyperparameters.ts';
import { metrics } from './objectives.ts';
import { type PrunerSettings, prunerSchema } from './pruning.ts';
import { type SamplerChoice, samplerSchema } from './samplers.ts';
import { type Settings, type StageSettings, stagesSchema } from './stage-settings.ts';
import { type ValidationSettings, validationSchema } from './validation.ts';
import { warmStartSchema } from './warm-start-settings.ts';

export type Metric = TrialMetric;
const metricNames = [...new Set(Object.values(metrics).flatMap((of) => Object.keys(of) as Metric[]))];
export type Task = keyof typeof metrics;
export type Direction = 'maximize' | 'minimize';

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
        direction: z.enum(['maximize', 'minimize']).optional(),
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

/** What is stored: every default filled in, so that a later default changes no earlier search. */
export interface Specification {
  readonly name: string;
  readonly dataset: string;
  readonly hyperparameters: Readonly<Record<string, Value | Distribution>>;
  /** Tried first, as trials 0 …: each decides some or all of what varies. */
  readonly enqueue: readonly Point[];
  readonly sampler: SamplerChoice;
  readonly validation: ValidationSettings;
  readonly objective: { readonly metric: Metric; readonly direction: Direction };
  readonly pruner: PrunerSettings;
  /** Empty where the search has one stage, of all its trials. */
  readonly stages: readonly StageSettings[];
  readonly budget: Budget;
  readonly limits: { readonly trialSeconds: number; readonly attempts: number };
}

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
