import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { type CsvOptions, datasetLimits } from '../../data/csv-dataset.ts';
import { type CsvPreview, previewOfCsv } from '../../data/csv-preview.ts';
import { InvalidDataset } from '../../data/faults.ts';
import { Problem } from '../../errors.ts';
import type { ApiParts } from '../parts.ts';
import {
  datasetNameSchema,
  datasetPageSchema,
  datasetSchema,
  previewQuerySchema,
  previewSchema,
  refusals,
  uploadQuerySchema,
} from '../schemas.ts';

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
      const dataset = await datasets.add({ ...request.query, csv: csvIn(request.body) });
      return reply.code(201).header('location', `/v1/datasets/${dataset.name}`).send(dataset);
    },
  });

  app.route({
    method: 'POST',
    url: '/v1/datasets/preview',
    bodyLimit: datasetLimits.bytes,
    schema: {
      tags,
      summary: 'What an upload would be: its columns as they are taken, and all that would refuse it; stores nothing',
      consumes: ['text/csv'],
      querystring: previewQuerySchema,
      response: { 200: previewSchema, ...refusals },
    },
    handler: async (request) => {
      const { bytes, rows, columns, cells, classes } = datasetLimits;
      const preview = previewed(csvIn(request.body).toString(), { ...request.query, name: 'preview' });
      return { ...preview, limits: { bytes, rows, columns, cells, classes } };
    },
  });
};

function csvIn(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  const message = 'the body must be CSV, with content-type text/csv';
  throw new Problem('unsupportedMediaType', message, [{ path: 'content-type', message }]);
}

function previewed(text: string, options: CsvOptions): CsvPreview {
  try {
    return previewOfCsv(text, options);
  } catch (error) {
    if (!(error instanceof InvalidDataset)) throw error;
    throw new Problem('invalidRequest', `the text is no table: ${error.message}`, error.faults);
  }
}
