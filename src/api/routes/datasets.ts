import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { datasetLimits } from '../../data/csv-dataset.ts';
import { Problem } from '../../errors.ts';
import type { ApiParts } from '../parts.ts';
import { datasetNameSchema, datasetPageSchema, datasetSchema, refusals, uploadQuerySchema } from '../schemas.ts';

const tags = ['data sets'];

export const datasetRoutes: FastifyPluginAsyncZod<ApiParts> = async (app, { datasets }) => {
  app.addContentTypeParser(
    'text/csv',
    { parseAs: 'buffer', bodyLimit: datasetLimits.bytes },
    async (_: unknown, body: Buffer) => body,
  );

  app.route({
    method: 'GET',
    url: '/v1/datasets',
    schema: { tags, response: { 200: datasetPageSchema, ...refusals } },
    handler: async () => ({ items: await datasets.list() }),
  });

  app.route({
    method: 'GET',
    url: '/v1/datasets/:name',
    schema: { tags, params: datasetNameSchema, response: { 200: datasetSchema, ...refusals } },
    handler: async ({ params: { name } }) => {
      const found = await datasets.find(name);
      if (found === undefined) throw new Problem('notFound', `there is no data set ${name}`);
      return found;
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/datasets/:name/csv',
    schema: {
      tags,
      summary: 'The rows, as they were uploaded',
      params: datasetNameSchema,
      response: { 200: z.string(), ...refusals },
    },
    handler: async ({ params: { name } }, reply) => {
      const csv = await datasets.csv(name);
      if (csv === undefined) throw new Problem('notFound', `there is no data set ${name}`);
      return reply
        .type('text/csv; charset=utf-8')
        .serializer((text: unknown) => String(text))
        .send(csv);
    },
  });

  app.route({
    method: 'POST',
    url: '/v1/datasets',
    bodyLimit: datasetLimits.bytes,
    schema: {
      tags,
      summary: 'Upload a CSV with a header as the body, content-type text/csv',
      consumes: ['text/csv'],
      querystring: uploadQuerySchema,
      response: { 201: datasetSchema, ...refusals },
    },
    handler: async (request, reply) => {
      const csv = request.body;
      if (!Buffer.isBuffer(csv)) {
        const message = 'the body must be CSV, with content-type text/csv';
        throw new Problem('unsupportedMediaType', message, [{ path: 'content-type', message }]);
      }
      const { name, target, task } = request.query;
      const dataset = await datasets.add({ name, csv, target, task });
      return reply.code(201).header('location', `/v1/datasets/${name}`).send(dataset);
    },
  });
};
