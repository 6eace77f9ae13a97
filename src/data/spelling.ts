/** How texts become categories. */
import { isNumber } from './number-format.ts';

/** The category of missing values, and that of all but the most frequent categories. */
export const MISSING_WORD = '(missing)';
export const OTHER_WORD = '(other)';

const leadingZero = /^[+-]?0\d/;

/** Normalizes the spelling of numbers: 1, 1.0 and +1 are the same; 01 is a code, not a number. */
export function sameSpelling(text: string): string {
  if (!isNumber(text) || leadingZero.test(text)) return text;
  const value = Number(text);
  return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? String(value + 0) : text;
}
