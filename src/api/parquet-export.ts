/** A table of trials as Parquet, row group by row group. */
import { type BasicType, ByteWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer';

/** Rows are kept until there are so many: larger groups compress better, smaller ones need less memory. */
const GROUP_ROWS = 10_000;

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

export interface ParquetStream {
  /** Rows in the order of the columns; undefined and null are missing. Returns the bytes that are ready. */
  write(rows: readonly (readonly unknown[])[]): Promise<Uint8Array>;
  /** The last bytes. */
  end(): Promise<Uint8Array>;
}

export function parquetStream(columns: readonly ParquetColumn[]): ParquetStream {
  const bytes = new ByteWriter();
  const sources = (data: readonly (readonly unknown[])[]) =>
    columns.map(({ name, type }, i) => ({ name, type, nullable: true, data: data.map((row) => cellOf(row[i], type)) }));
  const writer = new ParquetWriter({
    writer: bytes,
    schema: schemaFromColumnData({ columnData: sources([]) }),
    createdBy: 'hypersearch',
  });
  const kept: (readonly unknown[])[] = [];
  const take = () => {
    const ready = bytes.getBytes().slice();
    bytes.index = 0;
    return ready;
  };
  const flush = async () => {
    if (kept.length > 0) await writer.write({ columnData: sources(kept), rowGroupSize: GROUP_ROWS });
    kept.length = 0;
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
