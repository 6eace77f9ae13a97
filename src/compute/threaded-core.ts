import { Piscina } from 'piscina';
import { countFolds } from '../data/folds.ts';
import type { ModelExplainer } from './explain-model.ts';
import type { CompiledKernels } from './kernels.ts';
import type { KernelsFamily } from './kernels-names.ts';
import type { ExplainedModel, MadeModel, ThreadRequest, ThreadRun } from './protocol.ts';
import { type PendingRun, type RunEnd, sendRuns, type Threads, type Watch } from './send-runs.ts';
import { threadOptions } from './thread-options.ts';
import type { ModelMaker } from './train-model.ts';
import type { ComputeCore, RunOptions, RunOutcome, ThreadLoad, TrialTask } from './trial.ts';
import type { FoldState } from './trial-checkpoint.ts';
import { earlierFolds, endsTrial, joinFolds } from './trial-run.ts';
import { createTurns } from './turns.ts';

/** Weights and rows are outside the heap, so this limit only stops runaway threads. */
const HEAP_MEGABYTES = 1024;
/** For short-lived objects. V8 would let this space grow to twice as much, long after the start, for no gain that was measured. */
const YOUNG_HEAP_MEGABYTES = 24;
/**
 * Threads that train give way to the API, the queue and Postgres on the same cores, so that answers and events are not late while all cores
 * train. Linux has it for each thread; elsewhere it concerns the whole process, or nothing.
 */
const NICENESS = 5;

/**
 * A compute core of `threads` warm worker threads that run `entry` (the compiled workers/compute-thread.ts) with `kernels`. Each trial may
 * use `memoryLimit` bytes.
 */
export function createThreadedCore(
  threads: number,
  entry: URL,
  kernels: CompiledKernels,
  memoryLimit = Number.POSITIVE_INFINITY,
): ComputeCore & ModelMaker & ModelExplainer & { load(): ThreadLoad } {
  const pool = new Piscina<ThreadRequest, void>({
    niceIncrement: NICENESS,
    ...threadOptions,
    filename: entry.href,
    minThreads: threads,
    maxThreads: threads,
    idleTimeout: Number.POSITIVE_INFINITY,
    workerData: kernels,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MEGABYTES, maxYoungGenerationSizeMb: YOUNG_HEAP_MEGABYTES },
  });
  // A crashed thread rejects the promise of its trial; without a listener the event would end the process.
  pool.on('error', () => undefined);
  const turns = createTurns(threads);
  const own: Own = { pool, turns, memoryLimit, kernels: kernels.family, load: { requests: 0 } };
  const core = (send: Send): Pick<ComputeCore, 'run'> => ({
    run: (task, options = {}) =>
      countFolds(task.validation) > 1 ? runFolds(own, task, options) : runWhole(send, task, options),
  });
  return {
    ...core((run) => void sendRuns(own, [run])),
    series: () => core(together((runs) => void sendRuns(own, runs))),
    makeModel: async (model, kernels, options = {}) => {
      const send: Send = (run) => void sendRuns(own, [run]);
      return (await submit(send, { model, kernels }, watchOf(options))) as MadeModel;
    },
    explainModel: async (explain, options = {}) => {
      const send: Send = (run) => void sendRuns(own, [run]);
      return (await submit(send, { explain }, watchOf(options))) as ExplainedModel;
    },
    load: () => ({ threads, busy: Math.min(threads, own.load.requests) }),
    close: () => pool.destroy(),
  };
}

interface Own extends Threads {
  readonly kernels: KernelsFamily;
}

type Send = (run: PendingRun) => void;

/** Collects the runs of one turn of the event loop. */
function together(send: (runs: readonly PendingRun[]) => void): Send {
  let runs: PendingRun[] = [];
  return (run) => {
    if (runs.push(run) > 1) return;
    setImmediate(() => {
      const collected = runs;
      runs = [];
      send(collected);
    });
  };
}

async function runWhole(send: Send, task: TrialTask, options: RunOptions): Promise<RunOutcome> {
  return (await submit(send, { task, only: undefined }, watchOf(options))) as RunOutcome;
}

function watchOf(options: RunOptions): Watch {
  return { ...options, since: { at: Number.POSITIVE_INFINITY } };
}

function submit(send: Send, run: ThreadRun, watch: Watch): Promise<RunEnd> {
  return new Promise((resolve, reject) => {
    watch.signal?.throwIfAborted();
    watch.revoke?.throwIfAborted();
    send({ run, watch, resolve, reject });
  });
}

/** Aborts a fold because an earlier fold ended the trial. */
class FoldNotCounted extends Error {}

/** Runs each fold as its own task, in parallel if threads are free. The duration begins with the first fold that runs: waiting for a thread is none of it. */
async function runFolds(own: Own, task: TrialTask, options: RunOptions): Promise<RunOutcome> {
  const [sent, sentAt] = [performance.now(), Date.now()];
  const earlier = earlierFolds(task, own.kernels);
  // A checkpoint has all folds; each thread is sent only its own.
  const { resume: _, ...alone } = task;
  const aborts = Array.from({ length: countFolds(task.validation) }, () => new AbortController());
  const abortAfter = (fold: number, reason: unknown) => {
    for (const abort of aborts.slice(fold + 1)) abort.abort(reason);
  };
  options.signal?.throwIfAborted();
  options.revoke?.throwIfAborted();
  const onAbort = () => abortAfter(-1, options.signal?.reason);
  options.signal?.addEventListener('abort', onAbort, { once: true });
  const since = { at: Number.POSITIVE_INFINITY };
  const runs = aborts.map(async ({ signal }, fold): Promise<FoldState | undefined> => {
    try {
      const only = { fold, before: earlier[fold] };
      const send: Send = (run) => void sendRuns(own, [run]);
      const state = (await submit(
        send,
        { task: alone, only },
        { ...options, since, signal, revoke: undefined },
      )) as FoldState;
      if (endsTrial(state)) abortAfter(fold, new FoldNotCounted());
      return state;
    } catch (error) {
      if (error instanceof FoldNotCounted) return undefined;
      abortAfter(-1, error);
      throw error;
    }
  });
  const settled = await Promise.allSettled(runs);
  options.signal?.removeEventListener('abort', onAbort);
  const failure = settled.find(({ status }) => status === 'rejected');
  if (failure?.status === 'rejected') throw failure.reason;
  const states = settled.flatMap((end) => (end.status === 'fulfilled' && end.value !== undefined ? [end.value] : []));
  const waited = Number.isFinite(since.at) ? Math.max(0, since.at - sentAt) : 0;
  return { ...joinFolds(task, own.kernels, states), durationMs: Math.max(0, performance.now() - sent - waited) };
}
