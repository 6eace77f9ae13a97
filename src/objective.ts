/**
 * What a search is for: which of two values is the better one. The only place that knows what a direction means; SQL, which has to order
 * rows itself, has its own in adapters/value-order.ts.
 */
export const directions = ['maximize', 'minimize'] as const;
export type Direction = (typeof directions)[number];

/** A value multiplied by it is the better the greater it is. */
export function signOf(direction: Direction): 1 | -1 {
  return direction === 'maximize' ? 1 : -1;
}

/** Above 0 where `a` is better than `b`, 0 where they are equal; a value that is missing is the worst. */
export function compare(a: number | null, b: number | null, direction: Direction): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  return signOf(direction) * (a - b);
}

/** Whether `a` is better than `b`, and not only equal. A NaN is better than nothing, and nothing is better than it. */
export function isBetter(a: number | null, b: number | null, direction: Direction): boolean {
  return compare(a, b, direction) > 0;
}

/** The best of them; null where there are none. */
export function bestOf(values: readonly number[], direction: Direction): number | null {
  if (values.length === 0) return null;
  const sign = signOf(direction);
  return sign * values.reduce((best, value) => Math.max(best, sign * value), Number.NEGATIVE_INFINITY);
}

interface Ranked {
  readonly number: number;
  readonly value: number | null;
}

/** The order for `sort`: the best first, those without a value last; of equal values the lower number first. */
export function bestFirst(direction: Direction): (a: Ranked, b: Ranked) => number {
  return (a, b) => compare(b.value, a.value, direction) || a.number - b.number;
}

/** A list from the worst to the best, in the order of ascending values: colours, the bounds of a range. */
export function ascending<T>(fromWorst: readonly T[], direction: Direction): readonly T[] {
  return direction === 'maximize' ? fromWorst : fromWorst.toReversed();
}

/** The quantile that separates the best `share` of values, from 0 to 1, from the rest. */
export function quantileOfBest(share: number, direction: Direction): number {
  return direction === 'maximize' ? 1 - share : share;
}
