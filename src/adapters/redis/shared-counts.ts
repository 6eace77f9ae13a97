/** What keys and addresses use of the API, counted over all of its processes in Redis. */
import { Redis } from 'ioredis';

/** A request waits no longer for a Redis that does not answer; it is then counted by its own process alone. */
const PATIENCE_MS = 250;
/** So long the websockets of a process that was killed still count. */
const SOCKET_MS = 30_000;

/** By the clock of Redis, which all processes share: the names of open websockets, with when they are no longer believed to be open. */
const NOW = `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;
const OPEN = `${NOW}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local open = redis.call('ZCARD', KEYS[1])
if open < tonumber(ARGV[1]) then
  redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[3])
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return open`;
const RENEW = `${NOW}
for i = 2, #ARGV do redis.call('ZADD', KEYS[1], now + ARGV[1], ARGV[i]) end
redis.call('PEXPIRE', KEYS[1], ARGV[1])`;

export interface SharedCounts {
  /** For @fastify/rate-limit: a client of Redis, and the prefix of the names of its counters. */
  readonly requests: { readonly redis: Redis; readonly nameSpace: string };
  /** Counts `socket` unless `limit` websockets of `key` are open. @returns how many were; undefined if Redis does not answer. */
  openSocket(key: string, socket: string, limit: number): Promise<number | undefined>;
  closeSocket(key: string, socket: string): void;
  close(): void;
}

/** `prefix`: of all keys in Redis. Where Redis is away nothing is counted, and nothing fails. */
export function createSharedCounts(url: string, prefix: string, socketMs = SOCKET_MS): SharedCounts {
  const redis = new Redis(url, { enableOfflineQueue: false, maxRetriesPerRequest: 0, commandTimeout: PATIENCE_MS });
  // The queue says that Redis is away.
  redis.on('error', () => undefined);
  const open = new Map<string, Set<string>>();
  const nameOf = (key: string) => `${prefix}:websockets:${key}`;
  const renewal = setInterval(() => {
    // What Redis has lost is in it again with this.
    for (const [key, sockets] of open) {
      redis.eval(RENEW, 1, nameOf(key), socketMs, ...sockets).catch(() => undefined);
    }
  }, socketMs / 3);
  return {
    requests: { redis, nameSpace: `${prefix}:requests:` },
    openSocket: async (key, socket, limit) => {
      let used: number | undefined;
      try {
        used = (await redis.eval(OPEN, 1, nameOf(key), limit, socketMs, socket)) as number;
      } catch {
        used = undefined;
      }
      if (used === undefined || used < limit) {
        const sockets = open.get(key) ?? new Set();
        open.set(key, sockets.add(socket));
      }
      return used;
    },
    closeSocket: (key, socket) => {
      const sockets = open.get(key);
      sockets?.delete(socket);
      if (sockets?.size === 0) open.delete(key);
      redis.zrem(nameOf(key), socket).catch(() => undefined);
    },
    close: () => {
      clearInterval(renewal);
      redis.disconnect();
    },
  };
}
