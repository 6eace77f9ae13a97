/**
 * The stored form of a typed table. Like stored CSV it is read for ever: a change is another version, beside this one.
 *
 * Four bytes `ff 48 53 01`, the length of a header as 32 bits, the header as JSON, and the columns one after the other: numbers, little-endian, in the
 * smallest type that has all of them exactly, texts as a JSON list. UTF-8 has no byte ff, so no CSV begins like this.
 */
import type { Gap, NumberColumn, TableSource, TypedColumn } from './typed-table.ts';

const SIGNATURE = Buffer.from([0xff, 0x48, 0x53, 0x01]);
const LENGTH_BYTES = 4;

const numberTypes = {
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;
type NumberType = keyof typeof numberTypes;

interface StoredColumn {
  readonly name: string;
  readonly type: NumberType | 'text';
  readonly gap: Gap;
  readonly bytes: number;
}

interface Header {
  readonly rows: number;
  readonly columns: readonly StoredColumn[];
}

/** UTF-8 of a text, or the stored form of a table. */
export function storedFormOf(source: TableSource): Uint8Array {
  if (typeof source === 'string') return Buffer.from(source);
  const parts = source.columns.map(storedColumn);
  const header: Header = { rows: source.rows, columns: parts.map(({ column }) => column) };
  const start = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(start.length);
  return Buffer.concat([SIGNATURE, length, start, ...parts.map(({ content }) => content)]);
}

export function isStoredTable(stored: Uint8Array): boolean {
  return SIGNATURE.equals(stored.subarray(0, SIGNATURE.length));
}

export function sourceOfStored(stored: Uint8Array): TableSource {
  const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
  if (!isStoredTable(bytes)) return bytes.toString();
  const headerAt = SIGNATURE.length + LENGTH_BYTES;
  let at = headerAt + bytes.readUInt32LE(SIGNATURE.length);
  const { rows, columns } = JSON.parse(bytes.toString('utf8', headerAt, at)) as Header;
  const read = columns.map((column) => {
    const content = bytes.subarray(at, at + column.bytes);
    at += column.bytes;
    return columnOf(column, content, rows);
  });
  if (at !== bytes.length) throw new Error(`a stored table has ${bytes.length} bytes, its header says ${at}`);
  return { rows, columns: read };
}

function storedColumn(column: TypedColumn): { readonly column: StoredColumn; readonly content: Uint8Array } {
  const { name } = column;
  if (column.kind === 'text') {
    const content = Buffer.from(JSON.stringify(column.texts));
    return { column: { name, type: 'text', gap: '', bytes: content.length }, content };
  }
  const type = smallestType(column);
  const values = numberTypes[type].from(column.numbers);
  const content = new Uint8Array(values.buffer);
  return { column: { name, type, gap: column.gap, bytes: content.length }, content };
}

/** NaN is no whole number. */
function smallestType({ numbers }: NumberColumn): NumberType {
  const fits = (exact: (value: number) => boolean) => {
    for (let i = 0; i < numbers.length; i++) if (!exact(numbers[i]!)) return false;
    return true;
  };
  if (fits((value) => value === (value << 24) >> 24)) return 'int8';
  if (fits((value) => value === (value << 16) >> 16)) return 'int16';
  if (fits((value) => value === (value | 0))) return 'int32';
  return fits((value) => Math.fround(value) === value || Number.isNaN(value)) ? 'float32' : 'float64';
}

function columnOf({ name, type, gap }: StoredColumn, content: Buffer, rows: number): TypedColumn {
  const read: TypedColumn =
    type === 'text'
      ? { kind: 'text', name, texts: JSON.parse(content.toString()) as string[] }
      : { kind: 'number', name, gap, numbers: Float64Array.from(numbersIn(type, content)) };
  const count = read.kind === 'text' ? read.texts.length : read.numbers.length;
  if (count !== rows) throw new Error(`column ${name} of a stored table has ${count} values; it has ${rows} rows`);
  return read;
}

/** Copied, since columns begin at any byte. */
function numbersIn(type: NumberType, content: Buffer): ArrayLike<number> {
  const { buffer } = Uint8Array.from(content);
  return new numberTypes[type](buffer);
}
