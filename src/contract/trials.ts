/** Requests and answers about trials: lists, one by one, the best of them, and all at once as columns and curves. */
import { z } from 'zod';
import { findingCodes } from '../diagnosis/finding.ts';
import { tableLimits } from '../domain/table.ts';
import { trialSchema, trialStates, trialSummarySchema } from '../domain/trial.ts';
import { perSeries } from '../nn/training/series.ts';
import { cursor, limit, page, searchParams, trialParams } from './parameters.ts';
import { refusals } from './problem.ts';

const tags = ['trials'];

const listQuery = z.strictObject({
  state: z.enum(trialStates).optional(),
  finding: z.enum(findingCodes).optional().describe('Only trials in which this was found'),
  sort: z.enum(['number', '-number', 'value', '-value']).default('number').describe('Trials without a value come last'),
  limit,
  cursor,
});

export const bestSchema = z
  .object({
    items: z.array(trialSummarySchema).readonly(),
    certainty: z
      .object({
        error: z.number().nullable().describe('Standard error of the best value over its folds; null for one fold'),
        gap: z.number().nullable().describe('To the next trial'),
        alike: z.array(z.int()).readonly().describe('Trials that the folds cannot tell from the best, itself first'),
        text: z.string(),
      })
      .describe('Whether the best is truly the best'),
  })
  .meta({ id: 'Best' });
export type Best = z.output<typeof bestSchema>;

function column<T extends z.ZodType>(of: T) {
  return z.array(of).readonly();
}
const milliseconds = z.int().nullable().describe('Since 1970');

export const tableSchema = z
  .object({
    seq: z.int().describe('Of the newest event that is in it: the stream goes on with `after`'),
    rows: z.int().describe('Trials that are planned, in the table or not'),
    thinned: z
      .boolean()
      .describe(
        `Above ${tableLimits.rows} trials: the best, those that run or wait at a rung, and every n-th of the rest`,
      ),
    trials: z
      .object({
        number: column(z.int()),
        state: column(z.enum(trialStates)),
        stage: column(z.int()),
        rung: column(z.int()),
        attempt: column(z.int()),
        value: column(z.number().nullable()),
        deviation: column(z.number().nullable()),
        outcome: column(z.enum(['ok', 'diverged']).nullable()),
        epochs: column(z.int()),
        durationMs: column(z.number().nullable()),
        worker: column(z.string().nullable()),
        startedAt: column(milliseconds),
        finishedAt: column(milliseconds),
        found: column(column(z.enum(findingCodes))),
        reason: column(z.string().nullable()),
        rule: column(z.string().nullable()).describe('Of the verdict'),
      })
      .describe('One entry a trial in each, by number'),
    points: z
      .record(z.string(), column(z.union([z.number(), z.string(), z.boolean()]).nullable()))
      .describe('The same of every hyperparameter that varies; null where it is not active'),
  })
  .meta({ id: 'Table' });
export type Table = z.output<typeof tableSchema>;

const curvesQuery = z.strictObject({
  trials: z.coerce.number().int().min(1).max(500).default(200),
  points: z.coerce.number().int().min(2).max(500).default(60).describe('Of each; the first epoch and the last always'),
});

export const curvesSchema = z
  .object({
    seq: z.int().describe('Of the newest event that is in it'),
    items: z
      .array(
        z.object({
          number: z.int(),
          state: z.enum(trialStates),
          epochs: z.array(z.int()).readonly().describe('To which the entries of the series belong'),
          ...perSeries(() => z.array(z.number().nullable()).readonly()),
        }),
      )
      .readonly()
      .describe('All that run, the best of the newest stage, and of the others every n-th; by number'),
  })
  .meta({ id: 'Curves' });
export type Curves = z.output<typeof curvesSchema>;

const exportFile = {
  description: 'Every trial, in the order of their numbers',
  content: {
    'text/csv': { schema: z.string().describe('A header, then a line a trial; what is not active is an empty cell') },
    'application/x-ndjson': { schema: z.string().describe('A TrialSummary a line') },
  },
};

const acted = { 200: trialSchema, ...refusals };

export const trialEndpoints = {
  'GET /v1/searches/:id/trials': {
    tags,
    params: searchParams,
    querystring: listQuery,
    response: { 200: page(trialSummarySchema), ...refusals },
  },
  'GET /v1/searches/:id/trials/:number': {
    tags,
    summary: 'With its settings and curves',
    params: trialParams,
    response: { 200: trialSchema, ...refusals },
  },
  'POST /v1/searches/:id/trials/:number/pause': {
    tags,
    summary: 'Put it aside until it is resumed; it then begins anew, and comes to the same',
    params: trialParams,
    response: acted,
  },
  'POST /v1/searches/:id/trials/:number/resume': {
    tags,
    summary: 'Let a paused one go on',
    params: trialParams,
    response: acted,
  },
  'POST /v1/searches/:id/trials/:number/cancel': {
    tags,
    summary: 'Stop it for good: its search goes on without it',
    params: trialParams,
    response: acted,
  },
  'POST /v1/searches/:id/trials/:number/retry': {
    tags,
    summary: 'Try one again that failed; a search that has ended goes on',
    params: trialParams,
    response: acted,
  },
  'GET /v1/searches/:id/best': {
    tags,
    summary: 'Complete trials, the best value first',
    params: searchParams,
    querystring: z.strictObject({ limit: limit.default(10) }),
    response: { 200: bestSchema, ...refusals },
  },
  'GET /v1/searches/:id/table': {
    tags,
    summary: 'Every planned trial, as columns',
    params: searchParams,
    response: { 200: tableSchema, ...refusals },
  },
  'GET /v1/searches/:id/curves': {
    tags,
    summary: 'Learning curves of many trials, thinned',
    params: searchParams,
    querystring: curvesQuery,
    response: { 200: curvesSchema, ...refusals },
  },
  'GET /v1/searches/:id/export': {
    tags,
    summary: 'Every trial, as CSV or as one JSON object a line',
    params: searchParams,
    querystring: z.strictObject({ format: z.enum(['csv', 'ndjson']).default('csv') }),
    response: { 200: exportFile, ...refusals },
  },
} as const;
