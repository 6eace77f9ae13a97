import { Readable } from 'node:stream';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { datasetRows } from '../../application/dataset-rows.ts';
import { datasetCsv, findDataset } from '../../application/find-dataset.ts';
import { previewDataset } from '../../application/preview-dataset.ts';
import { removeDataset } from '../../application/remove-dataset.ts';
import { fileTypes } from '../../contract/datasets.ts';
import { datasetLimits } from '../../data/csv-table.ts';
import { DEFAULT_PROJECT } from '../../domain/project.ts';
import { Problem } from '../../errors.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { endpoint } from '../endpoint.ts';
import { fileParser } from '../file-body.ts';
import { attachment, rowsStream, rowsTypes } from '../rows-export.ts';

export const datasetRoutes: FastifyPluginAsyncZod<ApiDependencies> = async (app, dependencies) => {
  const { datasets } = dependencies;
  const { bytes: bodyLimit } = datasetLimits;
  const fileOf = (body: unknown, url: string | undefined) => {
    if (url === undefined) return fileIn(body);
    if (body === undefined || body === null || (Buffer.isBuffer(body) && body.length === 0))
      return dependencies.fetcher.fetch(url, bodyLimit);
    const message = 'must be left out where the body is a file';
    throw new Problem('invalidRequest', `url ${message}`, [{ path: 'url', message }]);
  };
  app.addContentTypeParser([...fileTypes], { bodyLimit }, fileParser(bodyLimit));

  app.route({
    ...endpoint('GET /v1/datasets'),
    handler: async ({ query: { project } }) => ({ items: await datasets.list(project) }),
  });

  app.route({
    ...endpoint('GET /v1/datasets/:name'),
    handler: ({ params: { name }, query: { hash } }) => findDataset(dependencies, name, hash),
  });

  app.route({
    ...endpoint('DELETE /v1/datasets/:name'),
    handler: async ({ params: { name }, query: { force } }, reply) => {
      await removeDataset(dependencies, name, force === 'true');
      return reply.code(204).send(null);
    },
  });

  app.route({
    ...endpoint('GET /v1/datasets/:name/csv'),
    handler: async ({ params: { name }, query: { hash } }, reply) => {
      const csv = await datasetCsv(dependencies, name, hash);
      return reply
        .type('text/csv; charset=utf-8')
        .serializer((payload: unknown) => payload as string)
        .send(Readable.from(partsOf(csv), { objectMode: false }) as never);
    },
  });

  app.route({
    ...endpoint('GET /v1/datasets/:name/rows'),
    handler: async ({ params: { name }, query: { hash, format } }, reply) => {
      const stream = rowsStream(await datasetRows(dependencies, name, hash), format);
      return reply
        .type(rowsTypes[format])
        .header('content-disposition', attachment(`${name}-rows.${format}`))
        .serializer((payload: unknown) => payload as string)
        .send(stream as never);
    },
  });

  app.route({
    ...endpoint('POST /v1/datasets'),
    bodyLimit,
    handler: async ({ query: { project = DEFAULT_PROJECT, url, ...query }, body }, reply) => {
      const dataset = await datasets.add({ ...query, project, file: await fileOf(body, url) });
      return reply.code(201).header('location', `/v1/datasets/${dataset.name}`).send(dataset);
    },
  });

  app.route({
    ...endpoint('POST /v1/datasets/preview'),
    bodyLimit,
    handler: async ({ query: { url, ...query }, body }) =>
      previewDataset(dependencies, await fileOf(body, url), { ...query, name: 'preview' }),
  });
};

/** Bytes that are compressed in one go. */
const PART_BYTES = 1024 * 1024;

function* partsOf(file: Buffer): Generator<Buffer> {
  for (let at = 0; at < file.length; at += PART_BYTES) yield file.subarray(at, at + PART_BYTES);
}

function fileIn(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  const message = `the body must be a file, with content-type text/csv`;
  throw new Problem('unsupportedMediaType', message, [{ path: 'content-type', message }]);
}
