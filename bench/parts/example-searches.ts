/** Searches of every kind and size, to see how the page shows them. */
import type { ApiClient } from '../../src/cli/api-client.ts';
import { tinyTrials } from './tiny-and-long-trials.ts';

const learningRate = { distribution: 'float', low: 1e-5, high: 1e-1, scale: 'log' } as const;
const hiddenUnits = { distribution: 'int', low: 8, high: 128, scale: 'log' } as const;
const optimizers = { distribution: 'categorical', choices: ['sgd', 'momentum', 'adam'] } as const;

export const exampleSearches = {
  one: { dataset: 'iris', hyperparameters: { learningRate: 0.003, epochs: 30 }, budget: { trials: 1 } },
  random: {
    dataset: 'digits',
    hyperparameters: {
      learningRate,
      l2: { distribution: 'float', low: 1e-6, high: 1e-1, scale: 'log' },
      hiddenLayers: { distribution: 'int', low: 1, high: 3 },
      hiddenUnits,
      activation: { distribution: 'categorical', choices: ['relu', 'elu', 'tanh'] },
      batchNorm: true,
      epochs: 12,
    },
    budget: { trials: 40 },
  },
  hyperband: {
    dataset: 'digits',
    hyperparameters: { learningRate, hiddenUnits, optimizer: optimizers, epochs: 27 },
    sampler: { type: 'tpe', seed: 1 },
    pruner: { type: 'hyperband' },
    budget: { trials: 60 },
  },
  'k-fold': {
    dataset: 'iris',
    hyperparameters: { learningRate, hiddenUnits, epochs: 15 },
    validation: { type: 'kFold', folds: 5, test: 0.2 },
    confirm: {},
    budget: { trials: 40 },
  },
  conditional: {
    dataset: 'iris',
    hyperparameters: {
      learningRate,
      optimizer: optimizers,
      momentum: { distribution: 'float', low: 0.5, high: 0.99, when: { optimizer: ['momentum'] } },
      hiddenLayers: { distribution: 'int', low: 1, high: 3 },
      epochs: 10,
    },
    budget: { trials: 40 },
  },
  regression: {
    dataset: 'diabetes',
    hyperparameters: {
      learningRate,
      hiddenUnits,
      activation: { distribution: 'categorical', choices: ['relu', 'tanh'] },
    },
    sampler: { type: 'tpe', seed: 1 },
    pruner: { type: 'hyperband' },
    validation: { type: 'kFold', folds: 3, test: 0.2 },
    budget: { trials: 40 },
  },
  diverged: {
    dataset: 'iris',
    hyperparameters: {
      learningRate: { ...learningRate, low: 1e-3, high: 100 },
      hiddenUnits,
      activation: { distribution: 'categorical', choices: ['relu', 'sigmoid'] },
      optimizer: 'sgd',
      epochs: 10,
    },
    budget: { trials: 40 },
  },
  failed: {
    dataset: 'digits',
    hyperparameters: { learningRate, hiddenUnits: { ...hiddenUnits, high: 512 }, hiddenLayers: 3, epochs: 20 },
    limits: { trialSeconds: 1, attempts: 1 },
    budget: { trials: 12 },
  },
  staged: {
    dataset: 'iris',
    hyperparameters: { learningRate, hiddenUnits },
    stages: [
      { epochs: 2, trials: 24 },
      { epochs: 8, trials: 12 },
    ],
  },
  many: {
    dataset: 'iris',
    hyperparameters: {
      learningRate,
      l2: { distribution: 'float', low: 1e-6, high: 1e-1, scale: 'log' },
      hiddenUnits,
      optimizer: optimizers,
      momentum: { distribution: 'float', low: 0.5, high: 0.99, when: { optimizer: ['momentum'] } },
      epochs: 4,
    },
    budget: { trials: 2000 },
  },
  large: tinyTrials(10_000),
} as const;
export type ExampleName = keyof typeof exampleSearches;

/** Creates the searches that a service lacks, by their names, and waits for the end of all; resolves with their ids. */
export async function exampleIds(client: ApiClient): Promise<Readonly<Record<ExampleName, string>>> {
  const known = new Map((await client.list()).items.map(({ name, id }) => [name, id]));
  const ids: [string, string][] = [];
  for (const [name, specification] of Object.entries(exampleSearches)) {
    const id = known.get(name) ?? (await client.create({ ...specification, name })).id;
    ids.push([name, id]);
  }
  for (const [, id] of ids) await ended(client, id);
  return Object.fromEntries(ids) as Record<ExampleName, string>;
}

async function ended(client: ApiClient, id: string): Promise<void> {
  while (['running', 'paused'].includes((await client.search(id)).state))
    await new Promise((resolve) => setTimeout(resolve, 500));
}
