/**
 * The history in columns, kept between proposals, since most of it does not change from one to the next. Its content is a function of the
 * history it was last aligned with; keeping it is only an optimization.
 */

import { bestFirst, type Direction } from '../../objective.ts';
import type { Space } from '../../space/space.ts';
import { type Axis, axisOf } from '../../space/transform.ts';
import type { Observation } from '../sampler.ts';
import { createKnownKernels, type KnownKernels } from './known-kernels.ts';

export interface NumericColumn {
  readonly kind: 'numeric';
  readonly axis: Axis;
  /** By observation: its place on the axis; NaN if the hyperparameter is inactive. */
  places: Float64Array;
  /** Observations sorted by place, without those that have none. */
  order: Uint32Array;
  ordered: number;
  /** Cache: log of the kernel mass on the axis by observation, and the width it was computed for. */
  widths: Float64Array;
  logMasses: Float64Array;
  /** Cache for stepped hyperparameters. */
  readonly known: KnownKernels;
}

export interface ChoiceColumn {
  readonly kind: 'choice';
  /** By observation: the index of its choice; −1 if the hyperparameter is inactive. */
  chosen: Int32Array;
}

export type Column = NumericColumn | ChoiceColumn;

export interface Observed {
  readonly columns: readonly Column[];
  readonly count: number;
  /** Best first. */
  readonly ranked: Uint32Array;
  align(history: readonly Observation[]): void;
}

export function createObserved(space: Space, direction: Direction): Observed {
  const columns = space.dimensions.map(({ distribution }): Column => {
    if (distribution.distribution === 'categorical') return { kind: 'choice', chosen: new Int32Array(0) };
    const none = () => new Float64Array(0);
    const arrays = { places: none(), order: new Uint32Array(0), ordered: 0, widths: none(), logMasses: none() };
    return { kind: 'numeric', axis: axisOf(distribution), ...arrays, known: createKnownKernels() };
  });
  const better = betterFirst(direction);
  let rows: Observation[] = [];
  let ranked = new Uint32Array(0);

  const add = (row: Observation) => {
    const index = rows.length;
    rows.push(row);
    space.dimensions.forEach(({ name, distribution }, k) => {
      const column = columns[k]!;
      const value = row.point[name];
      if (column.kind === 'choice') {
        const { choices } = distribution as Extract<typeof distribution, { distribution: 'categorical' }>;
        column.chosen[index] = value === undefined ? -1 : choices.indexOf(value);
        return;
      }
      column.places[index] = typeof value === 'number' ? column.axis.at(value) : Number.NaN;
      column.widths[index] = Number.NaN;
      if (typeof value !== 'number') return;
      const { places } = column;
      insert(column.order, column.ordered++, index, (a, b) => places[a]! - places[b]! || a - b);
    });
    insert(ranked, index, index, (a, b) => better(rows[a]!, rows[b]!));
  };
  const reserve = (count: number) => {
    if (ranked.length >= count) return;
    const size = Math.max(64, count * 2);
    ranked = grown(ranked, new Uint32Array(size));
    for (const column of columns) {
      if (column.kind === 'choice') column.chosen = grown(column.chosen, new Int32Array(size));
      else {
        column.places = grown(column.places, new Float64Array(size));
        column.widths = grown(column.widths, new Float64Array(size));
        column.logMasses = grown(column.logMasses, new Float64Array(size));
        column.order = grown(column.order, new Uint32Array(size));
      }
    }
  };
  /** Removes all rows from `count` on. */
  const truncate = (count: number) => {
    const kept = rows.length;
    rows = rows.slice(0, count);
    keepBelow(ranked, kept, count);
    for (const column of columns) {
      if (column.kind === 'numeric') column.ordered = keepBelow(column.order, column.ordered, count);
    }
  };
  return {
    columns,
    get count() {
      return rows.length;
    },
    get ranked() {
      return ranked.subarray(0, rows.length);
    },
    align: (history) => {
      const most = Math.min(rows.length, history.length);
      let same = 0;
      while (same < most && rows[same] === history[same]) same++;
      if (same < rows.length) truncate(same);
      reserve(history.length);
      for (const column of columns) if (column.kind === 'numeric') column.known.limit();
      for (let i = same; i < history.length; i++) add(history[i]!);
    },
  };
}

/**
 * Complete trials by value, then stopped ones by epochs and value, then those without a value, then pending ones.
 */
function betterFirst(direction: Direction) {
  const byValue = bestFirst(direction);
  const rank = ({ complete, value, pending }: Observation) => (pending ? 3 : value === null ? 2 : complete ? 0 : 1);
  return (a: Observation, b: Observation) =>
    rank(a) - rank(b) || (rank(a) === 1 ? b.epochs - a.epochs : 0) || byValue(a, b);
}

/** Inserts `item` into the first `count` entries of a sorted list. */
function insert(list: Uint32Array, count: number, item: number, order: (a: number, b: number) => number): void {
  let [from, to] = [0, count];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (order(list[middle]!, item) <= 0) from = middle + 1;
    else to = middle;
  }
  list.copyWithin(from + 1, from, count);
  list[from] = item;
}

/** Keeps those of the first `count` entries that are below `limit`, in order; returns their number. */
function keepBelow(list: Uint32Array, count: number, limit: number): number {
  let kept = 0;
  for (let i = 0; i < count; i++) if (list[i]! < limit) list[kept++] = list[i]!;
  return kept;
}

function grown<T extends Float64Array | Uint32Array | Int32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
