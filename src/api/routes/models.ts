import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { createModel } from '../../application/models/create-model.ts';
import { findModel } from '../../application/models/find-model.ts';
import { modelFile, predict } from '../../application/models/predict.ts';
import { csvTypes } from '../../contract/datasets.ts';
import { modelFiles } from '../../contract/models.ts';
import { datasetLimits } from '../../data/csv-table.ts';
import { Problem } from '../../errors.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { endpoint, validatedByUseCase } from '../endpoint.ts';
import { streamModel } from '../model-stream.ts';
import { refuseOtherSites } from '../socket.ts';

export const modelRoutes: FastifyPluginAsyncZod<ApiDependencies> = async (app, dependencies) => {
  const { models } = dependencies;

  app.route({
    ...endpoint('POST /v1/searches/:id/models'),
    handler: async ({ params: { id }, body }, reply) => {
      const model = await createModel(dependencies, id, body);
      return reply.code(202).header('location', `/v1/models/${model.id}`).send(model);
    },
  });

  app.route({
    ...endpoint('GET /v1/models'),
    handler: ({ query: { search, ...query } }) => models.list({ ...query, searchId: search }),
  });

  app.route({
    ...endpoint('GET /v1/models/:id'),
    handler: ({ params: { id } }) => findModel(dependencies, id),
  });

  app.route({
    ...endpoint('PATCH /v1/models/:id'),
    handler: async ({ params: { id }, body }) => {
      await models.change(id, body);
      return findModel(dependencies, id);
    },
  });

  app.route({
    ...endpoint('DELETE /v1/models/:id'),
    handler: async ({ params: { id } }, reply) => {
      if (!(await models.remove(id))) await findModel(dependencies, id);
      return reply.code(204).send(null);
    },
  });

  app.route({
    ...endpoint('GET /v1/models/:id/files/:file'),
    handler: async ({ params: { id, file }, query: { batchNorm } }, reply) => {
      const bytes = await modelFile(dependencies, id, file, batchNorm === 'folded');
      return reply
        .type(modelFiles[file])
        .header('content-disposition', `attachment; filename="${file}"`)
        .serializer(asItIs)
        .send(bytes as never);
    },
  });

  await app.register(predictRoute, dependencies);

  app.route({
    ...endpoint('GET /v1/models/:id/events'),
    preHandler: async (request) => {
      if (request.headers.upgrade === undefined) {
        throw new Problem('upgradeRequired', 'this endpoint is a websocket; GET /v1/models/:id gives the model');
      }
      refuseOtherSites(request);
      await findModel(dependencies, request.params.id);
    },
    handler: () => {
      throw new Problem('upgradeRequired', 'this endpoint is a websocket');
    },
    wsHandler: (socket, request) => streamModel(socket, (request.params as { id: string }).id, dependencies),
  });
};

/** Bytes are sent without being serialized again. */
const asItIs = (body: unknown) => body as string;

/** A plugin of its own, since its bodies are not parsed here: a large one would block the event loop. */
const predictRoute: FastifyPluginAsyncZod<ApiDependencies> = async (app, dependencies) => {
  const { bytes: bodyLimit } = datasetLimits;
  app.removeAllContentTypeParsers();
  const types = ['application/json', ...csvTypes];
  app.addContentTypeParser(types, { parseAs: 'buffer', bodyLimit }, async (_: unknown, body: Buffer) => body);
  app.route({
    ...endpoint('POST /v1/models/:id/predict'),
    validatorCompiler: (route) => (route.httpPart === 'body' ? validatedByUseCase : app).validatorCompiler!(route),
    bodyLimit,
    handler: async ({ params: { id }, query: { encoding, explain }, body, headers }, reply) => {
      const sent: unknown = body;
      if (!Buffer.isBuffer(sent)) throw new Problem('invalidRequest', 'the body must have rows as JSON or CSV');
      const isJson = headers['content-type']?.startsWith('application/json');
      const answer = await predict(
        dependencies,
        id,
        isJson ? { kind: 'json', body: sent } : { kind: 'csv', body: sent, encoding },
        { explain },
      );
      return reply
        .type('application/json; charset=utf-8')
        .serializer(asItIs)
        .send(answer as never);
    },
  });
};
