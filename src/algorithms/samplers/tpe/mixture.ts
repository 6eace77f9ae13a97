/**
 * The Parzen mixture of some observations over a whole space, conditional hyperparameters included. It is kept between proposals and changed
 * by what comes and goes; its draws and densities only depend on the observations in it.
 */
import type { Random } from '../../../random.ts';
import { decidePoint, type Point, type Space } from '../../space/space.ts';
import { type ContinuousKernels, choiceKernels, continuousKernels, type Kernels, steppedKernels } from './kernels.ts';
import { Neighbours } from './neighbours.ts';
import type { Observed } from './observed.ts';
import { logSumExp, NEGLIGIBLE, setWeights } from './parzen.ts';
import { createPivot } from './pivot.ts';

export interface Mixture {
  /** Adds or removes a row whose values are in the columns. */
  add(row: number): void;
  remove(row: number): void;
  /** To be called after changes, with the rows of the mixture, oldest first. */
  settle(byAge: Uint32Array<ArrayBuffer>): void;
  draw(random: Random): Point;
  /** Log density over the hyperparameters that the point has. */
  logDensity(point: Point): number;
  /** A lower bound of it, by the components near the point: in most cases closer than 1e-3, and several times as fast. */
  leastLogDensity(point: Point): number;
}

/** Above the rounding errors of bounds. */
const MARGIN = 0.01;
/** Components further away than this on the pivot, in deviations of their kernels, do not count: they are below e⁻⁴⁰ of their height. */
const NEAR = 9;
/** The same for lower bounds, and how far below the largest a term may be to count for them. */
const CLOSE = 6;
const FAINT = 20;

export function createMixture(space: Space, observed: Observed): Mixture {
  const kernels = kernelsOf(space, observed);
  const continuous = kernels.filter((one): one is ContinuousKernels => 'placed' in one);
  const neighbours = new Neighbours(continuous);
  let room = roomFor(0);
  let components = new Uint32Array(0);

  /** Computes the terms of the first `count` rows. */
  const setTerms = (point: Point, count: number) => {
    room.terms.fill(0, 0, count);
    for (const one of kernels) {
      const value = point[one.name];
      if (value !== undefined) one.addTo(room.terms, value, room.rows, count);
    }
  };
  /** Writes the components that may count at a point to `room.rows`; returns their number. Others are `negligible` below the prior's term. */
  const choose = (point: Point, deviations: number, negligible: number): number => {
    room.rows[0] = 0;
    setTerms(point, 1);
    let budget = negligible + MARGIN - room.terms[0]!;
    for (const one of kernels) {
      const value = point[one.name];
      if (value !== undefined) budget += one.most(value);
    }
    return neighbours.of(point, deviations, budget, room.rows, room.budgets);
  };
  /** Log density of the chosen components and the prior. */
  const ofChosen = (point: Point, chosen: number, negligible: number): number => {
    const { rows, terms, weights, byRow } = room;
    rows[chosen] = 0;
    setTerms(point, chosen + 1);
    for (let i = 0; i <= chosen; i++) weights[i] = byRow[rows[i]!]!;
    return logSumExp(terms, weights, chosen + 1, negligible);
  };
  return {
    add: (row) => {
      for (const one of kernels) one.add(row);
    },
    remove: (row) => {
      for (const one of kernels) one.remove(row);
    },
    settle: (byAge) => {
      const n = byAge.length;
      if (room.terms.length <= observed.count) room = roomFor(2 * observed.count);
      for (const one of kernels) one.settle(n + 1);
      const { weights, byRow } = room;
      setWeights(weights, n);
      for (let i = 0; i < n; i++) byRow[byAge[i]!] = weights[i]!;
      byRow[0] = weights[n]!;
      const first = continuous.find(({ column }) => column.placed === observed.count);
      const pivot = first && createPivot(first);
      components = pivot?.order ?? byAge;
      neighbours.settle(components, pivot);
    },
    draw: (random) => {
      const u = random.uniform();
      let sum = 0;
      const row = components.find((one) => {
        sum += room.byRow[one]!;
        return u < sum;
      });
      return decidePoint(space, (_, index) => kernels[index]!.draw(row ?? 0, random.uniform()));
    },
    logDensity: (point) => ofChosen(point, choose(point, NEAR, NEGLIGIBLE), NEGLIGIBLE),
    leastLogDensity: (point) => {
      const { rows, budgets } = room;
      const chosen = choose(point, CLOSE, FAINT);
      let most = 0;
      for (let i = 0; i < chosen; i++) most = Math.max(most, budgets[i]!);
      let kept = 0;
      for (let i = 0; i < chosen; i++) {
        rows[kept] = rows[i]!;
        kept += budgets[i]! >= most - FAINT ? 1 : 0;
      }
      return ofChosen(point, kept, FAINT) - 1e-9;
    },
  };
}

function kernelsOf({ dimensions }: Space, { columns }: Observed): Kernels[] {
  return dimensions.map(({ name }, k) => {
    const column = columns[k]!;
    if (column.kind === 'choice') return choiceKernels(name, column);
    return column.axis.cell === undefined ? continuousKernels(name, column) : steppedKernels(name, column);
  });
}

/** Arrays for the weights by row and for the terms of a density. */
function roomFor(count: number) {
  const size = count + 1;
  return {
    byRow: new Float64Array(size),
    weights: new Float64Array(size),
    terms: new Float64Array(size),
    budgets: new Float64Array(size),
    rows: new Uint32Array(size),
  };
}
