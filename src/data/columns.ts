/** The columns of a file: numbers, or categories that are one-hot encoded. */
import type { CsvRecord } from './csv.ts';
import { type IssueList, shortened } from './faults.ts';
import { isNone, markersOf } from './missing.ts';
import { isNumber, numberIn, numberReader } from './number-format.ts';
import type { CsvReading, Missing } from './reading.ts';
import { MISSING_WORD, OTHER_WORD, sameSpelling } from './spelling.ts';

/** The most categories of one column; each becomes an input. */
export const MAX_CATEGORIES = 100;

const infinite = new Set(['inf', '+inf', '-inf', 'infinity', '+infinity', '-infinity']);
/** The most characters of a category or class. */
const MAX_WORD = 500;
const NUL = '\u0000';

export interface Column {
  readonly name: string;
  /** Trimmed values, one per row; numbers are normalized to a decimal point without groups. */
  readonly texts: readonly string[];
  /** Their values; NaN for a text that is no number. */
  readonly numbers: Float64Array;
  /** The line of every row in the file. */
  readonly lines: readonly number[];
  /** 1 if the value is missing. */
  readonly missing: Uint8Array;
  /** The detected kind. */
  readonly kind: ColumnKind;
}

export type ColumnKind = 'number' | 'category';

/** How the values of a column become network inputs, for rows that are read later. */
export type InputColumn =
  /** The number; with gaps also a 0/1 input for missing values. */
  | { readonly type: 'number'; readonly name: string; readonly gaps: boolean }
  /** A 0/1 input per category. */
  | {
      readonly type: 'category';
      readonly name: string;
      readonly gaps: boolean;
      readonly categories: readonly string[];
      /** The category of missing values; null without gaps. */
      readonly missing: string | null;
      /** The category of all texts that have none of their own; null if they have none. */
      readonly other: string | null;
    };

/** The network inputs of a column. */
export interface FeatureColumns {
  readonly input: InputColumn;
  readonly names: readonly string[];
  /** Writes its inputs for every row into row-major zeroed rows of `width` numbers, starting at input `at`. */
  write(x: Float32Array | Float64Array, width: number, at: number): void;
}

export function columnsOf(names: readonly string[], records: readonly CsvRecord[], reading: CsvReading): Column[] {
  const lines = records.map((record) => record.line);
  const read = numberReader(reading);
  return names.map((name, k) => {
    const texts = records.map(({ fields }) => read((fields[k] ?? '').trim()));
    const markers = markersOf(reading, name);
    const numbers = numbersIn(texts);
    const kind = isMostlyNumbers(texts, numbers, markers.inNumbers) ? 'number' : 'category';
    const words = kind === 'category' || reading.category.includes(name);
    const isMissing = words && reading.rules > 1 ? markers.inWords : markers.inNumbers;
    const missing = new Uint8Array(texts.length);
    for (let row = 0; row < texts.length; row++) if (isMissing(texts[row]!, numbers[row]!)) missing[row] = 1;
    return { name, lines, texts, numbers, kind, missing };
  });
}

/** Whether a column is numeric: more than half of its values are numbers. Other values in it are then issues. */
export function looksNumeric(texts: readonly string[], isMissing: (text: string) => boolean): boolean {
  return isMostlyNumbers(texts, numbersIn(texts), isMissing);
}

/** Not with `Float64Array.from`, which makes a list of the texts first. */
function numbersIn(texts: readonly string[]): Float64Array {
  const numbers = new Float64Array(texts.length);
  for (let row = 0; row < texts.length; row++) numbers[row] = numberIn(texts[row]!);
  return numbers;
}

function isMostlyNumbers(
  texts: readonly string[],
  values: Float64Array,
  isMissing: (text: string, number: number) => boolean,
): boolean {
  let numbers = 0;
  let words = 0;
  for (let row = 0; row < texts.length; row++) {
    const text = texts[row]!;
    const value = values[row]!;
    if (isMissing(text, value)) continue;
    if (!Number.isNaN(value) || infinite.has(text.toLowerCase())) numbers++;
    else words++;
  }
  return numbers > words;
}

export function countMissing({ missing }: Column): number {
  return missing.reduce((sum, one) => sum + one, 0);
}

/** The values that are not missing. */
export function presentTexts({ texts, missing }: Column): readonly string[] {
  return missing.includes(1) ? texts.filter((_, row) => missing[row] === 0) : texts;
}

/** The numbers among them; NaN for those that are none. */
export function presentNumbers({ numbers, missing }: Column): Float64Array {
  return missing.includes(1) ? numbers.filter((_, row) => missing[row] === 0) : numbers;
}

const differentOf = new WeakMap<Column, number>();

/** How many different texts are not missing. */
export function countDifferent(column: Column): number {
  const known = differentOf.get(column);
  if (known !== undefined) return known;
  const numbers = presentNumbers(column);
  // Different numbers have different texts, and sorting numbers takes a tenth of the time of a set of texts.
  const count = areAllDifferent(numbers) ? numbers.length : new Set(presentTexts(column)).size;
  differentOf.set(column, count);
  return count;
}

/** False if one is NaN. */
function areAllDifferent(numbers: Float64Array): boolean {
  const sorted = numbers.toSorted();
  return sorted.every((number, i) => number !== sorted[i - 1]) && !Number.isNaN(sorted.at(-1));
}

function place(column: Column, row: number): string {
  return `line ${column.lines[row]!}, column ${column.name}`;
}

/** Adds an issue for every missing value; returns whether there is none. */
export function isComplete(column: Column, issues: IssueList): boolean {
  let complete = true;
  column.texts.forEach((text, row) => {
    if (column.missing[row] === 0) return;
    complete = false;
    issues.add(place(column, row), text === '' ? 'the value is missing' : `the value is missing, got ${text}`);
  });
  return complete;
}

/** The numbers of the column, NaN if missing; adds an issue for values that are not numbers or exceed float32. */
export function numbersOf(column: Column, issues: IssueList): Float64Array {
  const numbers = column.numbers.slice();
  for (let row = 0; row < numbers.length; row++) {
    const value = numbers[row]!;
    if (column.missing[row] === 1) {
      // Reported by isComplete, or filled later.
      numbers[row] = Number.NaN;
      continue;
    }
    if (Number.isFinite(Math.fround(value))) continue;
    const text = column.texts[row]!;
    const must = !Number.isNaN(value) || infinite.has(text.toLowerCase()) ? 'a finite number below 3.4e38' : 'a number';
    issues.add(place(column, row), `must be ${must}, got ${shortened(text)}`);
    numbers[row] = 0;
  }
  return numbers;
}

/** The distinct values of a column: ascending if all are numbers, else by code unit; the same on every machine. */
export function distinctOf(texts: readonly string[]): string[] {
  const distinct = [...new Set(texts)];
  if (distinct.every(isNumber)) return distinct.sort((a, b) => Number(a) - Number(b) || (a < b ? -1 : 1));
  return distinct.sort((a, b) => (a < b ? -1 : 1));
}

/** Adds an issue for categories with a NUL, which cannot be stored, and for those that are too long. */
export function checkWords(column: Column, { rules }: CsvReading, issues: IssueList): void {
  const most = rules > 1 ? MAX_WORD : Number.POSITIVE_INFINITY;
  column.texts.forEach((text, row) => {
    if (text.includes(NUL)) issues.add(place(column, row), 'has a NUL character, which cannot be stored');
    else if (text.length > most) {
      issues.add(place(column, row), `has ${text.length} characters; the limit for categories is ${most}`);
    }
  });
}

interface Words {
  /** The category of every row. */
  readonly words: readonly string[];
  /** Whether all but the most frequent ones were merged. */
  readonly merged: boolean;
}

function wordsOf(column: Column, reading: CsvReading): Words {
  const spelled = reading.rules > 1 ? column.texts.map(sameSpelling) : column.texts;
  const words = spelled.map((word, row) => (column.missing[row] === 1 ? MISSING_WORD : word));
  return reading.frequent.includes(column.name) ? mostFrequent(words) : { words, merged: false };
}

/** Keeps the most frequent categories and merges the others; ties by code unit. */
function mostFrequent(words: readonly string[]): Words {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  if (counts.size <= MAX_CATEGORIES) return { words, merged: false };
  const byCount = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const kept = new Set(byCount.slice(0, MAX_CATEGORIES).map(([word]) => word));
  return { words: words.map((word) => (kept.has(word) ? word : OTHER_WORD)), merged: true };
}

/** Counts "none" in a categorical column: it is a category there, but may be meant as missing. */
export function countNone(column: Column): number {
  return column.texts.filter((text, row) => column.missing[row] === 0 && isNone(text)).length;
}

/**
 * The network inputs of a column; none if it has issues. With `missing=fill`, a missing number is NaN until preprocessing fills it from the
 * training rows, and an additional input marks it; a missing category is a category of its own.
 */
export function featuresOf(column: Column, issues: IssueList, kind: ColumnKind, reading: CsvReading): FeatureColumns {
  const fills = fillsGaps(column, reading.missing);
  const complete = fills || isComplete(column, issues);
  if (kind === 'number') return numberFeatures(column, numbersOf(column, issues), fills);
  checkWords(column, reading, issues);
  const { name } = column;
  const none = { type: 'category', name, gaps: fills, categories: [], missing: null, other: null } as const;
  const noFeatures: FeatureColumns = { input: none, names: [], write: () => undefined };
  if (!complete) return noFeatures;
  const { words, merged } = wordsOf(column, reading);
  const categories = distinctOf(words);
  const most = MAX_CATEGORIES + (reading.frequent.includes(column.name) ? 1 : 0);
  if (categories.length > most) {
    const ways = `ignore=${column.name} leaves it out, frequent=${column.name} keeps the ${MAX_CATEGORIES} most frequent`;
    issues.add(`column ${column.name}`, `has ${categories.length} categories, more than the limit of ${most}: ${ways}`);
    return noFeatures;
  }
  const indexOf = new Map(categories.map((category, k) => [category, k]));
  const missing = categories.includes(MISSING_WORD) ? MISSING_WORD : OTHER_WORD;
  return {
    input: { ...none, categories, missing: fills ? missing : null, other: merged ? OTHER_WORD : null },
    names: categories.map((category) => `${name}=${category}`),
    write: (x, width, at) => {
      words.forEach((word, row) => {
        x[row * width + at + indexOf.get(word)!] = 1;
      });
    },
  };
}

function numberFeatures({ name, missing }: Column, numbers: Float64Array, fills: boolean): FeatureColumns {
  return {
    input: { type: 'number', name, gaps: fills },
    names: fills ? [name, `${name} is missing`] : [name],
    write: (x, width, at) => {
      for (let row = 0; row < numbers.length; row++) {
        x[row * width + at] = numbers[row]!;
        if (fills) x[row * width + at + 1] = missing[row]!;
      }
    },
  };
}

function fillsGaps({ missing }: Column, choice: Missing): boolean {
  return choice === 'fill' && missing.includes(1);
}
