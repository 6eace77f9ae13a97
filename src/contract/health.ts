/** Endpoints for health checks. */
import { z } from 'zod';
import { refusals } from './problem.ts';

const tags = ['health'];
const ok = z.object({ status: z.literal('ok') });

export const healthEndpoints = {
  'GET /healthz': { tags, summary: 'The process is running', response: { 200: ok } },
  'GET /readyz': {
    tags,
    summary: 'Postgres and the queue answer',
    response: { 200: ok.extend({ kernels: z.string().describe('How the kernels run here') }), ...refusals },
  },
} as const;
