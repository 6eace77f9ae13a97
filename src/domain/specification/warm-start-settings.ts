/** Warm start from another search. */
import { z } from 'zod';

/** The most trials that can be taken from another search. */
export const MAX_WARM_START_TRIALS = 100;

export const warmStartSchema = z
  .strictObject({
    search: z.uuid(),
    trials: z.int().min(1).max(MAX_WARM_START_TRIALS).default(5).describe('How many of its best trials to enqueue'),
  })
  .describe('Starts with the best trials of another search: values that fit this search space are enqueued');
export type WarmStartSettings = z.output<typeof warmStartSchema>;
