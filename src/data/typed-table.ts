/**
 * A table whose numbers are numbers, and not text that is read again: it means the CSV that `csvOf` writes, and gives the same data set bit for bit.
 */

/** Numbers, each of which means the text that String() writes. Finite, and 0 is never −0; NaN means `gap`. */
export interface NumberColumn {
  readonly kind: 'number';
  readonly name: string;
  readonly numbers: Float64Array;
  readonly gap: Gap;
}
export type Gap = '' | 'NaN';

export interface TextColumn {
  readonly kind: 'text';
  readonly name: string;
  readonly texts: readonly string[];
}

export type TypedColumn = NumberColumn | TextColumn;

export interface TypedTable {
  readonly rows: number;
  readonly columns: readonly TypedColumn[];
}

/** Text that is parsed, or a table that needs not be. */
export type TableSource = string | TypedTable;

/** The line of a row in the CSV of a table, if no field has line breaks. */
export const lineOfRow = (row: number) => row + 2;

/**
 * Whether a table is read as its CSV would be without parsing it. Names that are changed when a CSV is read, or fields that are too long for one, are left to
 * the parser.
 */
export function isReadAsItIs({ columns, rows }: TypedTable, longestField: number): boolean {
  if (columns.length < 2 || rows === 0) return false;
  const names = columns.map(({ name }) => name);
  if (names.some((name) => name === '' || name !== name.trim())) return false;
  if (names[0]!.startsWith('#') || new Set(names).size < names.length) return false;
  return columns.every(
    (column) => column.kind === 'number' || column.texts.every((text) => text.length <= longestField),
  );
}

/** At most so many characters are in the CSV of a table; without writing it. */
export function longestCsv({ columns, rows }: TypedTable): number {
  let size = columns.reduce((sum, { name }) => sum + 2 * name.length + 3, 0) + rows * columns.length;
  for (const column of columns) {
    if (column.kind === 'number') for (let row = 0; row < rows; row++) size += longestNumber(column.numbers[row]!);
    else for (const text of column.texts) size += /[",\n\r]/.test(text) ? 2 * text.length + 2 : text.length;
  }
  return size;
}

/** A sign, a point and 17 digits; below 1 also zeros in front of them, or an exponent. */
function longestNumber(number: number): number {
  const size = Math.abs(number);
  if (size < 1e9 && Math.trunc(number) === number) return 11;
  if (size >= 1 && size < 1e17) return 19;
  return size >= 0.1 && size < 1 ? 20 : 25;
}

/** The CSV that a source means: it gives the same data set. */
export function csvOf(source: TableSource): string {
  return typeof source === 'string' ? source : csvOfTable(source);
}

function csvOfTable({ columns, rows }: TypedTable): string {
  const records = [columns.map(({ name }) => csvField(name)).join(',')];
  for (let row = 0; row < rows; row++) {
    let record = '';
    for (let k = 0; k < columns.length; k++) {
      const column = columns[k]!;
      const field =
        column.kind === 'text' ? csvField(column.texts[row]!) : numberText(column.numbers[row]!, column.gap);
      record = k === 0 ? field : `${record},${field}`;
    }
    records.push(record);
  }
  return `${records.join('\n')}\n`;
}

export function numberText(number: number, gap: Gap): string {
  return Number.isNaN(number) ? gap : String(number);
}

/** Spaces at the ends stay out of quotes: they belong to no value. */
export function csvField(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const REPLACEMENT = '\ufffd';

/** Whether characters were lost before the file was sent. */
export function hasLostCharacters(source: TableSource): boolean {
  if (typeof source === 'string') return source.includes(REPLACEMENT);
  return source.columns.some(
    (column) =>
      column.name.includes(REPLACEMENT) ||
      (column.kind === 'text' && column.texts.some((text) => text.includes(REPLACEMENT))),
  );
}
