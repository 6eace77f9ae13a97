/**
 * Estimates how long a trial trains: to group tiny trials into jobs, and to tell users before they start a search.
 *
 * The costs were fitted to 300 trials of random settings (six data sets, all optimizers, 1 to 20 epochs, batches of 4 to 128 rows, up to three
 * layers of 256 units); four of five lie within a factor of 1.5 of the fit.
 */
import type { TrialSettings } from '../compute/trial.ts';
import { countFolds, foldRows } from '../data/folds.ts';
import type { DatasetFacts, Specification } from './specification/specification.ts';

/** How much slower a thread is than that of the machine on which the costs were measured. */
export interface Slowness {
  /** For products of matrices, which depend on the width of vectors. */
  readonly products: number;
  /** For everything else. */
  readonly rest: number;
}

/** Seconds on one core of a Xeon with 512-bit vectors. */
const COST = {
  fold: 4.7e-4,
  /** Of a weight, once: it is drawn at the start, in machine code, and hashed at the end. */
  weight: 3e-8,
  /** Of a number of the data set, once: it is preprocessed. */
  input: 2e-8,
  /** Of a layer in an epoch: its signals are observed. */
  epochOfLayer: 6e-5,
  stepOfLayer: 1.55e-6,
  multiplyAdd: 2.1e-11,
  /** Of an output of a hidden layer, forward and backward; batch norm and dropout each cost the same again. */
  output: 8.5e-10,
  /** Of a weight in a step; optimizers with two moments cost twice as much. */
  update: 4.9e-10,
} as const;
const CHEAP_ACTIVATIONS: readonly unknown[] = ['relu', 'leakyRelu'];
const TWO_MOMENTS: readonly unknown[] = ['adam', 'adamw', 'rmsprop'];

/** Weights and biases of a network with these hidden layers. */
export function parametersOf(inputs: number, hiddenUnits: readonly number[], outputs: number): number {
  const sizes = [inputs, ...hiddenUnits, outputs];
  return sizes.slice(1).reduce((sum, units, l) => sum + (sizes[l]! + 1) * units, 0);
}

/** Seconds of one thread for all folds and epochs. */
export function secondsOf(
  settings: TrialSettings,
  dataset: DatasetFacts,
  validation: Specification['validation'],
  slowness: Slowness = { products: 1, rest: 1 },
): number {
  const { products, rest } = partsOf(settings, dataset, validation);
  return slowness.products * products + slowness.rest * rest;
}

/** The two parts of the estimate, which are slower on other machines by factors of their own. */
export function partsOf(
  settings: TrialSettings,
  dataset: DatasetFacts,
  validation: Specification['validation'],
): Slowness {
  const { hiddenUnits, batchSize, epochs, activation, optimizer, batchNorm, dropout } = settings;
  const parameters = parametersOf(dataset.features, hiddenUnits, Math.max(dataset.classes.length, 1));
  const { trainRows, validationRows } = foldRows(validation, dataset.rows);
  const layers = hiddenUnits.length + 1;
  const steps = Math.ceil(trainRows / batchSize);
  const outputs = (2 * trainRows + validationRows) * hiddenUnits.reduce((sum, units) => sum + units, 0);
  const costly = [!CHEAP_ACTIVATIONS.includes(activation), batchNorm, dropout > 0].filter(Boolean).length;
  const restOfEpoch =
    layers * (COST.epochOfLayer + steps * COST.stepOfLayer) +
    outputs * (1 + costly) * COST.output +
    steps * parameters * (TWO_MOMENTS.includes(optimizer) ? 2 : 1) * COST.update;
  const once = COST.fold + parameters * COST.weight + trainRows * dataset.features * COST.input;
  // Per weight three products for a training row, forward and backward, and one for a validation row.
  const productsOfEpoch = (3 * trainRows + validationRows) * parameters * COST.multiplyAdd;
  const folds = countFolds(validation);
  return { products: folds * epochs * productsOfEpoch, rest: folds * (once + epochs * restOfEpoch) };
}
