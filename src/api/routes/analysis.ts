import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { Problem } from '../../errors.ts';
import { type CoveringSampler, coverageOf, coveringSamplers } from '../../search/coverage.ts';
import { spaceOf } from '../../search/space.ts';
import { historyOf, historySchema } from '../../searches/history.ts';
import { type Importance, importanceSchema, importanceTask } from '../../searches/importance.ts';
import type { Search } from '../../searches/records.ts';
import { stagesOf } from '../../searches/stages.ts';
import type { ApiParts } from '../parts.ts';
import { idSchema, refusals } from '../schemas.ts';

const tags = ['analysis'];

const coverageSchema = z.object({
  trials: z.int(),
  samplers: z
    .array(
      z.object({
        sampler: z.enum(coveringSamplers as [CoveringSampler, ...CoveringSampler[]]),
        trials: z.int(),
        distinct: z.array(z.object({ name: z.string(), values: z.int(), of: z.number().nullable() })).readonly(),
        hit: z
          .object({ one: z.number(), two: z.number(), all: z.number() })
          .describe(
            'The chance to try a point in a target of 1 % of the space that one, two or all hyperparameters decide',
          ),
      }),
    )
    .readonly(),
});

/** Answers are kept until more trials have ended. */
const MOST_KEPT = 100;

export const analysisRoutes: FastifyPluginAsyncZod<ApiParts> = async (app, { queries, importance }) => {
  const kept = new LRUCache<string, { readonly ended: number; readonly answer: Promise<Importance> }>({
    max: MOST_KEPT,
  });
  const searchOr404 = async (id: string): Promise<Search> => {
    const search = await queries.find(id);
    if (search === undefined) throw new Problem('notFound', `there is no search ${id}`);
    return search;
  };

  app.route({
    method: 'GET',
    url: '/v1/searches/:id/importance',
    schema: {
      tags,
      summary: 'Which hyperparameters mattered, and how sure that is',
      params: idSchema,
      response: { 200: importanceSchema, ...refusals },
    },
    handler: async ({ params: { id } }) => {
      const search = await searchOr404(id);
      const ended = search.trials.complete;
      const known = kept.get(id);
      if (known?.ended === ended) return known.answer;
      const answer = queries.outcomes(search).then((outcomes) => importance(importanceTask(search, outcomes)));
      answer.catch(() => kept.delete(id));
      kept.set(id, { ended, answer });
      return answer;
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/searches/:id/coverage',
    schema: {
      tags,
      summary: 'What random, grid and Sobol search of this size cover of this space',
      params: idSchema,
      response: { 200: coverageSchema, ...refusals },
    },
    handler: async ({ params: { id } }) => {
      const search = await searchOr404(id);
      const stage = stagesOf(search).at(-1);
      const space = spaceOf(stage?.hyperparameters ?? search.specification.hyperparameters);
      const trials = stage === undefined ? search.trials.total : stage.to - stage.from;
      const { seed } = search.specification.sampler;
      return { trials, samplers: coveringSamplers.map((sampler) => coverageOf(space, sampler, trials, seed)) };
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/searches/:id/history',
    schema: {
      tags,
      summary: 'The best so far, trial by trial',
      params: idSchema,
      response: { 200: historySchema, ...refusals },
    },
    handler: async ({ params: { id } }) => {
      const search = await searchOr404(id);
      return historyOf(search, await queries.outcomes(search));
    },
  });
};
