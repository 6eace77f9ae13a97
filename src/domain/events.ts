/** What happens to a search: every change, as it is stored and streamed, and epochs as they end. */
import { z } from 'zod';
import { findingCodes } from '../diagnosis/finding.ts';
import { perSeries } from '../nn/training/series.ts';
import { finalistSchema } from './confirmation.ts';
import { count, time } from './fields.ts';
import { confirmsSchema } from './runs.ts';
import { limits } from './specification/budget.ts';
import { pointSchema, settingsSchema } from './specification/settings.ts';
import { verdictSchema } from './trial.ts';

/** Null if the trial was stopped while it waited. */
const legSchema = z.number().nullable().default(null).describe('Milliseconds since it was started or resumed');
const foundSchema = z.array(z.enum(findingCodes)).readonly().default([]);

const confirms = confirmsSchema.optional();
const trialRef = { number: count, attempt: count, confirms };

/** A change of a search. */
export const changeSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('search.created'), data: z.object({ total: count }) }),
  z.object({
    type: z.literal('search.changed'),
    data: z.object({
      name: z.string(),
      total: count,
      budget: z.partialRecord(z.enum(limits), z.number()).optional().describe('The new limits, if they changed'),
      notes: z.string().optional().describe('The new notes, if they changed'),
      tags: z.array(z.string()).readonly().optional().describe('The new tags, if they changed'),
      share: z.number().optional().describe('The new share, if it changed'),
      keepCurves: z.boolean().optional().describe('The new value, if it changed'),
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
  z.object({
    type: z.literal('confirmation.started'),
    data: z
      .object({ finalists: z.array(count).readonly().describe('The best trials, the best first') })
      .describe('Trials that were open are cancelled: a limit has ended them'),
  }),
  z.object({
    type: z.literal('confirmation.round'),
    data: z.object({
      round: count.describe('The round that begins'),
      rejected: z.array(count).readonly().describe('Finalists that have dropped out since the round before'),
    }),
  }),
  z.object({
    type: z.literal('confirmation.complete'),
    data: z.object({
      best: finalistSchema.nullable().describe('The confirmed best; null if every finalist diverged or failed'),
    }),
  }),
  z.object({
    type: z.literal('confirmation.discarded'),
    data: z
      .object({ reason: z.string() })
      .describe('Its open runs are cancelled. Trials go on; another confirmation begins when they have ended'),
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
  z.object({
    type: z.literal('trial.changed'),
    data: z.object({ number: count, notes: z.string(), tags: z.array(z.string()).readonly() }),
  }),
  z.object({ type: z.literal('trial.cancelled'), data: z.object({ number: count, confirms }) }),
  z.object({ type: z.literal('trial.failed'), data: z.object({ ...trialRef, reason: z.string() }) }),
  z.object({ type: z.literal('trial.retried'), data: z.object({ ...trialRef, reason: z.string() }) }),
]);
export type Change = z.infer<typeof changeSchema>;

const stamp = {
  seq: z.int().min(1),
  at: time,
  by: z.string().optional().describe('The name of the API key that asked for it'),
};
export type SearchEvent = Readonly<z.infer<z.ZodObject<typeof stamp>>> & Change;

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
