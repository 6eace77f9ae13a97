/** Requests and answers about what a search has shown: findings, what mattered, what was covered, and what is known beforehand. */
import { z } from 'zod';
import { type Coverage, coveringSamplers } from '../algorithms/space/coverage.ts';
import { preflightChecks, preflightOnly } from '../compute/preflight.ts';
import { findingCodes, severities } from '../diagnosis/finding.ts';
import { specificationSchema } from '../domain/specification/specification.ts';
import { suggestionSchema } from '../domain/suggestions.ts';
import { findingSchema } from '../domain/trial.ts';
import { searchParams } from './parameters.ts';
import { refusals } from './problem.ts';

const tags = ['analysis'];
const number = z.number().nullable();
const share = z.number().describe('From 0 to 1');

export const searchFindingsSchema = z
  .object({
    trials: z.int().describe('That were looked at: those that have ended or wait at a rung'),
    items: z
      .array(
        z.object({
          code: z.enum(findingCodes),
          severity: z.enum(severities),
          trials: z.int().describe('That have it'),
          share,
          numbers: z.array(z.int()).readonly().describe('The first of them'),
          example: findingSchema.describe('As it was found in the first of them'),
        }),
      )
      .readonly()
      .describe('The worst first, and of those the most frequent'),
    suggestions: z
      .array(suggestionSchema)
      .readonly()
      .describe('What the trials of the newest stage have in common, and how to go on'),
  })
  .meta({ id: 'SearchFindings' });
export type SearchFindings = z.output<typeof searchFindingsSchema>;

export const importanceSchema = z
  .object({
    trials: z.int().describe('Complete trials with a value, of the newest stage, that were looked at'),
    enough: z.boolean().describe('Whether these are at least 100: below that, shares are mostly chance'),
    note: z.string(),
    shares: z
      .array(
        z.object({
          name: z.string(),
          trials: z.int().describe('Of those, the ones in which it is active'),
          share: share.describe('Of the variance of the value that it explains by itself (fANOVA), from 0 to 1'),
          low: share.describe('Its bootstrap interval, 5 %'),
          high: share.describe('95 %'),
          amongBest: share.describe('What it takes to be among the best tenth (PED-ANOVA), as a share of all'),
        }),
      )
      .readonly(),
    pairs: z
      .array(
        z.object({ names: z.array(z.string()).readonly(), share: share.describe('That two explain only together') }),
      )
      .readonly(),
  })
  .meta({ id: 'Importance' });
export type Importance = z.output<typeof importanceSchema>;

export const coverageSchema = z
  .object({
    trials: z.int(),
    samplers: z
      .array(
        z.object({
          sampler: z.enum(coveringSamplers),
          trials: z.int(),
          distinct: z.array(z.object({ name: z.string(), values: z.int(), of: number })).readonly(),
          hit: z
            .object({ one: z.number(), two: z.number(), all: z.number() })
            .describe(
              'The chance to try a point in a target of 1 % of the space that one, two or all hyperparameters decide',
            ),
        }) satisfies z.ZodType<Coverage>,
      )
      .readonly(),
  })
  .meta({ id: 'Coverage' });
export type SearchCoverage = z.output<typeof coverageSchema>;

export const historySchema = z
  .object({
    points: z
      .array(
        z.object({
          number: z.int(),
          value: z.number(),
          best: z.number().describe('Of the trials of its stage up to this one'),
          stage: z.int(),
          epochs: z.int().describe('Trained up to here, by all trials'),
        }),
      )
      .readonly()
      .describe('Complete trials in the order of their numbers; thinned, but never by one that was the best'),
  })
  .meta({ id: 'History' });
export type History = z.output<typeof historySchema>;

export const preflightSchema = z
  .object({
    families: z
      .array(
        z.object({
          settings: z
            .object({
              preprocessing: z.string(),
              activation: z.string(),
              initializer: z.string(),
              batchNorm: z.boolean(),
              loss: z.string(),
              hiddenUnits: z.array(z.int()).readonly(),
            })
            .describe('Of the one that was checked'),
          example: z.int().describe('The first trial with such a network'),
          points: z.int().describe('How many of the first 200 points of the space are of this family'),
          checks: z
            .array(
              z.object({
                check: z.enum(preflightChecks),
                passed: z.boolean(),
                evidence: z.record(z.string(), number).readonly(),
                text: z.string(),
              }),
            )
            .readonly(),
          deviations: z.array(number).readonly().describe('Of the hidden layers’ outputs before the first step'),
          findings: z
            .array(findingSchema.omit({ folds: true }).extend({ code: z.enum([...findingCodes, ...preflightOnly]) }))
            .readonly(),
        }),
      )
      .readonly()
      .describe('Networks that are alike before training, the most frequent first'),
    leftOut: z.int().describe('Families beyond the 24 most frequent'),
  })
  .meta({ id: 'Preflight' });
export type Preflight = z.output<typeof preflightSchema>;

export const analysisEndpoints = {
  'GET /v1/searches/:id/findings': {
    tags,
    summary: 'What was found in its trials, and how often',
    params: searchParams,
    response: { 200: searchFindingsSchema, ...refusals },
  },
  'GET /v1/searches/:id/importance': {
    tags,
    summary: 'Which hyperparameters mattered, and how sure that is',
    params: searchParams,
    response: { 200: importanceSchema, ...refusals },
  },
  'GET /v1/searches/:id/coverage': {
    tags,
    summary: 'What random, grid and Sobol search of this size cover of this space',
    params: searchParams,
    response: { 200: coverageSchema, ...refusals },
  },
  'GET /v1/searches/:id/history': {
    tags,
    summary: 'The best so far, trial by trial',
    params: searchParams,
    response: { 200: historySchema, ...refusals },
  },
  'GET /v1/searches/:id/preflight': {
    tags,
    summary: 'Its networks before training: the loss at the start, the spread, and whether 20 rows can be overfit',
    params: searchParams,
    response: { 200: preflightSchema, ...refusals },
  },
  'POST /v1/searches/preflight': {
    tags,
    summary: 'The same of a specification; stores nothing',
    body: specificationSchema,
    response: { 200: preflightSchema, ...refusals },
  },
} as const;
