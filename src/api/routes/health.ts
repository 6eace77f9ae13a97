import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { messageOf, Problem } from '../../errors.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { endpoint } from '../endpoint.ts';

export const healthRoutes: FastifyPluginAsyncZod<ApiDependencies> = async (app, { ping, queue, kernels }) => {
  app.route({
    ...endpoint('GET /healthz'),
    handler: async () => ({ status: 'ok' as const }),
  });
  app.route({
    ...endpoint('GET /readyz'),
    handler: async () => {
      await answers('Postgres', ping);
      await answers('the queue', queue.depth);
      return { status: 'ok' as const, kernels: kernels.implementation };
    },
  });
};

const TIMEOUT_MS = 3000;

async function answers(what: string, ask: () => Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
  });
  try {
    await Promise.race([ask(), late]);
  } catch (error) {
    throw new Problem('unavailable', `${what} does not answer: ${messageOf(error)}`);
  } finally {
    clearTimeout(timer);
  }
}
