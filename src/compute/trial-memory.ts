/** Estimates the memory of a trial before it runs, to refuse trials that are too large. */
import { type CompiledKernels, instantiateKernels } from './kernels.ts';
import type { TrialSettings, TrialTask } from './trial.ts';
import { type DatasetShape, trialMemory } from './trial-options.ts';

/** The limit in bytes, and the estimate for given settings and rows. */
export function createTrialMemory(compiled: CompiledKernels, limitBytes: number) {
  const kernels = instantiateKernels(compiled);
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
