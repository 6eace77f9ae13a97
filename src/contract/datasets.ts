/** Requests and answers about data sets. */
import { z } from 'zod';
import type { ColumnPreview } from '../data/csv-preview.ts';
import { datasetLimits } from '../data/csv-table.ts';
import { decimals, delimiters, missingChoices, quotes, thousandsMarks } from '../data/reading.ts';
import { datasetSchema, decisionsSchema, hintsSchema, readingSchema, taskSchema } from '../searches/dataset-record.ts';
import { refusals } from './problem.ts';

const tags = ['data sets'];

/** What programs call a delimited or compressed file; what is in it is seen when it is read. */
export const fileTypes = [
  'text/csv',
  'text/plain',
  'text/tab-separated-values',
  'application/csv',
  'application/vnd.ms-excel',
  'application/gzip',
  'application/x-gzip',
  'application/octet-stream',
];

/** Whether Postgres can store it as text. */
const isText = (sent: string) => !sent.includes('\u0000') && !/\p{Cs}/u.test(sent);
const text = (most: number) =>
  z.string().max(most).refine(isText, { error: 'must be text: it has a NUL or half a surrogate pair' });

/** One of the names of a table, or the mark that it stands for. */
function markOf<Name extends string>(marks: Readonly<Record<Name, string>>) {
  const names = Object.keys(marks) as [Name, ...Name[]];
  return z.preprocess(
    (sent) => names.find((name) => marks[name] !== '' && marks[name] === sent) ?? sent,
    z.enum(names),
  );
}

/** One text, or several: a query repeats what it has more than one of. */
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
  target: text(200).min(1).optional().describe('The column to predict; the last unless given'),
  task: taskSchema.optional().describe('Guessed from the target unless given'),
  encoding: text(40).min(1).optional().describe('utf-8, utf-16le, windows-1252, …; detected unless given'),
  delimiter: markOf(delimiters).optional().describe('Or the character itself; detected unless given'),
  decimal: markOf(decimals).optional().describe('Or the character itself; detected unless given'),
  thousands: markOf(thousandsMarks).optional().describe('Or the character itself; detected unless given'),
  quote: markOf(quotes).optional().describe('Or the character itself; detected unless given'),
  comment: text(5).min(1).optional().describe('How lines begin that are passed over, or none; detected unless given'),
  skip: z.coerce.number().int().min(0).max(100).optional().describe('Lines above the header; detected unless given'),
  header: z
    .enum(['true', 'false'])
    .transform((sent) => sent === 'true')
    .optional()
    .describe('Whether the first line holds names; detected unless given'),
  category: columnNames.describe('Columns that are words, though they look like numbers; may be repeated'),
  ignore: columnNames.describe('Columns that are left out; may be repeated'),
  frequent: columnNames.describe('Columns of words of which the 100 most frequent are kept, and the others are one'),
  missing: z
    .enum(missingChoices)
    .default('refuse')
    .describe(
      'Where a value is missing: refuse the data set; fill inputs (with the mean of the training rows of the fold, or a word of its own) and leave out rows without a target; or leave out every row with a gap',
    ),
  missingValues: z
    .preprocess(separated, z.array(text(100)).max(100))
    .optional()
    .describe('Texts that mean that a value is missing, beside the usual ones: -200,x'),
  missingIn: listOf(text(300).regex(/=/, { error: 'must be COLUMN=TEXT' }), 1000)
    .optional()
    .describe('The same for one column: COLUMN=TEXT; may be repeated'),
});

const uploadQuery = askedSchema.extend({
  name: z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,99}$/, {
    error: 'must start with a letter or digit and go on with letters, digits, dots, dashes or underscores, 100 at most',
  }),
});
const previewQuery = askedSchema.extend({ name: text(200).optional() });

const nameParams = z.strictObject({ name: text(100).min(1) });
const versionQuery = z.strictObject({
  hash: z
    .string()
    .regex(/^[0-9a-f]{64}$/, { error: 'must be the hash of a version, 64 hexadecimal digits' })
    .optional()
    .describe('The version; the newest unless given'),
});
const removalQuery = z.strictObject({
  force: z
    .enum(['true', 'false'])
    .default('false')
    .describe(
      'Delete it though searches use it: those that are open are cancelled, no trial of theirs can be replayed',
    ),
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
          inputs: z.int().describe('Of the network; words become one each'),
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
      .describe('All that would refuse it'),
    limits: z.record(z.string(), z.number()),
  })
  .meta({ id: 'DatasetPreview' });
export type DatasetPreview = z.output<typeof previewSchema>;

const stored = { 201: datasetSchema, ...refusals };
const csv = { description: 'UTF-8', content: { 'text/csv': { schema: z.string() } } };

export const datasetEndpoints = {
  'GET /v1/datasets': { tags, response: { 200: z.object({ items: z.array(datasetSchema).readonly() }), ...refusals } },
  'GET /v1/datasets/:name': {
    tags,
    params: nameParams,
    querystring: versionQuery,
    response: { 200: datasetSchema, ...refusals },
  },
  'DELETE /v1/datasets/:name': {
    tags,
    summary: 'All its versions; refused while searches use it, unless `force`',
    params: nameParams,
    querystring: removalQuery,
    response: { 204: z.null(), ...refusals },
  },
  'GET /v1/datasets/:name/csv': {
    tags,
    summary: 'The file as UTF-8 text: with `reading` it gives the same rows',
    params: nameParams,
    querystring: versionQuery,
    response: { 200: csv, ...refusals },
  },
  'POST /v1/datasets': {
    tags,
    summary: 'Upload a delimited text file as the body; the same name again is a new version',
    consumes: fileTypes,
    querystring: uploadQuery,
    response: stored,
  },
  'POST /v1/datasets/preview': {
    tags,
    summary: 'What an upload would be: its columns as they are taken, and all that would refuse it; stores nothing',
    consumes: fileTypes,
    querystring: previewQuery,
    response: { 200: previewSchema, ...refusals },
  },
} as const;
