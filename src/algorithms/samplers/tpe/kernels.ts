/** The kernels of one hyperparameter in a mixture, by row. They are kept between proposals. */
import { log } from '../../../exact-math.ts';
import type { Value } from '../../space/space.ts';
import type { ChoiceColumn, NumericColumn } from './observed.ts';
import { choiceKernel, drawKernel, indexAt, LOG_ROOT_TWO_PI, logMass } from './parzen.ts';
import { PlacedKernels } from './placed-kernels.ts';
import { withRoom } from './sorted.ts';

export interface Kernels {
  /** The hyperparameter. */
  readonly name: string;
  /** Adds or removes a row whose value is in the column. */
  add(row: number): void;
  remove(row: number): void;
  /** To be called after changes; `components` is the number of rows of the mixture, with the prior. */
  settle(components: number): void;
  /** A sample of the kernel of `row` at u in [0, 1). */
  draw(row: number, u: number): Value;
  /** Adds the logarithms of the kernels of the first `count` rows at `value` to their terms. */
  addTo(terms: Float64Array, value: Value, rows: Uint32Array, count: number): void;
  /** An upper bound of these logarithms. */
  most(value: Value): number;
}

/** The log of the density of a continuous kernel is a constant minus a square. */
export interface ContinuousKernels extends Kernels {
  readonly column: NumericColumn;
  readonly placed: PlacedKernels;
}

/** `changed` is called for every new kernel. */
export function continuousKernels(
  name: string,
  column: NumericColumn,
  changed: (row: number, mu: number, sigma: number) => void,
): ContinuousKernels {
  const { axis } = column;
  let constant = new Float64Array(0);
  let scale = new Float64Array(0);
  // Of all kernels until now: an upper bound may be too high.
  let most = Number.NEGATIVE_INFINITY;
  const placed = new PlacedKernels(column, (row, mu, sigma) => {
    constant = withRoom(constant, row + 1);
    scale = withRoom(scale, row + 1);
    constant[row] = -LOG_ROOT_TWO_PI - log(sigma) - logMass(axis, mu, sigma);
    scale[row] = Math.SQRT1_2 / sigma;
    most = Math.max(most, constant[row]!);
    changed(row, mu, sigma);
  });
  return {
    name,
    column,
    placed,
    add: (row) => placed.add(row),
    remove: (row) => placed.remove(row),
    settle: () => placed.settle(),
    draw: (row, u) => axis.valueAt(drawKernel(axis, placed.mu[row]!, placed.sigma[row]!, u)),
    most: () => most,
    addTo: (terms, value, rows, count) => {
      const x = axis.at(value as number);
      const [centres, scales, constants] = [placed.mu, scale, constant];
      for (let i = 0; i < count; i++) {
        const row = rows[i]!;
        const z = (x - centres[row]!) * scales[row]!;
        terms[i]! += constants[row]! - z * z;
      }
    },
  };
}

/** Stepped values and their kernels are few, so each pair of kernel and value is computed once. */
export function steppedKernels(name: string, column: NumericColumn): Kernels {
  const { axis } = column;
  const known = column.known!;
  let kinds = new Uint32Array(0);
  const placed = new PlacedKernels(column, (row, mu, sigma) => {
    kinds = withRoom(kinds, row + 1);
    kinds[row] = known.kindOf(mu, sigma);
  });
  return {
    name,
    add: (row) => placed.add(row),
    remove: (row) => placed.remove(row),
    settle: () => placed.settle(),
    draw: (row, u) => axis.valueAt(drawKernel(axis, placed.mu[row]!, placed.sigma[row]!, u)),
    most: () => known.most,
    addTo: (terms, value, rows, count) => {
      const logOf = known.at(value as number);
      for (let i = 0; i < count; i++) terms[i]! += logOf(kinds[rows[i]!]!);
    },
  };
}

export function choiceKernels(name: string, column: ChoiceColumn): Kernels {
  const { choices } = column;
  /** By choice; the last is the prior's. */
  let kernels: readonly Float64Array[] = [];
  /** By value, then by choice of the kernel. */
  let logs: readonly Float64Array[] = [];
  return {
    name,
    add: () => {},
    remove: () => {},
    settle: (components) => {
      kernels = [...choices.keys(), undefined].map((choice) => choiceKernel(choices.length, components, choice));
      logs = choices.map((_, value) => Float64Array.from(kernels, (kernel) => log(kernel[value]!)));
    },
    draw: (row, u) => choices[indexAt(kernels[column.chosen[row]!]!, u)]!,
    most: (value) => Math.max(...logs[choices.indexOf(value)]!),
    addTo: (terms, value, rows, count) => {
      const { chosen } = column;
      const ofKernels = logs[choices.indexOf(value)]!;
      for (let i = 0; i < count; i++) terms[i]! += ofKernels[chosen[rows[i]!]!]!;
    },
  };
}
