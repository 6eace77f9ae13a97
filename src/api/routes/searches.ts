import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { changeSearch } from '../../application/change-search.ts';
import { createSearch } from '../../application/create-search.ts';
import { dryRunSearch } from '../../application/dry-run.ts';
import { findSearch } from '../../application/find-search.ts';
import { dryRunRefinement, refineSearch } from '../../application/refine-search.ts';
import { transitionSearch } from '../../application/transition-search.ts';
import { refinementSchema } from '../../contract/searches.ts';
import { searchSchema } from '../../domain/search.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { endpoint, validatedByUseCase } from '../endpoint.ts';
import { pageText } from '../page-text.ts';

export const searchRoutes: FastifyPluginAsyncZod<ApiDependencies> = async (app, dependencies) => {
  app.route({
    ...endpoint('POST /v1/searches'),
    validatorCompiler: (route) => (route.httpPart === 'body' ? validatedByUseCase : app).validatorCompiler!(route),
    handler: async ({ body, headers }, reply) => {
      const options = { idempotencyKey: headers['idempotency-key'] };
      const { search, created } = await createSearch(dependencies, body, options);
      if (!created) reply.header('idempotent-replayed', 'true');
      return reply.code(201).header('location', `/v1/searches/${search.id}`).send(search);
    },
  });

  app.route({
    ...endpoint('POST /v1/searches/dry-run'),
    ...validatedByUseCase,
    handler: ({ body }) => dryRunSearch(dependencies, body),
  });

  app.route({
    ...endpoint('GET /v1/searches'),
    handler: async ({ query }, reply) => {
      const text = await pageText(searchSchema, await dependencies.queries.list(query));
      return reply
        .type('application/json; charset=utf-8')
        .serializer((json: unknown) => String(json))
        .send(text as never);
    },
  });

  app.route({
    ...endpoint('GET /v1/searches/:id'),
    handler: ({ params: { id } }) => findSearch(dependencies, id),
  });

  app.route({
    ...endpoint('POST /v1/searches/:id/refine'),
    handler: async ({ params: { id }, body }, reply) => {
      const search = await refineSearch(dependencies, id, body ?? refinementSchema.parse({}));
      return reply.code(201).header('location', `/v1/searches/${search.id}`).send(search);
    },
  });

  app.route({
    ...endpoint('POST /v1/searches/:id/refine/dry-run'),
    handler: ({ params: { id }, body }) => dryRunRefinement(dependencies, id, body ?? refinementSchema.parse({})),
  });

  app.route({
    ...endpoint('PATCH /v1/searches/:id'),
    handler: ({ params: { id }, body }) => changeSearch(dependencies, id, body),
  });

  app.route({
    ...endpoint('DELETE /v1/searches/:id'),
    handler: async ({ params: { id } }, reply) => {
      await dependencies.store.remove(id);
      return reply.code(204).send(null);
    },
  });

  for (const transition of ['pause', 'resume', 'cancel'] as const) {
    app.route({
      ...endpoint(`POST /v1/searches/:id/${transition}`),
      handler: ({ params: { id } }) => transitionSearch(dependencies, id, transition),
    });
  }

  app.route({
    ...endpoint('GET /v1/examples'),
    handler: async () => ({ items: dependencies.examples }),
  });
};
