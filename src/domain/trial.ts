/** A trial as it is stored and served: one zod schema each for its summary, its findings, its curves. */
import { z } from 'zod';
import type { FoldCurves, FoldsFinding } from '../compute/trial.ts';
import { findingCodes, severities } from '../diagnosis/finding.ts';
import { perSeries } from '../nn/training/series.ts';
import { count, time } from './fields.ts';
import { confirmsSchema } from './runs.ts';
import { pointSchema } from './specification/settings.ts';
import type { Specification } from './specification/specification.ts';

export const trialStates = ['waiting', 'running', 'paused', 'complete', 'pruned', 'failed', 'cancelled'] as const;
export type TrialState = (typeof trialStates)[number];

/** Whether a trial has ended. Only a failed trial can be retried. */
export function isOver(state: TrialState): boolean {
  return state !== 'waiting' && state !== 'running' && state !== 'paused';
}

export const sourceSchema = z
  .enum(['enqueued', 'sampled'])
  .describe('Whether it was enqueued in the specification or proposed by the sampler');
export type Source = z.infer<typeof sourceSchema>;

/** Enqueued trials come first, so the number decides. */
export function sourceOf(number: number, { enqueue }: Pick<Specification, 'enqueue'>): Source {
  return number < enqueue.length ? 'enqueued' : 'sampled';
}

/** Why a trial was pruned (algorithms/pruners/pruner.ts). */
export const verdictSchema = z
  .object({
    rule: z.string(),
    epochs: count,
    value: z.number().nullable(),
    threshold: z.number().nullable().describe('The value it would have needed'),
    rank: z.number().nullable().describe('Among the trials it was compared with, from 1'),
    of: z.number().nullable(),
    rung: z.number().nullable(),
    finding: z.enum(findingCodes).optional().describe('The finding for which the pruner diagnosis stopped it'),
    text: z.string(),
  })
  .meta({ id: 'Verdict' });
export type Verdict = z.output<typeof verdictSchema>;

/** A problem of a trial and its likely cause (diagnosis/). */
export const findingSchema = z
  .object({
    code: z.enum(findingCodes),
    severity: z.enum(severities),
    layer: z.int().nullable().describe('From 1, starting at the input'),
    since: count.describe('The first epoch that shows it; 0 is before the first step'),
    cause: z.string().nullable().describe('The most likely of several possible causes'),
    evidence: z.record(z.string(), z.number().nullable()).readonly(),
    text: z.string(),
    advice: z.string(),
    folds: z.array(count).readonly().describe('The folds that show it'),
  })
  .meta({ id: 'Finding' }) satisfies z.ZodType<FoldsFinding>;

export const trialSummarySchema = z
  .object({
    number: count,
    confirms: confirmsSchema.optional(),
    source: sourceSchema,
    stage: count,
    rung: count,
    state: z.enum(trialStates),
    attempt: count.describe('How often a worker has started it'),
    hyperparameters: pointSchema.describe('Hyperparameters that vary and are active'),
    value: z.number().nullable().describe('Final value, or the latest one of a stopped or paused trial'),
    deviation: z.number().nullable().describe('Standard deviation of the folds’ values; null for one fold'),
    outcome: z.enum(['ok', 'diverged']).nullable(),
    reason: z.string().nullable().describe('Why it was stopped, failed or was retried'),
    verdict: verdictSchema.nullable().describe('The decision of the pruner that stopped it'),
    found: z.array(z.enum(findingCodes)).readonly().describe('Codes of its findings, worst first'),
    epochs: count,
    durationMs: z.number().nullable(),
    worker: z.string().nullable(),
    resultHash: z.string().nullable(),
    startedAt: time.nullable(),
    finishedAt: time.nullable(),
    notes: z.string(),
    tags: z.array(z.string()).readonly(),
  })
  .meta({ id: 'TrialSummary' });
export type TrialSummary = z.infer<typeof trialSummarySchema>;

const series = z.array(z.number().nullable()).readonly().describe('One entry per epoch; null if it was not finite');

const metric = z.number().nullable();
export const metricsSchema = z.union([
  z.object({ loss: metric, accuracy: metric, macroF1: metric, rocAuc: metric }),
  z.object({ loss: metric, rmse: metric, mae: metric, r2: metric }),
]);

const signal = z.number().nullable();
const layerSignalsSchema = z
  .object({
    mean: signal.describe('Mean of the layer’s outputs over its units and the sampled rows'),
    deviation: signal,
    unitDeviation: signal.describe('How much the units differ on the same row; 0 if all have the same output'),
    saturated: signal.describe('Share of sigmoid or tanh outputs in the flat part'),
    dead: signal.describe('Share of units with output zero on every row'),
    gradientNorm: signal.describe('Norm of the weights’ gradient in the epoch’s last step; null before the first'),
    updateRatio: signal.describe('Norm of that step’s update relative to the norm of the weights'),
  })
  .meta({ id: 'LayerSignals' });

const observedLayersSchema = z.object({
  epoch: count.describe('Completed epochs; 0 is before the first step'),
  layers: z.array(layerSignalsSchema).readonly().describe('Starting at the input; the last is the output layer'),
});

export const confusionSchema = z.array(z.array(count).readonly()).readonly();

export const predictedSchema = z.object({
  target: z.array(z.number().nullable()).readonly(),
  predicted: z.array(z.number().nullable()).readonly(),
});

export const foldCurvesSchema = z
  .object({
    fold: count,
    value: z.number().nullable(),
    initialLoss: z.number().nullable(),
    ...perSeries(() => series),
    learningRate: series,
    gradientNorm: series
      .default([])
      .describe('Largest of all steps, before clipping; with six digits once the trial has ended'),
    peakLoss: series.default([]).describe('Largest loss of all steps; with six digits once the trial has ended'),
    peakStep: z.array(count).readonly().default([]).describe('The step of that loss, from 1'),
    regularizationLoss: series.default([]).describe('½·l2·Σ weight² at the end of the epoch'),
    signals: z.array(observedLayersSchema).readonly().default([]).describe('For some epochs, fewer towards the end'),
    bestEpoch: count
      .optional()
      .describe('The epoch whose parameters, value and metrics count; once the fold has finished'),
    stoppedEarly: z.boolean().optional(),
    confusion: confusionSchema
      .optional()
      .describe('Validation rows by true class (outer) and predicted class (inner); up to 30 classes'),
    predictions: predictedSchema.optional().describe('For some validation rows, in the units of the target'),
    metrics: metricsSchema.optional().describe('On the validation rows; null if undefined or not finite'),
  })
  .meta({ id: 'FoldCurves' }) satisfies z.ZodType<FoldCurves>;

const trialSettingsSchema = z
  .record(z.string(), z.union([z.number(), z.string(), z.boolean(), z.array(z.number()).readonly()]))
  .describe('All hyperparameters used in training: varied, fixed and default');

export const trialSchema = trialSummarySchema
  .extend({
    settings: trialSettingsSchema,
    folds: z.array(foldCurvesSchema).readonly(),
    findings: z.array(findingSchema).readonly(),
    kernels: z.string().nullable(),
  })
  .meta({ id: 'Trial' });
export type Trial = z.infer<typeof trialSchema>;
