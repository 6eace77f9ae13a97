/** The queue on BullMQ, with Redis or Postgres. It only delivers: the state is in Postgres (invariant 1). */
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import {
  createPostgresBackend,
  type Job,
  type JobsOptions,
  type JobType,
  Queue,
  Worker,
  type WorkerOptions,
} from 'bullmq';
import { Redis } from 'ioredis';
import type { TrialQueue } from '../../application/ports/messages.ts';
import { type Tracing, untraced } from '../../application/tracing.ts';
import type { Delivery } from '../../domain/commands.ts';
import { messageOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { keepLocks, type LockingWorker } from './job-locks.ts';
import { createQueueBoard } from './queue-board.ts';
import { processed, sent } from './queue-spans.ts';

const QUEUE = 'trials';
/** Jobs are removed: the state of trials is in Postgres, and job ids must be reusable. */
const LEAVE_NOTHING = { removeOnComplete: true, removeOnFail: true } as const;
/** Nobody reads the events of the queue; BullMQ keeps 10,000 of them by default. */
const FEW_EVENTS = { streams: { events: { maxLen: 100 } } } as const;
/** The lock of a dead worker's jobs expires after this, or after two leases if these are shorter; its trials are released by their lease. */
const MAX_LOCK_MS = 10_000;
/** Retry delay of a worker if its backend is unavailable. It cannot be interrupted, so closing a worker waits for it. */
const RETRY_MS = 1_000;

export type QueueConnection =
  | { readonly kind: 'postgres'; readonly url: string }
  | { readonly kind: 'redis'; readonly url: string; readonly prefix: string };

/** What a job has: a range of trials, or a model. */
type Payload = (Omit<Delivery, 'job'> | { readonly modelId: string }) & {
  /** Of the span in which it was added. */
  readonly traceparent?: string;
};

/** Job ids of deliveries are unique within a search, those of BullMQ within the queue. */
function jobIdOf({ searchId, job }: Delivery): string {
  return `${searchId}_${job}`;
}

function jobIdOfModel(id: string): string {
  return `model_${id}`;
}

function traced(traceparent: string | undefined): { readonly traceparent?: string } {
  return traceparent === undefined ? {} : { traceparent };
}

/** What a worker does with the jobs of the queue. */
export interface QueueWork {
  trials(delivery: Delivery): Promise<void>;
  model(id: string): Promise<void>;
}

function doJob({ id = '', data }: Pick<Job<Payload>, 'id' | 'data'>, work: QueueWork): Promise<void> {
  if ('modelId' in data) return work.model(data.modelId);
  const { searchId, from, to } = data;
  return work.trials({ searchId, from, to, job: id.slice(searchId.length + 1) });
}

/** Migrates BullMQ's tables, which have their own schema. */
export async function prepareQueue(connection: QueueConnection): Promise<void> {
  if (connection.kind === 'redis') return;
  const pool = { connectionString: connection.url, max: 1, migrate: true };
  const queue = new Queue(QUEUE, { ...FEW_EVENTS, connection: pool }, createPostgresBackend);
  await queue.waitUntilReady();
  await queue.close();
}

export async function createTrialQueue(
  connection: QueueConnection,
  log: Log,
): Promise<TrialQueue & { readonly board: ReturnType<typeof createQueueBoard> }> {
  const { queue, whenOpen, close } =
    connection.kind === 'postgres' ? onPostgres(connection.url, log) : await onRedis(connection, log);
  return {
    deliver: async (deliveries) => {
      if (deliveries.length === 0) return;
      // BullMQ ignores a job whose id exists, so delivering a queued delivery again does nothing.
      await sent(QUEUE, deliveries.map(jobIdOf), (traceparent) =>
        queue().addBulk(
          deliveries.map((delivery) => {
            const { searchId, from, to } = delivery;
            const opts = { jobId: jobIdOf(delivery), ...LEAVE_NOTHING };
            return { name: 'trials', data: { searchId, from, to, ...traced(traceparent) }, opts };
          }),
        ),
      );
    },
    deliverModels: async (ids) => {
      if (ids.length === 0) return;
      // Someone waits for a model: it comes before the trials that are queued.
      const opts = (modelId: string) => ({ jobId: jobIdOfModel(modelId), lifo: true, ...LEAVE_NOTHING });
      await sent(QUEUE, ids.map(jobIdOfModel), (traceparent) =>
        queue().addBulk(
          ids.map((modelId) => ({ name: 'model', data: { modelId, ...traced(traceparent) }, opts: opts(modelId) })),
        ),
      );
    },
    depth: async () => {
      const counts = await queue().getJobCounts('waiting', 'active', 'prioritized', 'delayed');
      return Object.values(counts).reduce((sum, count) => sum + count, 0);
    },
    board: createQueueBoard(whenOpen),
    close,
  };
}

/** The part of a BullMQ queue used here, for both backends. */
interface OpenQueue {
  addBulk(jobs: { name: string; data: Payload; opts: JobsOptions }[]): Promise<unknown>;
  getJobCounts(...states: JobType[]): Promise<Record<string, number>>;
}
interface Connected {
  /** Throws immediately if the backend is unavailable. */
  readonly queue: () => OpenQueue;
  /** Calls with the queue once it is open. */
  readonly whenOpen: (opened: (queue: Queue) => void) => void;
  readonly close: () => Promise<void>;
}

/** Jobs after a pause need not wait for new connections, as statements need not (adapters/postgres/connection.ts). */
const IDLE_MS = 600_000;

/** Commits do not wait for the disk: what a crash of Postgres loses of the queue is delivered again (invariant 1). */
function poolOf(url: string, max: number) {
  return {
    connectionString: url,
    max,
    idleTimeoutMillis: IDLE_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 60_000,
    options: '-c synchronous_commit=off',
  };
}

function onPostgres(url: string, log: Log): Connected {
  const queue = new Queue(QUEUE, { ...FEW_EVENTS, connection: poolOf(url, 2) }, createPostgresBackend);
  queue.on('error', (error) => log.error(`queue: ${error.message}`));
  return {
    queue: () => queue,
    // bull-board reads both kinds; BullMQ's types tell them apart.
    whenOpen: (opened) => opened(queue as unknown as Queue),
    close: () => queue.close(),
  };
}

/** How long the start waits for Redis; after that, reconciliation delivers once Redis is available. */
const REDIS_PATIENCE_MS = 3000;

async function onRedis({ url, prefix }: Extract<QueueConnection, { kind: 'redis' }>, log: Log): Promise<Connected> {
  // Commands fail immediately if Redis is unavailable, and soon if it does not answer.
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    commandTimeout: REDIS_PATIENCE_MS,
  });
  redis.on('error', (error) => log.error(`queue: ${messageOf(error)}`));
  let made: Queue | undefined;
  const waiting: ((queue: Queue) => void)[] = [];
  // A BullMQ queue created while Redis is unavailable never recovers, so it is created when Redis first answers.
  const queue = () => {
    if (redis.status !== 'ready') throw new Error('Redis does not answer');
    if (made === undefined) {
      made = new Queue(QUEUE, { ...FEW_EVENTS, connection: redis, prefix, skipWaitingForReady: true });
      for (const opened of waiting.splice(0)) opened(made);
    }
    return made;
  };
  await Promise.race([once(redis, 'ready'), setTimeout(REDIS_PATIENCE_MS, undefined, { ref: false })]).catch(
    () => undefined,
  );
  return {
    queue,
    whenOpen: (opened) => {
      if (made === undefined) waiting.push(opened);
      else opened(made);
    },
    close: async () => {
      if (made !== undefined) await unlessAway(redis, made.close());
      redis.disconnect();
    },
  };
}

/** Closing waits for answers, which do not come while Redis is away. What they are about is delivered again (invariant 1). */
async function unlessAway(redis: Redis, closing: Promise<unknown>): Promise<void> {
  closing.catch(() => undefined);
  const isClosed = closing.then(() => true);
  const patience = () => setTimeout(REDIS_PATIENCE_MS, false, { ref: false });
  while (!(await Promise.race([isClosed, patience()])) && redis.status === 'ready');
}

export interface QueueWorker {
  /** Stops taking jobs, waits for running ones, and disconnects. */
  close(): Promise<void>;
}

/** Starts taking jobs, `concurrency` at a time. Throws if the queue is in Postgres and it does not answer. */
export async function createQueueWorker(
  connection: QueueConnection,
  { concurrency, leaseSeconds }: { readonly concurrency: number; readonly leaseSeconds: number },
  work: QueueWork,
  log: Log,
  tracing: Tracing = untraced,
): Promise<QueueWorker> {
  const running = new Set<string>();
  const process = async (job: Job<Payload>) => {
    const { id = '', data } = job;
    running.add(id);
    try {
      await processed(tracing, QUEUE, { id, traceparent: data.traceparent }, () => doJob(job, work));
    } finally {
      running.delete(id);
    }
  };
  const lockDuration = Math.min(MAX_LOCK_MS, leaseSeconds * 2000);
  const options: Omit<WorkerOptions<unknown>, 'connection'> = {
    concurrency,
    lockDuration,
    // A worker that died before claiming only blocks its job.
    stalledInterval: lockDuration / 2,
    runRetryDelay: RETRY_MS,
    // Unfinished work of a job is delivered again from Postgres.
    maxStalledCount: 0,
    removeOnComplete: { count: 0 },
    removeOnFail: { count: 0 },
  };
  const worker = openWorker(connection, process, options);
  keepLocks(worker, (id) => running.has(id), log);
  worker.on('failed', (job, error) =>
    log.warn(`job ${job?.id ?? '?'} failed, its trials will be delivered again: ${error.message}`),
  );
  if (connection.kind === 'postgres') await beginOnceReady(worker);
  return { close: () => worker.close() };
}

/**
 * A worker on Postgres whose first connection fails keeps that failure: if it already ran, it would ask for jobs and fail again, without a pause
 * and without ever letting the event loop turn (BullMQ 6.7.0).
 */
async function beginOnceReady(worker: OpenWorker): Promise<void> {
  try {
    await worker.waitUntilReady();
  } catch (error) {
    await worker.close().catch(() => undefined);
    throw error;
  }
  void worker.run();
}

interface OpenWorker extends LockingWorker {
  waitUntilReady(): Promise<unknown>;
  run(): Promise<void>;
  on: LockingWorker['on'] &
    ((event: 'failed', listener: (job: { id?: string } | undefined, error: Error) => void) => unknown);
  close(): Promise<void>;
}

function openWorker(
  connection: QueueConnection,
  process: (job: Job<Payload>) => Promise<void>,
  options: Omit<WorkerOptions<unknown>, 'connection'>,
): OpenWorker {
  if (connection.kind === 'postgres') {
    const pool = poolOf(connection.url, 4);
    return new Worker(QUEUE, process, { ...options, connection: pool, autorun: false }, createPostgresBackend);
  }
  const redis = new Redis(connection.url, { maxRetriesPerRequest: null });
  redis.on('error', () => undefined); // the worker reports it
  const worker = new Worker(QUEUE, process, { ...options, connection: redis, prefix: connection.prefix });
  const close = worker.close.bind(worker);
  // BullMQ does not close connections passed to it.
  worker.close = async () => {
    await unlessAway(redis, close());
    redis.disconnect();
  };
  return worker;
}
