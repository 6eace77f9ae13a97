/** What the database holds. */
import { z } from 'zod';
import { searchStates } from '../domain/search.ts';
import { refusals } from './problem.ts';

const bytes = z.number().nonnegative();
const count = z.int().nonnegative();

const tableUsageSchema = z.object({
  name: z.string().describe('With its schema, unless that is public'),
  estimatedRows: count.nullable().describe('By Postgres; null before it has counted them'),
  heapBytes: bytes,
  indexBytes: bytes,
  toastBytes: bytes.describe('Large values, such as curves and files, with their index'),
  totalBytes: bytes.describe('The sum of the three'),
});

const searchUsageSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  state: z.enum(searchStates),
  trials: count.describe('Trials that are stored'),
  events: count,
  bytesPerTrial: bytes.nullable().describe('Estimated from a sample of its trials; null without any'),
  estimatedBytes: bytes.describe('Of its trials and events, without indexes and reports'),
});

/** Of data sets and models, whose sizes are exact. */
const measured = {
  count: count.describe('That are stored'),
  measured: count.describe('The newest of them, whose bytes are given'),
  bytes: bytes.describe('Of the stored text or document'),
  storedBytes: bytes.describe('The same, as Postgres has compressed it'),
};
const largest = { name: z.string(), bytes: measured.bytes, storedBytes: measured.storedBytes };

const usageSchema = z
  .object({
    bytes: bytes.describe('Size of the database'),
    tables: z.array(tableUsageSchema).readonly().describe('The largest first'),
    trials: z
      .object({
        count: count.describe('That are stored, of all searches'),
        sampled: count.describe('Trials whose stored bytes were measured'),
        bytesPerTrial: bytes.nullable().describe('Estimated: the mean over the largest searches; null without trials'),
      })
      .describe('Stored bytes of a row and of its checkpoint, without indexes'),
    searches: z
      .object({ count, items: z.array(searchUsageSchema).readonly() })
      .describe('Estimates: trials and events as counted, times the mean size of a sample. The largest ten first'),
    datasets: z
      .object({
        ...measured,
        items: z.array(z.object({ ...largest, versions: count.describe('Of those that were measured') })).readonly(),
      })
      .describe('Versions of uploaded data sets, exact; `items`: the largest ten names'),
    models: z
      .object({ ...measured, items: z.array(z.object({ ...largest, id: z.uuid() })).readonly() })
      .describe('Models, exact; `items`: the largest ten'),
  })
  .meta({ id: 'Usage' });
export type StorageUsage = z.output<typeof usageSchema>;

export const usageEndpoints = {
  'GET /v1/usage': {
    tags: ['usage'],
    summary: 'What the database holds, in bytes: tables, searches (estimated), data sets, models',
    response: { 200: usageSchema, ...refusals },
  },
} as const;
