/** A table of trials as Parquet, row group by row group. */
import { setImmediate } from 'node:timers/promises';
import { type BasicType, ByteWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer';

/** Rows are kept until there are so many: larger groups compress better, smaller ones need less memory. */
const GROUP_ROWS = 10_000;
/** Cells that are written before other requests have their turn. */
const CELLS_PER_TURN = 20_000;
/** Tables with more columns have no smallest and largest values: with them the end of the file, which is written in one go, takes twice as long. */
const MAX_STATISTICS = 500;

export interface ParquetColumn {
  readonly name: string;
  readonly type: Extract<BasicType, 'INT32' | 'DOUBLE' | 'BOOLEAN' | 'STRING'>;
}

/** A distribution of hyperparameters. */
export interface Sampled {
  readonly distribution: 'float' | 'int' | 'categorical';
  readonly choices?: readonly unknown[];
  readonly low?: number;
  readonly high?: number;
}

const MAX_INT32 = 2 ** 31 - 1;

/** Choices of several kinds are text. Whole numbers of another tool may be larger than ours. */
export function parquetTypeOf({ distribution, choices = [], low = 0, high = 0 }: Sampled): ParquetColumn['type'] {
  if (distribution === 'int') return Math.max(-low, high) <= MAX_INT32 ? 'INT32' : 'DOUBLE';
  if (distribution === 'float') return 'DOUBLE';
  const [kind, ...more] = new Set(choices.map((choice) => typeof choice));
  if (more.length > 0) return 'STRING';
  return kind === 'number' ? 'DOUBLE' : kind === 'boolean' ? 'BOOLEAN' : 'STRING';
}

function* inGroups<Row>(rows: readonly Row[]): Generator<readonly Row[]> {
  for (let from = 0; from < rows.length; from += GROUP_ROWS) yield rows.slice(from, from + GROUP_ROWS);
}

export interface ParquetStream {
  /** Rows in the order of the columns; undefined and null are missing. Returns the bytes that are ready. */
  write(rows: readonly (readonly unknown[])[]): Promise<Uint8Array>;
  /** The last bytes. */
  end(): Promise<Uint8Array>;
}

export function parquetStream(columns: readonly ParquetColumn[]): ParquetStream {
  const bytes = new ByteWriter();
  const sources = (data: readonly (readonly unknown[])[], from = 0, to = columns.length) =>
    columns.slice(from, to).map(({ name, type }, i) => {
      return { name, type, nullable: true, data: data.map((row) => cellOf(row[from + i], type)) };
    });
  const writer = new ParquetWriter({
    writer: bytes,
    schema: schemaFromColumnData({ columnData: sources([]) }),
    createdBy: 'hypersearch',
    statistics: columns.length <= MAX_STATISTICS,
  });
  const kept: (readonly unknown[])[] = [];
  const take = () => {
    const ready = bytes.getBytes().slice();
    bytes.index = 0;
    return ready;
  };
  /** Some columns after the other: the writer takes each time for a group of its own, of which one is made. */
  const writeGroup = async (rows: readonly (readonly unknown[])[]) => {
    const [first, before] = [writer.row_groups.length, writer.num_rows];
    const step = Math.max(1, Math.floor(CELLS_PER_TURN / rows.length));
    for (let from = 0; from < columns.length; from += step) {
      await writer.write({ columnData: sources(rows, from, from + step), rowGroupSize: GROUP_ROWS });
      await setImmediate();
    }
    const parts = writer.row_groups.splice(first);
    writer.row_groups.push({
      columns: parts.flatMap((part) => part.columns),
      total_byte_size: parts.reduce((sum, part) => sum + part.total_byte_size, 0n),
      total_compressed_size: parts.reduce((sum, part) => sum + (part.total_compressed_size ?? 0n), 0n),
      num_rows: BigInt(rows.length),
    });
    writer.num_rows = before + BigInt(rows.length);
  };
  const flush = async () => {
    for (const rows of inGroups(kept.splice(0))) await writeGroup(rows);
  };
  return {
    write: async (rows) => {
      kept.push(...rows);
      if (kept.length >= GROUP_ROWS) await flush();
      return take();
    },
    end: async () => {
      await flush();
      await writer.finish();
      return take();
    },
  };
}

function cellOf(value: unknown, type: ParquetColumn['type']): unknown {
  if (value === null || value === undefined) return null;
  return type === 'STRING' ? String(value) : value;
}
