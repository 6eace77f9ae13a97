import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { searchHistory } from '../../application/history.ts';
import { createImportance } from '../../application/importance.ts';
import { createPreflight } from '../../application/preflight.ts';
import { searchCoverage } from '../../application/search-coverage.ts';
import { searchFindings } from '../../application/search-findings.ts';
import { createWhatIf } from '../../application/what-if.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { endpoint, validatedByUseCase } from '../endpoint.ts';

export const analysisRoutes: FastifyPluginAsyncZod<ApiDependencies> = async (app, dependencies) => {
  const importance = createImportance(dependencies);
  const preflight = createPreflight(dependencies);
  const whatIf = createWhatIf(dependencies);

  app.route({
    ...endpoint('GET /v1/searches/:id/findings'),
    handler: ({ params: { id } }) => searchFindings(dependencies, id),
  });
  app.route({
    ...endpoint('GET /v1/searches/:id/importance'),
    handler: ({ params: { id }, query: { epochs } }) => importance(id, epochs),
  });
  app.route({
    ...endpoint('GET /v1/searches/:id/coverage'),
    handler: ({ params: { id } }) => searchCoverage(dependencies, id),
  });
  app.route({
    ...endpoint('GET /v1/searches/:id/history'),
    handler: ({ params: { id } }) => searchHistory(dependencies, id),
  });
  app.route({
    ...endpoint('GET /v1/searches/:id/what-if'),
    handler: ({ params: { id } }) => whatIf(id),
  });
  app.route({
    ...endpoint('GET /v1/searches/:id/preflight'),
    handler: ({ params: { id } }) => preflight.ofSearch(id),
  });
  app.route({
    ...endpoint('POST /v1/searches/preflight'),
    ...validatedByUseCase,
    handler: ({ body }) => preflight.ofSpecification(body),
  });
};
