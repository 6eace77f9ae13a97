/** Which components of a mixture can count at a point, by upper bounds of their terms. */
import type { Point } from '../../space/space.ts';
import type { Axis } from '../../space/transform.ts';
import type { Pivot } from './pivot.ts';
import { withRoom } from './sorted.ts';

/** So many continuous hyperparameters at most are used: enough to find what is near. */
const AXES = 4;
/** Per component: centre and √½ over width for each axis, on a scale on which the axis has length 1. */
const STRIDE = 2 * AXES;

interface NamedAxis {
  readonly name: string;
  readonly axis: Axis;
}

export class Neighbours {
  readonly #axes: readonly NamedAxis[];
  /** By row. Unused axes are 0. */
  #ofRows = new Float32Array(0);
  /** The same in the order of the components, so that a search reads memory in order. */
  #pairs = new Float32Array(0);
  #components = new Uint32Array(0);
  #pivot: Pivot | undefined;
  readonly #at = new Float64Array(AXES);
  /** 1 for axes on which the point has a place, otherwise 0. */
  readonly #counts = new Float64Array(AXES);

  constructor(axes: readonly NamedAxis[]) {
    this.#axes = axes.slice(0, AXES);
  }

  /** Sets the kernel of a row on one of the axes. */
  set(row: number, k: number, mu: number, sigma: number): void {
    const named = this.#axes[k];
    if (named === undefined) return;
    const { low, high } = named.axis;
    this.#ofRows = withRoom(this.#ofRows, STRIDE * (row + 1));
    this.#ofRows[STRIDE * row + 2 * k] = (mu - low) / (high - low);
    this.#ofRows[STRIDE * row + 2 * k + 1] = (Math.SQRT1_2 * (high - low)) / sigma;
  }

  /** To be called after changes. */
  settle(components: Uint32Array<ArrayBuffer>, pivot: Pivot | undefined): void {
    this.#components = components;
    this.#pivot = pivot;
    const { length } = components;
    this.#pairs = withRoom(this.#pairs, STRIDE * length);
    if (this.#axes.length === 0) return;
    // Two numbers at a time.
    const from = new Float64Array(this.#ofRows.buffer);
    const to = new Float64Array(this.#pairs.buffer);
    for (let i = 0; i < length; i++) {
      const [source, target] = [AXES * components[i]!, AXES * i];
      to[target] = from[source]!;
      to[target + 1] = from[source + 1]!;
      to[target + 2] = from[source + 2]!;
      to[target + 3] = from[source + 3]!;
    }
  }

  /**
   * Writes the components that are within so many deviations of a point on the pivot, and whose squared distance over all axes is within the
   * budget (±0.01), to `rows` in order, and what is left of their budgets to `left`; returns their number.
   */
  of(point: Point, deviations: number, budget: number, rows: Uint32Array, left: Float64Array): number {
    for (const [k, { name, axis }] of this.#axes.entries()) {
      const value = point[name];
      const { low, high } = axis;
      this.#counts[k] = value === undefined ? 0 : 1;
      this.#at[k] = value === undefined ? 0 : (axis.at(value as number) - low) / (high - low);
    }
    let count = 0;
    const add = (from: number, to: number) => {
      count = this.#within(budget, from, to, rows, left, count);
    };
    if (this.#pivot === undefined) add(0, this.#components.length);
    else this.#pivot.near(point[this.#pivot.name] as number, deviations, add);
    return count;
  }

  #within(budget: number, from: number, to: number, rows: Uint32Array, left: Float64Array, count: number): number {
    const components = this.#components;
    const pairs = this.#pairs;
    const [x0, x1, x2, x3] = [this.#at[0]!, this.#at[1]!, this.#at[2]!, this.#at[3]!];
    const [c0, c1, c2, c3] = [this.#counts[0]!, this.#counts[1]!, this.#counts[2]!, this.#counts[3]!];
    let kept = count;
    // Four axes without an inner loop and without a branch: several times as fast.
    for (let i = from, p = STRIDE * from; i < to; i++, p += STRIDE) {
      const z0 = (x0 - pairs[p]!) * pairs[p + 1]!;
      const z1 = (x1 - pairs[p + 2]!) * pairs[p + 3]!;
      const z2 = (x2 - pairs[p + 4]!) * pairs[p + 5]!;
      const z3 = (x3 - pairs[p + 6]!) * pairs[p + 7]!;
      const rest = budget - c0 * z0 * z0 - c1 * z1 * z1 - c2 * z2 * z2 - c3 * z3 * z3;
      rows[kept] = components[i]!;
      left[kept] = rest;
      kept += rest >= 0 ? 1 : 0;
    }
    return kept;
  }
}
