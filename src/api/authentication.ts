/** Who sends a request, and whether they may: keys in the Authorization header, sessions in a cookie. */
import cookie from '@fastify/cookie';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { actingFor } from '../application/actor.ts';
import type { Keyring } from '../application/keyring.ts';
import { roleFor } from '../contract/roles.ts';
import { includes, type Principal } from '../domain/api-key.ts';
import { Problem } from '../errors.ts';
import { refuseOtherSites } from './socket.ts';

/** Only sent with requests of our own pages: SameSite=Strict. */
export const SESSION_COOKIE = 'hypersearch_session';
/** Without `maxAge` and `secure`. */
export const sessionCookie = { path: '/', httpOnly: true, sameSite: 'strict' } as const;
/** Where browsers reach the service: as the settings say, or as this one has. */
export function addressOf({ protocol, host }: FastifyRequest, publicUrl: string | undefined): string {
  return publicUrl ?? `${protocol}://${host}`;
}

/** Routes that need no key: the page itself shows nothing until its requests are answered. */
export const openToAll = { isOpen: true } as const;

declare module 'fastify' {
  interface FastifyRequest {
    /** Undefined if no key is needed. */
    principal: Principal | undefined;
    /** Why it is refused. */
    refusal: Problem | undefined;
  }
  interface FastifyContextConfig {
    isOpen?: boolean;
  }
}

/** Finds out who sends each request. `refuseStrangers` refuses: between the two requests are counted, also those with wrong keys. */
export async function identify(app: FastifyInstance, keyring: Keyring): Promise<void> {
  await app.register(cookie);
  app.decorateRequest('principal', undefined);
  app.decorateRequest('refusal', undefined);
  app.addHook('onRequest', async (request) => {
    const { method, routeOptions } = request;
    if (routeOptions.config.isOpen || routeOptions.url === undefined) return;
    const needed = roleFor(`${method} ${routeOptions.url}`);
    if (needed === undefined || !(await keyring.isRequired())) return;
    request.principal = await principalOf(request, keyring);
    if (request.principal === undefined) {
      request.refusal = new Problem(
        'unauthorized',
        'this service needs an API key: send the header Authorization: Bearer KEY, or sign in on the page',
      );
    } else if (!includes(request.principal.role, needed)) {
      const { name, role } = request.principal;
      request.refusal = new Problem(
        'forbidden',
        `${name} has the role ${role}; ${method} ${routeOptions.url} needs ${needed}`,
      );
    }
  });
}

export function refuseStrangers(app: FastifyInstance): void {
  // Not `onRequest`: the limit of requests is a hook of the routes there, and would run after this one. No body is read before it.
  app.addHook('preParsing', async ({ refusal }, reply) => {
    if (refusal === undefined) return;
    if (refusal.code === 'unauthorized') reply.header('www-authenticate', 'Bearer');
    throw refusal;
  });
  // With a callback: what follows a promise would run in another context.
  app.addHook('onRequest', ({ principal }, _reply, done) => actingFor(principal?.name, done));
}

/** How long a websocket may outlive the session or the key that it began with. */
const RECHECK_MS = 10_000;

/** Closes the websockets of those who are signed out, or whose key is revoked. What cannot be asked, Postgres being away, changes nothing. */
export function endWebsockets(app: FastifyInstance, keyring: Keyring): void {
  app.addHook('preValidation', async (request) => {
    const { headers, principal, raw } = request;
    if (headers.upgrade?.toLowerCase() !== 'websocket' || principal === undefined) return;
    const { socket } = raw;
    if (socket.destroyed) return;
    const recheck = setInterval(() => {
      principalOf(request, keyring).then(
        (known) => known ?? socket.destroy(),
        () => undefined,
      );
    }, RECHECK_MS).unref();
    socket.once('close', () => clearInterval(recheck));
  });
}

async function principalOf(request: FastifyRequest, keyring: Keyring): Promise<Principal | undefined> {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const [, secret] = /^Bearer +(\S{1,200})$/i.exec(authorization) ?? [];
    return secret === undefined ? undefined : keyring.principalOf(secret);
  }
  const token = request.cookies[SESSION_COOKIE];
  if (token === undefined) return undefined;
  // The cookie says that a browser is signed in, not that our page sends the request.
  if (!['GET', 'HEAD'].includes(request.method) && request.headers.origin === undefined) return undefined;
  refuseOtherSites(request);
  return keyring.principalOfSession(token);
}
