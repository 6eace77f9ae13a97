/** Locks of jobs in Postgres that wait for each other or come too late: none of it is an error of the service. */
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, it, onTestFinished } from 'vitest';
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
/** Each locks one row, so that it is known by whom a renewal waits. */
let clients: readonly [pg.Client, pg.Client];
let watcher: pg.Client;
let connection: QueueConnection;
beforeAll(async () => {
  database = await createTestDatabase();
  connection = { kind: 'postgres', url: database.url };
  await prepareQueue(connection);
  clients = [await connected(), await connected()];
  watcher = await connected();
});
afterAll(async () => {
  await Promise.all([...(clients ?? []), watcher].map((one) => one?.end()));
  await database?.drop();
});

/** A test that fails must not leave rows locked. */
afterEach(async () => {
  await Promise.all(clients.map((client) => client.query('ROLLBACK')));
});

/** The process of Postgres that serves it. */
function pidOf(client: pg.Client): number {
  return (client as unknown as { readonly processID: number }).processID;
}

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
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= (async () => {
      for (const end of letGo.values()) end();
      await worker.close();
      await queue.close();
    })();
    return closing;
  };
  // A failure must not take the jobs of the tests that follow.
  onTestFinished(close);
  return { said, tried, end: (job: string) => letGo.get(job)!(), close };
}

const idOf = (job: string) => `${searchId}_${job}`;
const locked = async (job: string) =>
  (
    await watcher.query<{ until: string }>('SELECT locked_until_ms AS until FROM bullmq.job WHERE id = $1', [idOf(job)])
  ).rows.map(({ until }) => Number(until))[0];
const lockRow = (client: pg.Client, job: string) =>
  client.query('SELECT 1 FROM bullmq.job WHERE id = $1 FOR UPDATE', [idOf(job)]);
/** The process of Postgres for which a renewal waits. */
const blocker = async (): Promise<number | undefined> =>
  (
    await watcher.query<{ pid: number }>(
      `SELECT unnest(pg_blocking_pids(pid)) AS pid FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock' AND query ~ $1`,
      [RENEWAL],
    )
  ).rows[0]?.pid;
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
/** A worker renews those locks that are half over, so that a renewal need not be of both jobs: one worker after the other is tried. */
const MAX_RENEWALS = 8;
const inSomeRenewal = async (attempt: () => Promise<boolean>) => {
  for (let i = 0; i < MAX_RENEWALS; i++) if (await attempt()) return true;
  return false;
};
/** Locks the rows of both jobs until a renewal waits for one of them, the first. */
const renewalBefore = async (jobs: readonly [string, string]) => {
  const sides = [
    { client: clients[0], job: jobs[0] },
    { client: clients[1], job: jobs[1] },
  ] as const;
  for (const { client, job } of sides) {
    await client.query('BEGIN');
    await lockRow(client, job);
  }
  let pid: number | undefined;
  await eventually(
    async () => {
      pid = await blocker();
      return pid !== undefined;
    },
    10_000,
    'a renewal',
  );
  const [one, other] = sides;
  return pid === pidOf(one.client) ? { first: one, second: other } : { first: other, second: one };
};
const comesTo = (client: pg.Client) =>
  eventually(async () => (await blocker()) === pidOf(client), 1_000, 'the other row').then(
    () => true,
    async () => {
      await client.query('COMMIT');
      return false;
    },
  );
const complaints = (said: readonly string[]) => said.filter((line) => /^(error|warn)/.test(line));

it('a renewal that Postgres ends, since it and another statement wait for each other, is made again', async () => {
  // Of two that wait for each other the one is ended that has waited so long: here that must be the renewal.
  await watcher.query(`ALTER DATABASE "${new URL(database.url).pathname.slice(1)}" SET deadlock_timeout = '3s'`);
  await Promise.all(clients.map((client) => client.query("SET deadlock_timeout = '1min'; SET lock_timeout = '8s'")));
  let next = 0;
  const closeCircle = async (): Promise<boolean> => {
    // Of its own: locks that were renewed one after the other stay so.
    const jobs = [`circle${next++}`, `circle${next++}`] as const;
    const worker = await holding(jobs);
    const before = await Promise.all(jobs.map(locked));
    const { first, second } = await renewalBefore(jobs);
    await first.client.query('COMMIT');
    const isOfBoth = await comesTo(second.client);
    if (isOfBoth) {
      // The renewal has the first row, and waits for the second.
      const isEnded = await lockRow(second.client, first.job).then(
        () => true,
        () => false,
      );
      // Now and then Postgres does not find the circle at all. Another renewal is tried then.
      if (!isEnded) {
        await second.client.query('ROLLBACK');
        await worker.close();
        return false;
      }
      // By itself the queue would renew after two and a half seconds.
      await eventually(async () => (await waiting(RENEWAL)) > 0, 2_000, 'the renewal again');
      await second.client.query('COMMIT');
      const areRenewed = async () => (await Promise.all(jobs.map(locked))).every((until, i) => until! > before[i]!);
      await eventually(areRenewed, 10_000, 'the renewal of both');
    }
    await worker.close();
    expect(complaints(worker.said)).toEqual([]);
    return isOfBoth;
  };
  expect(await inSomeRenewal(closeCircle)).toBe(true);
}, 120_000);

it('a renewal that comes to a job that has ended meanwhile says nothing', async () => {
  let next = 0;
  const endDuringRenewal = async (): Promise<boolean> => {
    const jobs = [`ends${next++}`, `ends${next++}`] as const;
    const worker = await holding(jobs);
    const { first, second } = await renewalBefore(jobs);
    await second.client.query('COMMIT');
    worker.end(second.job);
    // The search for jobs of dead workers may have the row, and wait for the first one.
    const hasEnded = async () => (await locked(second.job)) === undefined;
    await eventually(hasEnded, 2_000, 'the end of the job').catch(() => undefined);
    await first.client.query('COMMIT');
    await eventually(hasEnded, 10_000, 'the end of the job');
    await eventually(async () => (await waiting(RENEWAL)) === 0, 10_000, 'the end of the renewal');
    await worker.close();
    expect(complaints(worker.said)).toEqual([]);
    if (worker.tried.length === 0) return false;
    expect(worker.tried[0]).toMatch(/could not renew lock for job/);
    return true;
  };
  expect(await inSomeRenewal(endDuringRenewal)).toBe(true);
}, 120_000);

it('a job that the queue has taken away is told once, and not as an error', async () => {
  const worker = await holding(['4', '5']);
  await watcher.query("UPDATE bullmq.job SET lock_token = 'another worker' WHERE id = $1", [idOf('4')]);
  await eventually(async () => complaints(worker.said).length > 0, 20_000, 'what the worker says');
  await worker.close();
  expect(complaints(worker.said)).toEqual([expect.stringMatching(/^warn: .*1 job.*its trials go on/)]);
}, 60_000);
