/** Endpoints for trials: lists, single trials, the best, exports, and all trials as columns and curves. */
import { z } from 'zod';
import { findingCodes } from '../diagnosis/finding.ts';
import { tagSchema, tagsSchema, trialNotesSchema } from '../domain/annotations.ts';
import { confirmedSchema } from '../domain/confirmation.ts';
import { tableLimits } from '../domain/table.ts';
import { trialSchema, trialStates, trialSummarySchema } from '../domain/trial.ts';
import { perSeries } from '../nn/training/series.ts';
import { rowsFile, rowsFormat } from './datasets.ts';
import { cursor, limit, MAX_NUMBER, page, searchParams, trialParams } from './parameters.ts';
import { refusals } from './problem.ts';

const tags = ['trials'];

const listQuery = z.strictObject({
  state: z.enum(trialStates).optional(),
  finding: z.enum(findingCodes).optional().describe('Only trials with this finding'),
  tag: tagSchema.optional().describe('Only trials with this tag'),
  sort: z.enum(['number', '-number', 'value', '-value']).default('number').describe('Trials without a value come last'),
  limit,
  cursor,
});

const evidenceSchema = z.object({
  baseline: z.object({ value: z.number(), rows: z.int(), name: z.string().describe('The constant prediction') }),
  comparisons: z.int().describe('From how many values the best was selected; 1 once it is confirmed'),
  interval: z
    .tuple([z.number(), z.number()])
    .readonly()
    .nullable()
    .describe('Of 95 %, for all values that the best was selected from at once; null if a single fold does not say it'),
  p: z
    .number()
    .describe(
      'Upper bound of the p-value: the probability of a best value this good if the features say nothing about the target',
    ),
  aboveBaseline: z.boolean().describe('Whether it is distinguishable from the baseline: p is at most 0.05'),
  alike: z
    .int()
    .nullable()
    .describe('How many other complete trials of its stage are not distinguishable from the best; null if unknown'),
  text: z.string(),
});

const testedSchema = z.object({
  model: z.uuid(),
  trial: z.int(),
  rows: z.int(),
  value: z.number().nullable(),
  interval: z.tuple([z.number(), z.number()]).readonly().nullable(),
});

export const bestSchema = z
  .object({
    items: z
      .array(trialSummarySchema)
      .readonly()
      .describe('By value as searched, the best first; but the confirmed best, if there is one, before them'),
    certainty: z
      .object({
        error: z.number().nullable().describe('Standard error of the best value over its folds; null for one fold'),
        gap: z.number().nullable().describe('Difference to the next trial'),
        alike: z
          .array(z.int())
          .readonly()
          .describe('Trials not distinguishable from the best over the folds, the best first'),
        text: z.string(),
      })
      .describe('Whether the best trial is clearly the best; by the confirmation, if there is one'),
    confirmed: confirmedSchema
      .extend({
        number: z.int().describe('The first of the items'),
        searched: z.number().describe('Its value as searched'),
        finalists: z.int().describe('How many trials were confirmed'),
      })
      .optional()
      .describe('Once the confirmation is complete'),
    evidence: evidenceSchema
      .nullable()
      .describe('What can be said of the best value, selected from many; null without a baseline or a best trial'),
    test: testedSchema.nullable().describe('On the test rows: of the newest model of the best trial that has them'),
  })
  .meta({ id: 'Best' });
export type Best = z.output<typeof bestSchema>;

function column<T extends z.ZodType>(of: T) {
  return z.array(of).readonly();
}
const milliseconds = z.int().nullable().describe('Milliseconds since 1970');

export const tableSchema = z
  .object({
    seq: z.int().describe('Sequence number of the newest included event: use it as `after` of the stream'),
    rows: z.int().describe('Number of planned trials, including those left out'),
    thinned: z
      .boolean()
      .describe(
        `True above ${tableLimits.rows} trials: the table then has the best, those running or waiting at a rung, and every n-th of the others`,
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
        rule: column(z.string().nullable()).describe('The pruner that stopped it'),
        notes: column(z.string()),
        tags: column(column(z.string())),
      })
      .describe('Columns with one entry per trial, by number'),
    points: z
      .record(z.string(), column(z.union([z.number(), z.string(), z.boolean()]).nullable()))
      .describe('A column for every hyperparameter that varies; null if inactive'),
  })
  .meta({ id: 'Table' });
export type Table = z.output<typeof tableSchema>;

const curvesQuery = z.strictObject({
  trials: z.coerce.number().int().min(1).max(500).default(200),
  points: z.coerce
    .number()
    .int()
    .min(2)
    .max(500)
    .default(60)
    .describe('Epochs per curve, including the first and the last'),
});

export const curvesSchema = z
  .object({
    seq: z.int().describe('Sequence number of the newest included event'),
    items: z
      .array(
        z.object({
          number: z.int(),
          state: z.enum(trialStates),
          epochs: z.array(z.int()).readonly().describe('Epochs of the entries of the series'),
          ...perSeries(() => z.array(z.number().nullable()).readonly()),
        }),
      )
      .readonly()
      .describe('Running trials, the best of the newest stage, and every n-th of the others; by number'),
  })
  .meta({ id: 'Curves' });
export type Curves = z.output<typeof curvesSchema>;

export const exportFormats = ['csv', 'ndjson', 'parquet', 'optuna-journal', 'tensorboard', 'mlflow'] as const;
export type ExportFormat = (typeof exportFormats)[number];

const exportFile = {
  description: 'All trials by number',
  content: {
    'text/csv': {
      schema: z.string().describe('A header, then one line per trial; inactive hyperparameters are empty'),
    },
    'application/x-ndjson': {
      schema: z
        .string()
        .describe('`ndjson`: one TrialSummary per line. `optuna-journal`: a journal of Optuna 5, of one study'),
    },
    'application/vnd.sqlite3': {
      schema: z
        .string()
        .meta({ format: 'binary' })
        .describe('`mlflow`: a tracking store of MLflow, with a run per trial'),
    },
    'application/x-tar': {
      schema: z
        .string()
        .meta({ format: 'binary' })
        .describe('`tensorboard`: an archive of a log folder of TensorBoard, with a run per trial'),
    },
    'application/vnd.apache.parquet': {
      schema: z
        .string()
        .meta({ format: 'binary' })
        .describe('The columns of the CSV with their types; inactive hyperparameters are null'),
    },
  },
};

const trialChangeSchema = z
  .strictObject({
    notes: trialNotesSchema.optional(),
    tags: tagsSchema.optional().describe('Replace those that it has'),
  })
  .refine(({ notes, tags }) => notes !== undefined || tags !== undefined, { error: 'must have notes, tags or both' })
  .meta({ minProperties: 1 });

/** How many trials are changed by one request. */
const MAX_TAGGED = 1000;

const tagsChangeSchema = z
  .strictObject({
    numbers: z.array(z.int().min(0).max(MAX_NUMBER)).min(1).max(MAX_TAGGED).readonly(),
    addTags: tagsSchema.optional(),
    removeTags: tagsSchema.optional(),
  })
  .refine(({ addTags, removeTags }) => addTags !== undefined || removeTags !== undefined, {
    error: 'must have addTags, removeTags or both',
  })
  .describe('With addTags, removeTags or both');
export type TagsChange = z.output<typeof tagsChangeSchema>;

const changed = { 200: trialSchema, ...refusals };

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
  'GET /v1/searches/:id/trials/:number/rows': {
    tags,
    summary: 'The rows that it was trained on, with a column per fold: train, validation or test',
    params: trialParams,
    querystring: z.strictObject({ format: rowsFormat }),
    response: { 200: rowsFile, ...refusals },
  },
  'PATCH /v1/searches/:id/trials/:number': {
    tags,
    summary: 'Change its notes or tags, also once it has ended',
    params: trialParams,
    body: trialChangeSchema,
    response: changed,
  },
  'PATCH /v1/searches/:id/trials': {
    tags,
    summary: 'Add or remove tags of many trials; all of them change, or none',
    params: searchParams,
    body: tagsChangeSchema,
    response: {
      200: z.object({ changed: z.int().describe('How many were not as asked already') }),
      ...refusals,
    },
  },
  'POST /v1/searches/:id/trials/:number/pause': {
    tags,
    summary: 'Pause it until it is resumed; it then starts again, with the same result',
    params: trialParams,
    response: changed,
  },
  'POST /v1/searches/:id/trials/:number/resume': {
    tags,
    summary: 'Resume a paused trial',
    params: trialParams,
    response: changed,
  },
  'POST /v1/searches/:id/trials/:number/cancel': {
    tags,
    summary: 'Cancel it; its search continues without it',
    params: trialParams,
    response: changed,
  },
  'POST /v1/searches/:id/trials/:number/retry': {
    tags,
    summary: 'Retry a failed trial; a search that has ended continues',
    params: trialParams,
    response: changed,
  },
  'GET /v1/searches/:id/best': {
    tags,
    summary: 'Complete trials, best first',
    params: searchParams,
    querystring: z.strictObject({ limit: limit.default(10) }),
    response: { 200: bestSchema, ...refusals },
  },
  'GET /v1/searches/:id/table': {
    tags,
    summary: 'All planned trials as columns',
    params: searchParams,
    response: { 200: tableSchema, ...refusals },
  },
  'GET /v1/searches/:id/curves': {
    tags,
    summary: 'Downsampled learning curves of many trials',
    params: searchParams,
    querystring: curvesQuery,
    response: { 200: curvesSchema, ...refusals },
  },
  'GET /v1/searches/:id/export': {
    tags,
    summary:
      'All trials as CSV, as one JSON object per line, as Parquet, as a study of Optuna, as a log folder of TensorBoard, or as a store of MLflow',
    params: searchParams,
    querystring: z.strictObject({ format: z.enum(exportFormats).default('csv') }),
    response: { 200: exportFile, ...refusals },
  },
} as const;
