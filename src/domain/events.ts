/** What happens to a search: every change, as it is stored and told, and epochs as they end. */
import { z } from 'zod';
import { findingCodes } from '../diagnosis/finding.ts';
import { perSeries } from '../nn/training/series.ts';
import { count, time } from './fields.ts';
import { limits } from './specification/budget.ts';
import { pointSchema, settingsSchema } from './specification/settings.ts';
import { verdictSchema } from './trial.ts';

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
