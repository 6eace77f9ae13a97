/** The columns of a file as inputs of a network: numbers, or categories that are one-hot encoded. */
import { type Column, type ColumnKind, isInfinite } from './column.ts';
import { type IssueList, shortened } from './faults.ts';
import { isNone } from './missing.ts';
import { isNumber } from './number-format.ts';
import type { CsvReading, Missing } from './reading.ts';
import { MISSING_WORD, OTHER_WORD, sameSpelling } from './spelling.ts';

/** The most categories of one column; each becomes an input. */
export const MAX_CATEGORIES = 100;

/** The most characters of a category or class. */
const MAX_WORD = 500;
const NUL = '\u0000';

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

/** The texts, of which equal numbers have the same. */
export function spelledTexts(
  { texts, isTyped }: Pick<Column, 'texts' | 'isTyped'>,
  { rules }: CsvReading,
): readonly string[] {
  return rules > 1 && !isTyped ? texts.map(sameSpelling) : texts;
}

function place(column: Column, row: number): string {
  return `line ${column.lines[row]!}, column ${column.name}`;
}

/** Adds an issue for every missing value; returns whether there is none. */
export function isComplete(column: Column, issues: IssueList): boolean {
  for (let row = column.missing.indexOf(1); row >= 0; row = column.missing.indexOf(1, row + 1)) {
    const text = column.textAt(row);
    issues.add(place(column, row), text === '' ? 'the value is missing' : `the value is missing, got ${text}`);
  }
  return !column.missing.includes(1);
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
    const text = column.textAt(row);
    const must = !Number.isNaN(value) || isInfinite(text) ? 'a finite number below 3.4e38' : 'a number';
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
  const spelled = spelledTexts(column, reading);
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
