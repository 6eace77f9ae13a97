/**
 * npm run bench:estimates: how far the time that a dry run estimates is from what the search takes, through REST. The costs in
 * src/domain/search-duration.ts were fitted to the searches marked `fitted`; the others are held out.
 *
 *   npm run bench:estimates -- [--threads 2] [--times 2] [--json] [NAME…]
 *
 * The first search of a service compiles its code, so one is run beforehand.
 */
import { parseArgs } from 'node:util';
import type { DryRun } from '../src/contract/searches.ts';
import { countFrom, rounded, runBench, tableOf } from './parts/report.ts';
import { runToCompletion, withClient } from './parts/through-service.ts';

/** The goal: from 1/1.5 to 1.5 times the estimate. */
const FACTOR = 1.5;

const learningRate = { distribution: 'float', low: 1e-4, high: 1e-2, scale: 'log' } as const;
const units = (low: number, high: number) => ({ distribution: 'int', low, high, scale: 'log' });
const of = (dataset: string, hyperparameters: object, trials: number, more: object = {}) => ({
  ...{ dataset, hyperparameters: { learningRate, ...hyperparameters }, budget: { trials } },
  ...more,
});

const fitted: Readonly<Record<string, object>> = {
  'tiny trials': of('iris', { hiddenUnits: 8, epochs: 5 }, 300),
  'tiny trials of one epoch': of('iris', { hiddenUnits: 8, epochs: 1 }, 500),
  'ten epochs of digits': of('digits', { hiddenUnits: 32, epochs: 10 }, 100),
  'layers of many sizes': of('digits', { hiddenUnits: units(8, 256), epochs: 20 }, 60),
  'three layers': of('digits', { hiddenUnits: [128, 128, 64], batchNorm: true, dropout: 0.2, epochs: 5 }, 40),
  tanh: of('spiral', { hiddenUnits: 64, activation: 'tanh', epochs: 20 }, 60),
  'five folds': of('wine', { hiddenUnits: 16, epochs: 20 }, 60, { validation: { type: 'kFold', folds: 5 } }),
  'default regression': { dataset: 'diabetes', budget: { trials: 60 } },
  'default classification': { dataset: 'digits', budget: { trials: 60 } },
  tpe: of('digits', { hiddenUnits: 32, epochs: 10 }, 60, { sampler: { type: 'tpe' } }),
  'tpe, four at once': of('iris', { hiddenUnits: 8, epochs: 10 }, 100, { sampler: { type: 'tpe', concurrency: 4 } }),
  hyperband: of('digits', { hiddenUnits: 32, epochs: 27 }, 120, { pruner: { type: 'hyperband' } }),
  'tpe and hyperband': of('spiral', { hiddenUnits: 32, epochs: 27 }, 60, {
    ...{ sampler: { type: 'tpe', concurrency: 4 }, pruner: { type: 'hyperband' } },
  }),
  'successive halving': of('digits', { hiddenUnits: 32, epochs: 16 }, 100, { pruner: { type: 'successiveHalving' } }),
  median: of('spiral', { hiddenUnits: 32, epochs: 30 }, 80, { pruner: { type: 'median' } }),
  'two stages': {
    ...{ dataset: 'digits', hyperparameters: { learningRate, hiddenUnits: 32 } },
    stages: [
      { epochs: 2, trials: 30 },
      { epochs: 10, trials: 15 },
    ],
  },
  'batches of four': of('digits', { hiddenUnits: 32, batchSize: 4, epochs: 5 }, 30),
  grid: {
    ...{ dataset: 'moons', sampler: { type: 'grid' } },
    hyperparameters: {
      learningRate: { ...learningRate, points: 6 },
      hiddenUnits: { ...units(4, 64), points: 6 },
      epochs: 20,
    },
  },
  cmaes: of('digits', { l2: { ...learningRate, low: 1e-6 }, hiddenUnits: 32, epochs: 5 }, 60, {
    sampler: { type: 'cmaes' },
  }),
  confirmation: of('iris', { hiddenUnits: 8, epochs: 20 }, 40, { confirm: { trials: 5, repeats: 5 } }),
};

const heldOut: Readonly<Record<string, object>> = {
  'sgd on wine': of('wine', { hiddenUnits: 24, optimizer: 'momentum', epochs: 15 }, 200),
  'one wide layer': of('digits', { hiddenUnits: 512, epochs: 4 }, 30),
  'four layers of gelu': of('spiral', { hiddenUnits: [32, 32, 32, 32], activation: 'gelu', epochs: 25 }, 40),
  'repeated holdout': of('iris', { hiddenUnits: 16, epochs: 12 }, 60, { validation: { fraction: 0.3, repeats: 4 } }),
  'ten folds of digits': of('digits', { hiddenUnits: 16, epochs: 3 }, 20, { validation: { type: 'kFold', folds: 10 } }),
  'large batches': of('digits', { hiddenUnits: 64, batchSize: 256, epochs: 20 }, 100),
  'sobol with batch norm': of('diabetes', { hiddenUnits: units(8, 128), batchNorm: true, epochs: 20 }, 60, {
    sampler: { type: 'sobol' },
  }),
  'tpe on wine': of('wine', { hiddenUnits: units(4, 64), epochs: 30 }, 80, { sampler: { type: 'tpe' } }),
  'tpe, eight at once': of('digits', { hiddenUnits: units(8, 64), epochs: 8 }, 80, {
    sampler: { type: 'tpe', concurrency: 8 },
  }),
  'hyperband on wine': of('wine', { hiddenUnits: 32, epochs: 81 }, 100, { pruner: { type: 'hyperband' } }),
  'halving by two': of('spiral', { hiddenUnits: 48, epochs: 32 }, 64, {
    pruner: { type: 'successiveHalving', reductionFactor: 2 },
  }),
  'percentile on digits': of('digits', { hiddenUnits: 64, epochs: 20 }, 40, {
    pruner: { type: 'percentile', percentile: 30 },
  }),
  'regression with dropout': of('diabetes', { hiddenUnits: [64, 32], dropout: 0.3, epochs: 40 }, 60),
  'three stages': {
    ...{ dataset: 'wine', hyperparameters: { learningRate, hiddenUnits: 16 } },
    stages: [
      { epochs: 3, trials: 60 },
      { epochs: 9, trials: 30 },
      { epochs: 27, trials: 15 },
    ],
  },
  'confirmed digits': of('digits', { hiddenUnits: 32, epochs: 10 }, 40, { confirm: { trials: 5, repeats: 4 } }),
};

interface Measured {
  readonly search: string;
  readonly fitted: boolean;
  readonly estimate: number;
  readonly seconds: number;
  readonly ratio: number;
}

function within(all: readonly Measured[]): string {
  const good = all.filter(({ ratio }) => ratio <= FACTOR && ratio >= 1 / FACTOR).length;
  return `${good} of ${all.length} within ${FACTOR}× (${Math.round((100 * good) / all.length)} %)`;
}

await runBench(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      threads: { type: 'string', default: '2' },
      times: { type: 'string', default: '2' },
      json: { type: 'boolean' },
    },
  });
  const all = { ...fitted, ...heldOut };
  const unknown = positionals.find((name) => !(name in all));
  if (unknown !== undefined) throw new Error(`there is no ${unknown}; there are ${Object.keys(all).join(', ')}`);
  const chosen = positionals.length > 0 ? positionals : Object.keys(all);
  const times = countFrom('times', values.times);
  const measured = await withClient(
    async (client) => {
      await runToCompletion(client, fitted['tiny trials']!);
      const measurements: Measured[] = [];
      for (let i = 0; i < times; i++) {
        for (const search of chosen) {
          const response = await fetch(`${client.url}/v1/searches/dry-run`, {
            ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(all[search]) },
          });
          if (!response.ok) throw new Error(`${search}: ${await response.text()}`);
          const { estimate } = (await response.json()) as DryRun;
          const begun = performance.now();
          await runToCompletion(client, all[search]!);
          const seconds = (performance.now() - begun) / 1000;
          const ratio = seconds / estimate.seconds;
          measurements.push({ search, fitted: search in fitted, estimate: estimate.seconds, seconds, ratio });
        }
      }
      return measurements;
    },
    countFrom('threads', values.threads),
  );
  if (values.json) {
    for (const row of measured) console.log(JSON.stringify({ measure: 'estimate', ...row }));
    return;
  }
  const rows = measured.map(({ search, fitted: isFitted, estimate, seconds, ratio }) => {
    return [search, isFitted ? 'fitted' : 'held out', rounded(estimate, 2), rounded(seconds, 2), rounded(ratio, 2)];
  });
  console.log(tableOf(['search', '', 'estimate (s)', 'took (s)', 'ratio'], rows));
  for (const [name, own] of [
    ['fitted', measured.filter((row) => row.fitted)],
    ['held out', measured.filter((row) => !row.fitted)],
  ] as const) {
    if (own.length > 0) console.log(`${name}: ${within(own)}`);
  }
});
