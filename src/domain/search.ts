/** A search as it is stored and served: one zod schema, from which the type follows. */
import { z } from 'zod';
import { findingCodes } from '../diagnosis/finding.ts';
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

/** More improvements than this are not kept with a search: its history has all. */
export const MAX_IMPROVEMENTS = 100;

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
