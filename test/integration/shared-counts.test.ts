/** What API processes count together in Redis, when one of them is killed. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSharedCounts, type SharedCounts } from '../../src/adapters/redis/shared-counts.ts';
import { eventually, findRedis, startRedis, type TestRedis } from '../support/processes.ts';

const redisBinary = findRedis();
/** A websocket counts for so long after its process was killed. */
const SOCKET_MS = 600;
const LIMIT = 3;

describe.skipIf(redisBinary === undefined)('websockets counted in Redis', () => {
  let redis: TestRedis;
  let other: SharedCounts;
  beforeAll(async () => {
    redis = await startRedis(redisBinary!);
    other = createSharedCounts(redis.url, 'test', SOCKET_MS);
    await eventually(async () => (await other.openSocket('ready', 'one', LIMIT)) !== undefined, 10_000, 'Redis');
  });
  afterAll(async () => {
    other?.close();
    await redis?.close();
  });

  /** How many `key` has, as another process is told that asks for one more; what it opens is closed again. */
  const opened = async (key: string) => {
    const used = (await other.openSocket(key, 'one more', LIMIT))!;
    if (used < LIMIT) other.closeSocket(key, 'one more');
    return used;
  };

  it('count as long as their process lives, and for a while after it was killed', async () => {
    const process = createSharedCounts(redis.url, 'test', SOCKET_MS);
    await eventually(async () => (await process.openSocket('key', 'first', LIMIT)) !== undefined, 10_000, 'Redis');
    await process.openSocket('key', 'second', LIMIT);
    expect(await other.openSocket('key', 'its own', LIMIT)).toBe(2);
    // Longer than they count without being renewed.
    const begun = performance.now();
    await eventually(async () => performance.now() - begun > 2 * SOCKET_MS, 10_000, 'two lifetimes');
    expect(await opened('key')).toBe(LIMIT);

    // As when it is killed: it closes none of them, and renews none.
    process.close();
    expect(await opened('key')).toBe(LIMIT);
    await eventually(async () => (await opened('key')) === 1, 10_000, 'their end');
  });
});
