/**
 * The Parzen mixture of some observations over a whole space, conditional hyperparameters included. It is kept between proposals and changed
 * by what comes and goes; its draws and densities only depend on the observations in it.
 */
import type { Random } from '../../../random.ts';
import { decidePoint, type Point, type Space } from '../../space/space.ts';
import { type ContinuousKernels, choiceKernels, continuousKernels, type Kernels, steppedKernels } from './kernels.ts';
import { Neighbours } from './neighbours.ts';
import type { Observed } from './observed.ts';
import { logSumExp, NEGLIGIBLE } from './parzen.ts';
import { createPivot } from './pivot.ts';
import { Weights } from './weights.ts';

export interface Mixture {
  /** Adds or removes a row whose values are in the columns. */
  add(row: number): void;
  remove(row: number): void;
  /** To be called after changes. */
  settle(): void;
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
/** With fewer components, all near ones are computed. */
const FEW = 64;
/** What counts for lower bounds: deviations on the pivot, the sum of squares, and how far below the largest a term may be. */
const CLOSE = 4.5;
const CLOSE_BUDGET = 20;
const FAINT = 12;
/** Above the rounding errors of sums. */
const ROUNDING = 1e-9;

export function createMixture(space: Space, observed: Observed): Mixture {
  const { kernels, continuous, neighbours } = kernelsOf(space, observed);
  const weights = new Weights();
  let buffers = buffersFor(0);
  let components = new Uint32Array(0);

  /** Computes the terms of the first `count` rows. */
  const setTerms = (point: Point, count: number) => {
    buffers.terms.fill(0, 0, count);
    for (const one of kernels) {
      const value = point[one.name];
      if (value !== undefined) one.addTo(buffers.terms, value, buffers.rows, count);
    }
  };
  /** How far away a component may be, as a sum of squares, so that its term may be less than 50 below that of the prior. */
  const budgetAt = (point: Point): number => {
    buffers.rows[0] = 0;
    setTerms(point, 1);
    let budget = NEGLIGIBLE + MARGIN - buffers.terms[0]!;
    for (const one of kernels) {
      const value = point[one.name];
      if (value !== undefined) budget += one.most(value);
    }
    return budget;
  };
  /** Log density of the chosen components and the prior. */
  const ofChosen = (point: Point, chosen: number, negligible: number): number => {
    const { rows, terms, shares } = buffers;
    rows[chosen] = 0;
    setTerms(point, chosen + 1);
    for (let i = 0; i <= chosen; i++) shares[i] = weights.of(rows[i]!);
    return logSumExp(terms, shares, chosen + 1, negligible);
  };
  return {
    add: (row) => {
      weights.add(row);
      for (const one of kernels) one.add(row);
    },
    remove: (row) => {
      weights.remove(row);
      for (const one of kernels) one.remove(row);
    },
    settle: () => {
      if (buffers.terms.length <= observed.count) buffers = buffersFor(2 * observed.count);
      weights.settle(observed.count);
      const { byAge, count } = weights;
      for (const one of kernels) one.settle(count + 1);
      const first = continuous.find(({ column }) => column.placed === observed.count);
      const pivot = first && createPivot(first);
      components = pivot?.order ?? byAge.subarray(0, count);
      neighbours.settle(components, pivot);
    },
    draw: (random) => {
      const u = random.uniform();
      let sum = 0;
      const row = components.find((one) => {
        sum += weights.of(one);
        return u < sum;
      });
      return decidePoint(space, (_, index) => kernels[index]!.draw(row ?? 0, random.uniform()));
    },
    logDensity: (point) => {
      const { rows, budgets } = buffers;
      const budget = components.length > FEW ? budgetAt(point) : Number.POSITIVE_INFINITY;
      return ofChosen(point, neighbours.of(point, NEAR, budget, rows, budgets), NEGLIGIBLE);
    },
    leastLogDensity: (point) => {
      const { rows, budgets } = buffers;
      const close = neighbours.of(point, CLOSE, CLOSE_BUDGET, rows, budgets);
      let most = 0;
      for (let i = 0; i < close; i++) most = Math.max(most, budgets[i]!);
      let kept = 0;
      for (let i = 0; i < close; i++) {
        rows[kept] = rows[i]!;
        kept += budgets[i]! >= most - FAINT ? 1 : 0;
      }
      return ofChosen(point, kept, FAINT) - ROUNDING;
    },
  };
}

function kernelsOf({ dimensions }: Space, { columns }: Observed) {
  const axes = dimensions.flatMap(({ name }, k) => {
    const column = columns[k]!;
    return column.kind === 'numeric' && column.axis.cell === undefined ? [{ name, axis: column.axis }] : [];
  });
  const neighbours = new Neighbours(axes);
  const continuous: ContinuousKernels[] = [];
  const kernels = dimensions.map(({ name }, k): Kernels => {
    const column = columns[k]!;
    if (column.kind === 'choice') return choiceKernels(name, column);
    if (column.axis.cell !== undefined) return steppedKernels(name, column);
    const axis = continuous.length;
    const one = continuousKernels(name, column, (row, mu, sigma) => neighbours.set(row, axis, mu, sigma));
    continuous.push(one);
    return one;
  });
  return { kernels, continuous, neighbours };
}

/** Arrays for the components that a density is computed from. */
function buffersFor(count: number) {
  const size = count + 1;
  return {
    rows: new Uint32Array(size),
    budgets: new Float64Array(size),
    terms: new Float64Array(size),
    shares: new Float64Array(size),
  };
}
