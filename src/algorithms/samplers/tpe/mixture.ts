/** The Parzen mixture of some observations over a whole space, conditional hyperparameters included. */
import { log } from '../../../exact-math.ts';
import type { Random } from '../../../random.ts';
import { type CategoricalDistribution, decidePoint, type Point, type Space, type Value } from '../../space/space.ts';
import type { ChoiceColumn, NumericColumn, Observed } from './observed.ts';
import {
  choiceKernel,
  drawKernel,
  LOG_ROOT_TWO_PI,
  logMass,
  logSumExp,
  mixtureWeights,
  type NumericKernels,
  type Range,
  setKernels,
} from './parzen.ts';

export interface Mixture {
  draw(random: Random): Point;
  /** Log density over the hyperparameters that the point has. */
  logDensity(point: Point): number;
}

/** The kernels of one hyperparameter, one per component. */
interface Kernels {
  /** A sample of component i at u in [0, 1). */
  draw(i: number, u: number): Value;
  /** Adds the logarithm of the kernels of components `from` … `to` − 1 at `value` to their terms. */
  addTo(terms: Float64Array, value: Value, from: number, to: number): void;
}

/** The mixture of the observations with 1 in `members`; the last component is the prior. */
export function createMixture(space: Space, observed: Observed, members: Uint8Array): Mixture {
  const pivot = pivotOf(observed);
  const { rows, weights } = componentsOf(observed, members, pivot);
  const placed = new Map(
    observed.columns.flatMap((column) =>
      column.kind === 'numeric' ? [[column, kernelsOf(column, rows, members)] as const] : [],
    ),
  );
  const kernels = space.dimensions.map(({ distribution }, index) => {
    const column = observed.columns[index]!;
    return column.kind === 'choice'
      ? choiceKernels(distribution as CategoricalDistribution, column, rows)
      : axisKernels(column, placed.get(column)!, rows);
  });
  const terms = new Float64Array(weights.length);
  const near = pivot === undefined ? undefined : blocksOf(placed.get(pivot)!.kernels, rows.length);
  const pivotName = pivot === undefined ? '' : space.dimensions[observed.columns.indexOf(pivot)]!.name;
  const all: readonly Range[] = [[0, weights.length]];
  return {
    draw: (random) => {
      const i = pick(weights, random.uniform());
      return decidePoint(space, (_, index) => kernels[index]!.draw(i, random.uniform()));
    },
    logDensity: (point) => {
      const ranges = near?.(point[pivotName] as number) ?? all;
      for (const [from, to] of ranges) {
        terms.fill(0, from, to);
        space.dimensions.forEach(({ name }, index) => {
          const value = point[name];
          if (value !== undefined) kernels[index]!.addTo(terms, value, from, to);
        });
      }
      return logSumExp(terms, weights, ranges);
    },
  };
}

/** A continuous hyperparameter that all observations have: components far away on it can be skipped. */
function pivotOf({ columns, count }: Observed): NumericColumn | undefined {
  return columns.find(
    (column): column is NumericColumn =>
      column.kind === 'numeric' && column.axis.cell === undefined && column.ordered === count,
  );
}

/** The observations of the components, ordered along the pivot if there is one, and their weights, which depend on age. */
function componentsOf({ count }: Observed, members: Uint8Array, pivot: NumericColumn | undefined) {
  const byAge = rowsOf(members, count);
  const ofAge = mixtureWeights(byAge.length);
  if (pivot === undefined) return { rows: byAge, weights: ofAge };
  const age = new Uint32Array(count);
  byAge.forEach((row, i) => {
    age[row] = i;
  });
  const rows = new Uint32Array(byAge.length);
  let n = 0;
  for (let k = 0; k < pivot.ordered; k++) if (members[pivot.order[k]!] === 1) rows[n++] = pivot.order[k]!;
  const weights = new Float64Array(ofAge.length);
  rows.forEach((row, i) => {
    weights[i] = ofAge[age[row]!]!;
  });
  weights[rows.length] = ofAge[rows.length]!;
  return { rows, weights };
}

/** Components are skipped in blocks of this size. */
const BLOCK = 32;
/** At this many deviations a kernel is below e⁻⁴⁰ of its height. */
const NEAR = 9;

/** Ranges of components that matter at a value of the pivot; always includes the last one, the prior. */
function blocksOf({ mu, sigma, axis }: NumericKernels, count: number) {
  const blocks = Array.from({ length: Math.ceil(count / BLOCK) }, (_, b) => {
    const [from, to] = [b * BLOCK, Math.min((b + 1) * BLOCK, count)];
    const reach = NEAR * sigma.subarray(from, to).reduce((most, width) => Math.max(most, width));
    return { from, to, low: mu[from]! - reach, high: mu[to - 1]! + reach };
  });
  const prior: Range = [count, count + 1];
  return (value: number): readonly Range[] => {
    const x = axis.at(value);
    const near = blocks.filter(({ low, high }) => x >= low && x <= high);
    const ranges: [number, number][] = [];
    for (const { from, to } of near) {
      const last = ranges.at(-1);
      if (last?.[1] === from) last[1] = to;
      else ranges.push([from, to]);
    }
    return [...ranges, prior];
  };
}

/** The observation of each component. */
function rowsOf(members: Uint8Array, count: number): Uint32Array {
  const rows = new Uint32Array(count);
  let n = 0;
  for (let i = 0; i < count; i++) if (members[i] === 1) rows[n++] = i;
  return rows.subarray(0, n);
}

/** The index at `u` of weights that sum to 1. */
function pick(weights: Float64Array, u: number): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) {
    sum += weights[i]!;
    if (u < sum) return i;
  }
  return weights.length - 1;
}

interface Placed {
  readonly kernels: NumericKernels;
  readonly byPlace: Uint32Array;
}

/** `order` holds the components sorted by their place on the axis. */
function kernelsOf({ axis, places, order, ordered }: NumericColumn, rows: Uint32Array, members: Uint8Array): Placed {
  const component = new Uint32Array(places.length);
  rows.forEach((row, i) => {
    component[row] = i;
  });
  const own = new Uint32Array(ordered);
  let n = 0;
  for (let k = 0; k < ordered; k++) if (members[order[k]!] === 1) own[n++] = component[order[k]!]!;
  const byPlace = own.subarray(0, n);
  const kernels: NumericKernels = {
    axis,
    mu: new Float64Array(rows.length + 1),
    sigma: new Float64Array(rows.length + 1),
  };
  const placesOf = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) placesOf[i] = places[rows[i]!]!;
  setKernels(kernels, placesOf, byPlace);
  return { kernels, byPlace };
}

function axisKernels(column: NumericColumn, { kernels, byPlace }: Placed, rows: Uint32Array): Kernels {
  const { axis } = column;
  const draw = (i: number, u: number) => axis.valueAt(drawKernel(kernels, i, u));
  return axis.cell === undefined
    ? { draw, addTo: continuous(kernels, column, rows) }
    : { draw, addTo: stepped(kernels, column, byPlace) };
}

/** The log of a normal density is a constant plus a square: the constants are computed once, the squares for every value. */
function continuous(
  kernels: NumericKernels,
  { widths, logMasses }: NumericColumn,
  rows: Uint32Array,
): Kernels['addTo'] {
  const { axis, mu, sigma } = kernels;
  const n = mu.length;
  const constant = new Float64Array(n);
  const scale = new Float64Array(n);
  let [width, logWidth] = [1, 0];
  for (let i = 0; i < n; i++) {
    const own = sigma[i]!;
    if (own !== width) [width, logWidth] = [own, log(own)];
    const row = rows[i];
    if (row === undefined) {
      constant[i] = -LOG_ROOT_TWO_PI - logWidth - logMass(axis, mu[i]!, own);
    } else {
      // Most kernels have the same width as for the previous proposal.
      if (widths[row] !== own) {
        widths[row] = own;
        logMasses[row] = logMass(axis, mu[i]!, own);
      }
      constant[i] = -LOG_ROOT_TWO_PI - logWidth - logMasses[row]!;
    }
    scale[i] = Math.SQRT1_2 / own;
  }
  return (terms, value, from, to) => {
    const x = axis.at(value as number);
    for (let i = from; i < to; i++) {
      const z = (x - mu[i]!) * scale[i]!;
      terms[i]! += constant[i]! - z * z;
    }
  };
}

/** Stepped values and their kernels are few, so each pair of kernel and value is computed once, and kept between proposals. */
function stepped(kernels: NumericKernels, { axis, known }: NumericColumn, byPlace: Uint32Array): Kernels['addTo'] {
  const { mu, sigma } = kernels;
  const n = mu.length;
  // Equal kernels are adjacent; those without a place equal the prior, which is last.
  const prior = known.kindOf(mu[n - 1]!, sigma[n - 1]!);
  const kinds = new Uint32Array(n).fill(prior);
  const used = [prior];
  let last = n - 1;
  for (const i of byPlace) {
    if (mu[i] !== mu[last] || sigma[i] !== sigma[last]) used.push(known.kindOf(mu[i]!, sigma[i]!));
    kinds[i] = used.at(-1)!;
    last = i;
  }
  return (terms, value, from, to) => {
    const logs = known.logsAt(value as number, axis, used);
    for (let i = from; i < to; i++) terms[i]! += logs[kinds[i]!]!;
  };
}

function choiceKernels({ choices }: CategoricalDistribution, { chosen }: ChoiceColumn, rows: Uint32Array): Kernels {
  const components = rows.length + 1;
  // By choice; the last is the prior.
  const kernels = [...choices.map((_, choice) => choice), undefined].map((choice) =>
    choiceKernel(choices.length, components, choice),
  );
  const kindOf = new Uint32Array(components).fill(choices.length);
  rows.forEach((row, i) => {
    if (chosen[row]! >= 0) kindOf[i] = chosen[row]!;
  });
  return {
    draw: (i, u) => choices[pick(kernels[kindOf[i]!]!, u)]!,
    addTo: (terms, value, from, to) => {
      const choice = choices.indexOf(value);
      const ofKinds = Float64Array.from(kernels, (kernel) => log(kernel[choice]!));
      for (let i = from; i < to; i++) terms[i]! += ofKinds[kindOf[i]!]!;
    },
  };
}
