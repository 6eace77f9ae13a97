/** Endpoints for the analysis of searches: findings, importance, coverage, history and pre-flight checks. */
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
    trials: z.int().describe('Trials that have ended or wait at a rung'),
    confirmed: z
      .string()
      .optional()
      .describe('Value of the best trial in the search, and its confirmed value; once the confirmation is complete'),
    items: z
      .array(
        z.object({
          code: z.enum(findingCodes),
          severity: z.enum(severities),
          concerns: z
            .enum(['search', 'trial'])
            .describe('search: every trial has it because of the data, the validation or fixed hyperparameters'),
          trials: z.int().describe('Trials with this finding'),
          share,
          numbers: z.array(z.int()).readonly().describe('Numbers of the first of them'),
          example: findingSchema.describe('The finding of the first of them'),
        }),
      )
      .readonly()
      .describe('By severity, then by frequency'),
    suggestions: z
      .array(suggestionSchema)
      .readonly()
      .describe('Suggested changes, from the trials of the newest stage'),
  })
  .meta({ id: 'SearchFindings' });
export type SearchFindings = z.output<typeof searchFindingsSchema>;

export const importanceSchema = z
  .object({
    trials: z.int().describe('The trials that it is computed from, of the newest stage; of more than 2000 a sample'),
    epochs: z
      .int()
      .nullable()
      .describe('They are compared after so many epochs, by their intermediate values; null: complete trials'),
    groups: z
      .array(z.object({ epochs: z.int().nullable(), trials: z.int() }))
      .readonly()
      .describe('What `epochs` of the query can be, and how many trials have a value there'),
    enough: z.boolean().describe('Whether there are at least 100: with fewer, shares are mostly noise'),
    note: z.string(),
    shares: z
      .array(
        z.object({
          name: z.string(),
          trials: z.int().describe('Trials in which it is active'),
          share: share.describe('Share of the variance of the value that it explains by itself (fANOVA), from 0 to 1'),
          low: share.describe('Lower end of its bootstrap interval (5 %)'),
          high: share.describe('Upper end (95 %)'),
          amongBest: share.describe('Its share in what distinguishes the best tenth of the trials (PED-ANOVA)'),
        }),
      )
      .readonly(),
    pairs: z
      .array(
        z.object({
          names: z.array(z.string()).readonly(),
          share: share.describe('Share explained by their interaction'),
        }),
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
              'Probability of hitting a target of 1 % of the space when one, two or all hyperparameters matter',
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
          best: z.number().describe('Best value of its stage so far'),
          stage: z.int(),
          epochs: z.int().describe('Epochs trained by all trials so far'),
          seconds: z.number().describe('From the start of the first trial to the end of this one, by the clock'),
        }),
      )
      .readonly()
      .describe('Complete trials by number; downsampled, but improvements by number and by time are kept'),
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
            .describe('Settings of the checked network'),
          example: z.int().describe('The first trial with such a network'),
          points: z.int().describe('How many of the first 200 points of the space belong to this family'),
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
          deviations: z
            .array(number)
            .readonly()
            .describe('Deviations of the hidden layers’ outputs before the first step'),
          findings: z
            .array(findingSchema.omit({ folds: true }).extend({ code: z.enum([...findingCodes, ...preflightOnly]) }))
            .readonly(),
        }),
      )
      .readonly()
      .describe('Groups of networks that are alike before training, most frequent first'),
    leftOut: z.int().describe('Families beyond the 24 most frequent'),
  })
  .meta({ id: 'Preflight' });
export type Preflight = z.output<typeof preflightSchema>;

export const analysisEndpoints = {
  'GET /v1/searches/:id/findings': {
    tags,
    summary: 'Findings in its trials, with frequencies and suggestions',
    params: searchParams,
    response: { 200: searchFindingsSchema, ...refusals },
  },
  'GET /v1/searches/:id/importance': {
    tags,
    summary: 'Hyperparameter importance, with intervals',
    params: searchParams,
    querystring: z.object({
      epochs: z
        .union([z.literal('complete'), z.coerce.number().int().min(1).max(1_000_000)], {
          error: 'must be complete, or a whole number from 1 to 1000000',
        })
        .optional()
        .describe(
          'Compares trials after so many epochs, or complete ones. By default the most epochs that 100 trials have reached, or those that most trials have',
        ),
    }),
    response: { 200: importanceSchema, ...refusals },
  },
  'GET /v1/searches/:id/coverage': {
    tags,
    summary: 'How well random, grid and Sobol search of this size cover the space',
    params: searchParams,
    response: { 200: coverageSchema, ...refusals },
  },
  'GET /v1/searches/:id/history': {
    tags,
    summary: 'The best value so far, by trial',
    params: searchParams,
    response: { 200: historySchema, ...refusals },
  },
  'GET /v1/searches/:id/preflight': {
    tags,
    summary: 'Pre-flight checks of its networks: initial loss, spread of activations, and overfitting 20 rows',
    params: searchParams,
    response: { 200: preflightSchema, ...refusals },
  },
  'POST /v1/searches/preflight': {
    tags,
    summary: 'Pre-flight checks for a specification; stores nothing',
    body: specificationSchema,
    response: { 200: preflightSchema, ...refusals },
  },
} as const;
