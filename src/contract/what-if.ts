/** The endpoint that replays pruners and early stopping on the stored curves of a search. */
import { z } from 'zod';
import { count } from '../domain/fields.ts';
import { resolvedSpecificationSchema } from '../domain/specification/specification.ts';
import { whatIfRules } from '../domain/what-if/what-if.ts';
import { searchParams } from './parameters.ts';
import { refusals } from './problem.ts';

const value = z.number().nullable();

const optionSchema = z.object({
  setting: z.number().describe('The value of the main setting'),
  change: z
    .union([
      z.object({ pruner: resolvedSpecificationSchema.unwrap().shape.pruner }),
      z.object({ patience: z.int().min(1) }),
    ])
    .describe('What a new search needs to use it: a pruner, or the hyperparameter patience'),
  epochs: count.describe('Epochs that the replayed trials would have trained'),
  saved: z.number().describe('The share of epochs saved, from 0 to 1'),
  stopped: count.describe('Trials that the pruner would have stopped'),
  best: z
    .object({
      number: count,
      value: z.number(),
      rank: z.int().min(1).describe('Of this trial among all replayed ones by their final values'),
    })
    .nullable()
    .describe('The trial that would have been the best'),
  lost: value.describe('How much worse it is than the best of all, in units of the objective; below 0 if it is better'),
  keptOfBest: count.describe('How many of the best trials would have been kept'),
  fewerTrials: value.describe(
    'For comparison: the expected best of as many trials, drawn at random and run to completion, as fit into these epochs',
  ),
});

export const whatIfSchema = z
  .object({
    stage: count.describe('The stage whose trials are replayed: the newest that has complete trials'),
    trials: z
      .object({
        replayed: count.describe('Complete trials: their whole curves are known'),
        thinned: count.describe('Complete trials left out to limit the computation, at random but always the same'),
        removed: count.describe('Complete trials whose curves the retention of the service has removed'),
        pruned: count.describe('Left out: their curves end early, so that their final values are unknown'),
        failed: count.describe('Left out: failed or cancelled'),
        open: count.describe('Left out: not ended yet'),
      })
      .describe('Trials of the stage'),
    epochs: count.describe('Epochs that the replayed trials trained'),
    best: z.object({ number: count, value: z.number() }).nullable().describe('The best of the replayed trials'),
    ofBest: count.describe('How many trials `keptOfBest` is of: ten, or fewer if fewer have a value'),
    rules: z
      .array(
        z.object({
          rule: z
            .enum(whatIfRules)
            .describe('A pruner; asha is successiveHalving with reproducible: false; patience is early stopping'),
          setting: z.string().describe('The name of its main setting; other settings have their defaults'),
          unavailable: z.string().nullable().describe('Why it has no options'),
          options: z.array(optionSchema).readonly().describe('By setting'),
        }),
      )
      .readonly(),
  })
  .meta({ id: 'WhatIf' });
export type WhatIf = z.output<typeof whatIfSchema>;

export const whatIfEndpoints = {
  'GET /v1/searches/:id/what-if': {
    tags: ['analysis'],
    summary: 'What pruners and early stopping would have saved and lost, from its stored curves',
    params: searchParams,
    response: { 200: whatIfSchema, ...refusals },
  },
} as const;
