/** Records with nested objects as flat rows: `{"a": {"b": 1}}` has a column a.b, as in pandas' json_normalize. */
import { datasetLimits } from '../csv-table.ts';
import { type Hint, hint, leaveOut } from '../hint.ts';
import { isReadAsItIs, lineOfRow, longestCsv, numberText, type TypedColumn, type TypedTable } from '../typed-table.ts';
import { ColumnValues } from './column-values.ts';
import { type CellValue, type ConvertedTable, invalid, TableWriter } from './converted-table.ts';

const MAX_DEPTH = 10;

export interface PlacedRecord {
  /** Its line or row in the file. */
  readonly place: number;
  readonly record: Readonly<Record<string, unknown>>;
}

/**
 * Columns stand in the order in which they appear first, after those of `order`: an object has names that are numbers before others,
 * whatever the file says. Lists are refused, unless their column is ignored.
 */
export function tableOfRecords(
  records: Iterable<PlacedRecord>,
  placeName: 'line' | 'row',
  ignore: readonly string[],
  order: readonly string[] = [],
): ConvertedTable {
  const columns = new Map(order.map((name, i) => [name, i]));
  const rows: { place: number; cells: CellValue[] }[] = [];
  let imprecise: string | undefined;
  for (const { place, record } of records) {
    const cells: CellValue[] = [];
    const put = (name: string, value: unknown, depth: number) => {
      if (isObject(value) && depth < MAX_DEPTH) {
        for (const [key, inner] of Object.entries(value)) put(`${name}.${key}`, inner, depth + 1);
        return;
      }
      const column = columns.get(name) ?? columns.size;
      columns.set(name, column);
      if (columns.size > datasetLimits.columns)
        throw invalid(
          `${placeName} ${place}`,
          `has more than ${datasetLimits.columns} different names, which is the limit`,
        );
      if (ignore.includes(name)) return;
      if (column in cells)
        throw invalid(
          `${placeName} ${place}`,
          `has two values that are named ${name}; rename one, or leave both out with ignore=${name}`,
        );
      if (isImprecise(value)) imprecise ??= name;
      cells[column] = cellOf(value, `${placeName} ${place}, column ${name}`, name);
    };
    for (const [name, value] of Object.entries(record)) put(name, value, 1);
    rows.push({ place, cells });
    if (rows.length > datasetLimits.rows)
      throw invalid('', `has more than ${datasetLimits.rows} rows, which is the limit`);
  }
  const names = [...columns.keys()];
  checkCells(names.length, rows.length);
  const writer = new TableWriter(names, placeName);
  for (const { place, cells } of rows) {
    // Names that appeared later are missing.
    cells.length = names.length;
    writer.add(place, Array.from(cells));
  }
  return writer.finish([], imprecise === undefined ? [] : [impreciseHint(imprecise)]);
}

/** Undefined values: it is left out. */
export interface PlainColumn {
  readonly name: string;
  readonly values: ColumnValues | undefined;
}

/** The same table from columns, without an object for every row; undefined where a value is no single one, which only records tell about. */
export function tableOfColumns(columns: readonly PlainColumn[], rows: number): ConvertedTable | undefined {
  checkCells(columns.length, rows);
  const read: TypedColumn[] = [];
  for (const { name, values = emptyColumn(rows) } of columns) {
    const column = values.finish(name);
    if (column === undefined) return undefined;
    read.push(column);
  }
  const imprecise = firstImprecise(columns);
  const hints = imprecise === undefined ? [] : [impreciseHint(imprecise)];
  const table: TypedTable = { rows, columns: read };
  if (!isReadAsItIs(table, datasetLimits.field) || longestCsv(table) > datasetLimits.bytes)
    return { ...writtenTable(table), hints };
  const placeOf = (line: number) => (line < lineOfRow(0) ? 'the column names' : `row ${line - lineOfRow(0) + 1}`);
  return { source: table, category: [], hints, placeOf };
}

function emptyColumn(rows: number): ColumnValues {
  const values = new ColumnValues(rows);
  values.put(0, { length: rows });
  return values;
}

/** Of the first row that has one. */
function firstImprecise(columns: readonly PlainColumn[]): string | undefined {
  const [first] = columns
    .flatMap(({ name, values }) => (values?.imprecise === undefined ? [] : [{ name, row: values.imprecise }]))
    .sort((a, b) => a.row - b.row);
  return first?.name;
}

function writtenTable({ columns, rows }: TypedTable): ConvertedTable {
  const writer = new TableWriter(
    columns.map(({ name }) => name),
    'row',
  );
  for (let row = 0; row < rows; row++) {
    const cells = columns.map((column) =>
      column.kind === 'text' ? column.texts[row] : numberText(column.numbers[row]!, column.gap),
    );
    writer.add(row + 1, cells);
  }
  return writer.finish();
}

function isImprecise(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);
}

function checkCells(columns: number, rows: number): void {
  // Rows may be few names each, of very many together.
  const cells = columns * rows;
  if (cells > datasetLimits.cells)
    throw invalid('', `has ${cells} cells, with empty ones; the limit is ${datasetLimits.cells}`);
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

function cellOf(value: unknown, path: string, name: string): CellValue {
  if (typeof value !== 'object' || value === null) return value as CellValue;
  const what = Array.isArray(value) ? 'a list' : ArrayBuffer.isView(value) ? 'binary' : 'nested too deeply';
  throw invalid(path, `is ${what}, not a number or a text; leave it out with ignore=${name}`);
}

function impreciseHint(name: string): Hint {
  const message = `has whole numbers beyond ${Number.MAX_SAFE_INTEGER}, of which only some digits are kept: different ones may become equal; ignore=${name} leaves it out`;
  return hint('format', { name }, message, [leaveOut({ name })]);
}
