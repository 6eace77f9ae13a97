import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { countFolds } from '../data/folds.ts';
import { messageOf } from '../errors.ts';
import type { CompiledKernels } from './kernels.ts';
import type { KernelsFamily } from './kernels-names.ts';
import type { ThreadReport, ThreadRequest, ThreadResponse } from './protocol.ts';
import { withSourceMaps } from './source-maps.ts';
import {
  type ComputeCore,
  MemoryLimitExceeded,
  type RunOptions,
  type RunOutcome,
  TimeLimitExceeded,
  type TrialTask,
} from './trial.ts';
import type { FoldState } from './trial-checkpoint.ts';
import { earlierFolds, endsTrial, joinFolds } from './trial-run.ts';

/** How long an aborted trial may take to reach its next step before its thread is terminated. */
const GRACE_MS = 500;
/** Weights and rows are outside the heap, so this limit only stops runaway threads. */
const HEAP_MEGABYTES = 1024;
/** For short-lived objects. V8 would let this space grow to twice as much, long after the start, for no gain that was measured. */
const YOUNG_HEAP_MEGABYTES = 24;

/**
 * A compute core of `threads` warm worker threads that run `entry` (the compiled workers/compute-thread.ts) with `kernels`. Each trial may
 * use `memoryLimit` bytes.
 */
export function createThreadedCore(
  threads: number,
  entry: URL,
  kernels: CompiledKernels,
  memoryLimit = Number.POSITIVE_INFINITY,
): ComputeCore {
  const pool = new Piscina<ThreadRequest, ThreadResponse>({
    ...withSourceMaps,
    filename: entry.href,
    minThreads: threads,
    maxThreads: threads,
    idleTimeout: Number.POSITIVE_INFINITY,
    workerData: kernels,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MEGABYTES, maxYoungGenerationSizeMb: YOUNG_HEAP_MEGABYTES },
  });
  // A crashed thread rejects the promise of its trial; without a listener the event would end the process.
  pool.on('error', () => undefined);
  const own: Own = { pool, kernels: kernels.family, memoryLimit };
  return { run: (task, options = {}) => run(own, task, options), close: () => pool.destroy() };
}

interface Own {
  readonly pool: Piscina<ThreadRequest, ThreadResponse>;
  readonly kernels: KernelsFamily;
  readonly memoryLimit: number;
}

/** Shared by all requests of a trial. */
interface Watch {
  readonly onEpochs: RunOptions['onEpochs'];
  readonly signal: AbortSignal;
  /** Called when a thread starts; waiting for a thread does not count against the time limit. */
  readonly onStarted: () => void;
}

async function run(own: Own, task: TrialTask, { onEpochs, signal, limitSeconds }: RunOptions): Promise<RunOutcome> {
  signal?.throwIfAborted();
  const abort = new AbortController();
  const onAbort = () => abort.abort(signal?.reason ?? new Error('aborted'));
  signal?.addEventListener('abort', onAbort, { once: true });
  let limit: NodeJS.Timeout | undefined;
  const onStarted = () => {
    if (limitSeconds === undefined) return;
    limit ??= setTimeout(() => abort.abort(new TimeLimitExceeded(limitSeconds)), limitSeconds * 1000);
  };
  try {
    const watch = { onEpochs, signal: abort.signal, onStarted };
    if (countFolds(task.validation) > 1) return await runFolds(own, task, watch);
    return (await submit(own, { task, only: undefined }, watch)) as RunOutcome;
  } finally {
    clearTimeout(limit);
    signal?.removeEventListener('abort', onAbort);
  }
}

/** Aborts a fold because an earlier fold ended the trial. */
class FoldNotCounted extends Error {}

/** Runs each fold as its own task, in parallel if threads are free. */
async function runFolds(own: Own, task: TrialTask, watch: Watch): Promise<RunOutcome> {
  const started = performance.now();
  const earlier = earlierFolds(task, own.kernels);
  // A checkpoint has all folds; each thread is sent only its own.
  const { resume: _, ...alone } = task;
  const aborts = Array.from({ length: countFolds(task.validation) }, () => new AbortController());
  const abortAfter = (fold: number, reason: unknown) => {
    for (const abort of aborts.slice(fold + 1)) abort.abort(reason);
  };
  watch.signal.addEventListener('abort', () => abortAfter(-1, watch.signal.reason), { once: true });
  const runs = aborts.map(async ({ signal }, fold): Promise<FoldState | undefined> => {
    try {
      const only = { fold, before: earlier[fold] };
      const state = (await submit(own, { task: alone, only }, { ...watch, signal })) as FoldState;
      if (endsTrial(state)) abortAfter(fold, new FoldNotCounted());
      return state;
    } catch (error) {
      if (error instanceof FoldNotCounted) return undefined;
      abortAfter(-1, error);
      throw error;
    }
  });
  const settled = await Promise.allSettled(runs);
  const failure = settled.find(({ status }) => status === 'rejected');
  if (failure?.status === 'rejected') throw failure.reason;
  const states = settled.flatMap((end) => (end.status === 'fulfilled' && end.value !== undefined ? [end.value] : []));
  return { ...joinFolds(task, own.kernels, states), durationMs: performance.now() - started };
}

async function submit(
  { pool, memoryLimit }: Own,
  request: Pick<ThreadRequest, 'task' | 'only'>,
  { onEpochs, signal, onStarted }: Watch,
): Promise<RunOutcome | FoldState> {
  signal.throwIfAborted();
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
  const onAbort = () => stopFor(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const onUpdates = (updates: ThreadReport) => {
    // The first message means that a thread has started.
    onStarted();
    if (why === undefined && updates.length > 0) onEpochs?.(updates);
  };
  port1.on('message', onUpdates);
  try {
    const options = { transferList: [port2 as MessagePort], signal: force.signal };
    const end = await pool.run({ ...request, port: port2, stop, memoryLimit }, options);
    if ('outcome' in end && end.outcome === 'tooLarge') throw new MemoryLimitExceeded(end.bytes, memoryLimit);
    // The result uses another channel and may have overtaken the last epochs.
    for (let late = receiveMessageOnPort(port1); late !== undefined; late = receiveMessageOnPort(port1)) {
      onUpdates(late.message as ThreadReport);
    }
    return end;
  } catch (error) {
    if (why !== undefined) throw why;
    if (error instanceof MemoryLimitExceeded) throw error;
    throw new Error(`the compute thread failed: ${messageOf(error)}`, { cause: error });
  } finally {
    clearTimeout(grace);
    signal.removeEventListener('abort', onAbort);
    port1.close();
  }
}
