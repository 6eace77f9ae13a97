/** A rough estimate of how long a trial takes: good enough to group tiny trials into jobs and to give users an idea. */
import type { TrialSettings } from '../compute/trial.ts';
import { countFolds, foldRows } from '../data/folds.ts';
import type { DatasetFacts, Specification } from './specification/specification.ts';

/** Multiply-adds per second on one thread, and the fixed cost of a step: rough figures for the SIMD kernels (docs/benchmarks.md). */
const MULTIPLY_ADDS_PER_SECOND = 1.3e10;
const STEP_SECONDS = 5e-6;

/** Weights and biases of a network with these hidden layers. */
export function parametersOf(inputs: number, hiddenUnits: readonly number[], outputs: number): number {
  const sizes = [inputs, ...hiddenUnits, outputs];
  return sizes.slice(1).reduce((sum, units, l) => sum + (sizes[l]! + 1) * units, 0);
}

/** Seconds on one thread for all folds: per layer, three products for a training row (forward and backward), one for a validation row. */
export function secondsOf(
  settings: TrialSettings,
  dataset: DatasetFacts,
  validation: Specification['validation'],
): number {
  const { hiddenUnits, batchSize, epochs } = settings;
  const outputs = Math.max(dataset.classes.length, 1);
  const parameters = parametersOf(dataset.features, hiddenUnits, outputs);
  const { trainRows: taught, validationRows: held } = foldRows(validation, dataset.rows);
  const products = (3 * taught + held) * parameters;
  const steps = Math.ceil(taught / batchSize);
  return countFolds(validation) * epochs * (products / MULTIPLY_ADDS_PER_SECOND + steps * STEP_SECONDS);
}
