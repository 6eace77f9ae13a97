/**
 * Training runs with injected faults, and healthy runs. Each is determined by kind, variant and draw. If a setting does not cause its fault in
 * every run, an oracle decides (oracles.ts).
 */
import type { FindingCode } from '../../src/diagnosis/finding.ts';
import { type Random, randomAt } from '../../src/random.ts';
import type { InjectedRun } from './injected-run.ts';
import {
  diesAtOnce,
  diesOnTheWay,
  fallsFasterWhenSlower,
  learnsNothingAtAnyRate,
  needsMoreUnits,
  type Oracle,
  wouldGoOn,
} from './oracles.ts';

interface Dice {
  pick<T>(list: readonly T[]): T;
  whole(low: number, high: number): number;
  /** A number between low and high on a log scale. */
  log(low: number, high: number): number;
}

function diceOf(random: Random): Dice {
  const uniform = (low: number, high: number) => low + (high - low) * random.uniform();
  return {
    pick: (list) => list[Math.floor(random.uniform() * list.length)]!,
    whole: (low, high) => Math.floor(uniform(low, high + 1)),
    log: (low, high) => Math.exp(uniform(Math.log(low), Math.log(high))),
  };
}

const sets = ['digits', 'wine', 'iris', 'moons', 'rings', 'spiral'] as const;
const spread = ['digits', 'wine', 'spiral', 'rings'] as const;
const sound = {
  optimizer: 'momentum',
  momentum: 0.9,
  learningRate: 0.01,
  l2: 1e-5,
  activation: 'relu',
  initializer: 'he',
  preprocessing: 'standardize',
  batchNorm: false,
  batchSize: 32,
  hiddenLayers: 2,
  hiddenUnits: 48,
  epochs: 15,
} as const;

type Recipe = (dice: Dice) => Omit<InjectedRun, 'seed'>;

/** A healthy run with one fault. */
const on =
  (
    datasets: readonly string[],
    wrong: (dice: Dice) => InjectedRun['hyperparameters'],
    more: Partial<InjectedRun> = {},
  ): Recipe =>
  (dice) => ({
    dataset: dice.pick(datasets),
    hyperparameters: { ...sound, hiddenUnits: dice.whole(24, 96), hiddenLayers: dice.whole(1, 3), ...wrong(dice) },
    ...more,
  });

export interface Kind {
  readonly code: FindingCode;
  readonly recipe: Recipe;
  /** Decides whether the fault is present, from other data than the rule uses; runs without it are drawn again. */
  readonly oracle?: Oracle;
}

export const recipes: Readonly<Record<string, Kind>> = {
  'lossAtStart, initialization': {
    code: 'lossAtStart',
    recipe: on(
      sets,
      (d) => ({ initializer: 'smallNormal', smallNormalDeviation: d.log(1, 3), hiddenLayers: d.whole(2, 3) }),
      { cause: 'initialization' },
    ),
  },
  'lossAtStart, inputs': {
    code: 'lossAtStart',
    recipe: on(['wine'], () => ({ preprocessing: 'none', learningRate: 1e-5 }), { cause: 'inputs' }),
  },
  diverged: {
    code: 'diverged',
    recipe: on(sets, (d) => ({ optimizer: 'sgd', learningRate: d.log(20, 500), hiddenLayers: d.whole(2, 4) })),
  },
  symmetricWeights: {
    code: 'symmetricWeights',
    recipe: on(sets, (d) => ({ initializer: 'zeros', activation: d.pick(['relu', 'tanh', 'sigmoid', 'elu']) })),
  },
  deadNetwork: {
    code: 'deadNetwork',
    recipe: on(sets, (d) => ({ hiddenLayers: d.whole(15, 20), hiddenUnits: 2, learningRate: 0.001 })),
  },
  rateTooLow: {
    code: 'rateTooLow',
    recipe: on(sets, (d) => ({ learningRate: d.log(1e-8, 3e-6), ...d.pick([{}, { optimizer: 'sgd' }]) })),
  },
  rateTooHigh: {
    code: 'rateTooHigh',
    oracle: fallsFasterWhenSlower,
    recipe: on(spread, (d) => ({
      ...d.pick([
        { optimizer: 'adam', learningRate: d.log(0.1, 0.5) },
        { optimizer: 'momentum', learningRate: d.log(0.3, 0.9) },
      ]),
      activation: 'tanh',
      initializer: 'xavier',
      hiddenLayers: d.whole(2, 3),
    })),
  },
  plateau: {
    code: 'plateau',
    oracle: learnsNothingAtAnyRate,
    recipe: on(['digits', 'spiral', 'rings'], (d) => ({
      activation: 'sigmoid',
      initializer: 'xavier',
      hiddenLayers: d.whole(6, 9),
      learningRate: d.log(0.01, 0.05),
    })),
  },
  'deadRelu, initialization': {
    code: 'deadRelu',
    recipe: on(sets, (d) => ({ hiddenLayers: d.whole(18, 20), hiddenUnits: d.whole(8, 14), learningRate: 1e-4 }), {
      cause: 'initialization',
    }),
    oracle: diesAtOnce,
  },
  'deadRelu, inputs': {
    code: 'deadRelu',
    recipe: on(['wine'], () => ({ preprocessing: 'none', learningRate: 1e-7, hiddenLayers: 1 }), { cause: 'inputs' }),
    oracle: diesAtOnce,
  },
  'deadRelu, rate': {
    code: 'deadRelu',
    recipe: on(
      ['wine', 'spiral', 'rings', 'moons'],
      (d) => ({ optimizer: 'momentum', learningRate: d.log(0.25, 0.6), hiddenLayers: d.whole(3, 4) }),
      { cause: 'rate' },
    ),
    oracle: diesOnTheWay,
  },
  'saturated, initialization': {
    code: 'saturated',
    recipe: on(
      sets,
      (d) => ({
        activation: d.pick(['tanh', 'sigmoid']),
        initializer: 'smallNormal',
        smallNormalDeviation: d.log(1.5, 4),
        hiddenLayers: d.whole(2, 4),
      }),
      { cause: 'initialization' },
    ),
  },
  'saturated, rate': {
    code: 'saturated',
    recipe: on(
      ['digits', 'spiral'],
      (d) => ({
        activation: 'tanh',
        initializer: 'xavier',
        optimizer: 'adam',
        learningRate: d.log(0.15, 0.5),
        hiddenLayers: d.whole(2, 3),
      }),
      { cause: 'rate' },
    ),
  },
  vanishingGradients: {
    code: 'vanishingGradients',
    recipe: on(sets, (d) => ({
      activation: 'sigmoid',
      initializer: 'xavier',
      hiddenLayers: d.whole(7, 10),
      learningRate: 0.001,
    })),
  },
  explodingGradients: {
    code: 'explodingGradients',
    recipe: on(sets, (d) => ({
      initializer: 'smallNormal',
      smallNormalDeviation: d.log(0.6, 1),
      hiddenLayers: d.whole(6, 9),
      learningRate: 1e-9,
    })),
  },
  notZeroCentred: {
    code: 'notZeroCentred',
    recipe: on(sets, (d) => ({
      activation: 'sigmoid',
      initializer: 'smallNormal',
      smallNormalDeviation: d.log(0.005, 0.02),
      learningRate: 0.001,
      hiddenLayers: d.whole(2, 3),
    })),
  },
  initializationTooSmall: {
    code: 'initializationTooSmall',
    recipe: on(sets, (d) => ({
      initializer: 'smallNormal',
      smallNormalDeviation: d.log(0.002, 0.015),
      hiddenLayers: d.whole(3, 8),
      activation: d.pick(['tanh', 'relu', 'elu']),
    })),
  },
  initializationTooLarge: {
    code: 'initializationTooLarge',
    recipe: on(sets, (d) => ({
      initializer: 'smallNormal',
      smallNormalDeviation: d.log(1, 3),
      hiddenLayers: d.whole(3, 6),
      activation: d.pick(['tanh', 'relu']),
    })),
  },
  inputsOffCentre: {
    code: 'inputsOffCentre',
    recipe: on(['digits', 'wine', 'iris'], () => ({ preprocessing: 'none', learningRate: 0.001 })),
  },
  inputScales: {
    code: 'inputScales',
    recipe: on(['wine'], (d) => ({ preprocessing: d.pick(['none', 'center']), learningRate: 1e-4 })),
  },
  overfitting: {
    code: 'overfitting',
    recipe: on(
      ['digits', 'diabetes'],
      (d) => ({ epochs: 80, hiddenUnits: d.whole(96, 192), hiddenLayers: d.whole(2, 3), l2: 0, learningRate: 0.003 }),
      { fraction: 0.93 },
    ),
  },
  underfitting: {
    code: 'underfitting',
    oracle: needsMoreUnits,
    recipe: on(['digits', 'spiral'], (d) => ({
      hiddenLayers: 1,
      hiddenUnits: d.whole(1, 2),
      epochs: 40,
      activation: 'tanh',
      initializer: 'xavier',
    })),
  },
  regularizationDominates: {
    code: 'regularizationDominates',
    recipe: on(sets, (d) => ({
      l2: d.log(0.3, 3),
      optimizer: d.pick(['adam', 'sgd']),
      learningRate: 0.005,
      epochs: 20,
    })),
  },
  batchTooSmall: {
    code: 'batchTooSmall',
    recipe: on(sets, (d) => ({ batchNorm: true, batchSize: d.whole(2, 6), epochs: 5 })),
  },
  validationTooSmall: { code: 'validationTooSmall', recipe: on(['iris', 'wine'], () => ({}), { fraction: 0.15 }) },
  stillImproving: {
    code: 'stillImproving',
    oracle: wouldGoOn,
    recipe: on(['digits', 'wine', 'iris'], (d) => ({ learningRate: d.log(5e-4, 2e-3), epochs: d.whole(6, 10) })),
  },
};

/** Runs without problems. */
const healthy: Recipe = (dice) => {
  const dataset = dice.pick(['digits', 'digits', 'moons', 'moons', 'diabetes']);
  return {
    dataset,
    hyperparameters: {
      ...sound,
      ...dice.pick([
        { activation: 'relu', initializer: 'he' },
        { activation: 'elu', initializer: 'he' },
        { activation: 'leakyRelu', initializer: 'he' },
        { activation: 'tanh', initializer: 'xavier' },
      ]),
      ...dice.pick([
        { optimizer: 'momentum', learningRate: dice.log(0.003, 0.01) },
        { optimizer: 'adam', learningRate: dice.log(5e-4, 2e-3) },
        { optimizer: 'nesterov', learningRate: dice.log(0.003, 0.01) },
      ]),
      hiddenLayers: dice.whole(1, 3),
      hiddenUnits: dice.whole(24, 96),
      // On other data sets the last batch of an epoch has two rows.
      batchNorm: dataset === 'digits' && dice.pick([true, false]),
      batchSize: dice.pick([16, 32, 64]),
      epochs: 60,
      patience: 5,
    },
  };
};

/** Draw `draw` of variant `number` of a kind of run. `salt` separates runs used to set thresholds from those reported. */
export function injectedRun(kind: string, number: number, salt: number, draw = 0): InjectedRun {
  const kinds = [...Object.keys(recipes), 'healthy'];
  const address = { seed: salt, purpose: 'probe', trial: number, fold: kinds.indexOf(kind), epoch: draw } as const;
  const recipe = kind === 'healthy' ? healthy : recipes[kind]!.recipe;
  return { ...recipe(diceOf(randomAt(address))), seed: salt + number };
}
