/** Whatever dialect a table is written in, it is seen, and the same table comes out. */
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCsv } from '../../src/data/csv-dataset.ts';
import { isNumber, numberReader } from '../../src/data/number-format.ts';
import { delimiters } from '../../src/data/reading.ts';
import { readUpload } from '../../src/data/upload.ts';

type Cell = number | string;
interface Written {
  readonly delimiter: keyof typeof delimiters;
  readonly decimal: 'point' | 'comma';
  readonly quoted: boolean;
  readonly lineBreak: string;
  readonly encode: 'utf-8' | 'utf-8 with a mark' | 'utf-16le' | 'windows-1252';
  readonly gzip: boolean;
}

const words = ['red', 'blue', 'grün', 'a b', "it's", 'x-1'];
const numberColumn = fc
  .array(fc.integer({ min: -99_999, max: 99_999 }), { minLength: 30, maxLength: 30 })
  .map((n) => n.map((one) => one / 10));
const wordColumn = fc.array(fc.constantFrom(...words), { minLength: 30, maxLength: 30 });
const target = fc
  .array(fc.constantFrom('yes', 'no'), { minLength: 28, maxLength: 28 })
  .map((some) => ['yes', 'no', ...some]);
const table = fc
  .tuple(fc.array(fc.oneof(numberColumn, wordColumn), { minLength: 1, maxLength: 5 }), target)
  .map(([columns, last]) => [...columns, last] as readonly (readonly Cell[])[]);
const dialect: fc.Arbitrary<Written> = fc
  .record<Written>({
    delimiter: fc.constantFrom('comma', 'semicolon', 'tab', 'pipe'),
    decimal: fc.constantFrom('point', 'comma'),
    quoted: fc.boolean(),
    lineBreak: fc.constantFrom('\n', '\r\n'),
    encode: fc.constantFrom('utf-8', 'utf-8 with a mark', 'utf-16le', 'windows-1252'),
    gzip: fc.boolean(),
  })
  // A decimal comma between commas stands in quotes.
  .map((one) => (one.delimiter === 'comma' && one.decimal === 'comma' ? { ...one, quoted: true } : one));

function write(
  columns: readonly (readonly Cell[])[],
  { delimiter, decimal, quoted, lineBreak, encode, gzip }: Written,
): Buffer {
  const cell = (value: Cell) => {
    const text = typeof value === 'number' && decimal === 'comma' ? String(value).replace('.', ',') : String(value);
    return quoted ? `"${text}"` : text;
  };
  const header = columns.map((_, k) => cell(`name ${k}`));
  const rows = columns[0]!.map((_, row) => columns.map((column) => cell(column[row]!)));
  const text = [header, ...rows].map((fields) => fields.join(delimiters[delimiter])).join(lineBreak);
  const bytes = {
    'utf-8': () => Buffer.from(text),
    'utf-8 with a mark': () => Buffer.from(`\ufeff${text}`),
    'utf-16le': () => Buffer.from(`\ufeff${text}`, 'utf16le'),
    'windows-1252': () => Buffer.from(text, 'latin1'),
  }[encode]();
  return gzip ? gzipSync(bytes) : bytes;
}

describe('a file', () => {
  it('gives the table that was written, whatever the dialect', async () => {
    await fc.assert(
      fc.asyncProperty(table, dialect, async (columns, written) => {
        const { source, options } = await readUpload(write(columns, written), { name: 'any' });
        const decimals = columns.some((column) =>
          column.some((one) => typeof one === 'number' && !Number.isInteger(one)),
        );
        expect(options).toMatchObject({
          delimiter: written.delimiter,
          header: true,
          compression: written.gzip ? 'gzip' : 'none',
          thousands: 'none',
          ...(decimals && { decimal: written.decimal }),
        });
        const { dataset, table: read } = readCsv(source, options);
        expect(read.columns.map(({ name }) => name)).toEqual(columns.map((_, k) => `name ${k}`));
        expect(read.columns.map(({ texts }) => texts)).toEqual(columns.map((column) => column.map(String)));
        expect(dataset.classes).toEqual(['no', 'yes']);
      }),
      { numRuns: 300 },
    );
  });

  it('is text, a table or a fault, and never an error of ours', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc
        .string({
          unit: fc.constantFrom('a', '1', ',', ';', '\n', '"', '#', ' ', '\t', '.', 'é', '\u0000'),
          maxLength: 400,
        })
        .map((text) => Buffer.from(text)),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (any) => {
        try {
          const { source, options } = await readUpload(any, { name: 'any' });
          readCsv(source, options);
        } catch (error) {
          expect((error as Error).name).toBe('InvalidDataset');
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a number', () => {
  it('is read back from every format that it is written in', () => {
    const format = fc.constantFrom(
      { decimal: 'point', thousands: 'comma', locale: 'en-US' } as const,
      { decimal: 'comma', thousands: 'point', locale: 'de-DE' } as const,
      { decimal: 'comma', thousands: 'space', locale: 'fr-FR' } as const,
      { decimal: 'point', thousands: 'apostrophe', locale: 'de-CH' } as const,
    );
    fc.assert(
      fc.property(fc.integer({ min: -1e11, max: 1e11 }), format, (hundredths, { locale, ...how }) => {
        const value = hundredths / 100;
        const written = value.toLocaleString(locale, { maximumFractionDigits: 2 }).replace('−', '-');
        const read = numberReader(how)(written);
        expect(isNumber(read) && Number(read)).toBe(value + 0);
      }),
    );
  });

  it('leaves every text that is no number as it is', () => {
    const text = fc.string({ unit: fc.constantFrom('1', '2', '.', ',', "'", ' ', 'e', '-', 'x'), maxLength: 12 });
    fc.assert(
      fc.property(
        text,
        fc.constantFrom('point', 'comma'),
        fc.constantFrom('none', 'space', 'apostrophe'),
        (any, decimal, thousands) => {
          const read = numberReader({ decimal, thousands })(any);
          if (read !== any) expect(isNumber(read)).toBe(true);
        },
      ),
    );
  });
});
