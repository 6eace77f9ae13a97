/** All trials of a search as columns: what a page needs to show thousands of them at once. */
import { z } from 'zod';
import { findingCodes } from '../diagnosis/finding.ts';
import { trialStates } from './records.ts';

/** More trials than this are thinned, and of these so many are the best. */
export const tableLimits = { rows: 20_000, best: 2_000, open: 17_000 } as const;

function column<T extends z.ZodType>(of: T) {
  return z.array(of).readonly();
}

const milliseconds = z.int().nullable().describe('Since 1970');

export const tableSchema = z
  .object({
    seq: z.int().describe('Of the newest event that is in it: the stream goes on with `after`'),
    rows: z.int().describe('Trials that are planned, in the table or not'),
    thinned: z
      .boolean()
      .describe(
        `Above ${tableLimits.rows} trials: the best, those that run or wait at a rung, and every n-th of the rest`,
      ),
    trials: z
      .object({
        number: column(z.int()),
        state: column(z.enum(trialStates)),
        stage: column(z.int()),
        rung: column(z.int()),
        attempt: column(z.int()),
        value: column(z.number().nullable()),
        deviation: column(z.number().nullable()),
        outcome: column(z.enum(['ok', 'diverged']).nullable()),
        epochs: column(z.int()),
        durationMs: column(z.number().nullable()),
        worker: column(z.string().nullable()),
        startedAt: column(milliseconds),
        finishedAt: column(milliseconds),
        found: column(column(z.enum(findingCodes))),
        reason: column(z.string().nullable()),
        rule: column(z.string().nullable()).describe('Of the verdict'),
      })
      .describe('One entry a trial in each, by number'),
    points: z
      .record(z.string(), column(z.union([z.number(), z.string(), z.boolean()]).nullable()))
      .describe('The same of every hyperparameter that varies; null where it is not active'),
  })
  .meta({ id: 'Table' });
export type Table = z.infer<typeof tableSchema>;
