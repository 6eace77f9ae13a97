/** The heaviest inputs that the service accepts, or nearly: specifications, files, and requests for much at once. */
import { hyperparameterTable } from '../../src/domain/specification/hyperparameters.ts';

export const numbers = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
const rows = Object.entries(hyperparameterTable);
const parents = ['hiddenUnits', 'batchSize', 'epochs'];

/** Every hyperparameter varies. */
const all = Object.fromEntries(
  rows.map(([name, row]) => [
    name,
    row.kind === 'choice'
      ? { distribution: 'categorical', choices: row.choices.filter((choice) => choice !== 'binaryCrossEntropy') }
      : row.kind === 'switch'
        ? { distribution: 'categorical', choices: [true, false] }
        : {
            distribution: row.kind,
            low: Math.max(row.min, row.kind === 'int' ? 1 : 0.01),
            high: Math.min(row.max, row.kind === 'int' ? 20 : 0.5),
          },
  ]),
);
const { epochs: _, ...unstaged } = all;
const units = Object.fromEntries(
  numbers(15).map((layer) => [`hiddenUnits${layer}`, { distribution: 'int', low: 1, high: 40 }]),
);
const conditional = {
  ...Object.fromEntries(parents.map((name) => [name, { distribution: 'categorical', choices: numbers(100) }])),
  learningRate: {
    ...{ distribution: 'float', low: 1e-4, high: 0.5, scale: 'log', points: 5 },
    when: Object.fromEntries(parents.map((name) => [name, numbers(99)])),
  },
};
const ints = rows.filter(([, { kind }]) => kind === 'int').map(([name]) => name);
const floats = rows.flatMap(([name, row]) => (row.kind === 'float' ? [[name, row] as const] : []));
/** Hundreds of choices each, and conditions on a hundred of them. */
const manyChoices = Object.fromEntries([
  ...ints
    .filter((name) => name !== 'hiddenLayers')
    .map((name) => [name, { distribution: 'categorical', choices: numbers(1000) }]),
  ...floats.map(([name]) => [
    name,
    {
      ...{ distribution: 'float', low: 0.1, high: 0.2 },
      when: Object.fromEntries(ints.filter((int) => int !== 'hiddenLayers').map((int) => [int, numbers(100)])),
    },
  ]),
]);
const grid = (points: number, count: number) =>
  Object.fromEntries(
    floats.slice(0, count).map(([name]) => [name, { distribution: 'float', low: 0.1, high: 0.2, points }]),
  );

/** Bodies for POST /v1/searches and its dry run. */
export const specifications: Readonly<Record<string, object>> = {
  'tpe, 1,000 candidates, every hyperparameter': {
    ...{ hyperparameters: { ...all, ...units }, budget: { trials: 1_000_000 } },
    sampler: { type: 'tpe', candidates: 1000, startupTrials: 1 },
  },
  'cmaes, generations of 1,000, every hyperparameter': {
    ...{ hyperparameters: { ...all, ...units }, budget: { trials: 1_000_000 } },
    sampler: { type: 'cmaes', generation: 1000 },
  },
  'sobol, every hyperparameter': {
    ...{ hyperparameters: { ...all, ...units }, budget: { trials: 1_000_000 }, sampler: { type: 'sobol' } },
  },
  'a grid of ten million': { hyperparameters: grid(25, 5), sampler: { type: 'grid' } },
  'twelve axes of 10,000 points, sampled': {
    ...{ hyperparameters: grid(10_000, 12), sampler: { type: 'random' }, budget: { trials: 1_000_000 } },
  },
  ...Object.fromEntries(
    ['grid', 'random', 'sobol', 'tpe', 'cmaes'].map((type) => [
      `conditions on three parents of 100 choices, ${type}`,
      { hyperparameters: conditional, sampler: { type }, budget: { trials: 1_000_000 } },
    ]),
  ),
  'conditions of every number on 100 choices of every whole number': {
    ...{ hyperparameters: manyChoices, sampler: { type: 'random' }, budget: { trials: 1_000_000 } },
  },
  '1,000 enqueued configurations of every hyperparameter': {
    ...{
      hyperparameters: { ...all, ...units, hiddenLayers: 16 },
      budget: { trials: 100_000 },
      sampler: { type: 'tpe' },
    },
    enqueue: numbers(1000).map((i) =>
      Object.fromEntries([
        ...floats.map(([name]) => [name, 0.01 + i / 2500]),
        ...numbers(15).map((layer) => [`hiddenUnits${layer}`, (i % 40) + 1]),
      ]),
    ),
  },
  '20 stages of 100,000 trials': {
    ...{ hyperparameters: unstaged, sampler: { type: 'random' } },
    stages: numbers(20).map((epochs) => ({ epochs, trials: 100_000 })),
  },
  'a confirmation of 50 finalists': {
    ...{ hyperparameters: { ...all, epochs: 1 }, sampler: { type: 'random' }, budget: { trials: 1_000_000 } },
    confirm: { trials: 50, repeats: 20 },
  },
};

/** Lines of CSV; as many columns as the service takes, or as many rows. */
export function csvOf(columns: number, count: number): Buffer {
  const header = [...numbers(columns).map((k) => `c${k}`), 'target'].join(',');
  const bodies = numbers(97).map((i) =>
    [...numbers(columns).map((k) => (i * 7919 + k * 104_729) % 9), i % 3 ? 'yes' : 'no'].join(','),
  );
  return Buffer.from([header, ...numbers(count).map((i) => bodies[i % bodies.length])].join('\n'));
}

export function jsonRows(columns: number, count: number): Buffer {
  return Buffer.from(
    JSON.stringify(
      numbers(count).map((i) => ({
        ...Object.fromEntries(numbers(columns).map((k) => [`c${k}`, (i * 7919 + k * 104_729) % 9])),
        target: i % 3 ? 'yes' : 'no',
      })),
    ),
  );
}

export function arff(columns: number, count: number): Buffer {
  const attributes = numbers(columns).map((k) => `@attribute c${k} numeric`);
  const [, ...lines] = csvOf(columns, count).toString().split('\n');
  return Buffer.from(['@relation heavy', ...attributes, '@attribute target {yes, no}', '@data', ...lines].join('\n'));
}

/** Bodies for POST /v1/imports: texts as long as they may be. */
export const spaces: Readonly<Record<string, { readonly text: string; readonly file?: string }>> = {
  JSON: {
    text: JSON.stringify(
      Object.fromEntries(numbers(490).map((i) => [`value${i}`, { _type: 'choice', _value: numbers(380) }])),
    ),
  },
  YAML: {
    text: `method: random\nparameters:\n${numbers(490)
      .map((i) => `  value${i}: {values: [${numbers(29).join(', ')}]}`)
      .join('\n')}\n`,
  },
};

/** Trials of another tool, as CSV. */
export function trialsCsv(count: number): Buffer {
  const lines = numbers(count).map(
    (i) =>
      `${i - 1},${i - 1},${(i * 7919) % 1000},2026-01-01 09:00:00.000,2026-01-01 09:00:01.000,0 days 00:00:01,relu,${1 / i},${i % 64},COMPLETE`,
  );
  const header =
    ',number,value,datetime_start,datetime_complete,duration,params_activation,params_lr,params_n_units_l0,state';
  return Buffer.from([header, ...lines].join('\n'));
}
