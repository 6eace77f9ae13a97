/**
 * npm run bench:strategies: how many epochs it takes each way of searching to find a network that is good enough: digits, five
 * hyperparameters, mean validation accuracy over five folds, through the whole service, on one thread.
 *
 *   npm run bench:strategies -- [--seeds 20] [--target 0.98] [--json] [random tpe hyperband …]
 */
import { parseArgs } from 'node:util';
import { countFrom, median, rounded, runBench, tableOf } from './parts/report.ts';
import { toItsEnd, wideSpace, withClient } from './parts/through-service.ts';

/** Of a trial that runs to its end. */
const EPOCHS = 27;
/** A search that has not found one by then is counted with the epochs it took. */
const MOST_EPOCHS = 10_000;

const fixed = { hyperparameters: { ...wideSpace, epochs: EPOCHS } };
const tpe = { type: 'tpe', concurrency: 1 } as const;
const strategies: Readonly<Record<string, (seed: number) => object>> = {
  random: (seed) => ({ ...fixed, sampler: { type: 'random', seed } }),
  sobol: (seed) => ({ ...fixed, sampler: { type: 'sobol', seed } }),
  tpe: (seed) => ({ ...fixed, sampler: { ...tpe, seed } }),
  'successive halving': (seed) => ({
    ...fixed,
    sampler: { type: 'random', seed },
    pruner: { type: 'successiveHalving', bracketSize: 27 },
  }),
  hyperband: (seed) => ({ ...fixed, sampler: { type: 'random', seed }, pruner: { type: 'hyperband' } }),
  'tpe + hyperband': (seed) => ({ ...fixed, sampler: { ...tpe, seed }, pruner: { type: 'hyperband' } }),
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

await runBench(async () => {
  const { values, positionals } = parseArgs({
    options: {
      seeds: { type: 'string', default: '20' },
      target: { type: 'string', default: '0.98' },
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
  await withClient(async (client) => {
    const search = async (specification: object): Promise<Found> => {
      const common = { dataset: 'digits', validation: { type: 'kFold', folds: 5 } };
      const staged = 'stages' in specification;
      const budget = { ...(staged ? {} : { trials: 100_000 }), target, epochs: MOST_EPOCHS };
      const { epochs, trials, endedBy } = await toItsEnd(client, { ...common, ...specification, budget });
      return { epochs, trials: trials.complete + trials.pruned, reached: endedBy === 'target' };
    };
    for (let seed = 0; seed < seeds; seed++) {
      for (const [name, specification] of chosen) {
        const one = await search(specification(seed));
        found.get(name)!.push(one);
        if (values.json) console.log(JSON.stringify({ strategy: name, seed, ...one }));
      }
    }
  });
  const random = found.get('random');
  const base = random === undefined ? Number.NaN : median(random.map(({ epochs }) => epochs));
  const rows = chosen.map(([name]) => {
    const all = found.get(name)!;
    const epochs = all.map((one) => one.epochs).sort((a, b) => a - b);
    const at = (share: number) => epochs[Math.round(share * (epochs.length - 1))]!;
    const middle = median(epochs);
    const reached = all.filter((one) => one.reached).length;
    return [name, middle, `${at(0.25)} – ${at(0.75)}`, `${reached} of ${all.length}`, rounded(base / middle, 2)];
  });
  if (values.json) for (const row of rows) console.log(JSON.stringify(row));
  else console.log(tableOf(['strategy', 'epochs, median', 'quartiles', 'reached', 'random / this'], rows));
});
