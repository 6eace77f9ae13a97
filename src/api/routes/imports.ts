import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { importSpace } from '../../application/import-space.ts';
import { importTrials } from '../../application/import-trials.ts';
import { MAX_IMPORT, MAX_TRIALS_FILE, trialsTypes } from '../../contract/imports.ts';
import { Problem } from '../../errors.ts';
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

/** Apart: here a body is a file, also one that is JSON. */
export const trialImportRoutes: FastifyPluginAsyncZod<ApiDependencies> = async (app, dependencies) => {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    trialsTypes,
    { parseAs: 'buffer', bodyLimit: MAX_TRIALS_FILE },
    async (_: unknown, body: Buffer) => body,
  );
  app.route({
    ...endpoint('POST /v1/imports/trials'),
    bodyLimit: MAX_TRIALS_FILE,
    handler: async ({ body, query }, reply) => {
      const imported = await importTrials(dependencies, fileIn(body), query);
      return reply.code(201).header('location', `/v1/searches/${imported.search.id}`).send(imported);
    },
  });
};

function fileIn(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  const message = 'the body must be a file, with content-type application/octet-stream';
  throw new Problem('unsupportedMediaType', message, [{ path: 'content-type', message }]);
}
