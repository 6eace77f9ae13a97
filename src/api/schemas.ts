/** The shapes of requests and answers that are not records (searches/records.ts). */
import { z } from 'zod';
import { findingCodes, severities } from '../diagnosis/finding.ts';
import { budgetChangeSchema } from '../searches/budget.ts';
import { prunerKinds } from '../searches/pruning.ts';
import {
  eventSchema,
  findingSchema,
  searchSchema,
  searchStates,
  sourceSchema,
  trialStates,
  trialSummarySchema,
} from '../searches/records.ts';
import { samplerKinds } from '../searches/samplers.ts';
import { specificationSchema } from '../searches/specification.ts';
import { decidedStagesSchema } from '../searches/stages.ts';
import type { Patch } from '../searches/suggestions.ts';
import { validationKinds } from '../searches/validation.ts';
import { warningSchema } from '../searches/warnings.ts';
import { problemSchema } from './problems.ts';

const LARGEST_NUMBER = 2 ** 31 - 1;

export const idSchema = z.strictObject({ id: z.uuid() });
export const trialParamsSchema = z.strictObject({
  id: z.uuid(),
  number: z.coerce.number().int().min(0).max(LARGEST_NUMBER),
});
const limit = z.coerce.number().int().min(1).max(500).default(50);
const cursor = z.string().min(1).max(500).optional().describe('The `next` of an earlier page');

export const searchQuerySchema = z.strictObject({
  state: z.enum(searchStates).optional(),
  q: z.string().trim().min(1).max(200).optional().describe('In the name or the data set, capital letters or not'),
  dataset: z.string().min(1).max(100).optional(),
  parent: z.uuid().optional().describe('Only searches that refine this one'),
  limit,
  cursor,
});
export const trialQuerySchema = z.strictObject({
  state: z.enum(trialStates).optional(),
  finding: z.enum(findingCodes).optional().describe('Only trials in which this was found'),
  sort: z.enum(['number', '-number', 'value', '-value']).default('number').describe('Trials without a value come last'),
  limit,
  cursor,
});
export const findingsSchema = z.object({
  trials: z.int().describe('That were looked at: those that have ended or wait at a rung'),
  items: z
    .array(
      z.object({
        code: z.enum(findingCodes),
        severity: z.enum(severities),
        trials: z.int().describe('That have it'),
        share: z.number(),
        numbers: z.array(z.int()).readonly().describe('The first of them'),
        example: findingSchema.describe('As it was found in the first of them'),
      }),
    )
    .readonly()
    .describe('The worst first, and of those the most frequent'),
  suggestions: z
    .array(
      z.object({
        id: z.string().describe('For `apply` of POST …/refine'),
        text: z.string(),
        evidence: z.record(z.string(), z.number()).readonly(),
        trials: z.array(z.int()).readonly().describe('That say so, the first hundred'),
        patch: z.custom<Patch>().describe('What it changes of the specification'),
      }),
    )
    .readonly()
    .describe('What the trials of the newest stage have in common, and how to go on'),
});
export type SearchFindings = z.infer<typeof findingsSchema>;
export const bestQuerySchema = z.strictObject({ limit: limit.default(10) });
export const eventQuerySchema = z.strictObject({
  after: z.coerce.number().int().min(0).max(LARGEST_NUMBER).optional().describe('The newest seq that is known already'),
  limit: z.coerce.number().int().min(1).max(5000).default(1000),
});
export const curvesQuerySchema = z.strictObject({
  trials: z.coerce.number().int().min(1).max(500).default(200),
  points: z.coerce.number().int().min(2).max(500).default(60).describe('Of each; the first epoch and the last always'),
});
export const exportQuerySchema = z.strictObject({ format: z.enum(['csv', 'ndjson']).default('csv') });

export const changeSearchSchema = z
  .strictObject({
    name: z.string().trim().min(1).max(200).optional(),
    budget: budgetChangeSchema.optional(),
  })
  .refine((body) => body.name !== undefined || body.budget !== undefined, { error: 'must have name, budget or both' });

/** Any visible characters, as people use them: a UUID, an order number. */
export const creationHeadersSchema = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, { error: 'must be 1 to 200 visible ASCII characters' })
    .optional()
    .describe('Sent twice with the same body, the search is created once'),
});

export const searchPageSchema = z.object({ items: z.array(searchSchema).readonly(), next: z.string().nullable() });
export const trialPageSchema = z.object({ items: z.array(trialSummarySchema).readonly(), next: z.string().nullable() });
export const bestSchema = z.object({
  items: z.array(trialSummarySchema).readonly(),
  certainty: z
    .object({
      error: z.number().nullable().describe('Standard error of the best value over its folds; null for one fold'),
      gap: z.number().nullable().describe('To the next trial'),
      alike: z.array(z.int()).readonly().describe('Trials that the folds cannot tell from the best, itself first'),
      text: z.string(),
    })
    .describe('Whether the best is truly the best'),
});
export const eventPageSchema = z.object({
  events: z.array(eventSchema).readonly(),
  next: z.int().describe('`after` of the next request'),
});

export const dryRunSchema = z.object({
  specification: specificationSchema
    .extend({ sampler: samplerKinds, pruner: prunerKinds, validation: validationKinds, stages: decidedStagesSchema })
    .describe('With every default filled in'),
  warnings: z.array(warningSchema).readonly().describe('What is no fault, and yet may not be meant'),
  trials: z.int().describe('How many there would be'),
  gridSize: z.number().nullable().describe('Different points of the grid; null for samplers that have no end'),
  first: z.array(
    z.object({
      number: z.int(),
      source: sourceSchema,
      hyperparameters: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
      seconds: z.number(),
    }),
  ),
  estimate: z
    .object({ threads: z.int(), secondsPerTrial: z.number(), seconds: z.number() })
    .describe('Rough: from the work of the first trials, on as many threads as this service has'),
});

/** Every route may answer with these. */
export const refusals = { '4xx': problemSchema, '5xx': problemSchema } as const;
