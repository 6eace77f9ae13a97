/** What a specification says of the search it begins with. */
import { z } from 'zod';

/** More of another search's best are not taken over. */
export const MAX_TAKEN = 100;

export const warmStartSchema = z
  .strictObject({
    search: z.uuid(),
    trials: z.int().min(1).max(MAX_TAKEN).default(5).describe('So many of its best are tried first'),
  })
  .describe('Begins with the best of another search: what varies here and can be as it was there is taken over');
export type WarmStartSettings = z.output<typeof warmStartSchema>;
