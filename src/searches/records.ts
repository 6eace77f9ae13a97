/** The shapes of what is stored and served: searches, trials, events. One zod schema each; types are inferred from them. */
import { z } from 'zod';
import type { FoldCurves, FoldsFinding } from '../compute/trial.ts';
import { findingCodes, severities } from '../diagnosis/finding.ts';
import { perSeries } from '../nn/series.ts';
import { limits } from './budget.ts';
import { pointSchema, settingsSchema } from './settings.ts';
import { resolvedSpecificationSchema, type Specification } from './specification.ts';
import { warningSchema } from './warnings.ts';

export const searchStates = ['running', 'paused', 'complete', 'failed', 'cancelled'] as const;
export const trialStates = ['waiting', 'running', 'paused', 'complete', 'pruned', 'failed', 'cancelled'] as const;
export type SearchState = (typeof searchStates)[number];
export type TrialState = (typeof trialStates)[number];

/** States a search can still leave. */
export function isOpen(state: SearchState): boolean {
  return state === 'running' || state === 'paused';
}

/** Whether a trial has ended. Only one that failed can begin again. */
export function isOver(state: TrialState): boolean {
  return state !== 'waiting' && state !== 'running' && state !== 'paused';
}

/** More improvements than this are not kept with a search: its history has all. */
export const MAX_IMPROVEMENTS = 100;

const count = z.int().min(0);
const time = z.iso.datetime();

export const searchSchema = z
  .object({
    id: z.uuid(),
    name: z.string(),
    state: z.enum(searchStates),
    specification: resolvedSpecificationSchema.describe('As it was sent, with every default filled in'),
    warnings: z.array(warningSchema).readonly().describe('What was said of it when it was created'),
    dataset: z.object({ name: z.string(), hash: z.string() }),
    trials: z
      .object({
        total: count,
        planned: count,
        waiting: count,
        running: count,
        paused: count.describe('At a rung, until all of their bracket have come to it'),
        complete: count,
        pruned: count,
        failed: count,
        cancelled: count,
        diverged: count.describe('Of the complete ones: those whose loss ran away; they have no value'),
      })
      .describe('How many there are of each'),
    best: z
      .object({ number: count, value: z.number(), stage: count })
      .nullable()
      .describe('Of the complete trials of the newest stage that has any with a value'),
    improvements: z
      .array(z.object({ number: count, value: z.number(), stage: count }))
      .readonly()
      .describe(`Every time the best became better, in order; the newest ${MAX_IMPROVEMENTS}`),
    found: z
      .partialRecord(z.enum(findingCodes), count)
      .describe('How many of the trials that have ended have each finding'),
    stages: z
      .array(z.object({ from: count, to: count, hyperparameters: settingsSchema }))
      .readonly()
      .describe(
        'Those that have begun, with their first trial, one more than their last, and their space; empty without stages',
      ),
    parent: z.uuid().nullable().describe('The search it refines'),
    epochs: count.describe('Trained by trials that ended or wait at a rung'),
    endedBy: z.enum(limits).nullable().describe('The limit of the budget that ended it'),
    seq: count.describe('Of the newest event'),
    failure: z.string().nullable(),
    createdAt: time,
    finishedAt: time.nullable(),
  })
  .meta({ id: 'Search' });
export type Search = z.infer<typeof searchSchema>;

export const sourceSchema = z
  .enum(['enqueued', 'sampled'])
  .describe('Whether the specification gives it or the sampler');
export type Source = z.infer<typeof sourceSchema>;

/** Enqueued trials are the first ones: their number says it. */
export function sourceOf(number: number, { enqueue }: Pick<Specification, 'enqueue'>): Source {
  return number < enqueue.length ? 'enqueued' : 'sampled';
}

/** Why a trial was stopped (search/pruner.ts). */
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

/** Of the epochs since it began or went on; none where it was stopped while it waited. */
const legSchema = z.number().nullable().default(null).describe('Milliseconds since it began, or went on');
const foundSchema = z.array(z.enum(findingCodes)).readonly().default([]);

const trialRef = { number: count, attempt: count };

/** Every change of a search. */
export const changeSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('search.created'), data: z.object({ total: count }) }),
  z.object({
    type: z.literal('search.changed'),
    data: z.object({
      name: z.string(),
      total: count,
      budget: z
        .partialRecord(z.enum(limits), z.number())
        .optional()
        .describe('Its limits from now on, where they changed'),
    }),
  }),
  z.object({ type: z.literal('search.paused'), data: z.object({}) }),
  z.object({ type: z.literal('search.resumed'), data: z.object({}) }),
  z.object({ type: z.literal('search.cancelled'), data: z.object({ trials: count.describe('cancelled with it') }) }),
  z.object({
    type: z.literal('search.complete'),
    data: z.object({
      by: z.enum(limits).optional().describe('The limit of the budget that ended it; else all its trials have ended'),
      lacking: z.array(count).optional().describe('Trials without a result, the first hundred'),
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
      durationMs: z.number().describe('Since it began, or since it went on from its rung'),
      found: foundSchema,
      best: z.boolean().describe('Better than every trial that was complete before it'),
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
    data: z.object({ number: count, rung: count.describe('To which'), rank: z.int().min(1), of: count }),
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

/** A change with its place in the log. */
export const eventSchema = z
  .discriminatedUnion('type', stamped(changeSchema.options))
  .meta({ id: 'Event' }) as unknown as z.ZodType<SearchEvent>;

/** Not an intersection: each half of one would refuse, in JSON Schema, what the other half describes. */
function stamped<Options extends readonly z.ZodObject[]>(options: Options): Options {
  return options.map((option) => option.extend(stamp)) as unknown as Options;
}

/** An epoch as it ends. Not stored as an event: the curve is in the trial. A slow client may miss some. */
export const epochSchema = z
  .object({
    type: z.literal('epoch'),
    number: count,
    attempt: count,
    fold: count,
    epoch: z.int().min(1),
    epochs: count.describe('How many there will be'),
    at: z.number().describe('When it ended where it was trained, in milliseconds since 1970'),
    ...perSeries(() => z.number().nullable()),
    found: z.array(z.enum(findingCodes)).readonly().optional().describe('What is found in it since this epoch'),
  })
  .meta({ id: 'Epoch' });
export type Epoch = z.infer<typeof epochSchema>;
