/** Processes of a whole service that are killed, stopped and restarted at random while they work. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiClient, createClient } from '../../src/cli/api-client.ts';
import type { Random } from '../../src/random.ts';
import { type OwnPostgres, startOwnPostgres } from './own-postgres.ts';
import { withPostgres } from './postgres.ts';
import {
  eventually,
  findRedis,
  freePort,
  type RunningProcess,
  startApi,
  startRedis,
  startWorkerProcess,
  type TestRedis,
} from './processes.ts';
import { temporaryFolder } from './temporary.ts';

const WORKERS = 2;
/** Below and above the lease, so that a stopped process loses its trials in about half of the cases. */
const MAX_STOPPED_MS = 3_000;
const LEASE_SECONDS = 1.5;

export interface Disturbance {
  readonly what: string;
  /** From its beginning until the epochs of another trial were stored, or the search had ended. */
  readonly recoveryMs: number;
}

export interface Fleet {
  readonly client: ApiClient;
  readonly databaseUrl: string;
  /** Disturbs one process, and waits until trials are stored again. No kind comes again before every other one has come. */
  disturb(random: Random): Promise<Disturbance>;
  /** What the processes have printed. */
  output(): string;
  close(): Promise<void>;
}

/** An API and two workers on a Postgres of their own, and on a Redis if the queue is to be there. */
export async function startFleet(queue: 'postgres' | 'redis'): Promise<Fleet> {
  const folder = await temporaryFolder();
  const closers = [() => folder.remove()];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    return await assembleFleet(queue, folder.path, closers, close);
  } catch (error) {
    await close();
    throw error;
  }
}

/** What is to be done at the end, the last first, is added to `closers`. */
async function assembleFleet(
  queue: 'postgres' | 'redis',
  folder: string,
  closers: (() => Promise<void>)[],
  close: () => Promise<void>,
): Promise<Fleet> {
  const postgres = await startOwnPostgres(folder);
  closers.push(postgres.stop);
  const redis = queue === 'postgres' ? undefined : await startRedis(findRedis()!);
  if (redis !== undefined) closers.push(redis.close);
  const environment = {
    DATABASE_URL: postgres.url,
    REDIS_URL: redis?.url ?? '',
    HYPERSEARCH_PORT: String(await freePort()),
    HYPERSEARCH_LEASE_SECONDS: String(LEASE_SECONDS),
    HYPERSEARCH_SWEEP_SECONDS: '0.3',
    HYPERSEARCH_THREADS: '1',
  };
  const said: RunningProcess[] = [];
  // Those that have ended already are ended again without effect.
  closers.push(async () => {
    await Promise.all(said.map((process) => process.end()));
  });
  const kept = <P extends RunningProcess>(process: P): P => {
    said.push(process);
    return process;
  };
  const start = {
    api: async () => kept(await startApi(environment)),
    worker: async () => kept(await startWorkerProcess(environment)),
  };
  const api = await start.api();
  const parts: Parts = { api, workers: [], postgres, redis, start };
  for (let i = 0; i < WORKERS; i++) parts.workers.push(await start.worker());
  const possible = disturbances.filter(({ needsRedis }) => redis !== undefined || needsRedis !== true);
  const due: Kind[] = [];
  return {
    client: createClient(api.url),
    databaseUrl: postgres.url,
    disturb: async (random) => {
      if (due.length === 0) due.push(...possible);
      const [{ what, happen }] = due.splice(random.integer(due.length), 1) as [Kind];
      const begun = performance.now();
      await happen(parts, random);
      await storedAgain(postgres.url, `progress after «${what}»`);
      return { what, recoveryMs: performance.now() - begun };
    },
    output: () => said.map((process) => process.output()).join('\n'),
    close,
  };
}

interface Parts {
  api: RunningProcess;
  readonly workers: RunningProcess[];
  readonly postgres: OwnPostgres;
  readonly redis: TestRedis | undefined;
  readonly start: {
    api(): Promise<RunningProcess>;
    worker(): Promise<RunningProcess>;
  };
}

interface Kind {
  readonly what: string;
  readonly needsRedis?: true;
  happen(parts: Parts, random: Random): Promise<void>;
}

const disturbances: readonly Kind[] = [
  { what: 'a worker killed', happen: (parts, random) => restartWorker(parts, random, 'SIGKILL') },
  { what: 'a worker ended', happen: (parts, random) => restartWorker(parts, random, 'SIGTERM') },
  {
    what: 'all workers killed',
    happen: async (parts) => {
      await Promise.all(parts.workers.map((worker) => worker.end('SIGKILL')));
      for (const i of parts.workers.keys()) parts.workers[i] = await parts.start.worker();
    },
  },
  {
    what: 'a worker stopped for a while',
    happen: (parts, random) => stopForAWhile(anyOf(parts.workers, random), random),
  },
  { what: 'the API killed', happen: (parts) => restartApi(parts, 'SIGKILL') },
  { what: 'the API ended', happen: (parts) => restartApi(parts, 'SIGTERM') },
  { what: 'the API stopped for a while', happen: (parts, random) => stopForAWhile(parts.api, random) },
  { what: 'Postgres stopped at once', happen: ({ postgres }) => postgres.restart('immediate') },
  { what: 'Postgres restarted', happen: ({ postgres }) => postgres.restart('fast') },
  {
    what: 'Postgres stopped at once, a worker killed meanwhile',
    happen: async (parts, random) => {
      const worker = restartWorker(parts, random, 'SIGKILL');
      await parts.postgres.restart('immediate');
      await worker;
    },
  },
  {
    what: 'Redis killed, with all it had',
    needsRedis: true,
    happen: async ({ redis }) => {
      await redis!.stop();
      await redis!.start();
    },
  },
  {
    what: 'Redis stopped for a while',
    needsRedis: true,
    happen: async ({ redis }, random) => {
      redis!.freeze();
      await sleep(random.uniform() * MAX_STOPPED_MS);
      redis!.thaw();
    },
  },
];

function anyOf<T>(items: readonly T[], random: Random): T {
  return items[random.integer(items.length)]!;
}

async function restartWorker(parts: Parts, random: Random, signal: NodeJS.Signals): Promise<void> {
  const i = random.integer(parts.workers.length);
  await parts.workers[i]!.end(signal);
  parts.workers[i] = await parts.start.worker();
}

async function restartApi(parts: Parts, signal: NodeJS.Signals): Promise<void> {
  await parts.api.end(signal);
  parts.api = await parts.start.api();
}

async function stopForAWhile({ child }: RunningProcess, random: Random): Promise<void> {
  child.kill('SIGSTOP');
  await sleep(random.uniform() * MAX_STOPPED_MS);
  child.kill('SIGCONT');
}

/** Waits until the epochs of another trial are stored, or all searches have ended. */
export async function storedAgain(databaseUrl: string, what = 'progress'): Promise<void> {
  const before = await epochsStored(databaseUrl);
  await eventually(
    async () => (await epochsStored(databaseUrl)) > before || !(await isAnyOpen(databaseUrl)),
    120_000,
    what,
  );
}

/** Of trials that have ended or wait at a rung, over all searches. */
async function epochsStored(databaseUrl: string): Promise<number> {
  return withPostgres(databaseUrl, async (client) => {
    const { rows } = await client.query<{ epochs: string }>('SELECT sum(epochs) AS epochs FROM searches');
    return Number(rows[0]?.epochs ?? 0);
  });
}

export async function isAnyOpen(databaseUrl: string): Promise<boolean> {
  return withPostgres(databaseUrl, async (client) => {
    const { rowCount } = await client.query("SELECT 1 FROM searches WHERE state = 'running' LIMIT 1");
    return rowCount !== 0;
  });
}

/** The seq of every change after `after` that a client on the websocket is sent, until its search has ended. */
export async function seqsUntilTheEnd(client: ApiClient, id: string, after: number): Promise<readonly number[]> {
  const seqs: number[] = [];
  for await (const message of client.stream(id, after)) {
    if ('seq' in message && message.type !== 'snapshot') seqs.push(message.seq);
    if (message.type === 'search.complete' || message.type === 'search.failed') break;
  }
  return seqs;
}
