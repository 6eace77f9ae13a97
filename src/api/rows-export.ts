/** Sends the rows of a data set as a stream. */
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import type { DatasetRows } from '../application/dataset-rows.ts';
import type { RowsFormat } from '../contract/datasets.ts';
import { writeCsv } from '../write-csv.ts';
import { parquetStream } from './parquet-export.ts';

export const rowsTypes: Readonly<Record<RowsFormat, string>> = {
  csv: 'text/csv; charset=utf-8',
  parquet: 'application/vnd.apache.parquet',
};

/** Names of data sets are of letters, digits, dots, dashes and underscores. */
export function attachment(file: string): string {
  return `attachment; filename="${file}"`;
}

/** Cells that are written before other requests have their turn. */
const CELLS_PER_TURN = 10_000;

export function rowsStream(table: DatasetRows, format: RowsFormat): Readable {
  return Readable.from(format === 'csv' ? csvOf(table) : parquetOf(table), { objectMode: false });
}

async function* csvOf(table: DatasetRows): AsyncGenerator<string> {
  yield writeCsv([table.columns.map(({ name }) => name)]);
  for await (const rows of chunksOf(table)) yield writeCsv(rows);
}

async function* parquetOf(table: DatasetRows): AsyncGenerator<Uint8Array> {
  const stream = parquetStream(table.columns);
  for await (const rows of chunksOf(table)) {
    const bytes = await stream.write(rows);
    if (bytes.length > 0) yield bytes;
  }
  yield stream.end();
}

async function* chunksOf({ rows, columns }: DatasetRows): AsyncGenerator<(number | string | null)[][]> {
  const size = Math.max(1, Math.floor(CELLS_PER_TURN / columns.length));
  for (let from = 0; from < rows; from += size) {
    yield Array.from({ length: Math.min(size, rows - from) }, (_, i) => columns.map(({ at }) => at(from + i)));
    await setImmediate();
  }
}
