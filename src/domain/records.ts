/** Schemas of searches, trials and events as stored and served. Types are inferred from them. */
import { z } from 'zod';
import type { FoldCurves, FoldsFinding } from '../compute/trial.ts';
import { findingCodes, severities } from '../diagnosis/finding.ts';
import { perSeries } from '../nn/training/series.ts';
import { limits } from './specification/budget.ts';
import { pointSchema, settingsSchema } from './specification/settings.ts';
import { resolvedSpecificationSchema, type Specification } from './specification/specification.ts';
import { warningSchema } from './specification/warnings.ts';

export const searchStates = ['running', 'paused', 'complete', 'failed', 'cancelled'] as const;
export const trialStates = ['waiting', 'running', 'paused', 'complete', 'pruned', 'failed', 'cancelled'] as const;
export type SearchState = (typeof searchStates)[number];
export type TrialState = (typeof trialStates)[number];

/** States a search can still leave. */
export function isOpen(state: SearchState): boolean {
  return state === 'running' || state === 'paused';
}

/** Whether a trial has ended. Only a failed trial can be retried. */
export function isOver(state: TrialState): boolean {
  return state !== 'waiting' && state !== 'running' && state !== 'paused';
}

/** How many improvements a search record keeps; the event log has all of them. */
export const MAX_IMPROVEMENTS = 100;

const count = z.int().min(0);
const time = z.iso.datetime();

export const searchSchema = z
  .object({
    id: z.uuid(),
    name: z.string(),
    state: z.enum(searchStates),
    specification: resolvedSpecificationSchema.describe('As sent, with defaults filled in'),
    warnings: z.array(warningSchema).readonly().describe('The warnings given when it was created'),
    dataset: z.object({ name: z.string(), hash: z.string() }),
    trials: z
      .object({
        total: count,
        planned: count,
        waiting: count,
        running: count,
        paused: count.describe('Waiting at a rung for the other trials of their bracket, or paused by a user'),
        complete: count,
        pruned: count,
        failed: count,
        cancelled: count,
        diverged: count.describe('Complete trials whose loss diverged; they have no value'),
      })
      .describe('Number of trials by state'),
    best: z
      .object({ number: count, value: z.number(), stage: count })
      .nullable()
      .describe('Best complete trial of the newest stage that has one'),
    improvements: z
      .array(z.object({ number: count, value: z.number(), stage: count }))
      .readonly()
      .describe(`Trials that became the best, in order; the newest ${MAX_IMPROVEMENTS}`),
    found: z.partialRecord(z.enum(findingCodes), count).describe('Number of ended trials with each finding'),
    stages: z
      .array(z.object({ from: count, to: count, hyperparameters: settingsSchema }))
      .readonly()
      .describe(
        'The stages that have started: first trial, one more than the last trial, and search space; empty without stages',
      ),
    parent: z.uuid().nullable().describe('The search it refines'),
    epochs: count.describe('Epochs trained by trials that ended or wait at a rung'),
    endedBy: z.enum(limits).nullable().describe('The budget limit that ended it'),
    seq: count.describe('Sequence number of the newest event'),
    failure: z.string().nullable(),
    createdAt: time,
    finishedAt: time.nullable(),
  })
  .meta({ id: 'Search' });
export type Search = z.infer<typeof searchSchema>;

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
    source: sourceSchema,
    stage: count,
    rung: count,
    state: z.enum(trialStates),
    attempt: count.describe('How often it has been claimed'),
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
  })
  .meta({ id: 'TrialSummary' });
export type TrialSummary = z.infer<typeof trialSummarySchema>;

const series = z.array(z.number().nullable()).readonly().describe('One entry per epoch; null if it was not finite');

const metric = z.number().nullable();
const metricsSchema = z.union([
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

export const foldCurvesSchema = z
  .object({
    fold: count,
    value: z.number().nullable(),
    initialLoss: z.number().nullable(),
    ...perSeries(() => series),
    learningRate: series,
    gradientNorm: series.default([]).describe('Largest of all steps, before clipping'),
    peakLoss: series.default([]).describe('Largest loss of all steps'),
    peakStep: z.array(count).readonly().default([]).describe('The step of that loss, from 1'),
    regularizationLoss: series.default([]).describe('½·l2·Σ weight² at the end of the epoch'),
    signals: z.array(observedLayersSchema).readonly().default([]).describe('For some epochs, fewer towards the end'),
    bestEpoch: count
      .optional()
      .describe('The epoch whose parameters, value and metrics count; once the fold has finished'),
    stoppedEarly: z.boolean().optional(),
    confusion: z
      .array(z.array(count).readonly())
      .readonly()
      .optional()
      .describe('Validation rows by true class (outer) and predicted class (inner); up to 30 classes'),
    predictions: z
      .object({
        target: z.array(z.number().nullable()).readonly(),
        predicted: z.array(z.number().nullable()).readonly(),
      })
      .optional()
      .describe('For some validation rows, in the units of the target'),
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

/** Null if the trial was stopped while it waited. */
const legSchema = z.number().nullable().default(null).describe('Milliseconds since it was started or resumed');
const foundSchema = z.array(z.enum(findingCodes)).readonly().default([]);

const trialRef = { number: count, attempt: count };

/** A change of a search. */
export const changeSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('search.created'), data: z.object({ total: count }) }),
  z.object({
    type: z.literal('search.changed'),
    data: z.object({
      name: z.string(),
      total: count,
      budget: z.partialRecord(z.enum(limits), z.number()).optional().describe('The new limits, if they changed'),
    }),
  }),
  z.object({ type: z.literal('search.paused'), data: z.object({}) }),
  z.object({ type: z.literal('search.resumed'), data: z.object({}) }),
  z.object({
    type: z.literal('search.cancelled'),
    data: z.object({ trials: count.describe('Trials cancelled with it') }),
  }),
  z.object({
    type: z.literal('search.complete'),
    data: z.object({
      by: z.enum(limits).optional().describe('The budget limit that ended it; absent if all its trials ended'),
      lacking: z.array(count).optional().describe('Trials without a result, at most a hundred'),
    }),
  }),
  z.object({
    type: z.literal('stage.started'),
    data: z.object({ stage: count, from: count, to: count, hyperparameters: settingsSchema }),
  }),
  z.object({ type: z.literal('search.failed'), data: z.object({ failure: z.string() }) }),
  z.object({ type: z.literal('trials.planned'), data: z.object({ from: count, to: count }) }),
  z.object({
    type: z.literal('trial.started'),
    data: z.object({ ...trialRef, worker: z.string(), hyperparameters: pointSchema }),
  }),
  z.object({
    type: z.literal('trial.complete'),
    data: z.object({
      ...trialRef,
      stage: count.default(0),
      value: z.number().nullable(),
      outcome: z.enum(['ok', 'diverged']),
      reason: z.string().nullable(),
      epochs: count,
      deviation: z.number().nullable().default(null),
      durationMs: z.number().describe('Since it was started, or resumed at its rung'),
      found: foundSchema,
      best: z.boolean().describe('Whether it is better than every trial completed before'),
    }),
  }),
  z.object({
    type: z.literal('trial.paused'),
    data: z.object({
      ...trialRef,
      rung: count,
      epochs: count,
      value: z.number().nullable(),
      durationMs: legSchema,
      found: foundSchema,
    }),
  }),
  z.object({
    type: z.literal('trial.promoted'),
    data: z.object({
      number: count,
      rung: count.describe('The rung it is promoted to'),
      rank: z.int().min(1),
      of: count,
    }),
  }),
  z.object({
    type: z.literal('trial.pruned'),
    data: z.object({
      ...trialRef,
      value: z.number().nullable(),
      epochs: count,
      durationMs: legSchema,
      reason: z.string(),
      verdict: verdictSchema,
      found: foundSchema,
    }),
  }),
  z.object({ type: z.literal('trial.cancelled'), data: z.object({ number: count }) }),
  z.object({ type: z.literal('trial.failed'), data: z.object({ ...trialRef, reason: z.string() }) }),
  z.object({ type: z.literal('trial.retried'), data: z.object({ ...trialRef, reason: z.string() }) }),
]);
export type Change = z.infer<typeof changeSchema>;

const stamp = { seq: z.int().min(1), at: time };
export type SearchEvent = { readonly [Name in keyof typeof stamp]: z.infer<(typeof stamp)[Name]> } & Change;

/** A change with its sequence number in the event log. */
export const eventSchema = z
  .discriminatedUnion('type', stamped(changeSchema.options))
  .meta({ id: 'Event' }) as unknown as z.ZodType<SearchEvent>;

/** Not an intersection: in JSON Schema, each half of an intersection would refuse the properties of the other. */
function stamped<Options extends readonly z.ZodObject[]>(options: Options): Options {
  return options.map((option) => option.extend(stamp)) as unknown as Options;
}

/** A finished epoch. Not stored as an event, since the trial has the curve; a slow client may miss some. */
export const epochSchema = z
  .object({
    type: z.literal('epoch'),
    number: count,
    attempt: count,
    fold: count,
    epoch: z.int().min(1),
    epochs: count.describe('Total number of epochs'),
    at: z.number().describe('End time by the worker’s clock, in milliseconds since 1970'),
    ...perSeries(() => z.number().nullable()),
    found: z.array(z.enum(findingCodes)).readonly().optional().describe('Findings that are new with this epoch'),
  })
  .meta({ id: 'Epoch' });
export type Epoch = z.infer<typeof epochSchema>;
