import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { messageOf, Problem, Unavailable } from '../../errors.ts';
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
      const faults = await Promise.all([faultOf('Postgres', ping), faultOf('the queue', queue.depth)]);
      const known = faults.filter((fault) => fault !== undefined);
      if (known.length > 0) throw new Problem('unavailable', known.join('; '));
      return { status: 'ok' as const, kernels: kernels.implementation };
    },
  });
};

const TIMEOUT_MS = 3000;

async function faultOf(what: string, ask: () => Promise<unknown>): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
  });
  try {
    await Promise.race([ask(), late]);
    return undefined;
  } catch (error) {
    return error instanceof Unavailable ? error.message : `${what} does not answer: ${messageOf(error)}`;
  } finally {
    clearTimeout(timer);
  }
}
