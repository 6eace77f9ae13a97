/** Locks of jobs in Postgres that wait for each other or come too late: none of it is an error of the service. */
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import {
  createQueueWorker,
  createTrialQueue,
  prepareQueue,
  type QueueConnection,
} from '../../src/adapters/bullmq/trial-queue.ts';
import type { Delivery } from '../../src/domain/commands.ts';
import type { Log } from '../../src/log.ts';
import { silentLog } from '../support/log.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { eventually } from '../support/processes.ts';

let database: TestDatabase;
let client: pg.Client;
let watcher: pg.Client;
let connection: QueueConnection;
beforeAll(async () => {
  database = await createTestDatabase();
  connection = { kind: 'postgres', url: database.url };
  await prepareQueue(connection);
  [client, watcher] = await Promise.all([connected(), connected()]);
});
afterAll(async () => {
  await client?.end();
  await watcher?.end();
  await database?.drop();
});

/** A test that fails must not leave rows locked. */
afterEach(async () => {
  await client.query('ROLLBACK');
});

async function connected(): Promise<pg.Client> {
  const one = new pg.Client({ connectionString: database.url });
  await one.connect();
  return one;
}

/** Locks last ten seconds and are renewed every two and a half to five. */
const LEASE_SECONDS = 5;
const searchId = '5b3f9a80-2d1e-4c55-8f5f-0d3c1a1b2c3d';

/** A worker that holds jobs until they are let go, and what it says. */
async function holding(jobs: readonly string[]) {
  const queue = await createTrialQueue(connection, silentLog);
  await queue.deliver(jobs.map((job, i) => ({ searchId, job, from: i, to: i })));
  const said: string[] = [];
  /** What was said for debugging alone. */
  const tried: string[] = [];
  const say = (level: string) => (message: string) => void said.push(`${level}: ${message}`);
  const log: Log = {
    error: say('error'),
    warn: say('warn'),
    info: say('info'),
    debug: (message) => void tried.push(message),
  };
  const letGo = new Map<string, () => void>();
  const trials = ({ job }: Delivery) => new Promise<void>((resolve) => letGo.set(job, resolve));
  const worker = await createQueueWorker(
    connection,
    { concurrency: jobs.length, leaseSeconds: LEASE_SECONDS },
    { trials, model: async () => undefined },
    log,
  );
  await eventually(async () => letGo.size === jobs.length, 10_000, 'all jobs');
  return {
    said,
    tried,
    end: (job: string) => letGo.get(job)!(),
    close: async () => {
      for (const end of letGo.values()) end();
      await worker.close();
      await queue.close();
    },
  };
}

const idOf = (job: string) => `${searchId}_${job}`;
const locked = async (job: string) =>
  (
    await watcher.query<{ until: string }>('SELECT locked_until_ms AS until FROM bullmq.job WHERE id = $1', [idOf(job)])
  ).rows.map(({ until }) => Number(until))[0];
const lockRow = (job: string, how = '') =>
  client.query(`SELECT 1 FROM bullmq.job WHERE id = $1 FOR UPDATE ${how}`, [idOf(job)]);
/** How many statements wait for a row that another one has locked. */
const waiting = async (of: string) =>
  (
    await watcher.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock' AND query ~ $1`,
      [of],
    )
  ).rows[0]!.count;
const RENEWAL = 'locked_until_ms = \\$5';
const complaints = (said: readonly string[]) => said.filter((line) => /^(error|warn)/.test(line));

it('a renewal that Postgres ends, since it and another statement wait for each other, is made again', async () => {
  // Of two that wait for each other the one is ended that has waited so long: here that must be the renewal.
  await client.query(`ALTER DATABASE "${new URL(database.url).pathname.slice(1)}" SET deadlock_timeout = '3s'`);
  await client.query("SET deadlock_timeout = '1min'");
  const worker = await holding(['0', '1']);
  const before = [await locked('0'), await locked('1')];
  const closeCircle = async (mine: string, other: string): Promise<boolean> => {
    await client.query('BEGIN');
    await lockRow(mine);
    await eventually(async () => (await waiting(RENEWAL)) > 0, 10_000, 'a renewal');
    await client.query('SAVEPOINT before_other');
    const isFree = await lockRow(other, 'NOWAIT').then(
      () => true,
      () => false,
    );
    await client.query('ROLLBACK TO before_other');
    // The renewal has it, and waits for ours.
    if (!isFree) {
      await lockRow(other);
      // By itself the queue would renew after two and a half seconds.
      await eventually(async () => (await waiting(RENEWAL)) > 0, 2_000, 'the renewal again');
    }
    await client.query('COMMIT');
    return !isFree;
  };
  // The renewal takes one of them first.
  expect((await closeCircle('0', '1')) || (await closeCircle('1', '0'))).toBe(true);
  await eventually(
    async () => (await locked('0'))! > before[0]! && (await locked('1'))! > before[1]!,
    10_000,
    'the renewal of both',
  );
  await worker.close();
  expect(complaints(worker.said)).toEqual([]);
}, 60_000);

it('a renewal that comes to a job that has ended meanwhile says nothing', async () => {
  const worker = await holding(['2', '3']);
  const endDuringRenewal = async (locks: string, ends: string): Promise<boolean> => {
    await client.query('BEGIN');
    await lockRow(locks);
    await eventually(async () => (await waiting(RENEWAL)) > 0, 10_000, 'a renewal');
    await client.query('SAVEPOINT before_other');
    const isFree = await lockRow(ends, 'NOWAIT').then(
      () => true,
      () => false,
    );
    await client.query('ROLLBACK TO before_other');
    if (isFree) {
      // The renewal has not come to it yet.
      worker.end(ends);
      await eventually(async () => (await locked(ends)) === undefined, 10_000, 'the end of the job');
    }
    await client.query('COMMIT');
    return isFree;
  };
  expect((await endDuringRenewal('2', '3')) || (await endDuringRenewal('3', '2'))).toBe(true);
  await eventually(async () => worker.tried.length > 0, 10_000, 'what is said at the level of debugging');
  await worker.close();
  expect(worker.tried[0]).toMatch(/could not renew lock for job/);
  expect(complaints(worker.said)).toEqual([]);
}, 60_000);

it('a job that the queue has taken away is told once, and not as an error', async () => {
  const worker = await holding(['4', '5']);
  await client.query("UPDATE bullmq.job SET lock_token = 'another worker' WHERE id = $1", [idOf('4')]);
  await eventually(async () => complaints(worker.said).length > 0, 20_000, 'what the worker says');
  await worker.close();
  expect(complaints(worker.said)).toEqual([expect.stringMatching(/^warn: .*1 job.*its trials go on/)]);
}, 60_000);
