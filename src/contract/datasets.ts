/** Endpoints for data sets. */
import { z } from 'zod';
import type { ColumnPreview } from '../data/csv-preview.ts';
import { datasetLimits } from '../data/csv-table.ts';
import { decimals, delimiters, fileFormats, missingChoices, quotes, thousandsMarks } from '../data/reading.ts';
import { datasetSchema, decisionsSchema, hintsSchema, readingSchema, taskSchema } from '../domain/dataset-record.ts';
import { projectFilter, projectOwner } from './parameters.ts';
import { refusals } from './problem.ts';

const tags = ['data sets'];

/** Content types that programs use for delimited text, and for any file. */
export const csvTypes = [
  'text/csv',
  'text/plain',
  'text/tab-separated-values',
  'application/csv',
  'application/vnd.ms-excel',
  'application/gzip',
  'application/x-gzip',
  'application/octet-stream',
];

/** Of tables; the content is detected when the file is read. */
export const fileTypes = [
  ...csvTypes,
  'application/json',
  'application/x-ndjson',
  'application/jsonl',
  'application/vnd.apache.parquet',
  'application/zstd',
];

/** Whether Postgres can store it as text. */
const isText = (sent: string) => !sent.includes('\u0000') && !/\p{Cs}/u.test(sent);
const text = (most: number) =>
  z.string().max(most).refine(isText, { error: 'must be text: it has a NUL or half a surrogate pair' });

/** Accepts the name of a mark or the mark itself. */
function markOf<Name extends string>(marks: Readonly<Record<Name, string>>) {
  const names = Object.keys(marks) as [Name, ...Name[]];
  return z.preprocess(
    (sent) => names.find((name) => marks[name] !== '' && marks[name] === sent) ?? sent,
    z.enum(names),
  );
}

/** One or several values: a query repeats the parameter. */
const listOf = (item: z.ZodString, most: number) =>
  z.preprocess((sent) => (typeof sent === 'string' ? [sent] : sent), z.array(item).max(most));
const columnNames = listOf(text(200), datasetLimits.columns).optional();
const separated = (sent: unknown) =>
  typeof sent === 'string'
    ? sent.split(',')
    : Array.isArray(sent)
      ? sent.flatMap((one) => String(one).split(','))
      : sent;

const askedSchema = z.strictObject({
  target: text(200).min(1).optional().describe('The column to predict; by default the last'),
  task: taskSchema.optional().describe('Detected from the target by default'),
  format: z.enum(fileFormats).optional().describe('Detected from the content by default'),
  base: z
    .enum(['0', '1'])
    .transform((sent) => (sent === '0' ? 0 : 1))
    .optional()
    .describe('svmlight: the number of the first feature; by default 0 if there is a feature 0, otherwise 1'),
  encoding: text(40).min(1).optional().describe('utf-8, utf-16le, windows-1252, …; detected by default'),
  delimiter: markOf(delimiters).optional().describe('A name or the character itself; detected by default'),
  decimal: markOf(decimals).optional().describe('A name or the character itself; detected by default'),
  thousands: markOf(thousandsMarks).optional().describe('A name or the character itself; detected by default'),
  quote: markOf(quotes).optional().describe('A name or the character itself; detected by default'),
  comment: text(5).min(1).optional().describe('Prefix of comment lines, or none; detected by default'),
  skip: z.coerce.number().int().min(0).max(100).optional().describe('Lines above the header; detected by default'),
  header: z
    .enum(['true', 'false'])
    .transform((sent) => sent === 'true')
    .optional()
    .describe('Whether the first line has column names; detected by default'),
  category: columnNames.describe('Columns to treat as categories although they look numeric; may be repeated'),
  ignore: columnNames.describe('Columns to leave out; may be repeated'),
  frequent: columnNames.describe('Columns to reduce to their 100 most frequent categories; others become "other"'),
  missing: z
    .enum(missingChoices)
    .default('refuse')
    .describe(
      'Missing values. refuse: reject the file; fill: use the mean of the fold’s training rows or a category "missing", and drop rows without a target; drop: drop all rows with a missing value',
    ),
  missingValues: z
    .preprocess(separated, z.array(text(100)).max(100))
    .optional()
    .describe('Additional texts that mean a missing value: -200,x'),
  missingIn: listOf(text(300).regex(/=/, { error: 'must be COLUMN=TEXT' }), 1000)
    .optional()
    .describe('The same for one column: COLUMN=TEXT; may be repeated'),
});

const LONGEST_URL = 2000;
const fileUrl = text(LONGEST_URL)
  .min(1)
  .optional()
  .describe('Where the file is, instead of a body: at a host that HYPERSEARCH_FETCH_HOSTS allows');

const uploadQuery = askedSchema.extend({
  url: fileUrl,
  name: z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,99}$/, {
    error: 'must have 1 to 100 letters, digits, dots, dashes or underscores, and start with a letter or digit',
  }),
  project: projectOwner,
});
const previewQuery = askedSchema.extend({ url: fileUrl, name: text(200).optional() });

const nameParams = z.strictObject({ name: text(100).min(1) });
const versionQuery = z.strictObject({
  hash: z
    .string()
    .regex(/^[0-9a-f]{64}$/, { error: 'must be the hash of a version, 64 hexadecimal digits' })
    .optional()
    .describe('The version; by default the newest'),
});
const removalQuery = z.strictObject({
  force: z
    .enum(['true', 'false'])
    .default('false')
    .describe('Delete it even if searches use it: open ones are cancelled, and their trials can no longer be replayed'),
});

const columnKind = z.enum(['number', 'category', 'ignored']);
export const previewSchema = z
  .object({
    rows: z.int(),
    dropped: z.int(),
    columns: z
      .array(
        z.object({
          name: z.string(),
          kind: columnKind,
          guessed: columnKind.exclude(['ignored']),
          missing: z.int(),
          distinct: z.int(),
          min: z.number().nullable(),
          max: z.number().nullable(),
          examples: z.array(z.string()).readonly(),
          inputs: z.int().describe('Inputs of the network; one per category'),
        }) satisfies z.ZodType<ColumnPreview>,
      )
      .readonly(),
    target: z.string(),
    task: taskSchema,
    classes: z.array(z.string()).readonly().describe('The first hundred'),
    features: z.int().describe('Inputs of the network'),
    sample: z.array(z.array(z.string()).readonly()).readonly().describe('The first rows'),
    reading: readingSchema,
    decisions: decisionsSchema,
    hints: hintsSchema,
    faults: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .readonly()
      .describe('Everything for which it would be refused'),
    limits: z.record(z.string(), z.number()),
  })
  .meta({ id: 'DatasetPreview' });
export type DatasetPreview = z.output<typeof previewSchema>;

export const rowsFormats = ['csv', 'parquet'] as const;
export type RowsFormat = (typeof rowsFormats)[number];
export const rowsFormat = z.enum(rowsFormats).default('csv');
/** A header or columns with types; what is missing is empty or null. */
export const rowsFile = {
  description: 'A row per row of the data set',
  content: {
    'text/csv': { schema: z.string() },
    'application/vnd.apache.parquet': { schema: z.string().meta({ format: 'binary' }) },
  },
};

const stored = { 201: datasetSchema, ...refusals };
const csv = { description: 'UTF-8', content: { 'text/csv': { schema: z.string() } } };

export const datasetEndpoints = {
  'GET /v1/datasets': {
    tags,
    querystring: z.strictObject({ project: projectFilter }),
    response: { 200: z.object({ items: z.array(datasetSchema).readonly() }), ...refusals },
  },
  'GET /v1/datasets/:name': {
    tags,
    params: nameParams,
    querystring: versionQuery,
    response: { 200: datasetSchema, ...refusals },
  },
  'DELETE /v1/datasets/:name': {
    tags,
    summary: 'Delete all its versions; refused while searches use it, unless `force`',
    params: nameParams,
    querystring: removalQuery,
    response: { 204: z.null(), ...refusals },
  },
  'GET /v1/datasets/:name/csv': {
    tags,
    summary: 'The file as UTF-8 text; reading it with `reading` gives the same rows',
    params: nameParams,
    querystring: versionQuery,
    response: { 200: csv, ...refusals },
  },
  'GET /v1/datasets/:name/rows': {
    tags,
    summary: 'The rows as training reads them, before scaling: inputs and target, words as columns of 0 and 1',
    params: nameParams,
    querystring: versionQuery.extend({ format: rowsFormat }),
    response: { 200: rowsFile, ...refusals },
  },
  'POST /v1/datasets': {
    tags,
    summary:
      'Upload a table as the body, or name its address: delimited text, JSON, Parquet, ARFF or svmlight; an existing name gets a new version',
    consumes: fileTypes,
    querystring: uploadQuery,
    response: stored,
  },
  'POST /v1/datasets/preview': {
    tags,
    summary: 'Preview an upload: its columns, and everything for which it would be refused; stores nothing',
    consumes: fileTypes,
    querystring: previewQuery,
    response: { 200: previewSchema, ...refusals },
  },
} as const;
