/** Endpoints for searches. */
import { z } from 'zod';
import { findingCodes } from '../diagnosis/finding.ts';
import { searchNotesSchema, tagSchema, tagsSchema } from '../domain/annotations.ts';
import { searchSchema, searchStates } from '../domain/search.ts';
import { budgetChangeSchema, budgetSchema } from '../domain/specification/budget.ts';
import { samplerSchema } from '../domain/specification/samplers.ts';
import { pointSchema } from '../domain/specification/settings.ts';
import {
  keepCurvesSchema,
  resolvedSpecificationSchema,
  shareSchema,
  specificationSchema,
} from '../domain/specification/specification.ts';
import { narrowingSchema } from '../domain/specification/stage-settings.ts';
import { validationSchema } from '../domain/specification/validation.ts';
import { MAX_WARM_START_TRIALS } from '../domain/specification/warm-start-settings.ts';
import { warningSchema } from '../domain/specification/warnings.ts';
import { sourceSchema } from '../domain/trial.ts';
import { cursor, limit, page, projectFilter, searchParams } from './parameters.ts';
import { refusals } from './problem.ts';

const tags = ['searches'];

const listQuery = z.strictObject({
  state: z.enum(searchStates).optional(),
  q: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .optional()
    .describe('Substring of the name, the data set, the notes or a tag, ignoring case'),
  tag: tagSchema.optional().describe('Only searches with this tag'),
  dataset: z.string().min(1).max(100).optional(),
  parent: z.uuid().optional().describe('Only searches that refine this one'),
  project: projectFilter,
  limit,
  cursor,
});

/** Any visible ASCII characters. */
const creationHeaders = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, { error: 'must be 1 to 200 visible ASCII characters' })
    .optional()
    .describe('Requests with the same key and body create the search once'),
});

const nameSchema = z.string().trim().min(1).max(200).optional();
export const searchChangeSchema = z
  .strictObject({
    name: nameSchema,
    notes: searchNotesSchema.optional(),
    tags: tagsSchema.optional().describe('Replace those that it has'),
    budget: budgetChangeSchema.optional(),
    share: shareSchema.optional(),
    keepCurves: keepCurvesSchema.optional(),
  })
  .refine((body) => Object.values(body).some((value) => value !== undefined), {
    error: 'must have name, notes, tags, budget, share or keepCurves',
  })
  .meta({ minProperties: 1 });
export type SearchChange = z.output<typeof searchChangeSchema>;

export const refinementSchema = narrowingSchema.extend({
  name: nameSchema,
  epochs: z.int().min(1).max(1_000_000).optional().describe('Default: the epochs of the refined search'),
  sampler: samplerSchema.optional().describe('Default: the sampler of the refined search with another seed'),
  validation: validationSchema.optional(),
  budget: budgetSchema.optional(),
  apply: z
    .array(z.string().max(200))
    .max(100)
    .optional()
    .describe('Ids of suggestions (GET …/findings) to apply to the space of the newest stage, instead of narrowing it'),
  enqueueBest: z.int().min(0).max(MAX_WARM_START_TRIALS).default(1).describe('How many of the best trials to enqueue'),
});
export type Refinement = z.output<typeof refinementSchema>;

export const dryRunSchema = z
  .object({
    specification: resolvedSpecificationSchema.describe('With defaults filled in'),
    warnings: z.array(warningSchema).readonly().describe('Valid settings that may not be intended'),
    trials: z.int().describe('Number of trials'),
    gridSize: z.number().nullable().describe('Number of grid points; null for infinite samplers'),
    first: z
      .array(z.object({ number: z.int(), source: sourceSchema, hyperparameters: pointSchema, seconds: z.number() }))
      .readonly()
      .describe('Up to ten trials of the first stage, without those that depend on results'),
    estimate: z
      .object({ threads: z.int(), secondsPerTrial: z.number(), seconds: z.number() })
      .describe(
        'A rough estimate from the first trials, with the epochs and folds of every stage and the threads of this service',
      ),
  })
  .meta({ id: 'DryRun' });
export type DryRun = z.output<typeof dryRunSchema>;

const codes = z.array(z.enum(findingCodes)).readonly();

export const exampleSchema = z
  .object({
    name: z.string().describe('Name of its file'),
    title: z.string(),
    about: z.string(),
    finds: z
      .array(
        z.object({
          trial: z.int().min(0).optional().describe('The trial to check'),
          stage: z.int().min(0).optional().describe('Or the stage, over all its trials'),
          finds: codes.optional().describe('Findings that must be present'),
          never: codes.optional().describe('Findings that must be absent'),
        }),
      )
      .min(1)
      .readonly(),
    // Request schemas cannot be used for responses, since their defaults and preprocessing are one-way. Examples are validated when read.
    specification: z
      .custom<z.input<typeof specificationSchema>>()
      .meta({ $ref: '#/components/schemas/SpecificationInput' })
      .describe('A body for POST /v1/searches'),
  })
  .meta({ id: 'Example' });
export type Example = z.output<typeof exampleSchema>;

const created = { 201: searchSchema, ...refusals };
const changed = { 200: searchSchema, ...refusals };

export const searchEndpoints = {
  'POST /v1/searches': {
    tags,
    summary: 'Create a search',
    headers: creationHeaders,
    body: specificationSchema,
    response: created,
  },
  'POST /v1/searches/dry-run': {
    tags,
    summary: 'Show what a search would try and estimate its duration; stores nothing',
    body: specificationSchema,
    response: { 200: dryRunSchema, ...refusals },
  },
  'GET /v1/searches': {
    tags,
    summary: 'List searches, newest first',
    querystring: listQuery,
    response: { 200: page(searchSchema), ...refusals },
  },
  'GET /v1/searches/:id': { tags, params: searchParams, response: changed },
  'POST /v1/searches/:id/refine': {
    tags,
    summary: 'Create a search in a space narrowed around the best trials of one that has ended',
    params: searchParams,
    body: refinementSchema.nullish(),
    response: created,
  },
  'POST /v1/searches/:id/refine/dry-run': {
    tags,
    summary: 'Show what the refined search would try and estimate its duration; stores nothing',
    params: searchParams,
    body: refinementSchema.nullish(),
    response: { 200: dryRunSchema, ...refusals },
  },
  'PATCH /v1/searches/:id': {
    tags,
    summary:
      'Change its name, notes, tags, budget or share; a search that has ended continues if the new budget allows it',
    params: searchParams,
    body: searchChangeSchema,
    response: changed,
  },
  'DELETE /v1/searches/:id': {
    tags,
    summary: 'Delete it with its trials and events',
    params: searchParams,
    response: { 204: z.null(), ...refusals },
  },
  'POST /v1/searches/:id/pause': {
    tags,
    summary: 'Start no more trials; running ones finish',
    params: searchParams,
    response: changed,
  },
  'POST /v1/searches/:id/resume': { tags, summary: 'Resume after a pause', params: searchParams, response: changed },
  'POST /v1/searches/:id/cancel': {
    tags,
    summary: 'End it and stop its running trials',
    params: searchParams,
    response: changed,
  },
  'GET /v1/examples': {
    tags,
    summary: 'Example searches with their expected findings',
    response: { 200: z.object({ items: z.array(exampleSchema).readonly() }), ...refusals },
  },
} as const;
