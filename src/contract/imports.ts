/** Search spaces of other tools. */
import { z } from 'zod';
import { directions } from '../algorithms/objective.ts';
import { hyperparameterNames } from '../domain/specification/hyperparameters.ts';
import { pointSchema, settingSchema, settingsSchema } from '../domain/specification/settings.ts';
import { formats } from '../imports/imported-space.ts';
import { refusals } from './problem.ts';

export const MAX_IMPORT = 1024 * 1024;

export const importRequestSchema = z.strictObject({
  text: z.string().min(1).max(MAX_IMPORT).describe('The content of the file'),
  file: z.string().max(255).optional().describe('Its name: one that ends in .json, .yaml or .yml is read as such'),
  format: z.enum(formats).optional().describe('Default: recognised from the content'),
  names: z
    .record(z.string().max(200), z.enum(hyperparameterNames).nullable())
    .refine((names) => Object.keys(names).length <= 500, { error: 'must have at most 500 names' })
    .optional()
    .describe(
      'Name in the file → hyperparameter; null leaves it out. Names that are not there are matched by their words',
    ),
  dataset: z.string().min(1).max(100).optional().describe('With it the specification is complete'),
});
export type ImportRequest = z.output<typeof importRequestSchema>;

const importSchema = z
  .object({
    format: z.enum(formats).describe('What the file was recognised as'),
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

export const importEndpoints = {
  'POST /v1/imports': {
    tags: ['searches'],
    summary: 'Read the search space of a file of another tool as a specification; stores nothing',
    body: importRequestSchema,
    response: { 200: importSchema, ...refusals },
  },
} as const;
