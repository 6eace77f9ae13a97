/** A trial as it is stored and served: one zod schema each for its summary, its findings, its curves. */
import { z } from 'zod';
import type { FoldCurves, FoldsFinding } from '../compute/trial.ts';
import { findingCodes, severities } from '../diagnosis/finding.ts';
import { perSeries } from '../nn/training/series.ts';
import { count, time } from './fields.ts';
import { pointSchema } from './specification/settings.ts';
import type { Specification } from './specification/specification.ts';

export const trialStates = ['waiting', 'running', 'paused', 'complete', 'pruned', 'failed', 'cancelled'] as const;
export type TrialState = (typeof trialStates)[number];

/** Whether a trial has ended. Only one that failed can begin again. */
export function isOver(state: TrialState): boolean {
  return state !== 'waiting' && state !== 'running' && state !== 'paused';
}

export const sourceSchema = z
  .enum(['enqueued', 'sampled'])
  .describe('Whether the specification gives it or the sampler');
export type Source = z.infer<typeof sourceSchema>;

/** Enqueued trials are the first ones: their number says it. */
export function sourceOf(number: number, { enqueue }: Pick<Specification, 'enqueue'>): Source {
  return number < enqueue.length ? 'enqueued' : 'sampled';
}

/** Why a trial was stopped (algorithms/pruners/pruner.ts). */
export const verdictSchema = z
  .object({
    rule: z.string(),
    epochs: count,
    value: z.number().nullable(),
    threshold: z.number().nullable().describe('What would have been good enough'),
    rank: z.number().nullable().describe('Among those it was compared with, from 1'),
    of: z.number().nullable(),
    rung: z.number().nullable(),
    finding: z.enum(findingCodes).optional().describe('For which the pruner diagnosis stopped it'),
    text: z.string(),
  })
  .meta({ id: 'Verdict' });
export type Verdict = z.output<typeof verdictSchema>;

/** What is wrong with a trial, and why (diagnosis/). */
export const findingSchema = z
  .object({
    code: z.enum(findingCodes),
    severity: z.enum(severities),
    layer: z.int().nullable().describe('From 1, the inputs’ side first'),
    since: count.describe('The epoch after which it was first so; 0 is before the first step'),
    cause: z.string().nullable().describe('The most likely one, where several look alike'),
    evidence: z.record(z.string(), z.number().nullable()).readonly(),
    text: z.string(),
    advice: z.string(),
    folds: z.array(count).readonly().describe('That show it'),
  })
  .meta({ id: 'Finding' }) satisfies z.ZodType<FoldsFinding>;

export const trialSummarySchema = z
  .object({
    number: count,
    source: sourceSchema,
    stage: count,
    rung: count,
    state: z.enum(trialStates),
    attempt: count.describe('How often it was claimed'),
    hyperparameters: pointSchema.describe('Those that vary and are active'),
    value: z.number().nullable().describe('At the end, or where it was stopped or waits'),
    deviation: z.number().nullable().describe('Of the folds’ values, from their mean; null for one fold'),
    outcome: z.enum(['ok', 'diverged']).nullable(),
    reason: z.string().nullable().describe('Why it was stopped, failed or tried again'),
    verdict: verdictSchema.nullable().describe('Of the pruner that stopped it'),
    found: z.array(z.enum(findingCodes)).readonly().describe('Codes of its findings, the worst first'),
    epochs: count,
    durationMs: z.number().nullable(),
    worker: z.string().nullable(),
    resultHash: z.string().nullable(),
    startedAt: time.nullable(),
    finishedAt: time.nullable(),
  })
  .meta({ id: 'TrialSummary' });
export type TrialSummary = z.infer<typeof trialSummarySchema>;

const series = z.array(z.number().nullable()).readonly().describe('One entry an epoch; null where it was not finite');

const metric = z.number().nullable();
const metricsSchema = z.union([
  z.object({ loss: metric, accuracy: metric, macroF1: metric, rocAuc: metric }),
  z.object({ loss: metric, rmse: metric, mae: metric, r2: metric }),
]);

const signal = z.number().nullable();
const layerSignalsSchema = z
  .object({
    mean: signal.describe('Of the layer’s outputs, over its units and the rows that are looked at'),
    deviation: signal,
    unitDeviation: signal.describe('How much the units differ on the same row; 0 where all do the same'),
    saturated: signal.describe('Share of the outputs of sigmoid or tanh that are on the flat part'),
    dead: signal.describe('Share of the units that are zero on every row'),
    gradientNorm: signal.describe('By the weights, at the epoch’s last step; null before the first'),
    updateRatio: signal.describe('How far that step moved the weights, by their own norm'),
  })
  .meta({ id: 'LayerSignals' });

const observedLayersSchema = z.object({
  epoch: count.describe('Completed; 0 is before the first step'),
  layers: z.array(layerSignalsSchema).readonly().describe('From the inputs’ side; the last is the output'),
});

export const foldCurvesSchema = z
  .object({
    fold: count,
    value: z.number().nullable(),
    initialLoss: z.number().nullable(),
    ...perSeries(() => series),
    learningRate: series,
    gradientNorm: series.default([]).describe('The greatest of a step, before clipping'),
    peakLoss: series.default([]).describe('The greatest loss of a step'),
    peakStep: z.array(count).readonly().default([]).describe('Which step that was, from 1'),
    regularizationLoss: series.default([]).describe('½·l2·Σ weight² at the epoch’s end'),
    signals: z.array(observedLayersSchema).readonly().default([]).describe('Of some epochs, thinned towards the end'),
    bestEpoch: count.optional().describe('Whose parameters, value and metrics count; once the fold is over'),
    stoppedEarly: z.boolean().optional(),
    confusion: z
      .array(z.array(count).readonly())
      .readonly()
      .optional()
      .describe('Validation rows of each class (outer) that were taken for each (inner); up to 30 classes'),
    predictions: z
      .object({
        target: z.array(z.number().nullable()).readonly(),
        predicted: z.array(z.number().nullable()).readonly(),
      })
      .optional()
      .describe('Of some validation rows, in the target’s own units'),
    metrics: metricsSchema.optional().describe('Of the validation rows; null where not defined or not finite'),
  })
  .meta({ id: 'FoldCurves' }) satisfies z.ZodType<FoldCurves>;

const trialSettingsSchema = z
  .record(z.string(), z.union([z.number(), z.string(), z.boolean(), z.array(z.number()).readonly()]))
  .describe('Everything training used: what varied, what was fixed, what was left to its default');

export const trialSchema = trialSummarySchema
  .extend({
    settings: trialSettingsSchema,
    folds: z.array(foldCurvesSchema).readonly(),
    findings: z.array(findingSchema).readonly(),
    kernels: z.string().nullable(),
  })
  .meta({ id: 'Trial' });
export type Trial = z.infer<typeof trialSchema>;
