/** Generated data sets: small, two-dimensional, and hard for shallow networks. */
import { cosine, sine } from '../exact-math.ts';
import { type Random, randomAt } from '../random.ts';
import { createDataset, type Dataset } from './dataset.ts';

/** The seed of the generated sets; their index is the fold of the address. Changing either would change hashes. */
const SEED = 2016;

export type GeneratedName = 'moons' | 'rings' | 'spiral';

/** The point and class of row i of `rows`. */
type Generator = (row: number, rows: number, random: Random) => readonly [x: number, y: number, label: number];

interface Recipe {
  readonly rows: number;
  readonly classes: readonly string[];
  readonly fold: number;
  readonly point: Generator;
}

/** Two interleaved half circles with noise of standard deviation 0.15. */
const moons: Generator = (row, _rows, random) => {
  const angle = Math.PI * random.uniform();
  const noise = () => 0.15 * random.normal();
  return row % 2 === 0
    ? [cosine(angle) + noise(), sine(angle) + noise(), 0]
    : [1 - cosine(angle) + noise(), 0.5 - sine(angle) + noise(), 1];
};

/** A ring of radius 1 around one of radius ½, with noise of standard deviation 0.08. */
const rings: Generator = (row, _rows, random) => {
  const label = row % 2;
  const angle = 2 * Math.PI * random.uniform();
  const radius = label === 0 ? 0.5 : 1;
  return [radius * cosine(angle) + 0.08 * random.normal(), radius * sine(angle) + 0.08 * random.normal(), label];
};

/** Three spiral arms of 4 radians, each rotated by 4 radians, with noise of 0.2 radians. */
const spiral: Generator = (row, rows, random) => {
  const label = row % 3;
  const radius = Math.floor(row / 3) / (rows / 3 - 1);
  const angle = 4 * (label + radius) + 0.2 * random.normal();
  return [radius * sine(angle), radius * cosine(angle), label];
};

const recipes: Readonly<Record<GeneratedName, Recipe>> = {
  moons: { rows: 600, classes: ['upper', 'lower'], fold: 0, point: moons },
  rings: { rows: 600, classes: ['inner', 'outer'], fold: 1, point: rings },
  spiral: { rows: 1500, classes: ['first', 'second', 'third'], fold: 2, point: spiral },
};

/** The rows have the same bits on any machine. */
export function generateDataset(name: GeneratedName, attribution: string): Dataset {
  const { rows, classes, fold, point: pointOf } = recipes[name];
  const random = randomAt({ seed: SEED, purpose: 'dataset', fold });
  const points = Array.from({ length: rows }, (_, row) => pointOf(row, rows, random));
  return createDataset({
    name,
    task: 'classification',
    featureNames: ['x', 'y'],
    targetName: 'class',
    classes,
    x: Float32Array.from(points.flatMap((point) => point.slice(0, 2))),
    y: points.map(([, , label]) => label),
    attribution,
  });
}
