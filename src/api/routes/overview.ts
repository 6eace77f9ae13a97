/** Whole searches at one glance: what a page needs that shows thousands of trials. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { Problem } from '../../errors.ts';
import { curvesSchema, meanCurves } from '../../searches/curves.ts';
import { tableSchema } from '../../searches/table.ts';
import type { LiveCurves } from '../live-curves.ts';
import type { ApiParts } from '../parts.ts';
import { curvesQuerySchema, idSchema, refusals } from '../schemas.ts';

const tags = ['trials'];

export const overviewRoutes: FastifyPluginAsyncZod<ApiParts & { readonly curves: LiveCurves }> = async (
  app,
  { queries, curves },
) => {
  app.route({
    method: 'GET',
    url: '/v1/searches/:id/table',
    schema: {
      tags,
      summary: 'Every planned trial, as columns',
      params: idSchema,
      response: { 200: tableSchema, ...refusals },
    },
    handler: async ({ params: { id } }, reply) => {
      const search = await queries.find(id);
      const table = search && (await queries.table(search));
      if (table === undefined) throw gone(id);
      // Text already: to read 200,000 cells once more only to check them would cost more than all the rest.
      return reply
        .type('application/json; charset=utf-8')
        .serializer((text: unknown) => String(text))
        .send(table as never);
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/searches/:id/curves',
    schema: {
      tags,
      summary: 'Learning curves of many trials, thinned',
      params: idSchema,
      querystring: curvesQuerySchema,
      response: { 200: curvesSchema, ...refusals },
    },
    handler: async ({ params: { id }, query: { trials, points } }) => {
      const search = await queries.find(id);
      const stored = search && (await queries.curves(search, trials, points));
      if (stored === undefined) throw gone(id);
      const items = stored.trials.map((trial) =>
        meanCurves(trial.state === 'running' ? curves.continued(id, trial) : trial, points),
      );
      return { seq: stored.seq, items };
    },
  });
};

function gone(id: string): Problem {
  return new Problem('notFound', `there is no search ${id}`);
}
