import { performance } from 'node:perf_hooks';
import type { Kernels } from '../nn/kernels.ts';
import type { RunConditions } from './fold-run.ts';
import { compileKernels, instantiateKernels, type KernelsName } from './kernels.ts';
import type { ComputeCore, EpochUpdate, TimedUpdate, TrialEnd, TrialTask } from './trial.ts';
import { runTrial } from './trial-run.ts';

/** Runs a trial or a fold to its end where it is called, telling every epoch at once. */
export function toItsEnd<T>(
  run: Generator<EpochUpdate, T, 'continue' | 'stop'>,
  onEpoch: (update: TimedUpdate) => void,
): T {
  let next = run.next();
  while (!next.done) {
    onEpoch({ ...next.value, at: performance.timeOrigin + performance.now() });
    next = run.next('continue');
  }
  return next.value;
}

/** A whole trial. Threads run this too. */
export function runInline(
  kernels: Kernels,
  task: TrialTask,
  onEpoch: (update: TimedUpdate) => void,
  conditions: RunConditions,
): TrialEnd {
  const started = performance.now();
  const end = toItsEnd(runTrial(task, { name: kernels.name, kernels }, conditions), onEpoch);
  return { ...end, durationMs: performance.now() - started };
}

/**
 * A core without threads: it blocks its caller while it trains. For the command line's replay and for tests. Trials may take
 * `memoryLimit` bytes each.
 */
export function createInlineCore(name: KernelsName, memoryLimit = Number.POSITIVE_INFINITY): ComputeCore {
  const kernels = instantiateKernels(compileKernels(name));
  return {
    run: async (task, { onEpochs, signal } = {}) => {
      signal?.throwIfAborted();
      return runInline(kernels, task, (update) => onEpochs?.([update]), { interrupted: () => false, memoryLimit });
    },
    close: async () => undefined,
  };
}
