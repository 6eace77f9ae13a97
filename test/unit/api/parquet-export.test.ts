/** Parquet that is written as a stream, read by another library. */
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { parquetStream, parquetTypeOf } from '../../../src/api/parquet-export.ts';

const columns = [
  { name: 'number', type: 'INT32' },
  { name: 'value', type: 'DOUBLE' },
  { name: 'state', type: 'STRING' },
  { name: 'batchNorm', type: 'BOOLEAN' },
] as const;
const row = (i: number) => [
  i,
  i % 7 === 3 ? null : i / 3,
  i % 5 ? 'complete' : 'größer, "quoted"',
  i % 3 === 0 ? undefined : i % 2 === 0,
];

async function fileOf(pages: readonly (readonly (readonly unknown[])[])[]): Promise<ArrayBuffer> {
  const stream = parquetStream(columns);
  const parts: Uint8Array[] = [];
  for (const page of pages) parts.push(await stream.write(page));
  const bytes = Buffer.concat([...parts, await stream.end()]);
  return Uint8Array.from(bytes).buffer;
}

describe('a stream of Parquet', () => {
  it('has the rows of all pages, in groups', async () => {
    const rows = Array.from({ length: 25_300 }, (_, i) => row(i));
    const pages = Array.from({ length: 26 }, (_, i) => rows.slice(i * 1000, (i + 1) * 1000));
    const file = await fileOf(pages);
    expect(parquetMetadata(file).row_groups).toHaveLength(3);
    expect(await parquetReadObjects({ file })).toEqual(
      rows.map(([number, value, state, batchNorm]) => ({ number, value, state, batchNorm: batchNorm ?? null })),
    );
  });

  it('gives bytes as soon as a group is full, so that its memory is bounded', async () => {
    const stream = parquetStream(columns);
    const sizes: number[] = [];
    for (let page = 0; page < 30; page++) {
      const rows = Array.from({ length: 1000 }, (_, i) => row(page * 1000 + i));
      sizes.push((await stream.write(rows)).length);
    }
    expect(sizes.filter((size) => size > 1000)).toHaveLength(3);
  });

  it('of no rows has the columns', async () => {
    const file = await fileOf([]);
    expect(parquetMetadata(file).schema.map(({ name }) => name)).toEqual(['root', ...columns.map(({ name }) => name)]);
    expect(await parquetReadObjects({ file })).toEqual([]);
  });
});

it('choices have the type that all of them have, or are text', () => {
  const typeOf = (...choices: unknown[]) => parquetTypeOf({ distribution: 'categorical', choices });
  expect([typeOf(1, 2.5), typeOf(true, false), typeOf('a'), typeOf(1, 'a'), typeOf([1], [2])]).toEqual([
    'DOUBLE',
    'BOOLEAN',
    'STRING',
    'STRING',
    'STRING',
  ]);
});
