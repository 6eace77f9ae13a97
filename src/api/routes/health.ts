import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { messageOf, Problem } from '../../errors.ts';
import type { ApiParts } from '../parts.ts';
import { refusals } from '../schemas.ts';

const okSchema = z.object({ status: z.literal('ok') });

export const healthRoutes: FastifyPluginAsyncZod<ApiParts> = async (app, { ping, queue }) => {
  app.route({
    method: 'GET',
    url: '/healthz',
    schema: { tags: ['health'], summary: 'The process answers', response: { 200: okSchema } },
    handler: async () => ({ status: 'ok' as const }),
  });
  app.route({
    method: 'GET',
    url: '/readyz',
    schema: { tags: ['health'], summary: 'So do Postgres and the queue', response: { 200: okSchema, ...refusals } },
    handler: async () => {
      await answers('Postgres', ping);
      await answers('the queue', queue.depth);
      return { status: 'ok' as const };
    },
  });
};

const PATIENCE_MS = 3000;

async function answers(what: string, ask: () => Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${PATIENCE_MS} ms`)), PATIENCE_MS);
  });
  try {
    await Promise.race([ask(), late]);
  } catch (error) {
    throw new Problem('unavailable', `${what} does not answer: ${messageOf(error)}`);
  } finally {
    clearTimeout(timer);
  }
}
