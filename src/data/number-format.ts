/** Number formats: decimal comma and thousands separators. */
import { type Decimal, decimals, type Thousands, thousandsMarks } from './reading.ts';

/**
 * Whether a text is a number with a decimal point and no groups, in JavaScript syntax: `[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?`. Written out, since every
 * cell of a file is tried: the expression takes several times as long.
 */
export function isNumber(text: string): boolean {
  const sign = signAt(text, 0);
  const whole = digitsEnd(text, sign);
  const point = text.charCodeAt(whole) === POINT ? whole + 1 : whole;
  const end = point > whole ? digitsEnd(text, point) : whole;
  if (whole === sign && end === point) return false;
  if (end === text.length) return true;
  const mark = text.charCodeAt(end);
  if (mark !== SMALL_E && mark !== LARGE_E) return false;
  const exponent = signAt(text, end + 1);
  return exponent < text.length && digitsEnd(text, exponent) === text.length;
}

const POINT = 46;
const [SMALL_E, LARGE_E] = [101, 69];
const [PLUS, MINUS] = [43, 45];

/** The position after a sign that may be there. */
function signAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code === PLUS || code === MINUS ? at + 1 : at;
}

function digitsEnd(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) break;
  }
  return at;
}

/** NaN if it is none. */
export function numberIn(text: string): number {
  return isNumber(text) ? Number(text) : Number.NaN;
}

export interface NumberFormat {
  readonly decimal: Decimal;
  readonly thousands: Thousands;
}

/** Spaces as thousands separators include non-breaking ones. */
const groupMark: Readonly<Record<Thousands, string>> = {
  none: '(?!)',
  comma: ',',
  point: '\\.',
  space: '[ \\u00a0\\u202f]',
  apostrophe: "['’]",
};

/** Converts numbers in this format to the format of `isNumber`; other texts are unchanged. */
export function numberReader({ decimal, thousands }: NumberFormat): (text: string) => string {
  if (decimal === 'point' && thousands === 'none') return (text) => text;
  const mark = groupMark[thousands];
  const point = decimals[decimal] === ',' ? ',' : '\\.';
  const written = new RegExp(`^[+-]?(?:\\d+|\\d{1,3}(?:${mark}\\d{3})+)?(?:${point}\\d*)?(?:[eE][+-]?\\d+)?$`);
  const groups = new RegExp(mark, 'g');
  return (text) => {
    if (!/\d/.test(text) || !written.test(text)) return text;
    const ungrouped = thousandsMarks[thousands] === '' ? text : text.replace(groups, '');
    const read = decimal === 'comma' ? ungrouped.replace(',', '.') : ungrouped;
    return isNumber(read) ? read : text;
  };
}

/** How many numbers of a file are only valid in each format. */
interface Evidence {
  decimalPoint: number;
  decimalComma: number;
  groups: Record<'comma' | 'point' | 'space' | 'apostrophe', number>;
  /** `1,234` and `1.234` are ambiguous: groups or three decimals. */
  eitherComma: number;
  eitherPoint: number;
}

const anyNumber = /^[+-]?(?:\d{1,3}(?:[ \u00a0\u202f'’.,]\d{3})+|\d+|(?=[.,]\d))(?:[.,]\d*)?(?:[eE][+-]?\d+)?$/;

function weigh(text: string, evidence: Evidence): void {
  const digits = text.replace(/^[+-]/, '').replace(/[eE][+-]?\d+$/, '');
  const marks = digits.replace(/\d/g, '');
  if (/[ \u00a0\u202f]/.test(marks)) evidence.groups.space++;
  if (/['’]/.test(marks)) evidence.groups.apostrophe++;
  const commas = marks.split(',').length - 1;
  const points = marks.split('.').length - 1;
  const last = Math.max(digits.lastIndexOf(','), digits.lastIndexOf('.'));
  if (last < 0) return;
  const isComma = digits[last] === ',';
  if (commas > 0 && points > 0) {
    if (isComma) evidence.decimalComma++;
    else evidence.decimalPoint++;
    evidence.groups[isComma ? 'point' : 'comma']++;
  } else if (commas + points > 1) evidence.groups[isComma ? 'comma' : 'point']++;
  else if (/^[1-9]\d{0,2}[.,]\d{3}$/.test(digits)) {
    if (isComma) evidence.eitherComma++;
    else evidence.eitherPoint++;
  } else if (isComma) evidence.decimalComma++;
  else evidence.decimalPoint++;
}

/** A column is used if at least this share of its values could be numbers in some format. */
const MIN_SHARE = 0.9;

/** Detects the number format of columns. `delimiter` decides ambiguous cases like `1,234`. */
export function guessNumberFormat(
  columns: readonly (readonly string[])[],
  isMissing: (text: string) => boolean,
  delimiter: string,
): NumberFormat {
  const groups = { comma: 0, point: 0, space: 0, apostrophe: 0 };
  const evidence: Evidence = { decimalPoint: 0, decimalComma: 0, groups, eitherComma: 0, eitherPoint: 0 };
  for (const texts of columns) {
    const there = texts.filter((text) => !isMissing(text));
    const numbers = there.filter((text) => anyNumber.test(text));
    if (numbers.length >= MIN_SHARE * there.length) for (const text of numbers) weigh(text, evidence);
  }
  const { decimalPoint, decimalComma, eitherComma, eitherPoint } = evidence;
  const forComma = decimalComma + groups.point;
  const forPoint = decimalPoint + groups.comma;
  const loose = groups.space > 0 ? 'space' : groups.apostrophe > 0 ? 'apostrophe' : undefined;
  const commaByHabit = eitherComma > 0 && eitherPoint === 0 && delimiter === 'semicolon';
  if (forComma > forPoint || (forComma === forPoint && forComma === 0 && commaByHabit)) {
    return { decimal: 'comma', thousands: loose ?? (groups.point + eitherPoint > 0 ? 'point' : 'none') };
  }
  return { decimal: 'point', thousands: loose ?? (groups.comma + eitherComma > 0 ? 'comma' : 'none') };
}
