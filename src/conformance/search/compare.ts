/** Comparison of numbers with fixtures, and parsing of fixtures. */

/** Differences as sentences; empty if everything agrees. */
export type Mismatches = string[];

const RELATIVE = 1e-6;

/** Relative to the expected number; those near 0 absolutely. */
export function near(what: string, ours: number, expected: number, tolerance = RELATIVE): Mismatches {
  const allowed = tolerance * Math.max(1e-3, Math.abs(expected));
  return Math.abs(ours - expected) <= allowed ? [] : [`${what}: ours ${ours}, expected ${expected}`];
}

export function within(what: string, ours: number, expected: number, absolute: number): Mismatches {
  return Math.abs(ours - expected) <= absolute ? [] : [`${what}: ours ${ours}, expected ${expected} ± ${absolute}`];
}

export function same(what: string, ours: unknown, expected: unknown): Mismatches {
  const [a, b] = [JSON.stringify(ours), JSON.stringify(expected)];
  return a === b ? [] : [`${what}: ours ${a}, expected ${b}`];
}

/** Two lists, number by number. */
export function nearAll(what: string, ours: ArrayLike<number>, expected: readonly number[]): Mismatches {
  if (ours.length !== expected.length) return [`${what}: ours has ${ours.length} numbers, expected ${expected.length}`];
  return expected.flatMap((one, i) => near(`${what}[${i}]`, ours[i]!, one));
}

export type Json = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A required part of a fixture. */
export function part<T>(value: unknown, name: string, is: (found: unknown) => found is T): T {
  const found = isRecord(value) ? value[name] : undefined;
  if (!is(found)) throw new Error(`${name} is missing or has another type`);
  return found;
}

export const isText = (value: unknown): value is string => typeof value === 'string';
export const isNumber = (value: unknown): value is number => typeof value === 'number';
export const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
export const isNumbers = (value: unknown): value is readonly number[] => Array.isArray(value) && value.every(isNumber);
