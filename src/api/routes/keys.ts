import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { SESSION_SECONDS } from '../../application/keyring.ts';
import type { Principal } from '../../domain/api-key.ts';
import { messageOf, Problem } from '../../errors.ts';
import { addressOf, SESSION_COOKIE, sessionCookie } from '../authentication.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { endpoint } from '../endpoint.ts';
import { refuseOtherSites } from '../socket.ts';

function described({ name, role, project }: Principal) {
  return { name, role, project };
}

const cookie = { ...sessionCookie, maxAge: SESSION_SECONDS };

export const keyRoutes: FastifyPluginAsyncZod<ApiDependencies> = async (app, { keyring, signIn, publicUrl, log }) => {
  app.route({
    ...endpoint('POST /v1/keys'),
    handler: async ({ body }, reply) => {
      reply.code(201).header('cache-control', 'no-store');
      return keyring.create(body);
    },
  });
  app.route({
    ...endpoint('GET /v1/keys'),
    handler: async ({ query: { project } }) => ({ items: await keyring.list(project) }),
  });
  app.route({
    ...endpoint('DELETE /v1/keys/:id'),
    handler: async ({ params }, reply) => {
      await keyring.revoke(params.id);
      return reply.code(204).send(null);
    },
  });
  app.route({
    ...endpoint('GET /v1/session'),
    handler: async ({ principal }) =>
      principal === undefined ? { name: null, role: 'admin' as const, project: null } : described(principal),
  });
  app.route({
    ...endpoint('POST /v1/session'),
    handler: async (request, reply) => {
      refuseOtherSites(request);
      const session = await keyring.signIn(request.body.key);
      if (session === undefined) throw new Problem('unauthorized', 'the key is unknown or was revoked');
      // Browsers accept Secure cookies over plain HTTP on localhost only.
      reply.setCookie(SESSION_COOKIE, session.token, { ...cookie, secure: request.protocol === 'https' });
      return described(session.principal);
    },
  });
  app.route({
    ...endpoint('DELETE /v1/session'),
    handler: async (request, reply) => {
      refuseOtherSites(request);
      const token = request.cookies[SESSION_COOKIE];
      const ended = token === undefined ? undefined : await keyring.signOut(token);
      reply.clearCookie(SESSION_COOKIE, cookie);
      // It has ended here, whether the provider answers or not.
      const url = await (ended && signIn?.leave(ended, `${addressOf(request, publicUrl)}/`))?.catch(
        (error: unknown) => {
          log.warn(`signed out here alone: ${messageOf(error)}`);
          return undefined;
        },
      );
      return url === undefined ? reply.code(204).send(null) : { url };
    },
  });
  app.route({
    ...endpoint('GET /v1/sessions'),
    handler: async ({ query: { project } }) => ({ items: await keyring.sessions(project) }),
  });
  app.route({
    ...endpoint('DELETE /v1/sessions/:id'),
    handler: async ({ params }, reply) => {
      await keyring.endSession(params.id);
      return reply.code(204).send(null);
    },
  });
};
