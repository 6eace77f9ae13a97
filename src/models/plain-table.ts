/**
 * Reads delimited text without quotes, several times as fast as data/csv.ts and to the same fields: it finds where they are and copies none.
 * What is not plain is left to the other.
 */
import { csvLimits } from '../data/csv-table.ts';
import { InvalidDataset } from '../data/faults.ts';
import { delimiters, quotes } from '../data/reading.ts';
import type { ModelReading } from './model.ts';

export interface PlainTable {
  readonly names: readonly string[];
  readonly rows: number;
  /** Of the text, from 1. */
  lineOf(row: number): number;
  field(row: number, column: number): string;
  /** The number that `Number` gives for a field in digits, with or without a decimal point; other fields as they are. */
  numberOrField(row: number, column: number): number | string;
}

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/**
 * Undefined for text with quotes or comments, without a header, with lines to skip, with records of different lengths, and for names that
 * data/csv-table.ts would change. Throws `InvalidDataset` for more than `maxRows` rows.
 */
export function plainTable(text: string, reading: ModelReading, maxRows: number): PlainTable | undefined {
  const { delimiter, comment, skip, header, quote } = reading;
  if (!header || skip > 0 || comment !== 'none' || delimiter === 'space') return undefined;
  if (quotes[quote] !== '' && text.includes(quotes[quote])) return undefined;
  const records = findFields(text, delimiters[delimiter].charCodeAt(0), maxRows);
  if (records === undefined) return undefined;
  const { starts, ends, lines, width } = records;
  const names = Array.from({ length: width }, (_, k) => text.slice(starts[k], ends[k]).trim());
  const isPlain =
    names.every((name) => name !== '') && new Set(names).size === width && !/^(#|"?sep=)/i.test(names[0]!);
  if (!isPlain) return undefined;
  const field = (row: number, column: number) => {
    const at = (row + 1) * width + column;
    return text.slice(starts[at], ends[at]);
  };
  return {
    names,
    rows: lines.length - 1,
    lineOf: (row) => lines[row + 1]!,
    field,
    numberOrField: (row, column) => {
      const at = (row + 1) * width + column;
      return numberIn(text, starts[at]!, ends[at]!) ?? field(row, column);
    },
  };
}

interface Fields {
  /** By record, then by field. */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /** By record. */
  readonly lines: readonly number[];
  /** Fields of a record. */
  readonly width: number;
}

export function tooManyRows(limit: number): InvalidDataset {
  return new InvalidDataset([
    { path: '', message: `has more than ${limit} rows, which is the limit; send them in parts` },
  ]);
}

function findFields(text: string, delimiter: number, maxRows: number): Fields | undefined {
  let starts = new Uint32Array(1024);
  let ends = new Uint32Array(1024);
  const lines: number[] = [];
  let [width, line, start] = [0, 1, text.charCodeAt(0) === 0xfeff ? 1 : 0];
  let [count, first] = [0, 0]; // fields found, and the first of the record
  for (let at = start; at <= text.length; at++) {
    const code = at < text.length ? text.charCodeAt(at) : LINE_FEED;
    const endsLine = code === LINE_FEED || code === CARRIAGE_RETURN;
    if (code !== delimiter && !endsLine) continue;
    if (at - start > csvLimits.field || count - first > csvLimits.fields) return undefined;
    const isBlank = endsLine && first === count && at === start;
    if (!isBlank) {
      if (count === starts.length) [starts, ends] = [doubled(starts), doubled(ends)];
      starts[count] = start;
      ends[count++] = at;
    }
    if (endsLine) {
      if (!isBlank) {
        if (width === 0) width = count;
        if (count - first !== width) return undefined;
        if (lines.push(line) > maxRows + 1) throw tooManyRows(maxRows);
        first = count;
      }
      if (code === CARRIAGE_RETURN && text.charCodeAt(at + 1) === LINE_FEED) at++;
      line++;
    }
    start = at + 1;
  }
  return width === 0 ? undefined : { starts, ends, lines, width };
}

function doubled(numbers: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(2 * numbers.length);
  larger.set(numbers);
  return larger;
}

const ZERO = 48;
const POINT = 46;
const MINUS = 45;
/** Exact in float64, as are whole numbers of so many digits: their quotient is rounded once, so it is the nearest number, as `Number` gives. */
const powersOfTen = Float64Array.from({ length: 16 }, (_, k) => Number(`1e${k}`));
const MAX_DIGITS = 15;

/** Undefined if it is not of the form −12.34, or has too many digits. */
function numberIn(text: string, start: number, end: number): number | undefined {
  const isNegative = text.charCodeAt(start) === MINUS;
  let [digits, whole, point] = [0, 0, -1];
  for (let at = isNegative ? start + 1 : start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code === POINT && point < 0) point = at;
    else if (code >= ZERO && code < ZERO + 10) {
      whole = 10 * whole + (code - ZERO);
      digits++;
    } else return undefined;
  }
  if (digits === 0 || digits > MAX_DIGITS) return undefined;
  const value = point < 0 ? whole : whole / powersOfTen[end - point - 1]!;
  return isNegative ? -value : value;
}
