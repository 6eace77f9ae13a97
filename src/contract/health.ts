/** Whether the service is there, and ready. */
import { z } from 'zod';
import { refusals } from './problem.ts';

const tags = ['health'];
const ok = z.object({ status: z.literal('ok') });

export const healthEndpoints = {
  'GET /healthz': { tags, summary: 'The process answers', response: { 200: ok } },
  'GET /readyz': {
    tags,
    summary: 'So do Postgres and the queue',
    response: { 200: ok.extend({ kernels: z.string().describe('What trains here') }), ...refusals },
  },
} as const;
