/** Error responses: application/problem+json (RFC 9457) with a stable code. */
import { z } from 'zod';
import { type ProblemCode, problems } from '../errors.ts';

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum(Object.keys(problems) as [ProblemCode, ...ProblemCode[]]),
    detail: z.string(),
    faults: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .readonly()
      .describe('All issues of the request with their paths'),
  })
  .meta({ id: 'Problem' });
export type ProblemDocument = z.output<typeof problemSchema>;

const content = { 'application/problem+json': { schema: problemSchema } };

/** The error responses of every endpoint. */
export const refusals = {
  '4xx': { description: 'The request is refused', content },
  '5xx': { description: 'The service cannot answer', content },
} as const;
