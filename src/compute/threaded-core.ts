import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { messageOf } from '../errors.ts';
import { compileKernels, type KernelsName } from './kernels.ts';
import type { ThreadReport, ThreadRequest, ThreadResponse } from './protocol.ts';
import {
  type ComputeCore,
  MemoryLimitExceeded,
  type RunOptions,
  TimeLimitExceeded,
  type TrialEnd,
  type TrialTask,
} from './trial.ts';

/** How long a trial may take to reach its next step after it was told to end; then its thread is ended. */
const GRACE_MS = 500;
/** Weights and rows lie outside the heap; a thread that needs more than this on it has gone wrong. */
const HEAP_MEGABYTES = 1024;

/**
 * A core of `threads` warm worker threads that run `entry` (workers/compute-thread.ts, compiled). The kernels are compiled here,
 * once; throws where this machine cannot run them. Trials may take `memoryLimit` bytes each.
 */
export function createThreadedCore(
  threads: number,
  entry: URL,
  kernels: KernelsName,
  memoryLimit = Number.POSITIVE_INFINITY,
): ComputeCore {
  const pool = new Piscina<ThreadRequest, ThreadResponse>({
    filename: entry.href,
    minThreads: threads,
    maxThreads: threads,
    idleTimeout: Number.POSITIVE_INFINITY,
    workerData: compileKernels(kernels),
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MEGABYTES },
  });
  // A thread that dies fails its trial's promise; the event alone must not take the process down.
  pool.on('error', () => undefined);
  return { run: (task, options = {}) => run(pool, task, memoryLimit, options), close: () => pool.destroy() };
}

async function run(
  pool: Piscina<ThreadRequest, ThreadResponse>,
  task: TrialTask,
  memoryLimit: number,
  { onEpochs, signal, limitSeconds }: RunOptions,
): Promise<TrialEnd> {
  signal?.throwIfAborted();
  const { port1, port2 } = new MessageChannel();
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const force = new AbortController();
  let why: unknown;
  let grace: NodeJS.Timeout | undefined;
  const stopFor = (reason: unknown) => {
    if (why !== undefined) return;
    why = reason;
    Atomics.store(stop, 0, 1);
    grace = setTimeout(() => force.abort(), GRACE_MS);
  };
  const onAbort = () => stopFor(signal?.reason ?? new Error('aborted'));
  signal?.addEventListener('abort', onAbort, { once: true });
  let limit: NodeJS.Timeout | undefined;
  const onUpdates = (updates: ThreadReport) => {
    // The first message says that a thread has begun: the time spent waiting for one does not count.
    if (limitSeconds !== undefined)
      limit ??= setTimeout(() => stopFor(new TimeLimitExceeded(limitSeconds)), limitSeconds * 1000);
    if (why === undefined && updates.length > 0) onEpochs?.(updates);
  };
  port1.on('message', onUpdates);
  try {
    const options = { transferList: [port2 as MessagePort], signal: force.signal };
    const end = await pool.run({ task, port: port2, stop, memoryLimit }, options);
    if (end.outcome === 'tooLarge') throw new MemoryLimitExceeded(end.bytes, memoryLimit);
    // The result came by another way and may have overtaken the last epochs, which were sent before it.
    for (let late = receiveMessageOnPort(port1); late !== undefined; late = receiveMessageOnPort(port1)) {
      onUpdates(late.message as ThreadReport);
    }
    return end;
  } catch (error) {
    if (why !== undefined) throw why;
    if (error instanceof MemoryLimitExceeded) throw error;
    throw new Error(`the compute thread failed: ${messageOf(error)}`, { cause: error });
  } finally {
    clearTimeout(limit);
    clearTimeout(grace);
    signal?.removeEventListener('abort', onAbort);
    port1.close();
  }
}
