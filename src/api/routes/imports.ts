import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { importSpace } from '../../application/import-space.ts';
import { MAX_IMPORT } from '../../contract/imports.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { endpoint } from '../endpoint.ts';

/** In JSON a line of a file is longer: quotes are escaped, and a letter may have four bytes. */
const bodyLimit = 4 * MAX_IMPORT;

export const importRoutes: FastifyPluginAsyncZod<ApiDependencies> = async (app, dependencies) => {
  app.route({
    ...endpoint('POST /v1/imports'),
    bodyLimit,
    handler: ({ body }) => importSpace(dependencies, body),
  });
};
