/** Search spaces of other tools. */
import { z } from 'zod';
import { directions } from '../algorithms/objective.ts';
import { searchSchema } from '../domain/search.ts';
import { hyperparameterNames } from '../domain/specification/hyperparameters.ts';
import { trialFormats } from '../domain/specification/observed.ts';
import { pointSchema, settingSchema, settingsSchema } from '../domain/specification/settings.ts';
import { formats } from '../imports/imported-space.ts';
import { projectOwner } from './parameters.ts';
import { refusals } from './problem.ts';

export const MAX_IMPORT = 1024 * 1024;
export { MAX_TRIALS_FILE } from '../imports/trials/source-trials.ts';

export const importRequestSchema = z.strictObject({
  text: z.string().min(1).max(MAX_IMPORT).describe('The content of the file'),
  file: z.string().max(255).optional().describe('Its name: one that ends in .json, .yaml or .yml is read as such'),
  format: z.enum(formats).optional().describe('Default: detected from the content'),
  names: z
    .record(z.string().max(200), z.enum(hyperparameterNames).nullable())
    .refine((names) => Object.keys(names).length <= 500, { error: 'must have at most 500 names' })
    .optional()
    .describe('Name in the file → hyperparameter; null leaves it out. Other names are matched by their words'),
  dataset: z.string().min(1).max(100).optional().describe('With it the specification is complete'),
});
export type ImportRequest = z.output<typeof importRequestSchema>;

const importSchema = z
  .object({
    format: z.enum(formats).describe('The format of the file'),
    specification: z
      .object({
        dataset: z.string().optional(),
        hyperparameters: settingsSchema.optional(),
        sampler: pointSchema.optional(),
        pruner: pointSchema.optional(),
        objective: z.object({ metric: z.string(), direction: z.enum(directions) }).optional(),
        budget: pointSchema.optional(),
      })
      .describe('A body for POST /v1/searches; without its dataset if none was given'),
    mapped: z
      .array(
        z.object({
          source: z.string().describe('Name in the file'),
          hyperparameter: z.enum(hyperparameterNames),
          setting: settingSchema,
          alternatives: z
            .array(z.object({ about: z.string(), setting: settingSchema }))
            .readonly()
            .describe('Other readings, for which there is a reason too'),
        }),
      )
      .readonly(),
    settings: z
      .array(z.object({ source: z.string(), part: z.string().describe('Part of the specification') }))
      .readonly()
      .describe('Other parts of the specification that the file sets'),
    unmapped: z
      .array(z.object({ name: z.string(), kind: z.enum(['hyperparameter', 'setting']), why: z.string() }))
      .readonly(),
    notes: z
      .array(z.object({ name: z.string().describe('In the file; empty for the whole'), text: z.string() }))
      .readonly()
      .describe('Where the meaning in the tool differs from a good guess, or from ours'),
  })
  .meta({ id: 'Import' });
export type Import = z.output<typeof importSchema>;

/** Content types that programs use for such files; the content is recognised. */
export const trialsTypes = [
  'text/csv',
  'text/plain',
  'application/csv',
  'application/json',
  'application/jsonl',
  'application/x-ndjson',
  'application/octet-stream',
];

const MAX_NAMES = 500;

/** `lr=learningRate`; `lr=` leaves it out. A query repeats the parameter. */
const nameQuery = z
  .string()
  .max(300)
  .regex(/^.+=[a-zA-Z0-9]*$/su, { error: 'must be THEIRS=OURS, or THEIRS= to leave it out' });
const namesQuery = z
  .union([nameQuery, z.array(nameQuery).max(MAX_NAMES)])
  .optional()
  .transform((sent = [], context) => {
    const names = [sent].flat().map((pair): [string, string | null] => {
      const at = pair.lastIndexOf('=');
      return [pair.slice(0, at), pair.slice(at + 1) || null];
    });
    for (const [, own] of names) {
      if (own === null || hyperparameterNames.includes(own)) continue;
      const known = hyperparameterNames.join(', ');
      context.addIssue({ code: 'custom', message: `must name a hyperparameter after =, one of ${known}, got ${own}` });
    }
    return Object.fromEntries(names);
  })
  .describe(
    'THEIRS=OURS, or THEIRS= to leave it out; may be repeated. Other names are matched by their words, or kept',
  );

const text = (most: number) => z.string().trim().min(1).max(most).optional();
const trialsQuery = z.strictObject({
  format: z.enum(trialFormats).optional().describe('Default: detected from the content'),
  file: text(255).describe('The name of the file'),
  name: text(200).describe('Of the search. Default: of the study, or of the file'),
  dataset: text(100).describe('The data set that the trials were run on, if it is one of this service'),
  study: text(500).describe('Of a file with several'),
  metric: text(300).describe('The objective: a column of a CSV, or the name of one of several objectives'),
  direction: z.enum(directions).optional().describe('Needed where the file does not say it'),
  names: namesQuery,
  project: projectOwner,
});
export type TrialsQuery = z.output<typeof trialsQuery>;

const mappedName = z.object({
  source: z.string().describe('Name in the file'),
  hyperparameter: z.string().describe('Name in the search'),
  setting: settingSchema,
});
const importedTrialsSchema = z
  .object({
    format: z.enum(trialFormats).describe('The format of the file'),
    search: searchSchema,
    mapped: z.array(mappedName).readonly().describe('Names that mean a hyperparameter of this service'),
    kept: z.array(mappedName).readonly().describe('Names that do not, and are kept'),
    notes: z
      .array(z.object({ name: z.string().describe('In the file; empty for the whole'), text: z.string() }))
      .readonly()
      .describe('What was inferred, left out or understood in another way than the file says'),
  })
  .meta({ id: 'ImportedTrials' });
export type ImportedTrials = z.output<typeof importedTrialsSchema>;

export const importEndpoints = {
  'POST /v1/imports': {
    tags: ['searches'],
    summary: 'Read the search space of a file of another tool as a specification; stores nothing',
    body: importRequestSchema,
    response: { 200: importSchema, ...refusals },
  },
  'POST /v1/imports/trials': {
    tags: ['searches'],
    summary: 'Store the finished trials of a file of another tool, the body, as a search that has ended',
    consumes: trialsTypes,
    querystring: trialsQuery,
    response: { 201: importedTrialsSchema, ...refusals },
  },
} as const;
