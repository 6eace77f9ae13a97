/** What must not hurt: processes killed, servers restarted, queues emptied, jobs doubled. Each is really done. */
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ApiClient, createClient } from '../../src/cli/api-client.ts';
import { silentLog } from '../support/log.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import {
  eventually,
  findRedis,
  type RunningApi,
  type RunningProcess,
  startApi,
  startRedis,
  startWorkerProcess,
  type TestRedis,
} from '../support/processes.ts';
import { allTrials, ended, expectSound, hashesOf, lasting, reached } from '../support/searches.ts';

const redisBinary = findRedis();
const queues = redisBinary === undefined ? (['postgres'] as const) : (['postgres', 'redis'] as const);
if (redisBinary === undefined)
  console.warn('no redis-server is installed: the faults are tested with BullMQ on Postgres alone');

describe.each(queues)('with BullMQ on %s', (queue) => {
  let database: TestDatabase;
  let redis: TestRedis | undefined;
  let environment: Record<string, string>;
  /** Of all tests here but that which kills one. */
  let shared: RunningApi;
  let client: ApiClient;
  const processes: RunningProcess[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    redis = queue === 'redis' ? await startRedis(redisBinary!) : undefined;
    environment = {
      DATABASE_URL: database.url,
      REDIS_URL: redis?.url ?? '',
      HYPERSEARCH_LEASE_SECONDS: '1.5',
      HYPERSEARCH_SWEEP_SECONDS: '0.3',
      HYPERSEARCH_THREADS: '2',
    };
    shared = await startApi(environment);
    client = createClient(shared.url);
  });
  afterEach(async () => {
    await Promise.all(processes.splice(0).map((process) => process.end()));
  });
  afterAll(async () => {
    await shared?.end();
    await redis?.close();
    await database?.drop();
  });

  const worker = async (more: Record<string, string> = {}): Promise<RunningProcess> => {
    const started = await startWorkerProcess({ ...environment, ...more });
    processes.push(started);
    return started;
  };

  it('a worker killed in mid-trial: its trials are tried again, with the same bits', async () => {
    const doomed = await worker();
    const calm = await client.create(lasting(60, 40));
    await ended(client, calm.id);
    const struck = await client.create(lasting(60, 40));
    await reached(client, struck.id, 'complete', 2);
    await reached(client, struck.id, 'running', 1);
    await doomed.end('SIGKILL');
    await worker();
    const search = await ended(client, struck.id);
    expect(search).toMatchObject({ state: 'complete', trials: { complete: 40, failed: 0 } });
    expect((await allTrials(client, struck.id)).some(({ attempt }) => attempt > 1)).toBe(true);
    expect(await hashesOf(client, struck.id)).toEqual(await hashesOf(client, calm.id));
    await expectSound(database.url, struck.id);
  });

  it('a worker killed while it makes a model: another one makes it, with the same bits', async () => {
    const first = await worker();
    const search = await client.create(lasting(300, 1, { validation: { type: 'kFold', folds: 3 } }));
    await ended(client, search.id);
    const stateOf = async (id: string) => (await client.model(id)).state;
    const whole = await client.createModel(search.id, { trial: 0 });
    await eventually(async () => (await stateOf(whole.id)) === 'ready', 60_000);
    const struck = await client.createModel(search.id, { trial: 0 });
    await eventually(async () => (await stateOf(struck.id)) === 'running');
    await first.end('SIGKILL');
    // The other one has other kernels of the same family.
    await worker({ HYPERSEARCH_KERNELS: 'simd' });
    await eventually(async () => (await stateOf(struck.id)) === 'ready', 60_000);
    expect(await client.model(struck.id)).toMatchObject({ attempt: 2, failure: null });
    const [one, other] = await Promise.all([whole.id, struck.id].map((id) => client.modelFile(id, 'model.json')));
    expect(other!.equals(one!)).toBe(true);
  }, 120_000);

  it('the API killed and started again: the search goes on meanwhile, and nothing is missed by who comes back', async () => {
    const first = await startApi(environment);
    processes.push(first);
    await worker();
    const { id } = await createClient(first.url).create(lasting(50, 40));
    await reached(createClient(first.url), id, 'complete', 3);
    await first.end('SIGKILL');
    const second = await startApi(environment);
    processes.push(second);
    const search = await ended(createClient(second.url), id);
    expect(search.trials).toMatchObject({ complete: 40, failed: 0 });
    await expectSound(database.url, id);
  });

  it('a job delivered twice, and delivered when there is nothing left: the trial runs once', async () => {
    const { id } = await client.create(lasting(40, 6));
    await redeliver(database.url, environment, id);
    await redeliver(database.url, environment, id);
    await worker();
    await worker();
    await ended(client, id);
    await redeliver(database.url, environment, id);
    expect((await allTrials(client, id)).map(({ attempt }) => attempt)).toEqual(Array(6).fill(1));
    await expectSound(database.url, id);
  });

  it('a worker that was thought dead and writes late: it is refused, the second attempt counts', async () => {
    const sleeper = await worker({ HYPERSEARCH_THREADS: '1' });
    const { id } = await client.create(lasting(800, 1));
    await reached(client, id, 'running', 1);
    sleeper.child.kill('SIGSTOP');
    await eventually(async () => (await client.search(id)).trials.waiting === 1, 30_000, 'the lease to run out');
    sleeper.child.kill('SIGCONT');
    const search = await ended(client, id);
    const [trial] = await allTrials(client, id);
    expect(search.trials.complete).toBe(1);
    expect(trial?.attempt).toBeGreaterThan(1);
    await expectSound(database.url, id);
  });

  it('a worker that is asked to stop releases its trials at once, unharmed', async () => {
    const leaving = await worker();
    const { id } = await client.create(lasting(3000, 2));
    await reached(client, id, 'running', 1);
    const begun = Date.now();
    await leaving.end('SIGTERM');
    expect(Date.now() - begun).toBeLessThan(5000);
    const { trials } = await client.search(id);
    expect(trials).toMatchObject({ running: 0, waiting: 2 });
    await client.cancel(id);
    await expectSound(database.url, id);
  });

  if (queue === 'redis') {
    it('Redis emptied in mid-search: the queue is refilled from Postgres', async () => {
      await worker();
      const { id } = await client.create(lasting(60, 30));
      await reached(client, id, 'complete', 3);
      const { Redis } = await import('ioredis');
      const connection = new Redis(redis!.url);
      await connection.flushall();
      connection.disconnect();
      const search = await ended(client, id);
      expect(search.trials).toMatchObject({ complete: 30, failed: 0 });
      await expectSound(database.url, id);
    });

    it('Redis stopped and started: searches are accepted meanwhile, and all are finished', async () => {
      await worker();
      const before = await client.create(lasting(60, 40));
      await reached(client, before.id, 'complete', 2);
      await redis!.stop();
      const meanwhile = await client.create(lasting(30, 5));
      await tellsOfTheQueue(client);
      await redis!.start();
      for (const { id } of [before, meanwhile]) {
        expect((await ended(client, id)).state).toBe('complete');
        await expectSound(database.url, id);
      }
    });
    it('a worker whose Redis is away ends on SIGTERM within its lease', async () => {
      const leaving = await worker();
      const { id } = await client.create(lasting(300, 8));
      await reached(client, id, 'complete', 1);
      await redis!.stop();
      const begun = Date.now();
      await leaving.end('SIGTERM');
      await redis!.start();
      // The lease, and a second of a delay that cannot be interrupted; 30 seconds end it by force, with 1.
      expect({ code: leaving.child.exitCode, ms: Date.now() - begun }).toEqual({
        code: 0,
        ms: expect.toSatisfy((ms: number) => ms < 10_000),
      });
      await worker();
      expect((await ended(client, id)).state).toBe('complete');
      await expectSound(database.url, id);
    });
    it('Redis that does not answer: the metrics say so', async () => {
      redis!.freeze();
      await tellsOfTheQueue(client).finally(() => redis!.thaw());
    });
  } else {
    it('the queue’s tables emptied in mid-search: they are refilled', async () => {
      await worker();
      const { id } = await client.create(lasting(60, 30));
      await reached(client, id, 'complete', 3);
      await query(database.url, await emptyQueueSql(database.url));
      expect((await ended(client, id)).trials).toMatchObject({ complete: 30, failed: 0 });
      await expectSound(database.url, id);
    });
  }
});

/** The metrics say that the queue does not answer, and Postgres does. */
async function tellsOfTheQueue({ url }: ApiClient): Promise<void> {
  const metrics = await (await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(20_000) })).text();
  expect(metrics).toContain('hypersearch_up{part="queue"} 0');
  expect(metrics).toContain('hypersearch_up{part="postgres"} 1');
  expect(metrics).not.toMatch(/^hypersearch_queue_depth /m);
}

/** Queues everything of a search once more, under other job ids: what a queue that doubles jobs would do. */
async function redeliver(databaseUrl: string, environment: Record<string, string>, id: string): Promise<void> {
  const { createTrialQueue } = await import('../../src/adapters/bullmq/trial-queue.ts');
  const redisUrl = environment['REDIS_URL'];
  const queue = await createTrialQueue(
    redisUrl ? { kind: 'redis', url: redisUrl, prefix: 'hypersearch' } : { kind: 'postgres', url: databaseUrl },
    silentLog,
  );
  await queue.deliver([{ searchId: id, job: `again-${Math.round(performance.now())}`, from: 0, to: 1000 }]);
  await queue.close();
}

async function query(databaseUrl: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query(sql);
  await client.end();
  return rows;
}

async function emptyQueueSql(databaseUrl: string): Promise<string> {
  const tables = await query(
    databaseUrl,
    "SELECT tablename FROM pg_tables WHERE schemaname = 'bullmq' AND tablename LIKE '%job%'",
  );
  return `TRUNCATE ${tables.map(({ tablename }) => `bullmq."${String(tablename)}"`).join(', ')} CASCADE`;
}
