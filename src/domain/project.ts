/** Projects: what belongs together, and how much of the service it may use. */
import { z } from 'zod';
import { count, time } from './fields.ts';

/** What says nothing of a project belongs to this one, which always exists. */
export const DEFAULT_PROJECT = 'default';

export const projectNameSchema = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,48}[a-z0-9])?$/, {
  error: 'must have 1 to 50 lower-case letters, digits or dashes, and start and end with a letter or digit',
});

const MAX_BYTES = 2 ** 50;
const MAX_COUNT = 1_000_000;

/** Of each key, with or without a project. */
export const keyLimits = {
  requestsPerMinute: z.int().min(1).max(MAX_COUNT).describe('Requests of a key in a minute'),
  websockets: z.int().min(1).max(MAX_COUNT).describe('Websockets of a key that are open at the same time'),
};
const projectLimits = {
  runningTrials: z.int().min(1).max(MAX_COUNT).describe('Trials that run at the same time; others wait'),
  openSearches: z.int().min(1).max(MAX_COUNT).describe('Searches that have not ended'),
  storedBytes: z.int().min(0).max(MAX_BYTES).describe('Bytes of its data sets and models, as stored'),
  ...keyLimits,
};
export const limitNames = Object.keys(projectLimits) as (keyof typeof projectLimits)[];

/** As stored and served: what is not there is not limited. */
export const projectLimitsSchema = z.strictObject(projectLimits).partial().readonly();
export type ProjectLimits = z.output<typeof projectLimitsSchema>;

const change = <Schema extends z.ZodType>(schema: Schema) => schema.nullable().optional();
/** A limit that is left out stays; null removes it. */
export const projectLimitsChangeSchema = z
  .strictObject({
    runningTrials: change(projectLimits.runningTrials),
    openSearches: change(projectLimits.openSearches),
    storedBytes: change(projectLimits.storedBytes),
    requestsPerMinute: change(projectLimits.requestsPerMinute),
    websockets: change(projectLimits.websockets),
  })
  .refine((limits) => Object.values(limits).some((limit) => limit !== undefined), {
    error: `must have at least one of ${limitNames.join(', ')}`,
  })
  .meta({ minProperties: 1 });
export type ProjectLimitsChange = z.output<typeof projectLimitsChangeSchema>;

export const projectSchema = z
  .object({
    name: z.string(),
    limits: projectLimitsSchema.describe('What is left out is not limited'),
    used: z
      .object({
        runningTrials: count,
        openSearches: count,
        storedBytes: z.number().nonnegative(),
      })
      .describe('Of what is limited for the project as a whole'),
    searches: count,
    datasets: count.describe('Uploaded ones, by name'),
    models: count,
    keys: count.describe('Without those that were revoked'),
    createdAt: time,
  })
  .readonly()
  .meta({ id: 'Project' });
export type Project = z.output<typeof projectSchema>;
