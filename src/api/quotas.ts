/**
 * What a key may ask of the API: requests, and websockets at the same time. Without keys, requests are counted by address. Every process counts what it
 * answers itself; where there is Redis, it also asks what all processes have counted. So what one of them has counted limits it, too, while Redis is away.
 */
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import rateLimit, { type RateLimitPluginOptions } from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from '../errors.ts';
import type { SharedUse } from './dependencies.ts';

/** Asked by what watches the service, whatever others do. */
const PROBES: readonly string[] = ['/healthz', '/readyz', '/metrics'];
const REQUESTS_IN_TEN_SECONDS = 5000;
const TEN_SECONDS = 10_000;
const MINUTE = 60_000;
const WEBSOCKETS_OF_A_KEY = 1000;

const requestLimits: RateLimitPluginOptions = {
  max: ({ principal }) => principal?.limits.requestsPerMinute ?? REQUESTS_IN_TEN_SECONDS,
  timeWindow: ({ principal }) => (principal?.limits.requestsPerMinute === undefined ? TEN_SECONDS : MINUTE),
  keyGenerator: ({ principal, ip }) => principal?.id ?? ip,
  allowList: ({ routeOptions }) => PROBES.includes(routeOptions.url ?? ''),
  errorResponseBuilder: ({ principal, ip }: FastifyRequest, { max, ttl }) => {
    const per = principal?.limits.requestsPerMinute === undefined ? '10 seconds' : 'a minute';
    return new Problem(
      'tooManyRequests',
      `${principal?.name ?? ip} has reached its limit of ${max} requests in ${per}; try again in ${Math.ceil(ttl / 1000)} s`,
    );
  },
};

/** Counts requests after it is known who sends them (`identify`), and before strangers are refused: those with wrong keys, too. */
export async function limitRequests(app: FastifyInstance, shared: SharedUse | undefined): Promise<void> {
  await app.register(rateLimit, requestLimits);
  if (shared !== undefined) await app.register(rateLimit, { ...requestLimits, ...shared.requests, skipOnError: true });
}

/** Counts websockets of keys until their connections are closed. Runs before the upgrade: a client gets a problem document. */
export function limitWebsockets(app: FastifyInstance, shared: SharedUse | undefined): void {
  const open = new Map<string, number>();
  const change = (key: string, by: number) => {
    const count = (open.get(key) ?? 0) + by;
    if (count === 0) open.delete(key);
    else open.set(key, count);
  };
  app.addHook('preValidation', async ({ headers, principal, raw }) => {
    if (headers.upgrade?.toLowerCase() !== 'websocket' || principal === undefined) return;
    const key = principal.id ?? principal.name;
    const limit = principal.limits.websockets ?? WEBSOCKETS_OF_A_KEY;
    const refuseBeyond = (used: number) => {
      if (used < limit) return;
      throw new Problem(
        'connectionLimit',
        `${principal.name} may have ${limit} websockets open at the same time, and has ${used}: close one first`,
      );
    };
    refuseBeyond(open.get(key) ?? 0);
    const id = randomUUID();
    const close = () => {
      change(key, -1);
      shared?.closeSocket(key, id);
    };
    // Before Redis is asked, so that others who ask meanwhile see it.
    change(key, 1);
    try {
      refuseBeyond((await shared?.openSocket(key, id, limit)) ?? 0);
    } catch (error) {
      close();
      throw error;
    }
    const socket: Socket = raw.socket;
    if (socket.destroyed) close();
    else socket.once('close', close);
  });
}
