/** What a column of a file holds: numbers, or words of which each becomes an input of its own. */
import type { CsvRecord } from './csv.ts';
import { type FaultList, shortened } from './faults.ts';
import { isNone, markersOf } from './missing.ts';
import { isNumber, numberReader } from './number-format.ts';
import type { CsvReading, Missing } from './reading.ts';

/** The most different words of one column: each becomes an input. */
export const MAX_CATEGORIES = 100;

const infinite = new Set(['inf', '+inf', '-inf', 'infinity', '+infinity', '-infinity']);
/** Characters of a word or a class. */
const MAX_WORD = 500;
const NUL = '\u0000';

export interface Column {
  readonly name: string;
  /** Trimmed, one for every row; numbers with a decimal point and no groups, whatever the file has. */
  readonly texts: readonly string[];
  /** The file's line of every row. */
  readonly lines: readonly number[];
  /** 1 where the value is missing. */
  readonly missing: Uint8Array;
  /** What it looks like. */
  readonly kind: ColumnKind;
}

export type ColumnKind = 'number' | 'category';

/** One or more inputs of the network: a numeric column as it is, or one 0/1 column for each word. */
export interface FeatureColumns {
  readonly names: readonly string[];
  /** Writes a number for every row and name into row-major rows of `width` numbers that are 0, from input `at` on. */
  write(x: Float32Array | Float64Array, width: number, at: number): void;
}

export function columnsOf(names: readonly string[], records: readonly CsvRecord[], reading: CsvReading): Column[] {
  const lines = records.map((record) => record.line);
  const read = numberReader(reading);
  return names.map((name, k) => {
    const texts = records.map(({ fields }) => read((fields[k] ?? '').trim()));
    const markers = markersOf(reading, name);
    const kind = looksNumeric(texts, markers.inNumbers) ? 'number' : 'category';
    const words = kind === 'category' || reading.category.includes(name);
    const isMissing = words && reading.rules > 1 ? markers.inWords : markers.inNumbers;
    return { name, lines, texts, kind, missing: Uint8Array.from(texts, (text) => (isMissing(text) ? 1 : 0)) };
  });
}

/** Whether a column is meant to be numbers: more than half of what is there is. Whatever else stands in it is a fault. */
export function looksNumeric(texts: readonly string[], isMissing: (text: string) => boolean): boolean {
  let numbers = 0;
  let words = 0;
  for (const text of texts) {
    if (isMissing(text)) continue;
    if (isNumber(text) || infinite.has(text.toLowerCase())) numbers++;
    else words++;
  }
  return numbers > words;
}

export function countMissing({ missing }: Column): number {
  return missing.reduce((sum, one) => sum + one, 0);
}

/** The texts of the values that are there. */
export function presentTexts({ texts, missing }: Column): string[] {
  return texts.filter((_, row) => missing[row] === 0);
}

function place(column: Column, row: number): string {
  return `line ${column.lines[row]!}, column ${column.name}`;
}

/** Adds a fault for every value that is missing; without any, true. */
export function isComplete(column: Column, faults: FaultList): boolean {
  let complete = true;
  column.texts.forEach((text, row) => {
    if (column.missing[row] === 0) return;
    complete = false;
    faults.add(place(column, row), text === '' ? 'the value is missing' : `the value is missing, got ${text}`);
  });
  return complete;
}

/** The column's numbers, NaN where one is missing; a fault for whatever is no number, or none that a 32-bit float can hold. */
export function numbersOf(column: Column, faults: FaultList): Float64Array {
  return Float64Array.from(column.texts, (text, row) => {
    if (column.missing[row] === 1) return Number.NaN; // added by isComplete, or filled
    const value = isNumber(text) ? Number(text) : Number.NaN;
    if (Number.isFinite(Math.fround(value))) return value;
    const must = isNumber(text) || infinite.has(text.toLowerCase()) ? 'a finite number below 3.4e38' : 'a number';
    faults.add(place(column, row), `must be ${must}, got ${shortened(text)}`);
    return 0;
  });
}

/** The different texts of a column: numbers ascending if all are numbers, else by code unit; the same on every machine. */
export function distinctOf(texts: readonly string[]): string[] {
  const distinct = [...new Set(texts)];
  if (distinct.every(isNumber)) return distinct.sort((a, b) => Number(a) - Number(b) || (a < b ? -1 : 1));
  return distinct.sort((a, b) => (a < b ? -1 : 1));
}

const leadingZero = /^[+-]?0\d/;

/** One spelling for every number: 1, 1.0 and +1 are the same; 01 is a code, and no number. */
export function sameSpelling(text: string): string {
  if (!isNumber(text) || leadingZero.test(text)) return text;
  const value = Number(text);
  return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? String(value + 0) : text;
}

/** Adds a fault for words with a NUL, which text cannot hold, and for those that are no words for their length. */
export function checkWords(column: Column, { rules }: CsvReading, faults: FaultList): void {
  const most = rules > 1 ? MAX_WORD : Number.POSITIVE_INFINITY;
  column.texts.forEach((text, row) => {
    if (text.includes(NUL)) faults.add(place(column, row), 'has a NUL character, which is no text');
    else if (text.length > most) {
      faults.add(place(column, row), `has ${text.length} characters; words of at most ${most} are read`);
    }
  });
}

/** How a word that is missing is named, and how words are that are not among the most frequent. */
const MISSING_WORD = '(missing)';
const OTHER_WORD = '(other)';

/** What every row has of a column of words: one of few. */
function wordsOf(column: Column, reading: CsvReading): readonly string[] {
  const spelled = reading.rules > 1 ? column.texts.map(sameSpelling) : column.texts;
  const words = spelled.map((word, row) => (column.missing[row] === 1 ? MISSING_WORD : word));
  return reading.frequent.includes(column.name) ? mostFrequent(words) : words;
}

/** The most frequent words as they are, the rest as one; of words that are as frequent, the lower ones count. */
function mostFrequent(words: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  if (counts.size <= MAX_CATEGORIES) return words;
  const byCount = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const kept = new Set(byCount.slice(0, MAX_CATEGORIES).map(([word]) => word));
  return words.map((word) => (kept.has(word) ? word : OTHER_WORD));
}

/** One column of words that are "none" in some rows: they are a word there, and may be meant to be missing. */
export function countNone(column: Column): number {
  return column.texts.filter((text, row) => column.missing[row] === 0 && isNone(text)).length;
}

/**
 * A column as inputs of the network; none where it is at fault. Filled, a number that is missing is NaN, for preprocessing to fill
 * from the training rows, and an input of its own says that it was missing; a word that is missing is a word of its own.
 */
export function featuresOf(column: Column, faults: FaultList, kind: ColumnKind, reading: CsvReading): FeatureColumns {
  const fills = fillsGaps(column, reading.missing);
  const complete = fills || isComplete(column, faults);
  if (kind === 'number') return numberFeatures(column, numbersOf(column, faults), fills);
  checkWords(column, reading, faults);
  if (!complete) return noFeatures;
  const words = wordsOf(column, reading);
  const categories = distinctOf(words);
  const most = MAX_CATEGORIES + (reading.frequent.includes(column.name) ? 1 : 0);
  if (categories.length > most) {
    const ways = `ignore=${column.name} leaves it out, frequent=${column.name} keeps the ${MAX_CATEGORIES} most frequent`;
    faults.add(`column ${column.name}`, `has ${categories.length} different words; at most ${most} are read: ${ways}`);
    return noFeatures;
  }
  const indexOf = new Map(categories.map((category, k) => [category, k]));
  return {
    names: categories.map((category) => `${column.name}=${category}`),
    write: (x, width, at) => {
      words.forEach((word, row) => {
        x[row * width + at + indexOf.get(word)!] = 1;
      });
    },
  };
}

const noFeatures: FeatureColumns = { names: [], write: () => undefined };

function numberFeatures({ name, missing }: Column, numbers: Float64Array, fills: boolean): FeatureColumns {
  return {
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
