/** Distributions and values in words, for faults and warnings. */
import { significant } from '../format.ts';
import type { Distribution, Value } from '../search/space.ts';
import { shown } from './faults.ts';

/** `a whole number between 1 and 9, in steps of 2 from 1` */
export function describedRange(distribution: Distribution): string {
  if (distribution.distribution === 'categorical') return `one of ${distribution.choices.map(shown).join(', ')}`;
  const { low, high, step } = distribution;
  const kind = distribution.distribution === 'int' ? 'a whole number' : 'a number';
  const steps = step === undefined ? '' : `, in steps of ${step} from ${low}`;
  return `${kind} between ${low} and ${high}${steps}`;
}

/** A sampled number has seventeen digits; a few tell which it is. */
export function describedValue(value: Value): string {
  return typeof value === 'number' ? significant(value) : shown(value);
}
