/** Whole searches at one glance: what a page needs that shows thousands of trials. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { Problem } from '../../errors.ts';
import { tableSchema } from '../../searches/table.ts';
import type { ApiParts } from '../parts.ts';
import { idSchema, refusals } from '../schemas.ts';

const tags = ['trials'];

export const overviewRoutes: FastifyPluginAsyncZod<ApiParts> = async (app, { queries }) => {
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
      if (table === undefined) throw new Problem('notFound', `there is no search ${id}`);
      // Text already: to read 200,000 cells once more only to check them would cost more than all the rest.
      return reply
        .type('application/json; charset=utf-8')
        .serializer((text: unknown) => String(text))
        .send(table as never);
    },
  });
};
