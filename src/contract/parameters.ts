/** Parameters shared by many endpoints. */
import { z } from 'zod';
import { projectNameSchema } from '../domain/project.ts';

/** Numbers of trials and of events are int4 in Postgres. */
export const MAX_NUMBER = 2 ** 31 - 1;

export const searchParams = z.strictObject({ id: z.uuid() });
export const trialParams = z.strictObject({
  id: z.uuid(),
  number: z.coerce.number().int().min(0).max(MAX_NUMBER),
});

export const limit = z.coerce.number().int().min(1).max(500).default(50);
export const cursor = z.string().min(1).max(500).optional().describe('The `next` of an earlier page');

export const projectFilter = z.string().min(1).max(100).optional().describe('Only what belongs to this project');
export const projectOwner = projectNameSchema
  .optional()
  .describe('The project it belongs to. Default: that of the key, or `default`');

/** A page of a list. */
export function page<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item).readonly(), next: z.string().nullable() });
}
