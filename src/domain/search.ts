/** A search as it is stored and served: one zod schema, from which the type follows. */
import { z } from 'zod';
import { measures } from '../algorithms/evidence.ts';
import { findingCodes } from '../diagnosis/finding.ts';
import { confirmationSchema, confirmedSchema } from './confirmation.ts';
import { count, time } from './fields.ts';
import { limits } from './specification/budget.ts';
import { settingsSchema } from './specification/settings.ts';
import { resolvedSpecificationSchema } from './specification/specification.ts';
import { warningSchema } from './specification/warnings.ts';

export const searchStates = ['running', 'paused', 'complete', 'failed', 'cancelled'] as const;
export type SearchState = (typeof searchStates)[number];

/** States a search can still leave. */
export function isOpen(state: SearchState): boolean {
  return state === 'running' || state === 'paused';
}

/** How many improvements a search record keeps; the event log has all of them. */
export const MAX_IMPROVEMENTS = 100;

const baselineSchema = z
  .object({
    measure: z.enum(measures).describe('What the objective measures, which decides how it varies with the rows'),
    value: z.number().describe('Of the best constant prediction, fitted on the training rows'),
    rows: count.describe('Distinct validation rows of a trial'),
    effectiveRows: count.describe('The rows that the variance of the objective depends on'),
  })
  .meta({ id: 'Baseline' });

export const searchSchema = z
  .object({
    id: z.uuid(),
    name: z.string(),
    project: z.string(),
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
      .object({
        number: count,
        value: z.number().describe('As searched'),
        stage: count,
        confirmed: confirmedSchema.optional().describe('Once the confirmation is complete'),
      })
      .nullable()
      .describe(
        'Best complete trial of the newest stage that has one; once the confirmation is complete, the confirmed best',
      ),
    improvements: z
      .array(z.object({ number: count, value: z.number(), stage: count }))
      .readonly()
      .describe(`Trials that became the best, in order; the newest ${MAX_IMPROVEMENTS}`),
    baselines: z
      .array(baselineSchema.nullable())
      .readonly()
      .describe(
        'The objective without any feature, by stage; null if undefined on the rows, empty for a search of before there were baselines',
      ),
    found: z.partialRecord(z.enum(findingCodes), count).describe('Number of ended trials with each finding'),
    stages: z
      .array(z.object({ from: count, to: count, hyperparameters: settingsSchema }))
      .readonly()
      .describe(
        'The stages that have started: first trial, one more than the last trial, and search space; empty without stages',
      ),
    confirmation: confirmationSchema.optional().describe('Once it has begun'),
    parent: z.uuid().nullable().describe('The search it refines'),
    traceparent: z
      .string()
      .optional()
      .describe('The trace of the request that created it, if traces are sent (W3C Trace Context)'),
    epochs: count.describe('Epochs trained by trials that ended or wait at a rung, and by runs of the confirmation'),
    endedBy: z.enum(limits).nullable().describe('The budget limit that ended it'),
    seq: count.describe('Sequence number of the newest event'),
    failure: z.string().nullable(),
    notes: z.string(),
    tags: z.array(z.string()).readonly(),
    createdAt: time,
    finishedAt: time.nullable(),
    removed: z
      .object({ signals: time.nullable(), curves: time.nullable(), events: time.nullable(), audit: time.nullable() })
      .describe(
        'When layer signals, curves and events of its trials, and its other events, were removed by the retention of the service; null if not',
      ),
  })
  .meta({ id: 'Search' });
export type Search = z.infer<typeof searchSchema>;
