/** Distributions and values in words, for validation messages and warnings. */

import type { Distribution, Value } from '../../algorithms/space/space.ts';
import { significant } from '../../format.ts';
import { shown } from './validation-issues.ts';

/** `a whole number between 1 and 9, in steps of 2 from 1` */
export function describedRange(distribution: Distribution): string {
  if (distribution.distribution === 'categorical') return `one of ${distribution.choices.map(shown).join(', ')}`;
  const { low, high, step } = distribution;
  const kind = distribution.distribution === 'int' ? 'a whole number' : 'a number';
  const steps = step === undefined ? '' : `, in steps of ${step} from ${low}`;
  return `${kind} between ${low} and ${high}${steps}`;
}

/** Sampled numbers have seventeen digits; a few are enough to identify them. */
export function describedValue(value: Value): string {
  return typeof value === 'number' ? significant(value) : shown(value);
}
