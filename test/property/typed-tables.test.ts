/** A table of typed columns is the same as its CSV: what is previewed, stored and trained on does not depend on which of the two is read. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readCsv } from '../../src/data/csv-dataset.ts';
import { previewOfCsv } from '../../src/data/csv-preview.ts';
import type { CsvOptions } from '../../src/data/csv-table.ts';
import { InvalidDataset } from '../../src/data/faults.ts';
import { ColumnValues } from '../../src/data/formats/column-values.ts';
import { tableOfColumns } from '../../src/data/formats/flatten.ts';
import { sourceOfStored, storedFormOf } from '../../src/data/stored-table.ts';
import { csvField, csvOf, longestCsv, type TypedTable } from '../../src/data/typed-table.ts';

const ROWS = 12;
const cells = (...kinds: fc.Arbitrary<unknown>[]) => fc.array(fc.oneof(...kinds), { minLength: ROWS, maxLength: ROWS });
const small = fc.integer({ min: 0, max: 3 });
const word = fc.constantFrom('a', ' b ', '"', 'x, y', '01', '1.0', '-200', 'None', 'NA', '', 'true', '\ufffd');
const column = fc.oneof(
  cells(fc.double({ noDefaultInfinity: true, noNaN: true })),
  cells(fc.float({ noDefaultInfinity: true, noNaN: true }), fc.constant(null)),
  cells(fc.double({ min: -2, max: 2 }), fc.constant(Number.NaN)),
  cells(fc.double(), fc.constantFrom(null, Number.NaN, -200, 1e21, 2 ** 53)),
  cells(fc.integer({ min: -40_000, max: 40_000 })),
  cells(fc.constantFrom(-0, 0, 1, -200)),
  cells(fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n }), fc.constant(undefined)),
  cells(small.map(BigInt)),
  cells(small),
  cells(word),
  cells(fc.boolean()),
);
const names = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom('a', 'id', 'b', 'c', 'd,e', 'x') },
  { weight: 1, arbitrary: fc.constantFrom(' b', '# c', '') },
);
/** Value by value, as files were converted before there were typed tables. */
function written(columns: readonly { readonly name: string; readonly values: readonly unknown[] }[]): string {
  const field = (value: unknown) => csvField(value === null || value === undefined ? '' : String(value));
  const rows = Array.from({ length: ROWS }, (_, row) => columns.map(({ values }) => field(values[row])));
  return [columns.map(({ name }) => csvField(name)), ...rows].map((fields) => `${fields.join(',')}\n`).join('');
}

const table = fc
  .uniqueArray(fc.record({ name: names, values: column }), {
    minLength: 1,
    maxLength: 5,
    selector: ({ name }) => name,
  })
  .map((columns) => {
    const collected = columns.map(({ name, values }) => {
      const all = new ColumnValues(ROWS);
      // In two parts, as the pages of a file.
      all.put(0, values.slice(0, 5));
      all.put(5, values.slice(5));
      return { name, values: all };
    });
    return { ...tableOfColumns(collected, ROWS)!, written: written(columns) };
  });
const options: fc.Arbitrary<CsvOptions> = fc.record({
  name: fc.constant('any'),
  rules: fc.constant(2 as const),
  missing: fc.constantFrom('refuse', 'fill', 'drop'),
  task: fc.constantFrom(undefined, 'classification', 'regression'),
  category: fc.constantFrom([], ['x'], ['a', 'x']),
  missingValues: fc.constantFrom([], ['-200'], [' -200', '1']),
});

function outcomeOf(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (error instanceof InvalidDataset) return error.faults;
    throw error;
  }
}

it('a typed table is read as its CSV is', () => {
  let typed = 0;
  fc.assert(
    fc.property(table, options, ({ source, written: csv }, asked) => {
      if (typeof source !== 'string') typed++;
      expect(csvOf(source)).toBe(csv);
      expect(sourceOfStored(storedFormOf(source))).toEqual(source);
      expect(outcomeOf(() => previewOfCsv(source, asked))).toEqual(outcomeOf(() => previewOfCsv(csv, asked)));
      const read = (one: typeof source) =>
        outcomeOf(() => {
          const { dataset, inputColumns, dropped } = readCsv(one, asked);
          return { ...dataset, inputColumns, dropped };
        });
      expect(read(source)).toEqual(read(csv));
      if (typeof source !== 'string') expect(longestCsv(source)).toBeGreaterThanOrEqual(csv.length);
    }),
    { numRuns: 800 },
  );
  expect(typed).toBeGreaterThan(200);
});

it('the stored form of a table stays readable: these bytes of the first version', () => {
  const stored = Buffer.from(STORED, 'base64');
  const expected: TypedTable = {
    rows: 3,
    columns: [
      { kind: 'number', name: 'int8', gap: '', numbers: Float64Array.of(-128, 0, 127) },
      { kind: 'number', name: 'int16', gap: '', numbers: Float64Array.of(-32_768, 300, 1) },
      { kind: 'number', name: 'int32', gap: '', numbers: Float64Array.of(2 ** 31 - 1, -(2 ** 31), 5) },
      { kind: 'number', name: 'float32', gap: 'NaN', numbers: Float64Array.of(0.5, Number.NaN, 1e30) },
      { kind: 'number', name: 'float64', gap: '', numbers: Float64Array.of(0.1, Number.NaN, -1e300) },
      { kind: 'text', name: 'text', texts: ['a', '', 'ü"\n'] },
    ],
  };
  expect(sourceOfStored(stored)).toEqual(expected);
  expect(Buffer.from(storedFormOf(expected)).equals(stored)).toBe(true);
});

const STORED = [
  '/0hTAVMBAAB7InJvd3MiOjMsImNvbHVtbnMiOlt7Im5hbWUiOiJpbnQ4IiwidHlwZSI6ImludDgiLCJnYXAiOiIiLCJieXRlcyI6M30seyJuYW1lIjoiaW50',
  'MTYiLCJ0eXBlIjoiaW50MTYiLCJnYXAiOiIiLCJieXRlcyI6Nn0seyJuYW1lIjoiaW50MzIiLCJ0eXBlIjoiaW50MzIiLCJnYXAiOiIiLCJieXRlcyI6MTJ9',
  'LHsibmFtZSI6ImZsb2F0MzIiLCJ0eXBlIjoiZmxvYXQ2NCIsImdhcCI6Ik5hTiIsImJ5dGVzIjoyNH0seyJuYW1lIjoiZmxvYXQ2NCIsInR5cGUiOiJmbG9h',
  'dDY0IiwiZ2FwIjoiIiwiYnl0ZXMiOjI0fSx7Im5hbWUiOiJ0ZXh0IiwidHlwZSI6InRleHQiLCJnYXAiOiIiLCJieXRlcyI6MTd9XX2AAH8AgCwBAQD///9/',
  'AAAAgAUAAAAAAAAAAADgPwAAAAAAAPh/6oygOVk+KUaamZmZmZm5PwAAAAAAAPh/nHUAiDzkN/5bImEiLCIiLCLDvFwiXG4iXQ==',
].join('');
