/** How numbers of fixtures are compared, and how their JSON is read. */

/** What differs, each in a sentence; empty where all agrees. */
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

/** A part of a fixture that must be there. */
export function part<T>(value: unknown, name: string, is: (found: unknown) => found is T): T {
  const found = isRecord(value) ? value[name] : undefined;
  if (!is(found)) throw new Error(`${name} is missing or of another kind`);
  return found;
}

export const isText = (value: unknown): value is string => typeof value === 'string';
export const isNumber = (value: unknown): value is number => typeof value === 'number';
export const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
export const isNumbers = (value: unknown): value is readonly number[] => Array.isArray(value) && value.every(isNumber);
