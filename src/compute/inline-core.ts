import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import type { Kernels } from '../nn/kernels/kernels.ts';
import { Interrupted } from '../nn/training/train.ts';
import type { NamedKernels, RunConditions } from './fold-run.ts';
import { compileKernels, instantiateKernels } from './kernels.ts';
import type { KernelsName } from './kernels-names.ts';
import {
  type ComputeCore,
  type EpochUpdate,
  type RunOptions,
  type RunOutcome,
  type TimedUpdate,
  TimeLimitExceeded,
  type TrialTask,
} from './trial.ts';
import { runTrial } from './trial-run.ts';

/** Runs a trial or fold to completion synchronously, reporting every epoch immediately. */
export function runToCompletion<T>(
  run: Generator<EpochUpdate, T, 'continue' | 'stop'>,
  onEpoch: (update: TimedUpdate) => void,
): T {
  let next = run.next();
  while (!next.done) {
    onEpoch(timed(next.value));
    next = run.next('continue');
  }
  return next.value;
}

function timed(update: EpochUpdate): TimedUpdate {
  return { ...update, at: performance.timeOrigin + performance.now() };
}

/** Runs a whole trial. Threads use this too. */
export function runInline(
  kernels: Kernels,
  task: TrialTask,
  onEpoch: (update: TimedUpdate) => void,
  conditions: RunConditions,
): RunOutcome {
  const started = performance.now();
  const end = runToCompletion(runTrial(task, { name: kernels.name, kernels }, conditions), onEpoch);
  return { ...end, durationMs: performance.now() - started };
}

/**
 * A compute core without threads: it trains in the calling thread, one trial at a time, and yields to the event loop after every epoch. For
 * tests and benchmarks. Each trial may use `memoryLimit` bytes.
 */
export function createInlineCore(name: KernelsName, memoryLimit = Number.POSITIVE_INFINITY): ComputeCore {
  const kernels = instantiateKernels(compileKernels(name));
  const own = { name: kernels.name, kernels };
  // All trials share the memory of the same kernels.
  let last: Promise<unknown> = Promise.resolve();
  const run: ComputeCore['run'] = (task, options = {}) => {
    const end = last.then(() => runTurning(own, task, options, memoryLimit));
    last = end.catch(() => undefined);
    return end;
  };
  return {
    run,
    series: () => ({ run }),
    close: async () => undefined,
  };
}

async function runTurning(
  kernels: NamedKernels,
  task: TrialTask,
  { onEpochs, signal, revoke, limitSeconds = Number.POSITIVE_INFINITY }: RunOptions,
  memoryLimit: number,
): Promise<RunOutcome> {
  signal?.throwIfAborted();
  revoke?.throwIfAborted();
  const started = performance.now();
  const elapsed = () => performance.now() - started;
  const interrupted = () => signal?.aborted === true || elapsed() > limitSeconds * 1000;
  try {
    const run = runTrial(task, kernels, { interrupted, memoryLimit });
    let next = run.next();
    while (!next.done) {
      onEpochs?.([timed(next.value)]);
      await setImmediate();
      next = run.next('continue');
    }
    return { ...next.value, durationMs: elapsed() };
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    signal?.throwIfAborted();
    throw new TimeLimitExceeded(limitSeconds);
  }
}
