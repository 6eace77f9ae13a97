/**
 * npm run bench:samplers: the regret of samplers on functions with known minimum, and what a proposal costs after many trials.
 *
 *   npm run bench:samplers -- [--seeds 20] [--proposals 200] [--trials 1000,10000] [--python PATH] [--json] [random sobol tpe cmaes …]
 *
 * Prints the simple regret (best value so far minus the minimum) after 50 and 100 trials: median and quartiles over seeds. Then the CPU time of a
 * proposal of tpe with five hyperparameters after 1,000 and 10,000 finished trials, beside Rustuna and Optuna where a Python has them.
 */
import { parseArgs } from 'node:util';
import { createSampler, type SamplerSettings } from '../src/algorithms/samplers/create-sampler.ts';
import type { Observation } from '../src/algorithms/samplers/sampler.ts';
import { type Point, spaceOf } from '../src/algorithms/space/space.ts';
import { proposalTimes } from './parts/proposal-times.ts';
import { findModules } from './parts/python.ts';
import { countFrom, rounded, runBench, tableOf } from './parts/report.ts';

interface Problem {
  readonly space: ReturnType<typeof spaceOf>;
  readonly f: (x: readonly number[]) => number;
  readonly least: number;
  /** The goal for the regret of the tree-structured Parzen estimator after 100 trials. */
  readonly goal: number;
}

function cube(bounds: readonly (readonly [number, number])[]) {
  const names = bounds.map(
    ([low, high], i) => [`x${i}`, { distribution: 'float', low, high, scale: 'linear' }] as const,
  );
  return spaceOf(Object.fromEntries(names));
}

const HARTMANN = {
  alpha: [1, 1.2, 3, 3.2],
  a: [
    [10, 3, 17, 3.5, 1.7, 8],
    [0.05, 10, 17, 0.1, 8, 14],
    [3, 3.5, 1.7, 10, 17, 8],
    [17, 8, 0.05, 10, 0.1, 14],
  ],
  p: [
    [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
    [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
    [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.665],
    [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
  ],
};

const five = Array.from({ length: 5 }, () => [-5.12, 5.12] as const);
const problems: Readonly<Record<string, Problem>> = {
  Branin: {
    space: cube([
      [-5, 10],
      [0, 15],
    ]),
    f: ([x, y]) =>
      (y! - (5.1 / (4 * Math.PI ** 2)) * x! ** 2 + (5 / Math.PI) * x! - 6) ** 2 +
      10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x!) +
      10,
    least: 0.397887357729738,
    goal: 0.03,
  },
  'Hartmann-6': {
    space: cube(Array.from({ length: 6 }, () => [0, 1] as const)),
    f: (x) =>
      -HARTMANN.alpha.reduce((sum, alpha, i) => {
        const inner = x.reduce((s, xj, j) => s + HARTMANN.a[i]![j]! * (xj - HARTMANN.p[i]![j]!) ** 2, 0);
        return sum + alpha * Math.exp(-inner);
      }, 0),
    least: -3.32236801141551,
    goal: 0.12,
  },
  'Sphere-5': { space: cube(five), f: (x) => x.reduce((sum, xi) => sum + xi * xi, 0), least: 0, goal: 0.35 },
  'Rastrigin-5': {
    space: cube(five),
    f: (x) => x.reduce((sum, xi) => sum + xi * xi - 10 * Math.cos(2 * Math.PI * xi) + 10, 0),
    least: 0,
    goal: 32,
  },
};

type Choice = (seed: number) => SamplerSettings;
const tpe = (concurrency: number) => (seed: number) =>
  ({ type: 'tpe', seed, startupTrials: 8, candidates: 48, concurrency }) as const;
const choices: Readonly<Record<string, Choice>> = {
  random: (seed) => ({ type: 'random', seed }),
  sobol: (seed) => ({ type: 'sobol', seed }),
  tpe: tpe(1),
  'tpe, concurrency 4': tpe(4),
  cmaes: (seed) => ({ type: 'cmaes', seed }),
};

const BUDGETS = [50, 100] as const;

/** The regret after each of BUDGETS, and milliseconds a proposal. */
function regrets({ space, f, least }: Problem, settings: SamplerSettings): { regrets: number[]; ms: number } {
  const sampler = createSampler(space, settings, [], 'minimize');
  const history: Observation[] = [];
  let best = Number.POSITIVE_INFINITY;
  let ms = 0;
  const found: number[] = [];
  for (let number = 0; number < BUDGETS.at(-1)!; number++) {
    const begun = performance.now();
    const point: Point = sampler.propose(number, history.slice(0, sampler.learnsFrom(number)));
    ms += performance.now() - begun;
    const value = f(
      Object.keys(point)
        .sort()
        .map((name) => Number(point[name])),
    );
    history.push({ number, point, value, epochs: 1, complete: true });
    best = Math.min(best, value);
    if (BUDGETS.some((budget) => budget === number + 1)) found.push(best - least);
  }
  return { regrets: found, ms: ms / history.length };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!];
  return below + (above - below) * (place - Math.floor(place));
}

/** Modules of Python that propose in the same way. */
const peers = ['rustuna', 'optuna'] as const;

function printRegrets(chosen: readonly (readonly [string, Choice])[], seeds: number, json: boolean): void {
  const rows: (string | number)[][] = [];
  for (const [problem, about] of Object.entries(problems)) {
    for (const [sampler, settings] of chosen) {
      const runs = Array.from({ length: seeds }, (_, seed) => regrets(about, settings(seed)));
      const ms = runs.reduce((sum, run) => sum + run.ms, 0) / seeds;
      BUDGETS.forEach((trials, b) => {
        const all = runs.map((run) => run.regrets[b]!);
        const [low, median, high] = [0.25, 0.5, 0.75].map((share) => Number(quantile(all, share).toPrecision(3)));
        const goal = sampler === 'tpe' && trials === 100 ? about.goal : null;
        if (json) {
          console.log(
            JSON.stringify({
              problem,
              sampler,
              trials,
              seeds,
              median,
              low,
              high,
              goal,
              ms_per_proposal: rounded(ms, 3),
            }),
          );
        }
        const rating = goal === null ? '' : median! <= goal ? `≤ ${goal}` : `above ${goal}`;
        rows.push([problem, sampler, trials, median!, `${low} – ${high}`, rating, rounded(ms, 3)]);
      });
    }
  }
  if (!json) {
    console.log(`simple regret over ${seeds} seeds\n`);
    console.log(tableOf(['function', 'sampler', 'trials', 'median', 'quartiles', 'goal', 'ms a proposal'], rows));
  }
}

await runBench(async () => {
  const { values, positionals } = parseArgs({
    options: {
      seeds: { type: 'string', default: '20' },
      proposals: { type: 'string', default: '200' },
      trials: { type: 'string', default: '1000,10000' },
      python: { type: 'string' },
      json: { type: 'boolean' },
    },
    allowPositionals: true,
  });
  const seeds = countFrom('seeds', values.seeds);
  const unknown = positionals.filter((name) => !Object.keys(choices).some((known) => known.startsWith(name)));
  if (unknown.length > 0) throw new Error(`there is no sampler ${unknown.join(', ')}`);
  const chosen = Object.entries(choices).filter(
    ([name]) => positionals.length === 0 || positionals.some((wanted) => name.startsWith(wanted)),
  );
  printRegrets(chosen, seeds, values.json === true);
  if (!chosen.some(([name]) => name === 'tpe')) return;
  const proposals = countFrom('proposals', values.proposals);
  const sizes = values.trials.split(',').map((text) => countFrom('trials', text));
  const { path, found } = await findModules(values.python, peers);
  const times = await proposalTimes(sizes, proposals, path, found);
  if (values.json) {
    for (const { side, trials, ms } of times)
      console.log(JSON.stringify({ side, trials, proposals, cpu_ms: rounded(ms, 3) }));
    return;
  }
  console.log(`\nCPU time of a tpe proposal, five hyperparameters: medians of ${proposals}\n`);
  console.log(
    tableOf(
      ['', 'finished trials', 'ms'],
      times.map(({ side, trials, ms }) => [side, trials, rounded(ms, 3)]),
    ),
  );
  const missing = peers.filter((peer) => !found.includes(peer));
  if (missing.length > 0)
    console.log(`\n${path} cannot import ${missing.join(' and ')}: name another Python by --python PATH`);
});
