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
  const blocks = Math.ceil(count / BLOCK);
  const lows = new Float64Array(blocks);
  const highs = new Float64Array(blocks);
  const widest = new Float64Array(blocks);
  for (let b = 0; b < blocks; b++) {
    const [from, to] = [b * BLOCK, Math.min((b + 1) * BLOCK, count)];
    let most = 0;
    for (let i = from; i < to; i++) most = Math.max(most, sigma[order[i]!]!);
    lows[b] = mu[order[from]!]!;
    highs[b] = mu[order[to - 1]!]!;
    widest[b] = most;
  }
  return {
    name,
    order,
    near: (value, deviations, found) => {
      const x = column.axis.at(value);
      let start = -1;
      for (let b = 0; b <= blocks; b++) {
        const reach = deviations * widest[b]!;
        const isNear = b < blocks && x >= lows[b]! - reach && x <= highs[b]! + reach;
        if (isNear && start < 0) start = b;
        if (isNear || start < 0) continue;
        found(start * BLOCK, Math.min(b * BLOCK, count));
        start = -1;
      }
    },
  };
}
