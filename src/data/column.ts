/** A column of a file: its values as texts and as numbers, and which are missing. */
import type { CsvRecord } from './csv.ts';
import { markersOf } from './missing.ts';
import { numberIn, numberReader } from './number-format.ts';
import type { CsvReading } from './reading.ts';
import { lineOfRow, type NumberColumn, numberText, type TypedTable } from './typed-table.ts';

const infinite = new Set(['inf', '+inf', '-inf', 'infinity', '+infinity', '-infinity']);

export interface Column {
  readonly name: string;
  readonly rows: number;
  /** Trimmed values, one per row; numbers are normalized to a decimal point without groups. Written when first asked for, if `isTyped`. */
  readonly texts: readonly string[];
  /** One of them. */
  textAt(row: number): string;
  /** Whether every text is what String() writes of its number, or a gap. */
  readonly isTyped: boolean;
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

export function columnsOf(names: readonly string[], records: readonly CsvRecord[], reading: CsvReading): Column[] {
  const lines = records.map((record) => record.line);
  const read = numberReader(reading);
  return names.map((name, k) => {
    const texts = records.map(({ fields }) => read((fields[k] ?? '').trim()));
    return textColumn({ name, texts, lines }, reading);
  });
}

/** The same as those of the table's CSV. */
export function columnsOfTable({ columns, rows }: TypedTable, reading: CsvReading): Column[] {
  const lines = Array.from({ length: rows }, (_, row) => lineOfRow(row));
  return columns.map((column) => {
    const { name } = column;
    if (column.kind === 'number') return typedColumn(column, lines, reading);
    return textColumn({ name, texts: column.texts.map((text) => text.trim()), lines }, reading);
  });
}

function textColumn({ name, texts, lines }: Pick<Column, 'name' | 'texts' | 'lines'>, reading: CsvReading): Column {
  const markers = markersOf(reading, name);
  const numbers = numbersIn(texts);
  const kind = isMostlyNumbers(texts, numbers, markers.inNumbers) ? 'number' : 'category';
  const words = kind === 'category' || reading.category.includes(name);
  const isMissing = words && reading.rules > 1 ? markers.inWords : markers.inNumbers;
  const missing = new Uint8Array(texts.length);
  for (let row = 0; row < texts.length; row++) if (isMissing(texts[row]!, numbers[row]!)) missing[row] = 1;
  return { ...valuesOf(texts), name, lines, numbers, kind, missing };
}

function valuesOf(texts: readonly string[]): Pick<Column, 'texts' | 'textAt' | 'isTyped' | 'rows'> {
  return { texts, textAt: (row) => texts[row]!, isTyped: false, rows: texts.length };
}

/** Gaps are texts that always mean missing, and a number means it only if a number was given for it. */
function typedColumn({ name, numbers, gap }: NumberColumn, lines: readonly number[], reading: CsvReading): Column {
  const { inNumbers, numbersMayMatch } = markersOf(reading, name);
  const missing = new Uint8Array(numbers.length);
  let present = 0;
  for (let row = 0; row < numbers.length; row++) {
    const number = numbers[row]!;
    if (Number.isNaN(number) || (numbersMayMatch && inNumbers(String(number), number))) missing[row] = 1;
    else present++;
  }
  const kind = present > 0 ? 'number' : 'category';
  return numbersColumn({ name, numbers, lines, missing, kind }, gap);
}

function numbersColumn(
  column: Pick<Column, 'name' | 'numbers' | 'lines' | 'missing' | 'kind'>,
  gap: NumberColumn['gap'],
): Column {
  const { numbers } = column;
  const textAt = (row: number) => numberText(numbers[row]!, gap);
  let texts: readonly string[] | undefined;
  return {
    ...column,
    rows: numbers.length,
    isTyped: true,
    textAt,
    get texts() {
      texts ??= Array.from(numbers, (_, row) => textAt(row));
      return texts;
    },
  };
}

/** Without the rows that have a 1 in `left`. */
export function withoutRows(column: Column, left: Uint8Array): Column {
  const { name, kind, isTyped } = column;
  const isKept = (_: unknown, row: number) => left[row] === 0;
  const [numbers, missing] = [column.numbers.filter(isKept), column.missing.filter(isKept)];
  const lines = column.lines.filter(isKept);
  if (!isTyped) return { ...valuesOf(column.texts.filter(isKept)), name, kind, lines, numbers, missing };
  const gapAt = column.numbers.findIndex(Number.isNaN);
  const gap = gapAt >= 0 && column.textAt(gapAt) === 'NaN' ? 'NaN' : '';
  return numbersColumn({ name, kind, lines, numbers, missing }, gap);
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
    if (!Number.isNaN(value) || isInfinite(text)) numbers++;
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

/** The first of them. */
export function firstTexts(column: Column, count: number): string[] {
  const texts: string[] = [];
  for (let row = 0; row < column.rows && texts.length < count; row++)
    if (column.missing[row] === 0) texts.push(column.textAt(row));
  return texts;
}

/** Whether all values that are there are whole numbers. */
export function isWhole(column: Column): boolean {
  return presentNumbers(column).every(Number.isInteger);
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
  const values = numbers.toSorted();
  const different = differentIn(values);
  const areTexts = column.isTyped || (different === values.length && !Number.isNaN(values.at(-1)));
  const count = areTexts ? different : new Set(presentTexts(column)).size;
  differentOf.set(column, count);
  return count;
}

/** How many different numbers are in a sorted list. */
function differentIn(sorted: Float64Array): number {
  let count = 0;
  for (let i = 0; i < sorted.length; i++) if (i === 0 || sorted[i] !== sorted[i - 1]) count++;
  return count;
}

export function isInfinite(text: string): boolean {
  return infinite.has(text.toLowerCase());
}
