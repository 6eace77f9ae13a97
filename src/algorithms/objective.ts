/**
 * Comparison of objective values. The only code that interprets a direction, except for the ordering of rows in SQL
 * (adapters/postgres/value-order.ts).
 */
export const directions = ['maximize', 'minimize'] as const;
export type Direction = (typeof directions)[number];

/** Multiplying values by it makes greater values better. */
export function signOf(direction: Direction): 1 | -1 {
  return direction === 'maximize' ? 1 : -1;
}

/** Positive if `a` is better than `b`, 0 if they are equal; a missing value is the worst. */
export function compare(a: number | null, b: number | null, direction: Direction): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  return signOf(direction) * (a - b);
}

/** Whether `a` is strictly better than `b`. NaN is neither better nor worse than anything. */
export function isBetter(a: number | null, b: number | null, direction: Direction): boolean {
  return compare(a, b, direction) > 0;
}

/** The best value; null for an empty list. */
export function bestOf(values: readonly number[], direction: Direction): number | null {
  if (values.length === 0) return null;
  const sign = signOf(direction);
  return sign * values.reduce((best, value) => Math.max(best, sign * value), Number.NEGATIVE_INFINITY);
}

interface Ranked {
  readonly number: number;
  readonly value: number | null;
}

/** Comparator for `sort`: best first, missing values last, ties by the lower number. */
export function bestFirst(direction: Direction): (a: Ranked, b: Ranked) => number {
  return (a, b) => compare(b.value, a.value, direction) || a.number - b.number;
}

/** Reorders a list that runs from worst to best by ascending value: colours, the bounds of a range. */
export function ascending<T>(fromWorst: readonly T[], direction: Direction): readonly T[] {
  return direction === 'maximize' ? fromWorst : fromWorst.toReversed();
}

/** The quantile that separates the best `share` of values, from 0 to 1, from the rest. */
export function quantileOfBest(share: number, direction: Direction): number {
  return direction === 'maximize' ? 1 - share : share;
}
