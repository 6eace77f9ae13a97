import { performance } from 'node:perf_hooks';
import type { Kernels } from '../nn/kernels.ts';
import { compileKernels, instantiateKernels, type KernelsName } from './kernels.ts';
import type { ComputeCore, EpochUpdate, TrialEnd, TrialTask } from './trial.ts';
import { type RunConditions, runTrial } from './trial-run.ts';

/** Runs a trial to its end where it is called, telling every epoch at once. Threads run this too. */
export function runInline(
  kernels: Kernels,
  task: TrialTask,
  onEpoch: (update: EpochUpdate) => void,
  conditions: RunConditions,
): TrialEnd {
  const started = performance.now();
  const run = runTrial(task, { name: kernels.name, kernels }, conditions);
  let next = run.next();
  while (!next.done) {
    onEpoch(next.value);
    next = run.next('continue');
  }
  return { ...next.value, durationMs: performance.now() - started };
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
