import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { datasetLimits } from '../../data/csv-table.ts';
import { InvalidDataset } from '../../data/faults.ts';
import type { FileReader } from '../../data/file-work.ts';
import type { AskedUpload } from '../../data/upload.ts';
import { Problem } from '../../errors.ts';
import { removeDataset } from '../../searches/remove-dataset.ts';
import {
  type DatasetPreview,
  datasetNameSchema,
  datasetPageSchema,
  datasetSchema,
  datasetVersionSchema,
  previewQuerySchema,
  previewSchema,
  removeDatasetSchema,
  uploadQuerySchema,
} from '../dataset-schemas.ts';
import type { ApiParts } from '../parts.ts';
import { refusals } from '../schemas.ts';

const tags = ['data sets'];
/** What programs call a delimited or compressed file; what is in it is seen when it is read. */
const fileTypes = [
  'text/csv',
  'text/plain',
  'text/tab-separated-values',
  'application/csv',
  'application/vnd.ms-excel',
  'application/gzip',
  'application/x-gzip',
  'application/octet-stream',
];

export const datasetRoutes: FastifyPluginAsyncZod<ApiParts> = async (app, { datasets, store, files }) => {
  app.addContentTypeParser(
    fileTypes,
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
    schema: {
      tags,
      params: datasetNameSchema,
      querystring: datasetVersionSchema,
      response: { 200: datasetSchema, ...refusals },
    },
    handler: async ({ params: { name }, query: { hash } }) => {
      const found = await datasets.find(name, hash);
      if (found === undefined) throw new Problem('notFound', noDataset(name, hash));
      return found;
    },
  });

  app.route({
    method: 'DELETE',
    url: '/v1/datasets/:name',
    schema: {
      tags,
      summary: 'All its versions; refused while searches use it, unless `force`',
      params: datasetNameSchema,
      querystring: removeDatasetSchema,
      response: { 204: z.null(), ...refusals },
    },
    handler: async ({ params: { name }, query: { force } }, reply) => {
      await removeDataset({ datasets, store }, name, force === 'true');
      return reply.code(204).send(null);
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/datasets/:name/csv',
    schema: {
      tags,
      summary: 'The file as UTF-8 text: with `reading` it gives the same rows',
      params: datasetNameSchema,
      querystring: datasetVersionSchema,
      response: { 200: z.string(), ...refusals },
    },
    handler: async ({ params: { name }, query: { hash } }, reply) => {
      const csv = await datasets.csv(name, hash);
      if (csv === undefined) throw new Problem('notFound', noDataset(name, hash));
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
      summary: 'Upload a delimited text file as the body; the same name again is a new version',
      consumes: fileTypes,
      querystring: uploadQuerySchema,
      response: { 201: datasetSchema, ...refusals },
    },
    handler: async (request, reply) => {
      const dataset = await datasets.add({ ...request.query, file: fileIn(request.body) });
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
      consumes: fileTypes,
      querystring: previewQuerySchema,
      response: { 200: previewSchema, ...refusals },
    },
    handler: async (request) => previewed(files, fileIn(request.body), { ...request.query, name: 'preview' }),
  });
};

function noDataset(name: string, hash: string | undefined): string {
  return `there is no data set ${name}${hash === undefined ? '' : ` with the hash ${hash}`}`;
}

function fileIn(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  const message = `the body must be a file, with content-type text/csv`;
  throw new Problem('unsupportedMediaType', message, [{ path: 'content-type', message }]);
}

async function previewed(files: FileReader, file: Buffer, asked: AskedUpload): Promise<DatasetPreview> {
  const { bytes, rows, columns, cells, classes } = datasetLimits;
  try {
    return { ...(await files.preview(file, asked)), limits: { bytes, rows, columns, cells, classes } };
  } catch (error) {
    if (!(error instanceof InvalidDataset)) throw error;
    throw new Problem('invalidRequest', `the text is no table: ${error.message}`, error.faults);
  }
}
