import { createHash } from 'node:crypto';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { Problem } from '../../errors.ts';
import { deliver } from '../../searches/deliver.ts';
import { dryRun } from '../../searches/dry-run.ts';
import { parseSpecification } from '../../searches/parse-specification.ts';
import { briefly } from '../../searches/planner.ts';
import type { Transition } from '../../searches/ports.ts';
import { searchSchema } from '../../searches/records.ts';
import { refined, refineSchema } from '../../searches/refine.ts';
import { refuseWithoutDataset } from '../../searches/remove-dataset.ts';
import { samplerOf, specificationSchema } from '../../searches/specification.ts';
import type { ApiParts } from '../parts.ts';
import {
  changeSearchSchema,
  creationHeadersSchema,
  dryRunSchema,
  idSchema,
  refusals,
  searchPageSchema,
  searchQuerySchema,
} from '../schemas.ts';

const tags = ['searches'];
/** The specification is judged by parseSpecification, which also knows the data sets; the schema documents it. */
const judgedLater = { validatorCompiler: () => (data: unknown) => ({ value: data }) };

export const searchRoutes: FastifyPluginAsyncZod<ApiParts> = async (app, parts) => {
  const { store, queries, queue, planner, datasets, facts, log } = parts;

  app.route({
    method: 'POST',
    url: '/v1/searches',
    schema: {
      tags,
      summary: 'Begin a search',
      headers: creationHeadersSchema,
      body: specificationSchema,
      response: { 201: searchSchema, ...refusals },
    },
    validatorCompiler: (route) => (route.httpPart === 'body' ? judgedLater : app).validatorCompiler!(route),
    handler: async (request, reply) => {
      const parsed = await parseSpecification(request.body, parts);
      const key = request.headers['idempotency-key'];
      const requestHash = createHash('sha256').update(JSON.stringify(request.body)).digest('hex');
      const idempotency = key === undefined ? undefined : { key, requestHash };
      const { search, created } = await store.create({ ...parsed, parent: null, idempotency });
      if (created) await briefly(planner.plan(search.id));
      else reply.header('idempotent-replayed', 'true');
      return reply.code(201).header('location', `/v1/searches/${search.id}`).send(search);
    },
  });

  app.route({
    method: 'POST',
    url: '/v1/searches/dry-run',
    schema: {
      tags,
      summary: 'What a search would try, and how long it would take; stores nothing',
      body: specificationSchema,
      response: { 200: dryRunSchema, ...refusals },
    },
    ...judgedLater,
    handler: async (request) => {
      return dryRun(await parseSpecification(request.body, parts), parts.threads) as z.infer<typeof dryRunSchema>;
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/searches',
    schema: {
      tags,
      summary: 'The newest first',
      querystring: searchQuerySchema,
      response: { 200: searchPageSchema, ...refusals },
    },
    handler: (request) => queries.list(request.query),
  });

  app.route({
    method: 'GET',
    url: '/v1/searches/:id',
    schema: { tags, params: idSchema, response: { 200: searchSchema, ...refusals } },
    handler: async (request) => {
      const search = await queries.find(request.params.id);
      if (search === undefined) throw new Problem('notFound', `there is no search ${request.params.id}`);
      return search;
    },
  });

  app.route({
    method: 'POST',
    url: '/v1/searches/:id/refine',
    schema: {
      tags,
      summary: 'Begin a search in a space narrowed around the best trials of one that has ended',
      params: idSchema,
      body: refineSchema.nullish(),
      response: { 201: searchSchema, ...refusals },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      const parent = await queries.find(id);
      if (parent === undefined) throw new Problem('notFound', `there is no search ${id}`);
      const body = await refined(parent, queries, request.body ?? refineSchema.parse({}));
      // On the rows that the parent was made on, whatever was uploaded since: their values compare.
      const { hash } = parent.dataset;
      const ofParent = {
        find: (name: string) => datasets.find(name, hash),
        load: (name: string) => datasets.load(name, hash),
      };
      const parsed = await parseSpecification(body, { ...parts, datasets: ofParent });
      const { search } = await store.create({ ...parsed, parent: id, idempotency: undefined });
      await briefly(planner.plan(search.id));
      return reply.code(201).header('location', `/v1/searches/${search.id}`).send(search);
    },
  });

  app.route({
    method: 'PATCH',
    url: '/v1/searches/:id',
    schema: {
      tags,
      summary:
        'Rename it, or change its budget: a search that has ended goes on where the new one leaves something to do',
      params: idSchema,
      body: changeSearchSchema,
      response: { 200: searchSchema, ...refusals },
    },
    handler: async (request) => {
      const { id } = request.params;
      const search = await queries.find(id);
      if (search === undefined) throw new Problem('notFound', `there is no search ${id}`);
      const { size } = samplerOf(search.specification);
      const { name, budget } = request.body;
      if (budget !== undefined) await refuseWithoutDataset(search, facts);
      const trials = budget?.trials && Math.min(budget.trials, size);
      const { search: changed, deliveries } = await store.change(id, { name, budget: budget && { ...budget, trials } });
      await deliver(queue, deliveries, log);
      if (changed.state === 'running') await briefly(planner.plan(id));
      return changed;
    },
  });

  app.route({
    method: 'DELETE',
    url: '/v1/searches/:id',
    schema: { tags, summary: 'With its trials and events', params: idSchema, response: { 204: z.null(), ...refusals } },
    handler: async (request, reply) => {
      await store.remove(request.params.id);
      return reply.code(204).send(null);
    },
  });

  const summaries: Record<Transition, string> = {
    pause: 'Claim no more trials; those that run go on',
    resume: 'Go on after a pause',
    cancel: 'End it; what runs is stopped',
  };
  for (const transition of Object.keys(summaries) as Transition[]) {
    app.route({
      method: 'POST',
      url: `/v1/searches/:id/${transition}`,
      schema: { tags, summary: summaries[transition], params: idSchema, response: { 200: searchSchema, ...refusals } },
      handler: async (request) => {
        const search = await store.transition(request.params.id, transition);
        if (transition === 'resume') {
          await deliver(queue, await store.deliveries(search.id), log);
          await briefly(planner.plan(search.id));
        }
        return search;
      },
    });
  }
};
