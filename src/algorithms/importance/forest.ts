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

export type GrowTree = (rows: Uint32Array, random: Random) => Leaf[];

/** Grows trees on rows of the samples (which may repeat), the best split first (Breiman et al. 1984). */
export function treesOf(samples: Samples): GrowTree {
  const ranks = samples.columns.map(ranksOf);
  const isLeft = new Uint8Array(samples.values.length);
  const whole = {
    low: new Float64Array(samples.columns.length),
    high: new Float64Array(samples.columns.length).fill(1),
    choices: samples.choices.map((count) =>
      count > 0 ? new Set(Array.from({ length: count }, (_, c) => c)) : undefined,
    ),
  };
  return (rows, random) => {
    const leaves: Leaf[] = [];
    // The rows of a node sorted along every dimension: sorted once here, and split in order below.
    const sorted = ranks.map((rank) => sortedBy(rank, rows));
    const pending: { sorted: Uint32Array[]; box: Omit<Leaf, 'value'> }[] = [{ sorted, box: whole }];
    for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
      const split = bestSplit(samples, node.sorted, random);
      if (split === undefined) {
        leaves.push({ ...node.box, value: meanOf(samples.values, node.sorted[0]!) });
        continue;
      }
      const column = samples.columns[split.dimension]!;
      let count = 0;
      for (const row of node.sorted[0]!) {
        const goesLeft = split.left === undefined ? column[row]! <= split.at : split.left.has(column[row]!);
        isLeft[row] = goesLeft ? 1 : 0;
        count += isLeft[row]!;
      }
      const parts = node.sorted.map((list) => partition(list, isLeft, count));
      const [left, right] = boxesOf(node.box, split);
      pending.push({ sorted: parts.map((part) => part[1]), box: right });
      pending.push({ sorted: parts.map((part) => part[0]), box: left });
    }
    return leaves;
  };
}

/** By row: how many different values are smaller than its own. */
function ranksOf(column: Float64Array): Uint32Array {
  const places = new Map([...new Set(column)].sort((a, b) => a - b).map((value, place) => [value, place]));
  return Uint32Array.from(column, (value) => places.get(value)!);
}

/** The rows by rank; those of one rank stay in their order (a counting sort). */
function sortedBy(rank: Uint32Array, rows: Uint32Array): Uint32Array {
  const next = new Uint32Array(rank.length + 1);
  for (const row of rows) next[rank[row]! + 1]!++;
  for (let i = 1; i < next.length; i++) next[i]! += next[i - 1]!;
  const sorted = new Uint32Array(rows.length);
  for (const row of rows) sorted[next[rank[row]!]!++] = row;
  return sorted;
}

/** Both parts of the list, in its order; `count` rows are left. */
function partition(list: Uint32Array, isLeft: Uint8Array, count: number): [left: Uint32Array, right: Uint32Array] {
  const left = new Uint32Array(count);
  const right = new Uint32Array(list.length - count);
  let [i, k] = [0, 0];
  for (const row of list) {
    if (isLeft[row] === 1) left[i++] = row;
    else right[k++] = row;
  }
  return [left, right];
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

/** With choices ordered by their mean value, the best subset is a prefix (Fisher 1958). `rows` are sorted by choice. */
function choiceSplit(
  column: Float64Array,
  values: Float64Array,
  rows: Uint32Array,
  dimension: number,
  total: number,
): Split | undefined {
  const present: { readonly choice: number; count: number; sum: number }[] = [];
  let current: (typeof present)[number] | undefined;
  for (const row of rows) {
    const choice = column[row]!;
    if (current?.choice !== choice) {
      current = { choice, count: 0, sum: 0 };
      present.push(current);
    }
    current.count++;
    current.sum += values[row]!;
  }
  if (present.length < 2) return undefined;
  present.sort((a, b) => a.sum / a.count - b.sum / b.count);
  let [sum, count, gain, taken] = [0, 0, 0, 0];
  for (let k = 0; k + 1 < present.length; k++) {
    sum += present[k]!.sum;
    count += present[k]!.count;
    const here = gainOf(sum, count, total, rows.length);
    if (here > gain) [gain, taken] = [here, k + 1];
  }
  if (taken === 0) return undefined;
  return { dimension, at: Number.NaN, left: new Set(present.slice(0, taken).map(({ choice }) => choice)), gain };
}
