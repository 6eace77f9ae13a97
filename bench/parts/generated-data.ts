/** Generates the data of the workloads, so that benchmarks have no external dependencies. */
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadBuiltin } from '../../src/data/builtin.ts';
import { projectRoot } from '../../src/paths.ts';
import { randomAt } from '../../src/random.ts';
import type { Rows } from './workloads.ts';

/** Told apart from the built-in data sets by the fold of their addresses. */
const SEED = 2016;

function builtin(name: string, divisor: number): Rows {
  const { x, y } = loadBuiltin(name, join(projectRoot, 'datasets'))!;
  return { x: Float32Array.from(x, (value) => value / divisor), y: Int32Array.from(y) };
}

/** Ten clouds around means that lie close together (0.08), rows of 784 numbers, deviation 0.5: a load, not a problem. */
function clouds(rows: number, inputs: number, classes: number): Rows {
  const stream = (fold: number) => randomAt({ seed: SEED, purpose: 'dataset', fold });
  const [ofMeans, ofRows, labels] = [stream(100), stream(101), stream(102)];
  const means = Float32Array.from({ length: classes * inputs }, () => 0.08 * ofMeans.normal());
  const y = Int32Array.from({ length: rows }, () => labels.integer(classes));
  const x = Float32Array.from(
    { length: rows * inputs },
    (_, i) => means[y[Math.floor(i / inputs)]! * inputs + (i % inputs)]! + 0.5 * ofRows.normal(),
  );
  return { x, y };
}

/** In a random order: some peers take the first rows to learn from and the last to be examined on. */
function shuffled({ x, y }: Rows): Rows {
  const inputs = x.length / y.length;
  const order = randomAt({ seed: SEED, purpose: 'dataset', fold: 103 }).permutation(y.length);
  const mixed: Rows = { x: new Float32Array(x.length), y: new Int32Array(y.length) };
  order.forEach((from, to) => {
    mixed.x.set(x.subarray(from * inputs, (from + 1) * inputs), to * inputs);
    mixed.y[to] = y[from]!;
  });
  return mixed;
}

/** Pixels from 0 to 1. */
export function digits(): Rows {
  return shuffled(builtin('digits', 16));
}

/** What bench/workloads.json trains on. */
const makers: Readonly<Record<string, () => Rows>> = {
  w1: () => shuffled(builtin('spiral', 1)),
  w2: digits,
  w3: () => clouds(10_000, 784, 10),
  w4: digits,
};

/** Writes workloads.json, and the rows of the workloads in `names`, or of all, in the form that `readRows` reads. */
export async function writeGeneratedData(folder: string, names: readonly string[]): Promise<void> {
  await copyFile(join(projectRoot, 'bench', 'workloads.json'), join(folder, 'workloads.json'));
  for (const [name, make] of Object.entries(makers)) {
    if (names.length > 0 && !names.includes(name)) continue;
    const { x, y } = make();
    await writeFile(join(folder, `${name}.x`), new Uint8Array(x.buffer));
    await writeFile(join(folder, `${name}.y`), new Uint8Array(y.buffer));
  }
}
