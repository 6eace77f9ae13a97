import { Readable } from 'node:stream';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { countFolds } from '../../data/folds.ts';
import { severities } from '../../diagnosis/finding.ts';
import { Problem } from '../../errors.ts';
import { certaintyOf } from '../../search/best.ts';
import { deliver } from '../../searches/deliver.ts';
import { briefly } from '../../searches/planner.ts';
import type { TrialAct } from '../../searches/ports.ts';
import { type Search, trialSchema } from '../../searches/records.ts';
import { suggestionsFor } from '../../searches/refine.ts';
import { refuseWithoutDataset } from '../../searches/remove-dataset.ts';
import { stagesOf } from '../../searches/stages.ts';
import { exportTrials } from '../export.ts';
import type { ApiParts } from '../parts.ts';
import {
  bestQuerySchema,
  bestSchema,
  exportQuerySchema,
  findingsSchema,
  idSchema,
  refusals,
  trialPageSchema,
  trialParamsSchema,
  trialQuerySchema,
} from '../schemas.ts';

const tags = ['trials'];
/** With so many the best is compared, however few are asked for. */
const COMPARED = 50;

const acts: Record<TrialAct, string> = {
  pause: 'Put it aside until it is resumed; it then begins anew, and comes to the same',
  resume: 'Let a paused one go on',
  cancel: 'Stop it for good: its search goes on without it',
  retry: 'Try one again that failed; a search that has ended goes on',
};

export const trialRoutes: FastifyPluginAsyncZod<ApiParts> = async (app, parts) => {
  const { queries, store, queue, planner, log } = parts;
  const searchOr404 = async (id: string): Promise<Search> => {
    const search = await queries.find(id);
    if (search === undefined) throw new Problem('notFound', `there is no search ${id}`);
    return search;
  };

  app.route({
    method: 'GET',
    url: '/v1/searches/:id/trials',
    schema: { tags, params: idSchema, querystring: trialQuerySchema, response: { 200: trialPageSchema, ...refusals } },
    handler: async (request) => {
      const search = await searchOr404(request.params.id);
      return queries.trials(search, request.query);
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/searches/:id/trials/:number',
    schema: {
      tags,
      summary: 'With its settings and curves',
      params: trialParamsSchema,
      response: { 200: trialSchema, ...refusals },
    },
    handler: async (request) => {
      const search = await searchOr404(request.params.id);
      const trial = await queries.trial(search, request.params.number);
      if (trial === undefined) {
        const { planned, total } = search.trials;
        const when = request.params.number < total ? `; ${planned} of ${total} are decided so far` : '';
        throw new Problem('notFound', `the search has no trial ${request.params.number}${when}`);
      }
      return trial;
    },
  });

  for (const act of Object.keys(acts) as TrialAct[]) {
    app.route({
      method: 'POST',
      url: `/v1/searches/:id/trials/:number/${act}`,
      schema: { tags, summary: acts[act], params: trialParamsSchema, response: { 200: trialSchema, ...refusals } },
      handler: async ({ params: { id, number } }) => {
        if (act === 'retry' || act === 'resume') await refuseWithoutDataset(await searchOr404(id), parts.facts);
        const { deliveries, search } = await store.actOnTrial(id, number, act);
        await deliver(queue, deliveries, log);
        if (search.state === 'running') await briefly(planner.plan(id));
        return (await queries.trial(search, number))!;
      },
    });
  }

  app.route({
    method: 'GET',
    url: '/v1/searches/:id/findings',
    schema: {
      tags,
      summary: 'What was found in its trials, and how often',
      params: idSchema,
      response: { 200: findingsSchema, ...refusals },
    },
    handler: async (request) => {
      const search = await searchOr404(request.params.id);
      const { complete, pruned, paused, failed, cancelled } = search.trials;
      const trials = complete + pruned + paused + failed + cancelled;
      const found = await queries.findings(search);
      const items = found
        .map(({ example, trials: count, numbers }) => {
          const { code, severity } = example;
          return { code, severity, trials: count, share: trials > 0 ? count / trials : 0, numbers, example };
        })
        .sort((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity) || b.trials - a.trials);
      return { trials, items, suggestions: await suggestionsFor(search, queries) };
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/searches/:id/best',
    schema: {
      tags,
      summary: 'Complete trials, the best value first',
      params: idSchema,
      querystring: bestQuerySchema,
      response: { 200: bestSchema, ...refusals },
    },
    handler: async (request) => {
      const search = await searchOr404(request.params.id);
      const { limit } = request.query;
      const ranked = await queries.best(search, Math.max(limit, COMPARED));
      const scored = ranked.flatMap(({ number, value, deviation }) =>
        value === null ? [] : [{ number, value, deviation }],
      );
      const { validation } = stagesOf(search)[search.best?.stage ?? 0] ?? search.specification;
      return { items: ranked.slice(0, limit), certainty: certaintyOf(scored, countFolds(validation)) };
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/searches/:id/export',
    schema: {
      tags,
      summary: 'Every trial, as CSV or as one JSON object a line',
      params: idSchema,
      querystring: exportQuerySchema,
      response: { 200: z.any().describe('A stream of text'), ...refusals },
    },
    handler: async (request, reply) => {
      const search = await searchOr404(request.params.id);
      const { format } = request.query;
      const type = format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson';
      const file = `search-${search.id}.${format}`;
      return reply
        .type(type)
        .header('content-disposition', `attachment; filename="${file}"`)
        .serializer((payload: unknown) => payload as string)
        .send(Readable.from(exportTrials(queries, search, format)));
    },
  });
};
