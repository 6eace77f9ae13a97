/** How the rows are split into those that teach and those that examine. */
import { z } from 'zod';

export const validationSchema = z.strictObject({
  type: z.literal('holdout').default('holdout'),
  fraction: z.number().min(0.01).max(0.9).default(0.2),
});
export type ValidationSettings = z.output<typeof validationSchema>;
