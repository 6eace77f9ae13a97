import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { Problem } from '../../errors.ts';
import { streamEvents } from '../event-stream.ts';
import { listMessageSchema, streamSearches } from '../list-stream.ts';
import type { LiveCurves } from '../live-curves.ts';
import type { ApiParts } from '../parts.ts';
import { eventPageSchema, eventQuerySchema, idSchema, refusals } from '../schemas.ts';
import { refuseOtherSites } from '../socket.ts';

export const eventRoutes: FastifyPluginAsyncZod<ApiParts & { readonly curves: LiveCurves }> = async (
  app,
  { queries, board, curves, log },
) => {
  const known = async (id: string, after: number | undefined) => {
    const search = await queries.find(id);
    if (search === undefined) throw new Problem('notFound', `there is no search ${id}`);
    if (after !== undefined && after > search.seq) {
      const message = `must be at most ${search.seq}, the newest seq, got ${after}`;
      throw new Problem('invalidRequest', `after: ${message}`, [{ path: 'after', message }]);
    }
    return search;
  };

  app.route({
    method: 'GET',
    url: '/v1/searches/:id/events',
    schema: {
      tags: ['events'],
      summary: 'What happened, in order; as a websocket, what happens',
      params: idSchema,
      querystring: eventQuerySchema,
      response: { 200: eventPageSchema, ...refusals },
    },
    // Refused before the upgrade, a websocket client sees the same problem document as any other.
    preHandler: async (request) => {
      if (request.headers.upgrade === undefined) return;
      refuseOtherSites(request);
      await known(request.params.id, request.query.after);
    },
    handler: async (request) => {
      const { after = 0, limit } = request.query;
      const search = await known(request.params.id, after);
      const events = await queries.events(search.id, after, limit);
      return { events, next: events.at(-1)?.seq ?? after };
    },
    wsHandler: async (socket, request) => {
      const { id } = request.params as { id: string };
      const { after } = request.query as { after?: number };
      // A client may speak before its search is read; nothing it says may be lost.
      socket.pause();
      const search = await queries.find(id);
      socket.resume();
      if (search === undefined) return socket.close(1008, 'the search was deleted');
      streamEvents(socket, search, after, { queries, board, curves, log });
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/events',
    schema: {
      tags: ['events'],
      summary: 'A websocket: every search as it changes, for a list that is live',
      response: { 101: listMessageSchema, ...refusals },
    },
    preHandler: async (request) => {
      if (request.headers.upgrade === undefined) {
        throw new Problem('upgradeRequired', 'this is a websocket; GET /v1/searches lists what there is');
      }
      refuseOtherSites(request);
    },
    handler: () => {
      throw new Problem('upgradeRequired', 'this is a websocket');
    },
    wsHandler: (socket) => streamSearches(socket, { queries, board, log }),
  });
};
