/** Regression trees over the unit cube, grown until every leaf is pure, for the analysis of variance. */

import type { Random } from '../../random.ts';

/** A box of the cube on which the tree is constant. */
export interface Leaf {
  readonly value: number;
  /** By dimension; `choices` is undefined for numeric dimensions. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly choices: readonly (ReadonlySet<number> | undefined)[];
}

export interface Samples {
  /** By dimension: positions from 0 to 1, or indices of choices. */
  readonly columns: readonly Float64Array[];
  /** By dimension: number of choices; 0 if it is numeric. */
  readonly choices: readonly number[];
  readonly values: Float64Array;
}

interface Split {
  readonly dimension: number;
  /** Numeric: values up to this go left. */
  readonly at: number;
  /** Choices that go left. */
  readonly left: ReadonlySet<number> | undefined;
  readonly gain: number;
}

const MIN_GAIN = 1e-12;
/** The share of the dimensions considered for a split, so that dimensions whose gain only shows further down get used. */
const CONSIDERED = 2 / 3;

/** Leaves of a tree grown on the rows (which may repeat), the best split first (Breiman et al. 1984). */
export function growTree(samples: Samples, rows: Uint32Array, random: Random): Leaf[] {
  const d = samples.columns.length;
  const leaves: Leaf[] = [];
  const whole = {
    low: new Float64Array(d),
    high: new Float64Array(d).fill(1),
    choices: samples.choices.map((count) =>
      count > 0 ? new Set(Array.from({ length: count }, (_, c) => c)) : undefined,
    ),
  };
  // The rows of a node sorted along every dimension: sorted once here, and split in order below.
  const sorted = samples.columns.map((column) => rows.toSorted((a, b) => column[a]! - column[b]!));
  const pending: { sorted: Uint32Array[]; box: Omit<Leaf, 'value'> }[] = [{ sorted, box: whole }];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    const split = bestSplit(samples, node.sorted, random);
    if (split === undefined) {
      leaves.push({ ...node.box, value: meanOf(samples.values, node.sorted[0]!) });
      continue;
    }
    const column = samples.columns[split.dimension]!;
    const isLeft = (row: number) =>
      split.left === undefined ? column[row]! <= split.at : split.left.has(column[row]!);
    const [left, right] = boxesOf(node.box, split);
    pending.push({ sorted: node.sorted.map((list) => list.filter((row) => !isLeft(row))), box: right });
    pending.push({ sorted: node.sorted.map((list) => list.filter(isLeft)), box: left });
  }
  return leaves;
}

function meanOf(values: Float64Array, rows: Uint32Array): number {
  let sum = 0;
  for (const row of rows) sum += values[row]!;
  return sum / rows.length;
}

function boxesOf(box: Omit<Leaf, 'value'>, { dimension, at, left }: Split): [Omit<Leaf, 'value'>, Omit<Leaf, 'value'>] {
  if (left === undefined) {
    return [
      { ...box, high: box.high.with(dimension, at) },
      { ...box, low: box.low.with(dimension, at) },
    ];
  }
  const all = box.choices[dimension]!;
  const side = (goesLeft: boolean) =>
    box.choices.with(dimension, new Set([...all].filter((choice) => left.has(choice) === goesLeft)));
  // Choices without rows in the node go right.
  return [
    { ...box, choices: side(true) },
    { ...box, choices: side(false) },
  ];
}

function bestSplit(samples: Samples, sorted: readonly Uint32Array[], random: Random): Split | undefined {
  const { values, columns, choices } = samples;
  const n = sorted[0]!.length;
  if (n < 2) return undefined;
  let total = 0;
  for (const row of sorted[0]!) total += values[row]!;
  let best: Split | undefined;
  for (const [considered, dimension] of random.permutation(columns.length).entries()) {
    if (best !== undefined && considered >= columns.length * CONSIDERED) break;
    const column = columns[dimension]!;
    const split =
      choices[dimension]! > 0
        ? choiceSplit(column, values, sorted[dimension]!, dimension, total)
        : numericSplit(column, values, sorted[dimension]!, dimension, total);
    if (split !== undefined && split.gain > (best?.gain ?? MIN_GAIN)) best = split;
  }
  return best;
}

/** The reduction of the sum of squares when `left` of n rows, whose values sum to `sum`, are split off. */
function gainOf(sum: number, left: number, total: number, n: number): number {
  return (sum * sum) / left + (total - sum) ** 2 / (n - left) - (total * total) / n;
}

function numericSplit(
  column: Float64Array,
  values: Float64Array,
  rows: Uint32Array,
  dimension: number,
  total: number,
): Split | undefined {
  const n = rows.length;
  let [sum, gain, at] = [0, 0, Number.NaN];
  for (let k = 0; k + 1 < n; k++) {
    sum += values[rows[k]!]!;
    const [here, next] = [column[rows[k]!]!, column[rows[k + 1]!]!];
    if (here === next) continue;
    const own = gainOf(sum, k + 1, total, n);
    if (own > gain) [gain, at] = [own, (here + next) / 2];
  }
  return Number.isNaN(at) ? undefined : { dimension, at, left: undefined, gain };
}

/** With choices ordered by their mean value, the best subset is a prefix (Fisher 1958). */
function choiceSplit(
  column: Float64Array,
  values: Float64Array,
  rows: Uint32Array,
  dimension: number,
  total: number,
): Split | undefined {
  const sums = new Map<number, { count: number; sum: number }>();
  for (const row of rows) {
    const known = sums.get(column[row]!) ?? { count: 0, sum: 0 };
    known.count++;
    known.sum += values[row]!;
    sums.set(column[row]!, known);
  }
  const ordered = [...sums].sort(([, a], [, b]) => a.sum / a.count - b.sum / b.count);
  let [sum, count, gain, taken] = [0, 0, 0, 0];
  ordered.slice(0, -1).forEach(([, own], k) => {
    sum += own.sum;
    count += own.count;
    const here = gainOf(sum, count, total, rows.length);
    if (here > gain) [gain, taken] = [here, k + 1];
  });
  if (taken === 0) return undefined;
  return { dimension, at: Number.NaN, left: new Set(ordered.slice(0, taken).map(([choice]) => choice)), gain };
}
