/** The queue alone, on each of its backends: a worker is given what was delivered. */
import { Redis } from 'ioredis';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createQueueWorker,
  createTrialQueue,
  prepareQueue,
  type QueueConnection,
} from '../../src/adapters/bullmq/trial-queue.ts';
import type { Delivery } from '../../src/domain/commands.ts';
import { logTo, silentLog } from '../support/log.ts';
import { startOwnPostgres } from '../support/own-postgres.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { eventually, findRedis, startRedis, type TestRedis } from '../support/processes.ts';
import { temporaryFolder } from '../support/temporary.ts';

const redisBinary = findRedis();
const backends = redisBinary === undefined ? (['postgres'] as const) : (['postgres', 'redis'] as const);
if (redisBinary === undefined) console.warn('no redis-server is installed: the queue is tested on Postgres alone');

describe.each(backends)('on %s', (backend) => {
  let database: TestDatabase;
  let redis: TestRedis | undefined;
  let connection: QueueConnection;
  beforeAll(async () => {
    database = await createTestDatabase();
    redis = backend === 'redis' ? await startRedis(redisBinary!) : undefined;
    connection =
      redis === undefined
        ? { kind: 'postgres', url: database.url }
        : { kind: 'redis', url: redis.url, prefix: 'hypersearch' };
    await prepareQueue(connection);
  });
  afterAll(async () => {
    await redis?.close();
    await database?.drop();
  });

  it('a worker is given each delivery once, as it was delivered', async () => {
    const searchId = '5b3f9a80-2d1e-4c55-8f5f-0d3c1a1b2c3d';
    const deliveries: Delivery[] = [
      { searchId, job: '0', from: 0, to: 6 },
      { searchId, job: '7.2', from: 7, to: 9 },
      { searchId, job: '10.e31', from: 10, to: 10 },
    ];
    const queue = await createTrialQueue(connection, silentLog);
    // What is queued already is not queued twice.
    for (const _ of [1, 2]) await queue.deliver(deliveries);
    const given: Delivery[] = [];
    const models: string[] = [];
    const work = {
      trials: async (delivery: Delivery) => void given.push(delivery),
      model: async (id: string) => void models.push(id),
    };
    for (const _ of [1, 2]) await queue.deliverModels(['first', 'second']);
    const worker = await createQueueWorker(connection, { concurrency: 1, leaseSeconds: 15 }, work, silentLog);
    await eventually(
      async () => given.length >= 3 && models.length >= 2 && (await queue.depth()) === 0,
      30_000,
      'the last delivery',
    );
    await worker.close();
    await queue.close();
    expect(given.toSorted((a, b) => a.from - b.from)).toEqual(deliveries);
    expect(models.toSorted()).toEqual(['first', 'second']);
  });

  it('the events of the queue, which nobody reads, do not pile up', async () => {
    const queue = await createTrialQueue(connection, silentLog);
    let given = 0;
    const work = { trials: async () => void given++, model: async () => undefined };
    const worker = await createQueueWorker(connection, { concurrency: 8, leaseSeconds: 15 }, work, silentLog);
    const searchId = '0c7a4f3e-98b1-4a52-9d6b-1f5f0e2a7c11';
    for (let i = 0; i < 3; i++) {
      const from = i * 250;
      await queue.deliver(Array.from({ length: 250 }, (_, k) => ({ searchId, job: `${from + k}`, from, to: from })));
    }
    await eventually(async () => given === 750 && (await queue.depth()) === 0, 30_000, 'the last delivery');
    await worker.close();
    await queue.close();
    expect(await eventsOf(connection)).toBeLessThan(1_000);
  });
});

async function eventsOf(connection: QueueConnection): Promise<number> {
  if (connection.kind === 'redis') {
    const redis = new Redis(connection.url);
    const length = await redis.xlen(`${connection.prefix}:trials:events`);
    await redis.quit();
    return length;
  }
  const client = new pg.Client({ connectionString: connection.url });
  await client.connect();
  const { rows } = await client.query<{ count: number }>('SELECT count(*)::int AS count FROM bullmq.event');
  await client.end();
  return rows[0]!.count;
}

it('its commits do not wait for the disk: what a crash loses is delivered again', async () => {
  const folder = await temporaryFolder();
  const postgres = await startOwnPostgres(folder.path);
  const connection = { kind: 'postgres', url: postgres.url } as const;
  await prepareQueue(connection);
  const admin = new pg.Client({ connectionString: postgres.url });
  await admin.connect();
  // A commit that waits does so for a standby that never comes, too.
  const waitFor = async (standby: string) => {
    await admin.query('SET synchronous_commit = off');
    await admin.query(`ALTER SYSTEM SET synchronous_standby_names = '${standby}'`);
    await admin.query('SELECT pg_reload_conf()');
    const { rows } = await admin.query<{ at: Date }>('SELECT pg_conf_load_time() AS at');
    return rows[0]!.at;
  };
  const before = await waitFor('');
  await eventually(async () => (await waitFor('nobody')) > before);
  const queue = await createTrialQueue(connection, silentLog);
  const searchId = '5b3f9a80-2d1e-4c55-8f5f-0d3c1a1b2c3d';
  const given: Delivery[] = [];
  const work = { trials: async (delivery: Delivery) => void given.push(delivery), model: async () => undefined };
  const delivered = queue.deliver([{ searchId, job: '0', from: 0, to: 6 }]);
  const worker = await createQueueWorker(connection, { concurrency: 1, leaseSeconds: 15 }, work, silentLog);
  try {
    await eventually(async () => given.length === 1 && (await queue.depth()) === 0, 10_000, 'the delivery');
  } finally {
    await waitFor('');
    await delivered;
    await admin.end();
    await worker.close();
    await queue.close();
    await postgres.stop();
    await folder.remove();
  }
});

it('a worker that Postgres turns away at its start says so, once', async () => {
  const database = await createTestDatabase();
  const gone = new URL(database.url);
  gone.pathname = '/there-is-no-such-database';
  const said: string[] = [];
  const log = logTo((message) => said.push(message));
  const work = { trials: async () => undefined, model: async () => undefined };
  const worker = createQueueWorker(
    { kind: 'postgres', url: gone.href },
    { concurrency: 1, leaseSeconds: 15 },
    work,
    log,
  );
  await expect(worker).rejects.toThrow(/there-is-no-such-database.* does not exist/);
  expect(said.length).toBeLessThan(3);
  await database.drop();
});
