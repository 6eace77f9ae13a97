import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { Problem } from '../../errors.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { endpoint } from '../endpoint.ts';

export const projectRoutes: FastifyPluginAsyncZod<ApiDependencies> = async (app, { projects }) => {
  app.route({
    ...endpoint('GET /v1/projects'),
    handler: async ({ query: { project } }) => ({ items: await projects.list(project) }),
  });
  app.route({
    ...endpoint('POST /v1/projects'),
    handler: async ({ body: { name, limits = {} } }, reply) => {
      const project = await projects.create(name, limits);
      return reply.code(201).header('location', `/v1/projects/${name}`).send(project);
    },
  });
  app.route({
    ...endpoint('GET /v1/projects/:name'),
    handler: async ({ params: { name } }) => {
      const [project] = await projects.list(name);
      if (project === undefined) throw new Problem('notFound', `there is no project ${name}`);
      return project;
    },
  });
  app.route({
    ...endpoint('PATCH /v1/projects/:name'),
    handler: ({ params: { name }, body: { limits } }) => projects.change(name, limits),
  });
  app.route({
    ...endpoint('DELETE /v1/projects/:name'),
    handler: async ({ params: { name } }, reply) => {
      await projects.remove(name);
      return reply.code(204).send(null);
    },
  });
};
