/** The endpoint for the confirmation of a search. */
import { z } from 'zod';
import { confirmationSchema, finalistSchema } from '../domain/confirmation.ts';
import { trialSummarySchema } from '../domain/trial.ts';
import { searchParams } from './parameters.ts';
import { refusals } from './problem.ts';

export const confirmationRunsSchema = confirmationSchema
  .extend({
    text: z.string().nullable().describe('Value of the confirmed best trial in the search, and its confirmed value'),
    finalists: z
      .array(
        finalistSchema.extend({
          trials: z
            .array(trialSummarySchema)
            .readonly()
            .describe(
              'Its runs by repetition, those of earlier confirmations included; numbers start at 1,000,000,000',
            ),
        }),
      )
      .readonly(),
  })
  .meta({ id: 'ConfirmationRuns' });
export type ConfirmationRuns = z.output<typeof confirmationRunsSchema>;

export const confirmationEndpoints = {
  'GET /v1/searches/:id/confirmation': {
    tags: ['trials'],
    summary: 'The finalists of a confirmation with their runs; 404 before it has begun',
    params: searchParams,
    response: { 200: confirmationRunsSchema, ...refusals },
  },
} as const;
