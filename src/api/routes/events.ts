import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { eventsAfter, findSearchAt } from '../../application/search-events.ts';
import { Problem } from '../../errors.ts';
import type { LiveDependencies } from '../dependencies.ts';
import { endpoint } from '../endpoint.ts';
import { streamEvents } from '../event-stream.ts';
import { streamSearches } from '../list-stream.ts';
import { refuseOtherSites } from '../socket.ts';

export const eventRoutes: FastifyPluginAsyncZod<LiveDependencies> = async (app, dependencies) => {
  app.route({
    ...endpoint('GET /v1/searches/:id/events'),
    // Before the upgrade, so that websocket clients get the same problem document as others.
    preHandler: async (request) => {
      if (request.headers.upgrade === undefined) return;
      refuseOtherSites(request);
      await findSearchAt(dependencies, request.params.id, request.query.after);
    },
    handler: ({ params: { id }, query: { after = 0, limit } }) => eventsAfter(dependencies, id, after, limit),
    wsHandler: async (socket, request) => {
      const { id } = request.params as { id: string };
      const { after } = request.query as { after?: number };
      // Messages that the client sends before its search is read must not be lost.
      socket.pause();
      const search = await dependencies.queries.find(id);
      socket.resume();
      if (search === undefined) return socket.close(1008, 'the search was deleted');
      streamEvents(socket, search, after, dependencies);
    },
  });

  const serveList = streamSearches(dependencies);
  app.route({
    ...endpoint('GET /v1/events'),
    preHandler: async (request) => {
      if (request.headers.upgrade === undefined) {
        throw new Problem('upgradeRequired', 'this endpoint is a websocket; GET /v1/searches lists searches');
      }
      refuseOtherSites(request);
    },
    handler: () => {
      throw new Problem('upgradeRequired', 'this endpoint is a websocket');
    },
    wsHandler: (socket, { query }) => serveList(socket, (query as { project?: string }).project),
  });
};
