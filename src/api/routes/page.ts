import fastifyStatic from '@fastify/static';
import type { FastifyPluginAsync } from 'fastify';
import { openToAll } from '../authentication.ts';
import type { ApiDependencies } from '../dependencies.ts';

/** Routes of the page (web/src/app.tsx), which all serve the same document. */
const views = ['/searches', '/searches/*', '/new', '/compare', '/datasets', '/datasets/*', '/models', '/models/*'];

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A `Link` header by which a browser requests what web/src/main.tsx will ask for, before any script has loaded. */
function preloads(id: string): string {
  const search = `/v1/searches/${id}`;
  return [search, `${search}/table`, `${search}/curves`, `${search}/best`, '/v1/session', '/v1/projects']
    .map((path) => `<${path}>; rel=preload; as=fetch; crossorigin=anonymous`)
    .join(', ');
}

/** Serves the built page: precompressed, with content-hashed asset names. */
export const pageRoutes: FastifyPluginAsync<ApiDependencies> = async (app, { web }) => {
  app.addHook('onRoute', (route) => {
    route.config = { ...route.config, ...openToAll };
  });
  await app.register(fastifyStatic, {
    root: web,
    preCompressed: true,
    // A route per file: the route below answers for what is no file.
    wildcard: false,
    cacheControl: false,
    setHeaders: (reply, path) => {
      const immutable = path.includes('/assets/');
      reply.header('cache-control', immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  for (const url of views) {
    app.get(url, { schema: { hide: true } }, (_, reply) => reply.sendFile('index.html'));
  }
  // The same document with links to the scripts of the view (web/vite.config.ts) and to what it shows, so that all of it loads together.
  app.get<{ Params: { id: string } }>('/searches/:id', { schema: { hide: true } }, ({ params: { id } }, reply) => {
    if (UUID.test(id)) reply.header('link', preloads(id));
    return reply.sendFile('search.html');
  });
  // Whoever mistypes an address in a browser gets the page, which says so and leads on; programs get a problem document.
  app.get('/*', { schema: { hide: true } }, ({ url, headers }, reply) => {
    const inBrowser = headers.accept?.includes('text/html') === true && !url.startsWith('/v1/');
    if (inBrowser) return reply.code(404).sendFile('index.html');
    reply.callNotFound();
  });
};
