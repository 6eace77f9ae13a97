import fastifyStatic from '@fastify/static';
import type { FastifyPluginAsync } from 'fastify';
import type { ApiDependencies } from '../dependencies.ts';

/** Addresses within the page (web/src/app.tsx): all of them are the same document, which shows what its address says. */
const views = ['/searches', '/searches/*', '/new', '/compare', '/datasets', '/datasets/*'];

/** The page, as built: compressed beforehand, its parts named by what is in them. */
export const pageRoutes: FastifyPluginAsync<ApiDependencies> = async (app, { web }) => {
  await app.register(fastifyStatic, {
    root: web,
    preCompressed: true,
    cacheControl: false,
    setHeaders: (reply, path) => {
      const lasting = path.includes('/assets/');
      reply.header('cache-control', lasting ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  for (const url of views) {
    app.get(url, { schema: { hide: true } }, (_, reply) => reply.sendFile('index.html'));
  }
};
