/** Endpoints for models: made from trials, to predict with and to download. */
import { z } from 'zod';
import { datasetLimits } from '../data/csv-table.ts';
import { importanceSchema, modelNameSchema, modelNotesSchema, modelRecordSchema } from '../domain/model-record.ts';
import { modelSchema } from '../models/model.ts';
import { predictLimits } from '../models/read-cells.ts';
import { csvTypes } from './datasets.ts';
import { cursor, limit, MAX_NUMBER, page, projectFilter, searchParams } from './parameters.ts';
import { refusals } from './problem.ts';

const tags = ['models'];

const MAX_CANDIDATES = 50;

const ofTrial = z.strictObject({
  trial: z
    .union([z.literal('best'), z.int().min(0).max(MAX_NUMBER)], {
      error: 'must be the number of a trial, or "best"',
    })
    .describe('A complete trial'),
  refit: z
    .boolean()
    .default(false)
    .describe(
      'Train on all rows that are not test rows, as many epochs as the best epoch of the trial, instead of computing the trial again',
    ),
  name: modelNameSchema.optional(),
});

const ofEnsemble = z.strictObject({
  ensemble: z
    .int()
    .min(2)
    .max(MAX_CANDIDATES)
    .describe('Select of this many best trials those whose mean predicts best (greedily, with replacement)'),
  name: modelNameSchema.optional(),
});

export const newModelSchema = z.union([ofTrial, ofEnsemble]);
export type NewModel = z.output<typeof newModelSchema>;
/** As it is sent: with defaults left out. */
export type NewModelRequest = z.input<typeof newModelSchema>;

const modelChangeSchema = z
  .strictObject({ name: modelNameSchema.optional(), notes: modelNotesSchema.optional() })
  .refine(({ name, notes }) => name !== undefined || notes !== undefined, { error: 'must have a name or notes' })
  .meta({ minProperties: 1 });

/** The files of a model and their content types. */
export const modelFiles = {
  'model.onnx': 'application/octet-stream',
  'model.safetensors': 'application/octet-stream',
  'model.json': 'application/json; charset=utf-8',
  'predict.mjs': 'text/javascript; charset=utf-8',
} as const;
export type ModelFile = keyof typeof modelFiles;
const modelFileSchema = z.enum(Object.keys(modelFiles) as [ModelFile, ...ModelFile[]]);

const cell = z.union([z.string(), z.number(), z.boolean(), z.null()], {
  error: 'must be a number, a text, true, false or null',
});

/** The other content types are CSV. */
const predictBodySchema = z.strictObject({
  rows: z
    .array(z.record(z.string(), cell), { error: 'must be a list of rows, each {"column": value}' })
    .min(1)
    .max(predictLimits.rows)
    .describe('Each an object from column to value; null or nothing is a missing value'),
});

const probability = z.number();
const predictionSchema = z.union([
  z.object({
    label: z.string(),
    probabilities: z.record(z.string(), probability).describe('By class; they sum to 1'),
    spread: z.number().nullable().describe('Standard deviation between the networks; null for a single one'),
  }),
  z.object({
    value: z.number(),
    spread: z.number().nullable().describe('Standard deviation between the networks; null for a single one'),
  }),
]);

export const predictionsSchema = z
  .object({
    predictions: z.array(predictionSchema.nullable()).readonly().describe('One per row; null if the row has an error'),
    errors: z
      .array(z.object({ row: z.int(), path: z.string(), message: z.string() }))
      .readonly()
      .describe(`The first ${predictLimits.errors}; rows are counted from 0`),
    failed: z.int().describe('Number of rows with errors'),
    warnings: z
      .array(
        z.object({
          code: z.enum(['outsideRange', 'unknownCategory', 'unknownColumn']),
          column: z.string(),
          rows: z.int().describe('How many rows'),
          firstRow: z.int(),
          message: z.string(),
        }),
      )
      .readonly()
      .describe('Values that the training rows did not have'),
    importance: importanceSchema.optional().describe('If it was asked for with explain=true'),
  })
  .meta({ id: 'Predictions' });
export type PredictionsAnswer = z.output<typeof predictionsSchema>;

const modelParams = z.strictObject({ id: z.uuid() });
const bytes = { schema: z.string().meta({ format: 'binary' }) };
const file = {
  description: 'The file',
  content: {
    'application/octet-stream': bytes,
    'text/javascript': { schema: z.string() },
    'application/json': { schema: modelSchema },
  },
};

export const modelEndpoints = {
  'POST /v1/searches/:id/models': {
    tags,
    summary: 'Make a model of a trial, or of several; they are computed again in a worker',
    params: searchParams,
    body: newModelSchema,
    response: { 202: modelRecordSchema, ...refusals },
  },
  'GET /v1/models': {
    tags,
    summary: 'List models, newest first',
    querystring: z.strictObject({
      search: z.uuid().optional().describe('Only those made from this search'),
      project: projectFilter,
      limit,
      cursor,
    }),
    response: { 200: page(modelRecordSchema), ...refusals },
  },
  'GET /v1/models/:id': {
    tags,
    summary: 'A model, and whether it is ready',
    params: modelParams,
    response: { 200: modelRecordSchema, ...refusals },
  },
  'PATCH /v1/models/:id': {
    tags,
    summary: 'Change its name or notes',
    params: modelParams,
    body: modelChangeSchema,
    response: { 200: modelRecordSchema, ...refusals },
  },
  'DELETE /v1/models/:id': {
    tags,
    summary: 'Delete it',
    params: modelParams,
    response: { 204: z.null(), ...refusals },
  },
  'GET /v1/models/:id/files/:file': {
    tags,
    summary: 'Download it: ONNX, safetensors, JSON, or a JavaScript module that predicts',
    params: modelParams.extend({ file: modelFileSchema }),
    querystring: z.strictObject({
      batchNorm: z
        .enum(['separate', 'folded'])
        .default('separate')
        .describe('Whether model.onnx has batch normalization in operators of its own, or in the weights before it'),
    }),
    response: { 200: file, ...refusals },
  },
  'POST /v1/models/:id/predict': {
    tags,
    summary: 'Predict rows, sent as JSON or as CSV',
    description: `As JSON \`{"rows": [{"column": value}]}\`, or as CSV with one of the content types ${csvTypes.join(', ')}; at most ${predictLimits.rows} rows and ${datasetLimits.bytes} bytes.`,
    params: modelParams,
    querystring: z.strictObject({
      explain: z
        .enum(['true', 'false'])
        .default('false')
        .transform((text) => text === 'true')
        .describe('Also answer the permutation importance of the columns, which was measured when the model was made'),
      encoding: z
        .string()
        .min(1)
        .max(40)
        .optional()
        .describe('Of a CSV, such as utf-16le; detected by default, as for data sets'),
    }),
    body: predictBodySchema,
    response: { 200: predictionsSchema, ...refusals },
  },
} as const;
