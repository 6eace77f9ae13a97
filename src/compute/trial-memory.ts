/** Estimates the memory of a trial before it runs, to refuse trials that are too large. */
import { compileKernels, instantiateKernels, type KernelsName } from './kernels.ts';
import type { TrialSettings, TrialTask } from './trial.ts';
import { type DatasetShape, trialMemory } from './trial-options.ts';

/** The limit in bytes, and the estimate for given settings and rows. */
export function createTrialMemory(name: KernelsName, limitBytes: number) {
  const kernels = instantiateKernels(compileKernels(name));
  return {
    limitBytes,
    needed: (
      settings: TrialSettings,
      dataset: DatasetShape,
      objective: Pick<TrialTask, 'metric' | 'direction'>,
      rows: { readonly trainRows: number; readonly validationRows: number },
    ): number => trialMemory(kernels, settings, dataset, objective, rows),
  };
}
