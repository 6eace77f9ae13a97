/** Requests and answers about searches. */
import { z } from 'zod';
import { findingCodes } from '../diagnosis/finding.ts';
import { searchSchema, searchStates } from '../domain/search.ts';
import { budgetChangeSchema, budgetSchema } from '../domain/specification/budget.ts';
import { samplerSchema } from '../domain/specification/samplers.ts';
import { pointSchema } from '../domain/specification/settings.ts';
import { resolvedSpecificationSchema, specificationSchema } from '../domain/specification/specification.ts';
import { narrowingSchema } from '../domain/specification/stage-settings.ts';
import { validationSchema } from '../domain/specification/validation.ts';
import { MAX_TAKEN } from '../domain/specification/warm-start-settings.ts';
import { warningSchema } from '../domain/specification/warnings.ts';
import { sourceSchema } from '../domain/trial.ts';
import { cursor, limit, page, searchParams } from './parameters.ts';
import { refusals } from './problem.ts';

const tags = ['searches'];

const listQuery = z.strictObject({
  state: z.enum(searchStates).optional(),
  q: z.string().trim().min(1).max(200).optional().describe('In the name or the data set, capital letters or not'),
  dataset: z.string().min(1).max(100).optional(),
  parent: z.uuid().optional().describe('Only searches that refine this one'),
  limit,
  cursor,
});

/** Any visible characters, as people use them: a UUID, an order number. */
const creationHeaders = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, { error: 'must be 1 to 200 visible ASCII characters' })
    .optional()
    .describe('Sent twice with the same body, the search is created once'),
});

const nameSchema = z.string().trim().min(1).max(200).optional();
export const searchChangeSchema = z
  .strictObject({ name: nameSchema, budget: budgetChangeSchema.optional() })
  .refine((body) => body.name !== undefined || body.budget !== undefined, { error: 'must have name, budget or both' });
export type SearchChange = z.output<typeof searchChangeSchema>;

export const refinementSchema = narrowingSchema.extend({
  name: nameSchema,
  epochs: z.int().min(1).max(1_000_000).optional().describe('Those of the search it refines unless given'),
  sampler: samplerSchema.optional().describe('That of the search it refines, with another seed, unless given'),
  validation: validationSchema.optional(),
  budget: budgetSchema.optional(),
  apply: z
    .array(z.string().max(200))
    .max(100)
    .optional()
    .describe(
      'Ids of suggestions (GET …/findings): the space of the newest stage with these changes, and not narrowed',
    ),
  enqueueBest: z.int().min(0).max(MAX_TAKEN).default(1).describe('So many of the best are tried again first'),
});
export type Refinement = z.output<typeof refinementSchema>;

export const dryRunSchema = z
  .object({
    specification: resolvedSpecificationSchema.describe('With every default filled in'),
    warnings: z.array(warningSchema).readonly().describe('What is no fault, and yet may not be meant'),
    trials: z.int().describe('How many there would be'),
    gridSize: z.number().nullable().describe('Different points of the grid; null for samplers that have no end'),
    first: z
      .array(z.object({ number: z.int(), source: sourceSchema, hyperparameters: pointSchema, seconds: z.number() }))
      .readonly()
      .describe('Up to ten trials of the first stage, without those that depend on results'),
    estimate: z
      .object({ threads: z.int(), secondsPerTrial: z.number(), seconds: z.number() })
      .describe(
        'Rough: from the work of the first trials, with the epochs and folds of every stage, on as many threads as this service has',
      ),
  })
  .meta({ id: 'DryRun' });
export type DryRun = z.output<typeof dryRunSchema>;

const codes = z.array(z.enum(findingCodes)).readonly();

export const exampleSchema = z
  .object({
    name: z.string().describe('Of its file'),
    title: z.string(),
    about: z.string(),
    finds: z
      .array(
        z.object({
          trial: z.int().min(0).optional().describe('In which trial'),
          stage: z.int().min(0).optional().describe('Or over all trials of which stage'),
          finds: codes.optional().describe('What must be found'),
          never: codes.optional().describe('What must not'),
        }),
      )
      .min(1)
      .readonly(),
    // What is sent has no schema as an answer: its defaults and short forms go one way. Examples are checked as they are read.
    specification: z
      .custom<z.input<typeof specificationSchema>>()
      .meta({ $ref: '#/components/schemas/SpecificationInput' })
      .describe('For POST /v1/searches, as it is'),
  })
  .meta({ id: 'Example' });
export type Example = z.output<typeof exampleSchema>;

const created = { 201: searchSchema, ...refusals };
const changed = { 200: searchSchema, ...refusals };

export const searchEndpoints = {
  'POST /v1/searches': {
    tags,
    summary: 'Begin a search',
    headers: creationHeaders,
    body: specificationSchema,
    response: created,
  },
  'POST /v1/searches/dry-run': {
    tags,
    summary: 'What a search would try, and how long it would take; stores nothing',
    body: specificationSchema,
    response: { 200: dryRunSchema, ...refusals },
  },
  'GET /v1/searches': {
    tags,
    summary: 'The newest first',
    querystring: listQuery,
    response: { 200: page(searchSchema), ...refusals },
  },
  'GET /v1/searches/:id': { tags, params: searchParams, response: changed },
  'POST /v1/searches/:id/refine': {
    tags,
    summary: 'Begin a search in a space narrowed around the best trials of one that has ended',
    params: searchParams,
    body: refinementSchema.nullish(),
    response: created,
  },
  'PATCH /v1/searches/:id': {
    tags,
    summary:
      'Rename it, or change its budget: a search that has ended goes on where the new one leaves something to do',
    params: searchParams,
    body: searchChangeSchema,
    response: changed,
  },
  'DELETE /v1/searches/:id': {
    tags,
    summary: 'With its trials and events',
    params: searchParams,
    response: { 204: z.null(), ...refusals },
  },
  'POST /v1/searches/:id/pause': {
    tags,
    summary: 'Claim no more trials; those that run go on',
    params: searchParams,
    response: changed,
  },
  'POST /v1/searches/:id/resume': { tags, summary: 'Go on after a pause', params: searchParams, response: changed },
  'POST /v1/searches/:id/cancel': {
    tags,
    summary: 'End it; what runs is stopped',
    params: searchParams,
    response: changed,
  },
  'GET /v1/examples': {
    tags,
    summary: 'Ready searches that show one thing each, and what must be found in them',
    response: { 200: z.object({ items: z.array(exampleSchema).readonly() }), ...refusals },
  },
} as const;
