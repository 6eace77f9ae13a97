/** Parquet, as pandas, pyarrow, polars and fastparquet write it. */
import {
  type Compressors,
  type FileMetaData,
  type ParquetParsers,
  parquetMetadata,
  parquetRead,
  parquetReadObjects,
  parquetSchema,
  type SchemaElement,
  type SchemaTree,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { datasetLimits } from '../csv-table.ts';
import { InvalidDataset, shortened } from '../faults.ts';
import { type Hint, hint, leaveOut } from '../hint.ts';
import { ColumnValues } from './column-values.ts';
import { type ConvertedTable, invalid } from './converted-table.ts';
import { type PlacedRecord, type PlainColumn, tableOfColumns, tableOfRecords } from './flatten.ts';

/** Of all pages together, decompressed: dictionaries and repeated values take less as they are than as text. */
const MAX_DECOMPRESSED = 4 * datasetLimits.bytes;

export function looksLikeParquet(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 4)).toString('latin1') === 'PAR1';
}

/** Whatever the reader meets in a damaged file, users learn that it is one. */
export async function readParquet(bytes: Uint8Array, ignore: readonly string[]): Promise<ConvertedTable> {
  try {
    return await readTable(bytes, ignore);
  } catch (error) {
    if (error instanceof InvalidDataset) throw error;
    // Faults of the reader itself, such as a property of undefined, tell users nothing.
    const own = error instanceof TypeError || error instanceof RangeError;
    const reason = own ? '' : `: ${shortened(error instanceof Error ? error.message : String(error), 200)}`;
    throw invalid('', `is a Parquet file that is damaged, or of a kind that cannot be read${reason}`);
  }
}

async function readTable(bytes: Uint8Array, ignore: readonly string[]): Promise<ConvertedTable> {
  const buffer = Uint8Array.from(bytes).buffer;
  const metadata = parquetMetadata(buffer);
  const { children } = parquetSchema(metadata);
  const columns = children.map(({ element }) => element);
  checkSize(metadata, columns);
  const index = indexColumns(metadata);
  const isIndex = ({ name }: SchemaElement) => index.has(name);
  // The last column is the target by default, and pandas writes the index last.
  const ordered = [...columns.filter(isIndex), ...columns.filter((column) => !isIndex(column))];
  const wanted = ordered.filter(({ name }) => !ignore.includes(name));
  refusePrototype(wanted);
  const source = { buffer, metadata, wanted, ordered };
  const isFlat = children.every((one) => one.children.length === 0 && one.element.repetition_type !== 'REPEATED');
  const plain = isFlat ? await readColumns(source) : undefined;
  const table =
    (plain && tableOfColumns(plain, Number(metadata.num_rows))) ??
    tableOfRecords(recordsOf(await readRows(source), ordered), 'row', ignore, orderOf(children, ordered));
  const category = pandasColumns(metadata).filter(
    ({ name, pandas_type: type }) => type === 'categorical' && columns.some((column) => column.name === name),
  );
  const hints = ordered.filter(isIndex).map(({ name }) => indexHint(name));
  return {
    ...table,
    category: category.map(({ name }) => String(name)),
    hints: [...hints, ...table.hints],
  };
}

/** The columns of a structure are known from its values only: those from the first structure on come as they appear. */
function orderOf(children: readonly SchemaTree[], ordered: readonly SchemaElement[]): string[] {
  const structures = children.filter((one) => one.children.length > 0).map(({ element }) => element);
  const from = ordered.findIndex((column) => structures.includes(column));
  return ordered.slice(0, from < 0 ? undefined : from).map(({ name }) => name);
}

function indexHint(name: string): Hint {
  const message = `is the index of a pandas data frame, not one of its columns; ignore=${name} leaves it out`;
  return hint('format', { name }, message, [leaveOut({ name })]);
}

function checkSize(metadata: FileMetaData, columns: readonly SchemaElement[]): void {
  const { rows, columns: maxColumns } = datasetLimits;
  if (metadata.num_rows > rows) throw invalid('', `has ${metadata.num_rows} rows; the limit is ${rows}`);
  if (columns.length > maxColumns) throw invalid('', `has ${columns.length} columns; the limit is ${maxColumns}`);
  const names = columns.map(({ name }) => name);
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined) throw invalid('', `two columns are named ${shortened(repeated)}`);
}

/** Rows come as objects in which this name is no key: its values would be lost. */
function refusePrototype(columns: readonly SchemaElement[]): void {
  if (columns.some(({ name }) => name === '__proto__'))
    throw invalid(
      'column __proto__',
      'has a name that cannot be read; rename it, or leave it out with ignore=__proto__',
    );
}

interface Source {
  readonly buffer: ArrayBuffer;
  readonly metadata: FileMetaData;
  /** The columns that are read. */
  readonly wanted: readonly SchemaElement[];
  /** And those that are left out, in the order of the table. */
  readonly ordered: readonly SchemaElement[];
}

function readOptions({ buffer, metadata, wanted }: Source) {
  return {
    file: { byteLength: buffer.byteLength, slice: (start: number, end?: number) => buffer.slice(start, end) },
    metadata,
    columns: wanted.map(({ name }) => name),
    compressors: boundedCompressors(),
    parsers: parsersFor(wanted),
  };
}

function readRows(source: Source): Promise<readonly Readonly<Record<string, unknown>>[]> {
  return parquetReadObjects(readOptions(source));
}

/**
 * Without structures and lists: the values as they are stored, column by column, which takes a fraction of the time of rows. Undefined where they are not as
 * many as the file says.
 */
async function readColumns(source: Source): Promise<PlainColumn[] | undefined> {
  const { metadata, wanted, ordered } = source;
  const rows = Number(metadata.num_rows);
  const columns = new Map(
    wanted.map((column) => [column.name, { values: new ColumnValues(rows), read: valueReader(column) }]),
  );
  await parquetRead({
    ...readOptions(source),
    // It must not throw: nobody would catch it.
    onChunk: ({ columnName, columnData, rowStart }) => {
      const column = columns.get(columnName);
      if (column === undefined) return;
      const { read, values } = column;
      values.put(rowStart, read === undefined ? columnData : Array.from(columnData, (value: unknown) => read(value)));
    },
  });
  if ([...columns.values()].some(({ values }) => !values.isFull)) return undefined;
  return ordered.map(({ name }) => ({ name, values: columns.get(name)?.values }));
}

/** Pages say how large they are decompressed: what they say is believed only up to a limit. */
function boundedCompressors(): Compressors {
  let total = 0;
  const entries = Object.entries(compressors).map(([codec, decompress]) => [
    codec,
    (input: Uint8Array, length: number) => {
      total += length;
      if (total > MAX_DECOMPRESSED)
        throw invalid('', `has more than ${MAX_DECOMPRESSED} bytes when decompressed, which is the limit`);
      return decompress(input, length);
    },
  ]);
  return Object.fromEntries(entries) as Compressors;
}

function parsersFor(columns: readonly SchemaElement[]): Partial<ParquetParsers> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const binary = columns.filter(({ type, logical_type, converted_type }) => {
    return type === 'BYTE_ARRAY' && logical_type === undefined && converted_type === undefined;
  });
  return {
    timestampFromMilliseconds: (millis) => timestamp(millis, 1_000n, 3),
    timestampFromMicroseconds: (micros) => timestamp(micros, 1_000_000n, 6),
    timestampFromNanoseconds: (nanos) => timestamp(nanos, 1_000_000_000n, 9),
    dateFromDays: (days) => (days === null || days === undefined ? days : isoOf(days * 86_400_000).slice(0, 10)),
    stringFromBytes: (bytes) => {
      if (!bytes) return undefined;
      try {
        return decoder.decode(bytes);
      } catch {
        const [first] = binary;
        const path = first === undefined ? '' : `column ${first.name}`;
        throw invalid(
          path,
          `has bytes that are not UTF-8 text${first === undefined ? '' : `; leave it out with ignore=${first.name}`}`,
        );
      }
    },
  };
}

/** With all its digits, which a Date would cut to milliseconds. */
function timestamp(value: bigint | null | undefined, perSecond: bigint, digits: number): string | undefined {
  if (value === null || value === undefined) return undefined;
  const fraction = ((value % perSecond) + perSecond) % perSecond;
  const seconds = Number((value - fraction) / perSecond);
  const whole = isoOf(seconds * 1000).replace('.000Z', '');
  return fraction === 0n ? whole : `${whole}.${fraction.toString().padStart(digits, '0')}`;
}

function isoOf(milliseconds: number): string {
  const date = new Date(milliseconds);
  if (Number.isNaN(date.getTime())) throw invalid('', 'has a time that is out of range');
  return date.toISOString();
}

/** The keys of every record stand in the order of the columns, also of those that were not read. */
function* recordsOf(
  rows: readonly Readonly<Record<string, unknown>>[],
  columns: readonly SchemaElement[],
): Generator<PlacedRecord> {
  const readers = columns.map((column) => [column.name, valueReader(column)] as const);
  for (const [i, row] of rows.entries()) {
    const record: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    for (const [name, read] of readers) record[name] = read === undefined ? row[name] : read(row[name]);
    yield { place: i + 1, record };
  }
}

/** fastparquet writes durations as times of day, also those below 0 and beyond a day: hours count on. */
function timeOf(value: bigint, perSecond: bigint, digits: number): string {
  const size = value < 0n ? -value : value;
  const [seconds, fraction] = [size / perSecond, size % perSecond];
  const parts = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n].map((part) => String(part).padStart(2, '0'));
  const rest = fraction === 0n ? '' : `.${fraction.toString().padStart(digits, '0')}`;
  return `${value < 0n ? '-' : ''}${parts.join(':')}${rest}`;
}

/** Times of day come as a count of their unit since midnight; other values are what they are. */
function valueReader({
  logical_type: logical,
  converted_type: converted,
}: SchemaElement): ((value: unknown) => unknown) | undefined {
  const unit =
    logical?.type === 'TIME'
      ? logical.unit
      : converted === 'TIME_MILLIS'
        ? 'MILLIS'
        : converted === 'TIME_MICROS'
          ? 'MICROS'
          : undefined;
  if (unit === undefined) return undefined;
  const [perSecond, digits] = ({ MILLIS: [1_000n, 3], MICROS: [1_000_000n, 6], NANOS: [1_000_000_000n, 9] } as const)[
    unit
  ];
  return (value) =>
    typeof value === 'bigint' || typeof value === 'number' ? timeOf(BigInt(value), perSecond, digits) : value;
}

interface PandasColumn {
  readonly name?: unknown;
  readonly field_name?: unknown;
  readonly pandas_type?: unknown;
}

/** What pandas writes about a data frame: https://pandas.pydata.org/docs/development/developer.html. Not to be relied on. */
function pandasOf(metadata: FileMetaData): { readonly index_columns?: unknown; readonly columns?: unknown } {
  const text = metadata.key_value_metadata?.find(({ key }) => key === 'pandas')?.value;
  try {
    const found: unknown = text === undefined ? {} : JSON.parse(text);
    return typeof found === 'object' && found !== null ? found : {};
  } catch {
    return {};
  }
}

function indexColumns(metadata: FileMetaData): ReadonlySet<string> {
  const { index_columns: index } = pandasOf(metadata);
  return new Set(Array.isArray(index) ? index.filter((name): name is string => typeof name === 'string') : []);
}

function pandasColumns(metadata: FileMetaData): readonly PandasColumn[] {
  const { columns } = pandasOf(metadata);
  return Array.isArray(columns)
    ? columns.filter((one): one is PandasColumn => typeof one === 'object' && one !== null)
    : [];
}
