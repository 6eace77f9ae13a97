/**
 * npm run bench:confirm: what the confirmation of the best trials is worth: searches through the whole service, evaluated on test rows.
 *
 *   npm run bench:confirm -- [--seeds 20] [--trials 40] [--finalists 10] [--repeats 5] [--networks 10] [--json] [digits wine spiral flipped]
 *
 * Every search keeps 30 % of the rows as test rows. How good a trial really is: the mean accuracy on these rows of `networks` more networks of
 * its hyperparameters, each with a split and a seed that neither the search nor its confirmation has met. Optimism is what is said of the
 * chosen trial less that; regret what the best finalist has more. `flipped` is uploaded: a quarter of its labels are wrong.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { designs } from '../src/algorithms/confirmation/rounds.ts';
import type { ApiClient } from '../src/cli/api-client.ts';
import { runToCompletion as runInline } from '../src/compute/inline-core.ts';
import { compileKernels, instantiateKernels } from '../src/compute/kernels.ts';
import { trainModel } from '../src/compute/train-model.ts';
import { loadBuiltin } from '../src/data/builtin.ts';
import { type ReadDataset, readCsv } from '../src/data/csv-dataset.ts';
import type { Confirmation } from '../src/domain/confirmation.ts';
import type { Search } from '../src/domain/search.ts';
import { trialTask } from '../src/domain/trial-task.ts';
import { projectRoot } from '../src/paths.ts';
import { randomAt } from '../src/random.ts';
import { countFrom, median, runBench, tableOf } from './parts/report.ts';
import { runToCompletion, withClient } from './parts/through-service.ts';

const TEST = 0.3;
const HOLDOUT = 0.2;
/** Repetitions that no confirmation comes to. */
const FRESH = 1000;

/** Epochs of the trials on each data set. */
const datasets = { digits: 4, wine: 10, spiral: 15, flipped: 8 } as const;
type DatasetName = keyof typeof datasets;

const space = {
  learningRate: { distribution: 'float', low: 1e-4, high: 1e-1, scale: 'log' },
  l2: { distribution: 'float', low: 1e-6, high: 1e-2, scale: 'log' },
  hiddenUnits: { distribution: 'int', low: 4, high: 32, scale: 'log' },
  activation: { distribution: 'categorical', choices: ['relu', 'tanh'] },
  optimizer: 'adam',
  batchSize: 16,
  preprocessing: 'standardize',
} as const;

/** Two classes by the sign of a sum of two of six columns; a quarter of the labels are flipped. */
function flippedCsv(): string {
  const random = randomAt({ seed: 2026, purpose: 'probe' });
  const lines = Array.from({ length: 500 }, () => {
    const x = Array.from({ length: 6 }, () => random.normal());
    const isFlipped = random.uniform() < 0.25;
    return [...x.map((value) => value.toFixed(4)), x[0]! + x[1]! > 0 !== isFlipped ? 'yes' : 'no'].join();
  });
  return ['a,b,c,d,e,f,label', ...lines].join('\n');
}

async function upload({ url }: ApiClient, own: string, csv: string): Promise<void> {
  const address = `${url}/v1/datasets?name=${own}&target=label`;
  const response = await fetch(address, { method: 'POST', headers: { 'content-type': 'text/csv' }, body: csv });
  if (!response.ok) throw new Error(`${own} was not accepted: ${await response.text()}`);
}

interface Options {
  readonly seeds: number;
  readonly trials: number;
  readonly finalists: number;
  readonly repeats: number;
  readonly networks: number;
}

/** What one way of choosing came to with one seed. */
interface Outcome {
  readonly dataset: DatasetName;
  readonly split: 'fixed' | 'reshuffled';
  /** `none`: the best by value as searched. */
  readonly way: 'none' | (typeof designs)[number];
  readonly seed: number;
  readonly runs: number;
  /** Of the chosen trial: as searched, as it is shown, the mean of its runs, on test rows. */
  readonly searched: number;
  readonly shown: number;
  readonly mean: number;
  readonly test: number;
  readonly regret: number;
  readonly probability: number;
  /** |shown − test| in standard errors. */
  readonly errors: number | null;
}

const kernels = instantiateKernels(compileKernels('simd'));
const conditions = { interrupted: () => false, memoryLimit: Number.POSITIVE_INFINITY };

async function read(client: ApiClient, { dataset: { name: own, hash } }: Search): Promise<ReadDataset> {
  const { reading, target, task } = await client.dataset(own, hash);
  const known = readCsv(await client.csv(own, hash), { ...reading, name: own, target, task });
  // The numbers of a generated data set have more digits than its file.
  return { ...known, dataset: loadBuiltin(own, join(projectRoot, 'datasets')) ?? known.dataset };
}

/** Mean accuracy on the test rows of fresh networks of a trial's hyperparameters. */
async function testValue(
  client: ApiClient,
  search: Search,
  { dataset, inputColumns }: ReadDataset,
  number: number,
  networks: number,
): Promise<number> {
  const { hyperparameters: point } = await client.trial(search.id, number);
  const { reading } = await client.dataset(search.dataset.name, search.dataset.hash);
  let sum = 0;
  for (let i = 0; i < networks; i++) {
    const task = trialTask(search, { number, point, confirms: { trial: number, repeat: FRESH + i } }, dataset);
    const training = trainModel({ task, columns: inputColumns, reading }, { name: kernels.name, kernels }, conditions);
    const { rows, predictions } = runInline(training, () => undefined).test!;
    const classes = dataset.classes.length;
    const right = rows.filter((row, r) => {
      const own = predictions.subarray(r * classes, (r + 1) * classes);
      return own.indexOf(Math.max(...own)) === dataset.y[row];
    });
    sum += right.length / rows.length / networks;
  }
  return sum;
}

async function outcomesOf(
  client: ApiClient,
  dataset: DatasetName,
  split: Outcome['split'],
  seed: number,
  { trials, finalists, repeats, networks }: Options,
): Promise<Outcome[]> {
  const validation = { fraction: HOLDOUT, test: TEST, ...(split === 'reshuffled' && { reshuffle: true }) };
  const base = {
    dataset,
    hyperparameters: { ...space, epochs: datasets[dataset] },
    sampler: { type: 'random', seed },
    validation,
    budget: { trials },
  };
  const searches: Search[] = [];
  for (const design of designs) {
    searches.push(await runToCompletion(client, { ...base, confirm: { trials: finalists, repeats, design } }));
  }
  const [first] = searches;
  const data = await read(client, first!);
  const tests = new Map<number, number>();
  for (const { number } of first!.confirmation!.finalists) {
    tests.set(number, await testValue(client, first!, data, number, networks));
  }
  const most = Math.max(...tests.values());
  const common = { dataset, split, seed };
  const evaluated = (number: number) => ({ test: tests.get(number)!, regret: most - tests.get(number)! });
  const { number, value } = first!.confirmation!.searched;
  const plain: Outcome = {
    ...{ ...common, way: 'none', runs: 0, searched: value, shown: value, mean: value, ...evaluated(number) },
    ...{ probability: Number(tests.get(number) === most), errors: null },
  };
  return [
    plain,
    ...searches.map((search, i) => ({ ...common, way: designs[i]!, ...chosenBy(search.confirmation!, evaluated) })),
  ];
}

function chosenBy(
  { finalists, best, runs }: Confirmation,
  evaluated: (number: number) => Pick<Outcome, 'test' | 'regret'>,
): Omit<Outcome, 'dataset' | 'split' | 'way' | 'seed'> {
  const chosen = finalists.find(({ number }) => number === best)!;
  const { value, mean, standardError, probability } = chosen.confirmed!;
  const { test, regret } = evaluated(chosen.number);
  return {
    ...{ runs: finalists.reduce((sum, finalist) => sum + finalist.runs, 0) || runs.planned },
    ...{ searched: chosen.value, shown: value, mean, test, regret, probability },
    errors: Math.abs(value - test) / standardError,
  };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)]!;
  return below + (place % 1) * (sorted[Math.ceil(place)]! - below);
}

/** Median and quartiles, in percent. */
function shown(values: readonly number[]): string {
  const [low, middle, high] = [quantile(values, 0.25), median(values), quantile(values, 0.75)].map((value) =>
    (100 * value).toFixed(1),
  );
  return `${middle} (${low} … ${high})`;
}

const head = [
  ...['data set', 'split', 'confirmed by', 'runs', 'as searched', 'shown', 'test', 'optimism', 'regret'],
  ...['mean optimism', 'of the runs\u2019 mean', 'mean regret', 'P(best)', 'was best', 'within 2 s.e.'],
];

function rowOf(dataset: string, outcomes: readonly Outcome[]): string[] {
  const [first] = outcomes;
  const of = (pick: (one: Outcome) => number) => outcomes.map(pick);
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const isPlain = first!.way === 'none';
  const within = outcomes.flatMap(({ errors }) => (errors === null ? [] : [Number(errors <= 2)]));
  const optimism = of((one) => one.shown - one.test);
  const regret = of((one) => one.regret);
  return [
    ...[dataset, first!.split, first!.way, mean(of(({ runs }) => runs)).toFixed(0)],
    ...[shown(of(({ searched }) => searched)), shown(of((one) => one.shown)), shown(of(({ test }) => test))],
    ...[shown(optimism), shown(regret), (100 * mean(optimism)).toFixed(2)],
    isPlain ? '–' : (100 * mean(of((one) => one.mean - one.test))).toFixed(2),
    (100 * mean(regret)).toFixed(2),
    isPlain ? '–' : mean(of(({ probability }) => probability)).toFixed(2),
    mean(of((one) => Number(one.regret === 0))).toFixed(2),
    isPlain ? '–' : mean(within).toFixed(2),
  ];
}

/** By data set, split and way; then over all data sets. */
function rowsOf(outcomes: readonly Outcome[]): string[][] {
  const groups = new Map<string, { readonly dataset: string; readonly outcomes: Outcome[] }>();
  for (const dataset of [undefined, 'all']) {
    for (const one of outcomes) {
      const name = dataset ?? one.dataset;
      const key = [name, one.split, one.way].join();
      const group = groups.get(key) ?? { dataset: name, outcomes: [] };
      groups.set(key, group);
      group.outcomes.push(one);
    }
  }
  return [...groups.values()].map((group) => rowOf(group.dataset, group.outcomes));
}

await runBench(async () => {
  const { values, positionals } = parseArgs({
    options: {
      seeds: { type: 'string', default: '20' },
      trials: { type: 'string', default: '40' },
      finalists: { type: 'string', default: '10' },
      repeats: { type: 'string', default: '5' },
      networks: { type: 'string', default: '10' },
      json: { type: 'boolean' },
    },
    allowPositionals: true,
  });
  const names = Object.keys(datasets) as DatasetName[];
  const unknown = positionals.filter((one) => !names.some((known) => known === one));
  if (unknown.length > 0) throw new Error(`there is no ${unknown.join(', ')}; there are ${names.join(', ')}`);
  const options: Options = {
    seeds: countFrom('seeds', values.seeds),
    trials: countFrom('trials', values.trials),
    finalists: countFrom('finalists', values.finalists),
    repeats: countFrom('repeats', values.repeats),
    networks: countFrom('networks', values.networks),
  };
  const outcomes: Outcome[] = [];
  await withClient(async (client) => {
    await upload(client, 'flipped', flippedCsv());
    for (const dataset of names.filter((one) => positionals.length === 0 || positionals.includes(one))) {
      for (let seed = 0; seed < options.seeds; seed++) {
        for (const split of ['fixed', 'reshuffled'] as const) {
          const some = await outcomesOf(client, dataset, split, seed, options);
          outcomes.push(...some);
          if (values.json) for (const one of some) console.log(JSON.stringify(one));
        }
      }
    }
  }, 2);
  if (!values.json) console.log(tableOf(head, rowsOf(outcomes)));
});
