/** What a column of a CSV file holds: numbers, or words of which each becomes an input of its own. */
import type { CsvRecord } from './csv.ts';
import type { FaultList } from './faults.ts';

/** The most different words of one column: each becomes an input. */
export const MAX_CATEGORIES = 100;

/** Spellings by which programs write that a value is not there. */
const missing = new Set(['', 'na', 'n/a', 'nan', 'null', 'none', '?']);
const infinite = new Set(['inf', '+inf', '-inf', 'infinity', '+infinity', '-infinity']);
const decimal = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

export interface Column {
  readonly name: string;
  /** Trimmed, one for every row. */
  readonly texts: readonly string[];
  /** The file's line of every row. */
  readonly lines: readonly number[];
}

export type ColumnKind = 'number' | 'category';

/** One or more inputs of the network: a numeric column as it is, or one 0/1 column for each word. */
export interface FeatureColumns {
  readonly names: readonly string[];
  /** One array for every name, each with a number for every row. */
  readonly values: readonly Float64Array[];
}

export function columnsOf(names: readonly string[], records: readonly CsvRecord[]): Column[] {
  const lines = records.map((record) => record.line);
  return names.map((name, k) => ({ name, lines, texts: records.map(({ fields }) => (fields[k] ?? '').trim()) }));
}

export function isNumber(text: string): boolean {
  return decimal.test(text);
}

/** Whether a column is meant to be numbers: more than half of what is there is. Whatever else stands in it is a fault. */
export function isNumeric({ texts }: Column): boolean {
  let numbers = 0;
  let words = 0;
  for (const text of texts) {
    const lower = text.toLowerCase();
    if (isNumber(text) || infinite.has(lower)) numbers++;
    else if (!missing.has(lower)) words++;
  }
  return numbers > words;
}

function place(column: Column, row: number): string {
  return `line ${column.lines[row]!}, column ${column.name}`;
}

export function isMissing(text: string): boolean {
  return missing.has(text.toLowerCase());
}

/** Adds a fault for every value that is not there; without any, true. */
export function isComplete(column: Column, faults: FaultList): boolean {
  let complete = true;
  column.texts.forEach((text, row) => {
    if (!isMissing(text)) return;
    complete = false;
    faults.add(place(column, row), text === '' ? 'the value is missing' : `the value is missing, got ${text}`);
  });
  return complete;
}

/** The column's numbers, NaN where one is not there; a fault for whatever is no number, or none that a 32-bit float can hold. */
export function numbersOf(column: Column, faults: FaultList): Float64Array {
  return Float64Array.from(column.texts, (text, row) => {
    const value = isNumber(text) ? Number(text) : Number.NaN;
    if (Number.isFinite(Math.fround(value))) return value;
    if (isMissing(text)) return Number.NaN; // told by isComplete, or filled
    const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text;
    const must = isNumber(text) || infinite.has(text.toLowerCase()) ? 'a finite number below 3.4e38' : 'a number';
    faults.add(place(column, row), `must be ${must}, got ${shown}`);
    return 0;
  });
}

/** The different texts of a column: numbers ascending if all are numbers, else by code unit; the same on every machine. */
export function distinctOf(texts: readonly string[]): string[] {
  const distinct = [...new Set(texts)];
  if (distinct.every(isNumber)) return distinct.sort((a, b) => Number(a) - Number(b) || (a < b ? -1 : 1));
  return distinct.sort((a, b) => (a < b ? -1 : 1));
}

/** What is done where a value is not there: it is a fault, it is filled, or its row is left out beforehand. */
export const missingChoices = ['refuse', 'fill', 'drop'] as const;
export type Missing = (typeof missingChoices)[number];

/** How a word that is not there is named. */
const MISSING_WORD = '(missing)';

/**
 * A column as inputs of the network; none where it is at fault. Filled, a number that is not there is NaN, for preprocessing to
 * fill from the training rows, and an input of its own says that it was not there; a word that is not there is a word of its own.
 */
export function featuresOf(column: Column, faults: FaultList, kind: ColumnKind, missing: Missing): FeatureColumns {
  const none = { names: [], values: [] };
  const fills = missing === 'fill' && column.texts.some(isMissing);
  const complete = fills || isComplete(column, faults);
  if (kind === 'number') {
    const numbers = { names: [column.name], values: [numbersOf(column, faults)] };
    if (!fills) return numbers;
    const gaps = Float64Array.from(column.texts, (text) => (isMissing(text) ? 1 : 0));
    return { names: [column.name, `${column.name} is missing`], values: [...numbers.values, gaps] };
  }
  if (!complete) return none;
  const words = fills ? column.texts.map((text) => (isMissing(text) ? MISSING_WORD : text)) : column.texts;
  const categories = distinctOf(words);
  if (categories.length > MAX_CATEGORIES) {
    faults.add(`column ${column.name}`, `has ${categories.length} different words; at most ${MAX_CATEGORIES} are read`);
    return none;
  }
  return {
    names: categories.map((category) => `${column.name}=${category}`),
    values: categories.map((category) => Float64Array.from(words, (text) => (text === category ? 1 : 0))),
  };
}
