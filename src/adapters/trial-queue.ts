/** BullMQ, on Redis or on Postgres: it delivers, Postgres remembers (law 1). */
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
import type { Delivery, TrialQueue } from '../searches/ports.ts';

const QUEUE = 'trials';
/** Jobs leave nothing behind: what became of a trial stands in Postgres, and a job's name must be free to be used again. */
const LEAVE_NOTHING = { removeOnComplete: true, removeOnFail: true } as const;
/** A worker that died keeps its jobs locked for this long; its trials come back by their lease, not by this. */
const LOCK_MS = 30_000;

export type QueueConnection =
  | { readonly kind: 'postgres'; readonly url: string }
  | { readonly kind: 'redis'; readonly url: string; readonly prefix: string };

type Payload = Omit<Delivery, 'job'>;
type Log = (message: string) => void;

/** Brings BullMQ's own tables up to date. They live in a schema of their own, beside ours. */
export async function prepareQueue(connection: QueueConnection): Promise<void> {
  if (connection.kind === 'redis') return;
  const pool = { connectionString: connection.url, max: 1, migrate: true };
  const queue = new Queue(QUEUE, { connection: pool }, createPostgresBackend);
  await queue.waitUntilReady();
  await queue.close();
}

export function createTrialQueue(connection: QueueConnection, log: Log): TrialQueue {
  const queue = openQueue(connection);
  queue.on('error', (error) => log(`queue: ${error.message}`));
  return {
    deliver: async (deliveries) => {
      if (deliveries.length === 0) return;
      // BullMQ ignores a job whose id it holds already: delivering again what is queued does nothing.
      await queue.addBulk(
        deliveries.map(({ searchId, job, from, to }) => ({
          name: 'trials',
          data: { searchId, from, to },
          opts: { jobId: `${searchId}_${job}`, ...LEAVE_NOTHING },
        })),
      );
    },
    depth: async () => {
      const counts = await queue.getJobCounts('waiting', 'active', 'prioritized', 'delayed');
      return Object.values(counts).reduce((sum, count) => sum + count, 0);
    },
    close: () => queue.close(),
  };
}

export interface QueueWorker {
  /** Stops taking jobs, waits for those under way, and disconnects. */
  close(): Promise<void>;
}

export function createQueueWorker(
  connection: QueueConnection,
  concurrency: number,
  work: (delivery: Delivery) => Promise<void>,
  log: Log,
): QueueWorker {
  const process = ({ id, data }: Job<Payload>) => work({ ...data, job: id ?? '' });
  const options: Omit<WorkerOptions<unknown>, 'connection'> = {
    concurrency,
    lockDuration: LOCK_MS,
    // What a job leaves undone is delivered anew from Postgres.
    maxStalledCount: 0,
    removeOnComplete: { count: 0 },
    removeOnFail: { count: 0 },
  };
  const worker = openWorker(connection, process, options);
  worker.on('error', (error) => log(`worker: ${error.message}`));
  worker.on('failed', (job, error) =>
    log(`job ${job?.id ?? '?'} gave up, its trials will be delivered again: ${error.message}`),
  );
  return { close: () => worker.close() };
}

/** What is used of a BullMQ queue, whichever backend it has. */
interface OpenQueue {
  addBulk(jobs: { name: string; data: Payload; opts: JobsOptions }[]): Promise<unknown>;
  getJobCounts(...states: JobType[]): Promise<Record<string, number>>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  close(): Promise<void>;
}

function openQueue(connection: QueueConnection): OpenQueue {
  if (connection.kind === 'postgres') {
    return new Queue(QUEUE, { connection: { connectionString: connection.url, max: 2 } }, createPostgresBackend);
  }
  // With Redis away, an add fails at once instead of hanging: the sweep will deliver.
  const redis = new Redis(connection.url, { enableOfflineQueue: false, maxRetriesPerRequest: 1 });
  const queue = new Queue(QUEUE, { connection: redis, prefix: connection.prefix, skipWaitingForReady: true });
  return closingWith(queue, redis);
}

interface OpenWorker {
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'failed', listener: (job: { id?: string } | undefined, error: Error) => void): unknown;
  close(): Promise<void>;
}

function openWorker(
  connection: QueueConnection,
  process: (job: Job<Payload>) => Promise<void>,
  options: Omit<WorkerOptions<unknown>, 'connection'>,
): OpenWorker {
  if (connection.kind === 'postgres') {
    const pool = { connectionString: connection.url, max: 4 };
    return new Worker(QUEUE, process, { ...options, connection: pool }, createPostgresBackend);
  }
  const redis = new Redis(connection.url, { maxRetriesPerRequest: null });
  return closingWith(new Worker(QUEUE, process, { ...options, connection: redis, prefix: connection.prefix }), redis);
}

/** BullMQ leaves open a connection that it was given. It reports that connection's errors as its own. */
function closingWith<T extends { close(): Promise<void> }>(owner: T, redis: Redis): T {
  const close = owner.close.bind(owner);
  owner.close = async () => {
    await close();
    redis.disconnect();
  };
  return owner;
}
