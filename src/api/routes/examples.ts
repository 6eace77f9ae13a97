import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { exampleSchema } from '../../searches/examples.ts';
import type { ApiParts } from '../parts.ts';
import { refusals } from '../schemas.ts';

export const exampleRoutes: FastifyPluginAsyncZod<ApiParts> = async (app, { examples }) => {
  app.route({
    method: 'GET',
    url: '/v1/examples',
    schema: {
      tags: ['searches'],
      summary: 'Ready searches that show one thing each, and what must be found in them',
      response: { 200: z.object({ items: z.array(exampleSchema).readonly() }), ...refusals },
    },
    handler: async () => ({ items: examples }),
  });
};
