/** Recomputes a trial for comparison with its stored result. */
import { runToCompletion } from './inline-core.ts';
import { compileKernels, instantiateKernels } from './kernels.ts';
import type { KernelsName } from './kernels-names.ts';
import { createFirstHash } from './result-hash.ts';
import { resultOf, type TrialResult, type TrialTask } from './trial.ts';
import { hashed, runTrial } from './trial-run.ts';

export interface Replayed {
  readonly result: TrialResult;
  /** Its hashes in all versions of the hash, the current one first. */
  readonly hashes: readonly string[];
}

export function replayTrial(task: TrialTask, name: KernelsName): Replayed {
  const kernels = instantiateKernels(compileKernels(name));
  const first = createFirstHash(kernels.name);
  const conditions = { interrupted: () => false, memoryLimit: Number.POSITIVE_INFINITY, onLearned: first.learned };
  const end = runToCompletion(runTrial(task, { name: kernels.name, kernels }, conditions), () => undefined);
  const result = resultOf({ ...end, durationMs: 0 });
  return { result, hashes: [result.resultHash, first.digest(result.outcome, result.folds.map(hashed))] };
}
