import { Readable } from 'node:stream';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { actOnTrial } from '../../application/act-on-trial.ts';
import { annotateTrial, tagTrials } from '../../application/annotate-trials.ts';
import { bestTrials } from '../../application/best-trials.ts';
import { searchConfirmation } from '../../application/confirmation.ts';
import { trialRows } from '../../application/dataset-rows.ts';
import { findSearch } from '../../application/find-search.ts';
import { findTrial } from '../../application/find-trial.ts';
import { createImportance } from '../../application/importance.ts';
import { searchCurves, searchTable } from '../../application/search-overview.ts';
import type { ExportFormat } from '../../contract/trials.ts';
import type { LiveDependencies } from '../dependencies.ts';
import { endpoint } from '../endpoint.ts';
import { exportTrials } from '../export.ts';
import { attachment, rowsStream, rowsTypes } from '../rows-export.ts';

/** The ends of file names; those of the others are their formats. */
const exportEnds: Readonly<Partial<Record<ExportFormat, string>>> = {
  'optuna-journal': 'journal.log',
  tensorboard: 'tensorboard.tar',
  mlflow: 'mlflow.db',
};

const exportTypes: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv; charset=utf-8',
  ndjson: 'application/x-ndjson',
  'optuna-journal': 'application/x-ndjson',
  parquet: 'application/vnd.apache.parquet',
  tensorboard: 'application/x-tar',
  mlflow: 'application/vnd.sqlite3',
};

export const trialRoutes: FastifyPluginAsyncZod<LiveDependencies> = async (app, dependencies) => {
  const { queries } = dependencies;
  const importanceOf = createImportance(dependencies);

  app.route({
    ...endpoint('GET /v1/searches/:id/trials'),
    handler: async ({ params: { id }, query }) => queries.trials(await findSearch(dependencies, id), query),
  });

  app.route({
    ...endpoint('GET /v1/searches/:id/trials/:number'),
    handler: ({ params: { id, number } }) => findTrial(dependencies, id, number),
  });

  app.route({
    ...endpoint('PATCH /v1/searches/:id/trials/:number'),
    handler: ({ params: { id, number }, body }) => annotateTrial(dependencies, id, number, body),
  });

  app.route({
    ...endpoint('PATCH /v1/searches/:id/trials'),
    handler: ({ params: { id }, body }) => tagTrials(dependencies, id, body),
  });

  for (const action of ['pause', 'resume', 'cancel', 'retry'] as const) {
    app.route({
      ...endpoint(`POST /v1/searches/:id/trials/:number/${action}`),
      handler: ({ params: { id, number } }) => actOnTrial(dependencies, id, number, action),
    });
  }

  app.route({
    ...endpoint('GET /v1/searches/:id/best'),
    handler: ({ params: { id }, query: { limit } }) => bestTrials(dependencies, id, limit),
  });

  app.route({
    ...endpoint('GET /v1/searches/:id/confirmation'),
    handler: ({ params: { id } }) => searchConfirmation(dependencies, id),
  });

  app.route({
    ...endpoint('GET /v1/searches/:id/table'),
    handler: async ({ params: { id } }, reply) => {
      const table = await searchTable(dependencies, id);
      // Already JSON text: parsing and validating 200,000 cells would cost more than the rest of the request.
      return reply
        .type('application/json; charset=utf-8')
        .serializer((text: unknown) => String(text))
        .send(table as never);
    },
  });

  app.route({
    ...endpoint('GET /v1/searches/:id/curves'),
    handler: ({ params: { id }, query: { trials, points } }) => searchCurves(dependencies, id, trials, points),
  });

  app.route({
    ...endpoint('GET /v1/searches/:id/trials/:number/rows'),
    handler: async ({ params: { id, number }, query: { format } }, reply) => {
      const stream = rowsStream(await trialRows(dependencies, id, number), format);
      return reply
        .type(rowsTypes[format])
        .header('content-disposition', attachment(`trial-${number}-rows.${format}`))
        .serializer((payload: unknown) => payload as string)
        .send(stream as never);
    },
  });

  app.route({
    ...endpoint('GET /v1/searches/:id/export'),
    handler: async ({ params: { id }, query: { format } }, reply) => {
      const search = await findSearch(dependencies, id);
      return (
        reply
          .type(exportTypes[format])
          .header('content-disposition', `attachment; filename="search-${search.id}.${exportEnds[format] ?? format}"`)
          .serializer((payload: unknown) => payload as string)
          // In bytes: of objects a stream would keep sixteen, of some megabytes each.
          .send(
            Readable.from(exportTrials({ ...dependencies, importanceOf }, search, format), {
              objectMode: false,
            }) as never,
          )
      );
    },
  });
};
