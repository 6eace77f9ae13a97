/** Files of other formats than CSV that are damaged, too large, or mean something else than one might guess; docs/files.md. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readCsv } from '../../../src/data/csv-dataset.ts';
import { InvalidDataset } from '../../../src/data/faults.ts';
import { inlineFileReader } from '../../../src/data/file-work.ts';
import { looksLikeSvmlight } from '../../../src/data/formats/svmlight.ts';
import { csvOf } from '../../../src/data/typed-table.ts';
import type { AskedUpload } from '../../../src/data/upload.ts';
import { readUpload } from '../../../src/data/upload.ts';

const read = (file: string | Uint8Array, asked: Partial<AskedUpload> = {}) =>
  readUpload(typeof file === 'string' ? Buffer.from(file) : file, { name: 'file', ...asked });
const linesOf = async (file: string | Uint8Array, asked?: Partial<AskedUpload>) =>
  csvOf((await read(file, asked)).source)
    .trimEnd()
    .split('\n');

async function issueOf(file: string | Uint8Array, asked: Partial<AskedUpload> = {}) {
  const bytes = typeof file === 'string' ? Buffer.from(file) : file;
  const error: unknown = await inlineFileReader.upload(bytes, { name: 'file', ...asked }).catch((caught) => caught);
  expect(error).toBeInstanceOf(InvalidDataset);
  return (error as InvalidDataset).faults[0]!;
}

const many = (line: (i: number) => string, rows = 20) => Array.from({ length: rows }, (_, i) => line(i)).join('\n');
const arff = (attributes: string, data: string) => `@relation r\n${attributes}\n@data\n${data}`;
const parquet = (name: string) => readFileSync(`test/fixtures/parquet/${name}.parquet`);

describe('a file that is refused', () => {
  it('a header without rows, which has no class', async () => {
    const { faults } = await inlineFileReader.preview(Buffer.from('a,t\n'), { name: 'file' });
    expect(faults.map(({ message }) => message)).toEqual([
      'has 0 rows; at least 10 are needed',
      'there are no classes; two are needed',
    ]);
  });

  it('damaged Parquet, without the words of a program that met it', async () => {
    const whole = parquet('pandas-index');
    const messages = new Set<string>();
    for (let at = 4; at < whole.length - 4; at += 7) {
      const damaged = Uint8Array.from(whole);
      damaged[at]! ^= 1 << (at % 8);
      try {
        await read(damaged);
      } catch (error) {
        messages.add((error as Error).message);
      }
    }
    expect(messages.size).toBeGreaterThan(5);
    for (const message of messages)
      expect(message).not.toMatch(/undefined \(|argument must be|is not a function|null \(/);
  });

  it.each<[string, string | Uint8Array, string, RegExp]>([
    ['JSON lines that are cut off', '{"a": 1, "b": 2}\n{"a": 1,', 'line 2', /not valid JSON/],
    ['NaN in JSON lines', '{"a": 1}\n{"a": NaN}', 'line 2', /write null/],
    ['a JSON list that is cut off', '[{"a": 1},\n {"a"', 'line 2, column 6', /not valid JSON/],
    ['a JSON list with a wrong sign', '[{"a": 1},\n {"a": ?}]', 'line 2, column 8', /not valid JSON/],
    ['a number among JSON lines', '{"a": 1}\n7', 'line 2', /must be a JSON object/],
    ['a number in a JSON list', '[{"a": 1}, 7]', 'row 2', /must be an object or a list/],
    ['a list in a cell', '[{"a": [1, 2]}]', 'row 1, column a', /is a list/],
    ['2,001 names in JSON', many((i) => `{"a${i}": 1}`, 2001), 'line 2001', /more than 2000 different names/],
    ['ARFF without data', '@relation r\n@attribute a numeric', 'line 2', /ends without @data/],
    ['ARFF of an unknown type', arff('@attribute a matrix', '1'), 'line 2', /types that can be read/],
    ['an unknown line in ARFF', '@relation r\n@atribute a numeric\n@data', 'line 2', /must begin with/],
    ['a label that is declared twice', arff('@attribute a {x,y,x}', 'x'), 'line 2', /the label x twice/],
    [
      'an ARFF row of another length',
      arff('@attribute a numeric\n@attribute b numeric', '1,2\n1'),
      'line 6',
      /1 values/,
    ],
    ['a word among numbers in ARFF', arff('@attribute a numeric', 'x'), 'line 4, column a', /must be a number/],
    ['a quoted ? among numbers in ARFF', arff('@attribute a numeric', "'?'"), 'line 4, column a', /must be a number/],
    ['a quote in ARFF without an end', arff('@attribute a string', "'x"), 'line 4', /never closed/],
    [
      'unordered places in a sparse row',
      arff('@attribute a numeric\n@attribute b numeric', '{1 2, 0 3}'),
      'line 5',
      /increase/,
    ],
    ['a place beyond the attributes', arff('@attribute a numeric', '{7 2}'), 'line 4', /from 0 to 0/],
    ['a feature twice in svmlight', '1 1:2 3:4\n0 2:1 2:2', 'line 2', /feature 2 twice/],
    ['several labels in svmlight', '1 1:2\n1,2 1:2', 'line 2', /several labels/],
    ['a feature of svmlight beyond the limit', '1 5000:1', '', /5000 features; the limit is 2000/],
    [
      'Zstandard that is cut off',
      readFileSync('test/fixtures/table.csv.zst').subarray(0, 40),
      '',
      /truncated Zstandard/,
    ],
    ['gzip in gzip', gzipSync(gzipSync('a,b\n1,2\n')), '', /is compressed twice/],
    ['Parquet that is cut off', parquet('polars').subarray(0, 900), '', /Parquet file that is damaged/],
    ['a list in Parquet', parquet('pyarrow-nested'), 'row 1, column tags', /is a list.*ignore=tags/],
  ])('%s', async (what, file, path, message) => {
    const issue = await issueOf(file, what.includes('svmlight') ? { format: 'svmlight' } : {});
    expect(issue.message).toMatch(message);
    expect(issue.path).toBe(path);
  });

  it('names its own lines and rows, whatever the stored text has', async () => {
    const rows = many((i) => JSON.stringify({ word: 'two\nlines', a: i === 13 ? 'x' : i % 7, t: i % 2 }));
    expect((await issueOf(`\n${rows}`)).path).toBe('line 15, column a');
    const data = many((i) => `'two\\nlines' ${i === 13 ? '?' : i % 7} ${i % 2}`);
    const file = arff('@attribute w string\n@attribute a numeric\n@attribute t {0,1}', `% a comment\n${data}`);
    expect((await issueOf(file)).path).toBe('line 20, column a');
  });

  it('refuses options of another format, and a format that it is not', async () => {
    const json = many((i) => JSON.stringify({ a: i % 7, t: i % 2 }));
    expect(await issueOf(json, { delimiter: 'tab' })).toMatchObject({
      path: 'delimiter',
      message: expect.stringMatching(/apply to JSON/),
    });
    expect(await issueOf(json, { base: 0 })).toMatchObject({ path: 'base' });
    expect(await issueOf(parquet('polars'), { format: 'csv' })).toMatchObject({ path: 'format' });
    expect(await issueOf(json, { format: 'parquet' })).toMatchObject({ path: 'format' });
  });

  it('is small when compressed, and too large when it is not', async () => {
    expect((await issueOf(gzipSync(Buffer.alloc(65 * 1024 * 1024, '{"a": 1}\n')))).message).toMatch(
      /when decompressed/,
    );
  });
});

describe('a damaged Parquet file', () => {
  it.each(['polars', 'pandas-index', 'pyarrow-gzip'])('is a table or an issue: %s', async (name) => {
    const intact = parquet(name);
    for (let at = 4; at < intact.length; at += 7) {
      const damaged = Buffer.from(intact);
      damaged[at]! ^= 1 << (at % 8);
      const outcome = await read(damaged).catch((error: unknown) => error);
      if (outcome instanceof Error) expect(outcome).toBeInstanceOf(InvalidDataset);
    }
  });
});

describe('a value', () => {
  it('of Parquet keeps its digits', async () => {
    const [, , row] = await linesOf(parquet('pyarrow-gzip'));
    expect(row).toBe(
      '9007199254740994,0.07,0.125,201,true,"word, 1",2026-01-02,2026-01-01T12:00:00,00:00:01.000005,yes',
    );
  });

  it('of Parquet keeps nanoseconds, which a Date would cut to milliseconds', async () => {
    const [, , row] = await linesOf(parquet('pyarrow-nanoseconds'));
    expect(row).toBe('2026-01-01T00:00:01.000000001,00:00:01.000000001,1');
  });

  it('of Parquet that is an index is proposed to be left out; a data frame of which the first rows were kept has none', async () => {
    const indexHint = { code: 'format', column: '__index_level_0__', offers: [{ option: 'ignore' }] };
    expect((await read(parquet('pandas-index'))).hints).toMatchObject([indexHint]);
    expect((await read(parquet('pandas-no-index'))).hints).toEqual([]);
    expect((await linesOf(parquet('pandas-no-index')))[0]).toBe('length,width,kind');
  });

  it('of JSON that has lost digits is warned of', async () => {
    const file = many((i) => `{"id": 900719925474099${i % 10}${i % 7}, "t": ${i % 2}}`);
    expect((await read(file)).hints).toMatchObject([
      { code: 'format', column: 'id', message: expect.stringMatching(/whole numbers beyond/) },
    ]);
  });

  it('named like a property of objects is a value like others', async () => {
    expect(await linesOf('{"__proto__": 1, "constructor": {"a": 2}}\n{"__proto__": 3}')).toEqual([
      '__proto__,constructor.a',
      '1,2',
      '3,',
    ]);
  });

  it('of JSON by rows, and in lists without names', async () => {
    expect(await linesOf('{"0": {"a": 1, "t": "x"}, "1": {"a": 2, "t": "y"}}')).toEqual(['a,t', '1,x', '2,y']);
    expect(await linesOf('[[1, "x"], [2, "y"]]')).toEqual(['column1,column2', '1,x', '2,y']);
    expect(await linesOf('{"a": [1, 2], "t": ["x", null]}')).toEqual(['a,t', '1,x', '2,']);
    const table = { schema: { fields: [] }, data: [{ index: 0, a: 1 }] };
    expect(await linesOf(JSON.stringify(table))).toEqual(['index,a', '0,1']);
  });

  it('of ARFF that is left out of a sparse row is 0 or the first label', async () => {
    const file = arff("@attribute a numeric\n@attribute b {'first one',y}\n@attribute c string", '{}\n{1 y, 2 "q, %"}');
    expect(await linesOf(file)).toEqual(['a,b,c', '0,first one,', '0,y,"q, %"']);
  });

  // Beside what the table of docs/files.md says of Weka 3.8.6, scipy and liac-arff.
  it.each<[string, string, string, readonly string[]]>([
    ['`integer` may be a fraction', '@attribute a integer', '1.5', ['1.5']],
    ['a bare ? is missing in a nominal attribute', '@attribute a {x,y}', '?\nx', ['', 'x']],
    ['spaces and tabs separate', '@attribute a numeric\n@attribute b numeric', '1 2\n3\t4', ['1,2', '3,4']],
    ['% begins a comment', '@attribute a numeric', '1 % note', ['1']],
    ['a comma at the end is none', '@attribute a numeric', '1,', ['1']],
    ['labels have no spaces around them', '@attribute a { x , y }', 'x\ny', ['x', 'y']],
    ['labels in one kind of quotes and values in another', '@attribute a {"a b"}', "'a b'", ['a b']],
    ['bare words are labels of their own', '@attribute a {no checking}', 'no\nchecking', ['no', 'checking']],
    ['limits of numbers are passed over', '@attribute a real [0,10]', '11', ['11']],
    ['dates are texts', '@attribute a date "yyyy-MM-dd"', '"2026-01-02"', ['2026-01-02']],
    ['a weight is no value', '@attribute a numeric', '1,{2}', ['1']],
  ])('of ARFF: %s', async (_, attributes, data, lines) => {
    expect((await linesOf(arff(attributes, data))).slice(1)).toEqual(lines);
  });

  it.each<[string, string, string, RegExp]>([
    ['a label in other letters', '@attribute a {x}', 'X', /not one of its labels/],
    ['minus infinity', '@attribute a numeric', '-Inf', /must be a number/],
    ['a table in a table', '@attribute a relational\n@attribute b numeric\n@end a', '1', /types that can be read/],
  ])('of ARFF that Weka or this service does not read: %s', async (_, attributes, data, message) => {
    expect((await issueOf(arff(attributes, data))).message).toMatch(message);
  });

  it('of ARFF with a byte order mark is read, and weights are told of', async () => {
    expect(await linesOf(`\ufeff${arff('@attribute a numeric', '1')}`)).toEqual(['a', '1']);
    const { hints } = await read(arff('@attribute a numeric', '1,{2}\n2'));
    expect(hints).toMatchObject([{ code: 'format', message: expect.stringMatching(/1 row has a weight/) }]);
  });

  it('of ARFF without @relation is read', async () => {
    expect(await linesOf('@attribute a numeric\n@data\n1')).toEqual(['a', '1']);
  });

  it('of svmlight asks for the base only where the file does not decide it', async () => {
    const asks = async (file: string, asked = {}) =>
      (await read(file, asked)).hints.filter(({ offers }) => offers.some(({ option }) => option === 'base')).length;
    expect(await asks('1 1:1 2:5\n0 2:3')).toBe(1);
    expect(await asks('1 0:1 2:5\n0 2:3')).toBe(0);
    expect(await asks('1 1:1 2:5\n0 2:3', { base: 1 })).toBe(0);
    // What scikit-learn writes of a matrix whose first column is all zero.
    expect(await linesOf('1 1:1 2:5\n0 2:3', { base: 0 })).toEqual(['f0,f1,f2,target', '0,1,5,1', '0,0,3,0']);
  });

  it('of svmlight that names a query is a column that can be left out', async () => {
    const { source: text, hints } = await read('2 qid:1 1:1 2:5\n1 qid:2 1:3');
    expect(text).toBe('qid,f1,f2,target\n1,1,5,2\n2,3,0,1\n');
    expect(hints[1]).toMatchObject({ offers: [{ option: 'ignore', values: ['qid'] }] });
  });
});

it('delimited text that resembles another format is delimited text', async () => {
  const times = many((i) => `${i % 2} 12:30 11:4${i % 10}`);
  expect((await read(times)).options.format).toBe('csv');
  const brackets = many((i) => `[${i},${i % 2}`);
  expect((await read(brackets)).options.format).toBe('csv');
  const { options, source: text } = await read('1 1:2 2:3\n0 1:5\n'.repeat(10), { format: 'csv' });
  expect(options.delimiter).toBe('space');
  expect(text).toMatch(/^1 1:2/);
  expect(() => readCsv(text, options)).toThrow(InvalidDataset);
});

describe('tables as other programs write them', () => {
  it('of JSON by rows whose numbers do not start at 0', async () => {
    const rows = Array.from({ length: 12 }, (_, i): [string, object] => [String(2 * i + 1), { a: i, t: i % 2 }]);
    expect((await linesOf(JSON.stringify(Object.fromEntries(rows)))).slice(0, 3)).toEqual(['a,t', '0,0', '1,1']);
  });

  it('of JSON by columns whose names are numbers', async () => {
    const cells = (column: number) => Object.fromEntries(Array.from({ length: 12 }, (_, i) => [String(i), i + column]));
    const file = JSON.stringify({ 0: cells(0), 1: cells(10), 2: cells(20) });
    expect((await linesOf(file)).slice(0, 3)).toEqual(['0,1,2', '0,10,20', '1,11,21']);
    expect((await read(file)).hints).toMatchObject([{ code: 'format', message: /taken to be columns/ }]);
  });

  it('of JSON with two columns of one name', async () => {
    const file = JSON.stringify({ columns: ['a', 'a', 't'], index: [0], data: [[1, 2, 3]] });
    expect(await linesOf(file)).toEqual(['a,a (2),t', '1,2,3']);
  });

  it('of JSON in the order of its schema', async () => {
    const schema = { fields: [{ name: 'index' }, { name: '0' }, { name: '1' }] };
    const file = JSON.stringify({ schema, data: [{ index: 7, 0: 1, 1: 2 }] });
    expect(await linesOf(file)).toEqual(['index,0,1', '7,1,2']);
  });

  it('of JSON lines that end with a carriage return alone', async () => {
    expect(await linesOf('{"a":1,"t":2}\r{"a":3,"t":4}\r')).toEqual(['a,t', '1,2', '3,4']);
  });

  it('of JSON in which a name stands twice after joining', async () => {
    const file = '{"a.b": 1, "a": {"b": 2}, "t": 0}\n{"t": 1}';
    expect(await issueOf(file)).toMatchObject({ path: 'line 1', message: /two values that are named a\.b/ });
    expect(await linesOf(file, { ignore: ['a.b'] })).toEqual(['a.b,t', ',0', ',1']);
  });

  it('of ARFF below hundreds of comment lines', async () => {
    const file = `${'% about it\n'.repeat(300)}${arff('@attribute a numeric', '1')}`;
    expect(await linesOf(file)).toEqual(['a', '1']);
  });

  it('of ARFF with very many labels, in time that does not grow with their square', { timeout: 10_000 }, async () => {
    const labels = Array.from({ length: 200_000 }, (_, i) => `v${i}`).join(',');
    expect(await linesOf(arff(`@attribute a {${labels}}`, 'v1'))).toEqual(['a', 'v1']);
  });

  it('of JSON with many names, each in few rows, is refused before it is written', async () => {
    const wide = JSON.stringify(Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`c${i}`, 1])));
    expect((await issueOf(`${wide}\n${'{"c1": 1}\n'.repeat(10_000)}`)).message).toMatch(
      /has 20002000 cells, with empty ones; the limit is 20000000/,
    );
  });

  it('of Parquet with names that are numbers keep their order', async () => {
    const [names] = await linesOf(parquet('pandas-numbered'));
    expect(names).toBe('__index_level_0__,1,0');
  });

  it('of Parquet with durations, as fastparquet writes them', async () => {
    expect((await linesOf(parquet('fastparquet-durations'))).slice(1, 4)).toEqual([
      '-00:00:05,0',
      '11:59:55,1',
      '23:59:55,2',
    ]);
    expect((await linesOf(parquet('fastparquet-durations')))[4]).toBe('35:59:55,3');
  });

  it('of Parquet with a name that no object can have', async () => {
    const file = parquet('pyarrow-prototype');
    expect(await issueOf(file)).toMatchObject({ path: 'column __proto__', message: /ignore=__proto__/ });
    expect((await linesOf(file, { ignore: ['__proto__'] })).slice(0, 2)).toEqual(['__proto__,t', ',0']);
  });

  it('of svmlight with queries, among them rows without a feature', async () => {
    expect(await linesOf('1 qid:1 0:2\n0 qid:1 \n')).toEqual(['qid,f0,target', '1,2,1', '1,0,0']);
  });

  it('of svmlight with millions of features in a line does not overflow the stack', () => {
    expect(looksLikeSvmlight(`1 ${'1:1 '.repeat(3_000_000)}`)).toBe(false);
  });

  it('of Zstandard that begins with a frame to be skipped', async () => {
    const skipped = Buffer.from('502a4d180400000061626364', 'hex');
    const file = Buffer.concat([skipped, readFileSync('test/fixtures/table.csv.zst')]);
    expect((await read(file)).source).toBe((await read(readFileSync('test/fixtures/table.csv.zst'))).source);
    expect((await read(file)).options.compression).toBe('zstd');
  });
});
