import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { ApiDependencies } from '../dependencies.ts';
import { endpoint } from '../endpoint.ts';

export const usageRoutes: FastifyPluginAsyncZod<ApiDependencies> = async (app, { usage }) => {
  app.route({ ...endpoint('GET /v1/usage'), handler: () => usage() });
};
