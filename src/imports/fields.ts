/** Access to parsed files, whose shape is not known: names of prototypes (`__proto__`, `constructor`) are no fields. */
import type { Value } from '../algorithms/space/space.ts';
import { NoCounterpart } from './imported-space.ts';
import { Spelled } from './source-text.ts';

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Spelled);
}

/** The field of `value` with that name; undefined if there is none, or if `value` has no fields. */
export function field(value: unknown, name: string): unknown {
  return isFields(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The number in `value`; undefined if it is none, or not finite. */
export function maybeNumber(value: unknown): number | undefined {
  const number = value instanceof Spelled ? value.value : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** A number that a tool writes as a text, too. */
export function numberInText(value: unknown): number | undefined {
  if (typeof value !== 'string') return maybeNumber(value);
  return value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : undefined;
}

/** The number in the field `name` of `fields`, or NoCounterpart. */
export function numberIn(fields: unknown, name: string, read = maybeNumber): number {
  const value = field(fields, name);
  const number = read(value);
  if (number === undefined) throw new NoCounterpart(`${name} must be a finite number, got ${shown(value)}`);
  return number;
}

/** A text, number or boolean, or NoCounterpart. A list of numbers is its text: units of layers may be one. */
export function plainValue(value: unknown, what = 'a value'): Value {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  const number = maybeNumber(value);
  if (number !== undefined) return number;
  if (Array.isArray(value)) {
    const numbers = value.flatMap((one) => maybeNumber(one) ?? []);
    if (numbers.length === value.length) return JSON.stringify(numbers);
  }
  throw new NoCounterpart(`${what} must be a number, a text or a boolean, got ${shown(value)}`);
}

const MAX_SHOWN = 80;

export function shown(value: unknown): string {
  const plain = JSON.stringify(value, (_, one: unknown) => (one instanceof Spelled ? one.value : one)) ?? 'nothing';
  return plain.length > MAX_SHOWN ? `${plain.slice(0, MAX_SHOWN)}…` : plain;
}
