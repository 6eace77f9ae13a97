/** A data set as stored and served, without its rows. */
import { z } from 'zod';
import { type Hint, hintCodes, offered } from '../data/hint.ts';
import {
  type CsvReading,
  compressions,
  decimals,
  delimiters,
  fileFormats,
  missingChoices,
  quotes,
  thousandsMarks,
} from '../data/reading.ts';
import { type Decision, seen } from '../data/upload.ts';
import { metrics, type Task } from './specification/objectives.ts';

export const taskSchema = z.enum(Object.keys(metrics) as [Task, ...Task[]]);

function namesOf<Name extends string>(marks: Readonly<Record<Name, string>>) {
  return z.enum(Object.keys(marks) as [Name, ...Name[]]);
}

export const readingSchema = z
  .object({
    rules: z.union([z.literal(1), z.literal(2)]).describe('1: the rules from before there were dialects'),
    encoding: z.string(),
    format: z.enum(fileFormats).describe('Of the uploaded file; the stored text is CSV'),
    compression: z.enum(compressions),
    base: z
      .union([z.literal(0), z.literal(1)])
      .nullable()
      .describe('The number of the first feature in svmlight'),
    delimiter: namesOf(delimiters),
    decimal: namesOf(decimals),
    thousands: namesOf(thousandsMarks),
    quote: namesOf(quotes),
    comment: z.string(),
    skip: z.int(),
    header: z.boolean(),
    category: z.array(z.string()).readonly(),
    ignore: z.array(z.string()).readonly(),
    frequent: z.array(z.string()).readonly(),
    missing: z.enum(missingChoices),
    missingValues: z.array(z.string()).readonly(),
    missingIn: z.array(z.string()).readonly(),
    guessed: z.array(z.string()).readonly().describe('The settings that were detected in the file and not given'),
  })
  .readonly()
  .describe('How the file is read, with every setting resolved') satisfies z.ZodType<CsvReading>;

export const decisionsSchema = z
  .array(
    z.object({
      option: z.enum(seen).describe('The option that overrides it'),
      value: z.string(),
      guessed: z.boolean(),
      message: z.string(),
    }),
  )
  .readonly()
  .describe('The decisions made about the file') satisfies z.ZodType<readonly Decision[]>;

export const hintsSchema = z
  .array(
    z.object({
      code: z.enum(hintCodes),
      column: z.string().nullable(),
      message: z.string(),
      offers: z
        .array(z.object({ label: z.string(), option: z.enum(offered), values: z.array(z.string()).readonly() }))
        .readonly()
        .describe('Options that would fix it'),
    }),
  )
  .readonly()
  .describe('Warnings about the content of the file, with suggested options') satisfies z.ZodType<readonly Hint[]>;

export const datasetSchema = z
  .object({
    name: z.string(),
    title: z.string(),
    project: z.string().nullable().describe('null if it is built in, and so for everyone'),
    task: taskSchema,
    rows: z.int(),
    features: z.int(),
    classes: z.array(z.string()).readonly(),
    target: z.string(),
    featureNames: z.array(z.string()).readonly(),
    hash: z.string().describe('Of this version'),
    versions: z.array(z.string()).readonly().describe('Hashes of all versions, newest first'),
    attribution: z.string().nullable(),
    builtIn: z.boolean(),
    dropped: z.int().describe('Rows left out because a value was missing'),
    reading: readingSchema,
    decisions: decisionsSchema,
    hints: hintsSchema,
  })
  .meta({ id: 'Dataset' });
export type DatasetSummary = z.output<typeof datasetSchema>;
