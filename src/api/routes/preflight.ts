import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { LRUCache } from 'lru-cache';
import { Problem } from '../../errors.ts';
import { parseSpecification } from '../../searches/parse-specification.ts';
import { preflightSchema, preflightTask, type SearchPreflight } from '../../searches/preflight.ts';
import { type Specification, specificationSchema } from '../../searches/specification.ts';
import type { ApiParts } from '../parts.ts';
import { idSchema, refusals } from '../schemas.ts';

const tags = ['analysis'];
const MOST_KEPT = 100;

export const preflightRoutes: FastifyPluginAsyncZod<ApiParts> = async (app, parts) => {
  const { queries, datasets, preflight } = parts;
  /** A search's pre-flight never changes: it is a function of the specification. */
  const kept = new LRUCache<string, Promise<SearchPreflight>>({ max: MOST_KEPT });

  const run = async (specification: Specification, hash?: string): Promise<SearchPreflight> => {
    const dataset = await datasets.load(specification.dataset, hash);
    if (dataset === undefined) throw new Problem('notFound', `there is no data set ${specification.dataset}`);
    return preflight(preflightTask(specification, dataset));
  };

  app.route({
    method: 'GET',
    url: '/v1/searches/:id/preflight',
    schema: {
      tags,
      summary: 'Its networks before training: the loss at the start, the spread, and whether 20 rows can be overfit',
      params: idSchema,
      response: { 200: preflightSchema, ...refusals },
    },
    handler: async ({ params: { id } }) => {
      const search = await queries.find(id);
      if (search === undefined) throw new Problem('notFound', `there is no search ${id}`);
      const answer = kept.get(id) ?? run(search.specification, search.dataset.hash);
      answer.catch(() => kept.delete(id));
      kept.set(id, answer);
      return answer;
    },
  });

  app.route({
    method: 'POST',
    url: '/v1/searches/preflight',
    schema: {
      tags,
      summary: 'The same of a specification; stores nothing',
      body: specificationSchema,
      response: { 200: preflightSchema, ...refusals },
    },
    // parseSpecification judges it, which also knows the data sets.
    validatorCompiler: () => (data: unknown) => ({ value: data }),
    handler: async (request) => {
      const { specification } = await parseSpecification(request.body, parts);
      return run(specification);
    },
  });
};
