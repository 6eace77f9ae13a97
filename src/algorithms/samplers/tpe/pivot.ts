/** A continuous hyperparameter that all observations have: components far away on it are skipped. */
import type { ContinuousKernels } from './kernels.ts';

export interface Pivot {
  readonly name: string;
  /** The rows of the mixture, sorted along the pivot. */
  readonly order: Uint32Array<ArrayBuffer>;
  /** Calls `found` with the ranges of `order` that may be within so many deviations of a value of the pivot. */
  near(value: number, deviations: number, found: (from: number, to: number) => void): void;
}

/** Components are skipped in blocks of this size. */
const BLOCK = 32;

export function createPivot({ name, column, placed }: ContinuousKernels): Pivot {
  const { mu, sigma } = placed;
  const count = placed.ordered;
  const order = placed.order.subarray(0, count);
  const widest = new Float64Array(Math.ceil(count / BLOCK));
  const endOf = (b: number) => Math.min((b + 1) * BLOCK, count);
  for (let b = 0; b < widest.length; b++) {
    let most = 0;
    for (let i = b * BLOCK; i < endOf(b); i++) most = Math.max(most, sigma[order[i]!]!);
    widest[b] = most;
  }
  const touches = (b: number, x: number, deviations: number) => {
    const reach = deviations * widest[b]!;
    return x >= mu[order[b * BLOCK]!]! - reach && x <= mu[order[endOf(b) - 1]!]! + reach;
  };
  return {
    name,
    order,
    near: (value, deviations, found) => {
      const x = column.axis.at(value);
      let start = -1;
      for (let b = 0; b <= widest.length; b++) {
        const isNear = b < widest.length && touches(b, x, deviations);
        if (isNear && start < 0) start = b;
        if (isNear || start < 0) continue;
        found(start * BLOCK, endOf(b - 1));
        start = -1;
      }
    },
  };
}
