/**
 * npm run bench:strategies: how many epochs each strategy needs to find a network that is good enough: digits, five hyperparameters, mean
 * validation accuracy over five folds, through the whole service, on one thread.
 *
 *   npm run bench:strategies -- [--seeds 20] [--target 0.98] [--python PATH] [--json] [random tpe hyperband …]
 *
 * For comparison, on the same networks without the service: one epoch for 50 random trials and all epochs for the best five, repeated; and
 * Optuna's defaults, if the Python of --python has optuna 5.0.0.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { createSampler } from '../src/algorithms/samplers/create-sampler.ts';
import { projectRoot } from '../src/paths.ts';
import { type CurveOf, createCurves, EPOCHS, searched } from './parts/curves.ts';
import { requirePython, runScript } from './parts/python.ts';
import { countFrom, median, rounded, runBench, tableOf } from './parts/report.ts';
import { runToCompletion, wideSpace, withClient } from './parts/through-service.ts';

/** A search that has not found one by then is counted with the epochs it took. */
const MAX_EPOCHS = 10_000;

const fixed = { hyperparameters: { ...wideSpace, epochs: EPOCHS } };
const tpe = { type: 'tpe', concurrency: 1 } as const;
const strategies: Readonly<Record<string, (seed: number) => object>> = {
  random: (seed) => ({ ...fixed, sampler: { type: 'random', seed } }),
  sobol: (seed) => ({ ...fixed, sampler: { type: 'sobol', seed } }),
  tpe: (seed) => ({ ...fixed, sampler: { ...tpe, seed } }),
  cmaes: (seed) => ({ ...fixed, sampler: { type: 'cmaes', seed } }),
  'successive halving': (seed) => ({
    ...fixed,
    sampler: { type: 'random', seed },
    pruner: { type: 'successiveHalving', bracketSize: 27 },
  }),
  hyperband: (seed) => ({ ...fixed, sampler: { type: 'random', seed }, pruner: { type: 'hyperband' } }),
  'tpe + hyperband': (seed) => ({ ...fixed, sampler: { ...tpe, seed }, pruner: { type: 'hyperband' } }),
  'tpe + hyperband, concurrency 4': (seed) => ({
    ...fixed,
    sampler: { type: 'tpe', seed, concurrency: 4 },
    pruner: { type: 'hyperband' },
  }),
  'coarse to fine': (seed) => ({
    hyperparameters: wideSpace,
    sampler: { type: 'random', seed },
    stages: [
      { epochs: 1, trials: 30 },
      { epochs: 3, trials: 12, quantile: 0.15 },
      { epochs: 9, trials: 8 },
      { epochs: EPOCHS, trials: 60 },
    ],
  }),
};

interface Found {
  readonly epochs: number;
  readonly trials: number;
  readonly reached: boolean;
}

const ROUND = 50;
const BEST_OF_ROUND = 5;
const ONE_EPOCH_FIRST = 'one epoch, then the best tenth';

/** The baseline: after one epoch, the best tenth of 50 random trials trains all epochs. */
async function oneEpochFirst(curveOf: CurveOf, seed: number, target: number): Promise<Found> {
  const sampler = createSampler(searched, { type: 'random', seed });
  let epochs = 0;
  for (let from = 0; epochs < MAX_EPOCHS; from += ROUND) {
    const numbers = Array.from({ length: ROUND }, (_, i) => from + i);
    const first = new Map<number, number>();
    for (const number of numbers) {
      const [value] = await curveOf(seed, number, sampler.propose(number, []), 1);
      first.set(number, value ?? -1);
    }
    epochs += ROUND;
    const best = numbers.toSorted((a, b) => first.get(b)! - first.get(a)!).slice(0, BEST_OF_ROUND);
    for (const [i, number] of best.entries()) {
      const curve = await curveOf(seed, number, sampler.propose(number, []));
      epochs += EPOCHS - 1;
      if ((curve.at(-1) ?? 0) >= target) return { epochs, trials: from + ROUND + i, reached: true };
    }
  }
  return { epochs, trials: Math.ceil(epochs / (ROUND + BEST_OF_ROUND * (EPOCHS - 1))) * ROUND, reached: false };
}

const foundSchema = z.record(z.string(), z.object({ epochs: z.int(), trials: z.int(), reached: z.boolean() }));

await runBench(async () => {
  const { values, positionals } = parseArgs({
    options: {
      seeds: { type: 'string', default: '20' },
      target: { type: 'string', default: '0.98' },
      python: { type: 'string' },
      json: { type: 'boolean' },
    },
    allowPositionals: true,
  });
  const seeds = countFrom('seeds', values.seeds);
  const unknown = positionals.filter((name) => !Object.hasOwn(strategies, name));
  if (unknown.length > 0)
    throw new Error(`there is no ${unknown.join(', ')}; there are ${Object.keys(strategies).join(', ')}`);
  const chosen = Object.entries(strategies).filter(([name]) => positionals.length === 0 || positionals.includes(name));
  const target = Number(values.target);
  const found = new Map<string, Found[]>(chosen.map(([name]) => [name, []]));
  const tell = (strategy: string, seed: number, one: Found) => {
    found.set(strategy, [...(found.get(strategy) ?? []), one]);
    if (values.json) console.log(JSON.stringify({ strategy, seed, ...one }));
  };
  if (positionals.length === 0) {
    const curveOf = createCurves();
    for (let seed = 0; seed < seeds; seed++) tell(ONE_EPOCH_FIRST, seed, await oneEpochFirst(curveOf, seed, target));
  }
  if (values.python !== undefined) {
    const python = await requirePython(values.python, { optuna: 'optuna==5.0.0' });
    const server = join(projectRoot, 'dist', 'bench', 'curve-server.js');
    for (let seed = 0; seed < seeds; seed++) {
      const args = [process.execPath, server, String(seed), String(target), String(MAX_EPOCHS)];
      const theirs = foundSchema.parse(await runScript(python, 'optuna_strategies.py', args));
      for (const [name, one] of Object.entries(theirs)) tell(name, seed, one);
    }
  } else console.error('Optuna is left out: name a Python that has it by --python PATH');
  await withClient(async (client) => {
    const search = async (specification: object): Promise<Found> => {
      const common = { dataset: 'digits', validation: { type: 'kFold', folds: 5 } };
      const staged = 'stages' in specification;
      const budget = { ...(staged ? {} : { trials: 100_000 }), target, epochs: MAX_EPOCHS };
      const { epochs, trials, endedBy } = await runToCompletion(client, { ...common, ...specification, budget });
      return { epochs, trials: trials.complete + trials.pruned, reached: endedBy === 'target' };
    };
    for (let seed = 0; seed < seeds; seed++) {
      for (const [name, specification] of chosen) {
        tell(name, seed, await search(specification(seed)));
      }
    }
  });
  const random = found.get('random');
  const base = random === undefined ? Number.NaN : median(random.map(({ epochs }) => epochs));
  const rows = [...found].map(([name, all]) => {
    const epochs = all.map((one) => one.epochs).sort((a, b) => a - b);
    const at = (share: number) => epochs[Math.round(share * (epochs.length - 1))]!;
    const middle = median(epochs);
    const reached = all.filter((one) => one.reached).length;
    return [name, middle, `${at(0.25)} – ${at(0.75)}`, `${reached} of ${all.length}`, rounded(base / middle, 2)];
  });
  if (values.json) for (const row of rows) console.log(JSON.stringify(row));
  else console.log(tableOf(['strategy', 'epochs, median', 'quartiles', 'reached', 'random / this'], rows));
});
