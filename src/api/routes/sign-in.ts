import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { SIGN_IN_SECONDS, type SignIn, USER_SESSION_SECONDS } from '../../application/sign-in.ts';
import { Problem } from '../../errors.ts';
import { addressOf, SESSION_COOKIE, sessionCookie } from '../authentication.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { endpoint } from '../endpoint.ts';

const CALLBACK = '/v1/session/oidc/callback';
const FORM = 'application/x-www-form-urlencoded';
const SIGN_IN_COOKIE = 'hypersearch_sign_in';
/** The browser comes from the provider, which is another site, by following a link: such requests have no cookie that is strict. */
const cookie = { path: '/v1/session/oidc', httpOnly: true, sameSite: 'lax' } as const;

export const signInRoutes: FastifyPluginAsyncZod<ApiDependencies> = async (app, { signIn, publicUrl, log }) => {
  const base = (request: FastifyRequest) => addressOf(request, publicUrl);
  const isSecure = (request: FastifyRequest) => base(request).startsWith('https:');

  app.route({
    ...endpoint('GET /v1/session/methods'),
    handler: async () => ({ key: true as const, oidc: signIn !== undefined }),
  });
  app.route({
    ...endpoint('GET /v1/session/oidc'),
    handler: async (request, reply) => {
      const { url, token } = await configured(signIn).begin(`${base(request)}${CALLBACK}`, request.query.path);
      reply.setCookie(SIGN_IN_COOKIE, token, { ...cookie, maxAge: SIGN_IN_SECONDS, secure: isSecure(request) });
      return redirect(reply, url);
    },
  });
  app.route({
    ...endpoint('GET /v1/session/oidc/callback'),
    handler: async (request, reply) => {
      const token = request.cookies[SIGN_IN_COOKIE];
      reply.clearCookie(SIGN_IN_COOKIE, cookie);
      const callback = new URL(request.url, base(request));
      const { session, path } = await configured(signIn).finish(token, callback.href);
      reply.setCookie(SESSION_COOKIE, session, {
        ...sessionCookie,
        maxAge: USER_SESSION_SECONDS,
        secure: isSecure(request),
      });
      return redirect(reply, path);
    },
  });
  // The provider sends forms, and nothing else is one here: the parsers of this plugin alone.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(FORM, { parseAs: 'string' }, (_, text, done) =>
    done(null, Object.fromEntries(new URLSearchParams(String(text)))),
  );
  app.route({
    ...endpoint('POST /v1/session/oidc/logout'),
    handler: async ({ body }, reply) => {
      const ended = await configured(signIn).endSessions(body.logout_token);
      log.info(`the identity provider ended ${ended} sessions`);
      return reply.header('cache-control', 'no-store').code(204).send(null);
    },
  });
};

function configured(signIn: SignIn | undefined): SignIn {
  if (signIn !== undefined) return signIn;
  throw new Problem('notFound', 'this service has no identity provider; HYPERSEARCH_OIDC_ISSUER sets one');
}

function redirect(reply: FastifyReply, url: string): FastifyReply {
  return reply.header('cache-control', 'no-store').redirect(url, 302);
}
