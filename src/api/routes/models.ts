import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { createModel } from '../../application/models/create-model.ts';
import { findModel } from '../../application/models/find-model.ts';
import { modelFile, predict } from '../../application/models/predict.ts';
import { fileTypes } from '../../contract/datasets.ts';
import { modelFiles, predictBodySchema } from '../../contract/models.ts';
import { datasetLimits } from '../../data/csv-table.ts';
import { issuesOf } from '../../domain/specification/validation-issues.ts';
import { Problem } from '../../errors.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { endpoint, validatedByUseCase } from '../endpoint.ts';
import { streamModel } from '../model-stream.ts';
import { refuseOtherSites } from '../socket.ts';

export const modelRoutes: FastifyPluginAsyncZod<ApiDependencies> = async (app, dependencies) => {
  const { models } = dependencies;
  const { bytes: bodyLimit } = datasetLimits;
  app.addContentTypeParser([...fileTypes], { parseAs: 'string', bodyLimit }, async (_: unknown, body: string) => body);

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
    handler: async ({ params: { id, file } }, reply) => {
      const bytes = await modelFile(dependencies, id, file);
      return reply
        .type(modelFiles[file])
        .header('content-disposition', `attachment; filename="${file}"`)
        .serializer((body: unknown) => body as string)
        .send(bytes as never);
    },
  });

  app.route({
    ...endpoint('POST /v1/models/:id/predict'),
    ...validatedByUseCase,
    bodyLimit,
    handler: ({ params: { id }, body }) => {
      const sent: unknown = body;
      if (typeof sent === 'string') return predict(dependencies, id, { kind: 'csv', text: sent });
      const parsed = predictBodySchema.safeParse(sent);
      if (parsed.success) return predict(dependencies, id, { kind: 'rows', rows: parsed.data.rows });
      const issues = issuesOf(parsed.error, sent);
      throw new Problem('invalidRequest', `the rows have ${issues.length} faults`, issues);
    },
  });

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
