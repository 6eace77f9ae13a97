/** Checks importance fixtures: PED-ANOVA on given trials, and known fANOVA shares. */

import { mainShares, pairShares } from '../../algorithms/importance/fanova.ts';
import type { Samples } from '../../algorithms/importance/forest.ts';
import { pedAnova } from '../../algorithms/importance/ped-anova.ts';
import { sobol } from '../../algorithms/samplers/sobol/quasi-random.ts';
import { log, sine } from '../../exact-math.ts';
import { isList, isNumber, isRecord, type Json, type Mismatches, near, part, within } from './compare.ts';

const SHARE_TOLERANCE = 0.05;
const POINTS = 8192;
const SEED = 1;

export function isImportance(json: Json): boolean {
  return isRecord(json['pedAnova']) || isRecord(json['fanova']);
}

export function checkImportance(json: Json): Mismatches {
  const mismatches: Mismatches = [];
  if (isRecord(json['pedAnova'])) mismatches.push(...checkPedAnova(json['pedAnova']));
  const { fanova } = json;
  if (!isRecord(fanova)) return mismatches;
  if (isRecord(fanova['analytic'])) mismatches.push(...checkAnalytic(fanova['analytic']));
  if (isRecord(fanova['logScale'])) mismatches.push(...checkLogScale(fanova['logScale']));
  return mismatches;
}

/** Columns by name, and the values, of trials whose hyperparameters lie where `place` says. */
function columnsOf(json: Json, place: (name: string, value: number) => number): { names: string[]; samples: Samples } {
  const trials = part(json, 'trials', isList);
  const names = Object.keys(part(trials[0], 'params', isRecord));
  const columns = names.map((name) =>
    Float64Array.from(trials, (trial) => place(name, part(part(trial, 'params', isRecord), name, isNumber))),
  );
  const values = Float64Array.from(trials, (trial) => part(trial, 'value', isNumber));
  return { names, samples: { columns, choices: names.map(() => 0), values } };
}

/** Of hyperparameters on [0, 1]; the best have the least values. */
function checkPedAnova(json: Json): Mismatches {
  const { names, samples } = columnsOf(json, (_, value) => value);
  const raw = pedAnova(samples.columns, samples.choices, samples.values);
  const sum = raw.reduce((a, b) => a + b, 0);
  return names.flatMap((name, j) => [
    ...near(`PED-ANOVA of ${name}`, raw[j]!, part(part(json, 'raw', isRecord), name, isNumber)),
    ...near(
      `PED-ANOVA of ${name}, normalized`,
      raw[j]! / sum,
      part(part(json, 'normalized', isRecord), name, isNumber),
    ),
  ]);
}

type Function3 = (x: number, y: number, z: number) => number;

function ishigami(a: number, b: number): Function3 {
  const turned = (u: number) => (2 * u - 1) * Math.PI;
  return (x, y, z) => sine(turned(x)) + a * sine(turned(y)) ** 2 + b * turned(z) ** 4 * sine(turned(x));
}

/** `4x+2y+z on U(0,1)`, `Ishigami(7, 0.1), …` */
function functionOf(title: string): Function3 | undefined {
  const [, a, b] = title.match(/^Ishigami(?:\(([\d.]+),\s*([\d.]+)\))?/) ?? [];
  if (title.startsWith('Ishigami')) return ishigami(Number(a ?? 7), Number(b ?? 0.1));
  const linear = title.match(/^(\d*)x\s*\+\s*(\d*)y\s*\+\s*(\d*)z/);
  if (linear === null) return undefined;
  const [p, q, r] = linear.slice(1).map((factor) => Number(factor || 1));
  return (x, y, z) => p! * x + q! * y + r! * z;
}

function sampled(f: Function3): Samples {
  const columns = [0, 1, 2].map((j) => Float64Array.from({ length: POINTS }, (_, i) => sobol(j, i)));
  const values = Float64Array.from({ length: POINTS }, (_, i) => f(columns[0]![i]!, columns[1]![i]!, columns[2]![i]!));
  return { columns, choices: [0, 0, 0], values };
}

function checkAnalytic(json: Json): Mismatches {
  return Object.entries(json).flatMap(([title, expected]) => {
    const f = functionOf(title);
    if (f === undefined) return [`there is no function ${title}`];
    const samples = sampled(f);
    const [, j, k] = title.match(/interaction (\w):(\w)/) ?? [];
    if (isNumber(expected) && j !== undefined && k !== undefined) {
      const ours = pairShares(samples, SEED, [['xyz'.indexOf(j), 'xyz'.indexOf(k)]])[0]!;
      return within(title, ours, expected, SHARE_TOLERANCE);
    }
    const shares = mainShares(samples, SEED) ?? [];
    const named = isRecord(expected) ? Object.entries(expected) : [];
    return named.flatMap(([name, share]) =>
      within(`${title}: ${name}`, shares['xyz'.indexOf(name)]?.share ?? Number.NaN, Number(share), SHARE_TOLERANCE),
    );
  });
}

/** Of a learning rate that was sampled by powers from 1e-5 to 1e-1. */
function checkLogScale(json: Json): Mismatches {
  const { names, samples } = columnsOf(json, (name, value) =>
    name === 'learningRate' ? (log(value) - log(1e-5)) / (log(1e-1) - log(1e-5)) : value,
  );
  const shares = mainShares(samples, SEED) ?? [];
  return Object.entries(part(json, 'expected', isRecord)).flatMap(([name, share]) =>
    within(`log scale: ${name}`, shares[names.indexOf(name)]?.share ?? Number.NaN, Number(share), SHARE_TOLERANCE),
  );
}
