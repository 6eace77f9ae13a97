/** Small files of other formats than delimited text, and what must come of them; the Parquet ones by test/fixtures/make-parquet.py. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { projectRoot } from '../../src/paths.ts';
import type { FileCase } from './file-case.ts';

const parquet = (name: string) => readFileSync(join(projectRoot, 'test/fixtures/parquet', `${name}.parquet`));
/** Compressed by the Python package zstandard: Node 20 cannot. */
const zstandard = (name: string) => readFileSync(join(projectRoot, 'test/fixtures', name));

const rows = 40;
const numbers = Array.from({ length: rows }, (_, i) => i);
const measured = numbers.map((i) => ({
  length: ((i * 7919) % 997) / 100,
  width: i % 10 === 3 ? null : ((i * 104_729) % 991) / 7,
  kind: ['large', 'small'][i % 2]!,
}));
const names = ['length', 'width', 'kind'] as const;
const columns = [...names];
/** A filled column has an input that says where it was. */
const measuredResult = { asked: { missing: 'fill' }, columns, rows, inputs: 3, classes: ['large', 'small'] } as const;
const first = [0, 0];

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const jsonLines = measured.map((row) => JSON.stringify(row)).join('\n');
const byColumn = (cells: (name: (typeof names)[number]) => unknown) =>
  Object.fromEntries(names.map((name) => [name, cells(name)]));

const arffRow = ({ length, width, kind }: (typeof measured)[number]) => `${length},${width ?? '?'},${kind}`;
const arff = (attributes: string, data: string) =>
  Buffer.from(`% made for a test\n@RELATION 'a test'\n${attributes}\n@DATA\n${data}\n`);
const measuredArff = '@attribute length numeric\n@attribute width REAL\n@attribute kind {large, small}';
const sparse = numbers.map((i) => `{${i % 2 ? `0 ${i}, ` : ''}1 'two words'${i % 3 ? ', 2 yes' : ''}}`);
const svmlight = (base: number) =>
  numbers.map((i) => `${i % 2} ${base}:${i % 7} ${base + 2}:${(i * 31) % 17} # row ${i}`).join('\n');

export const typedFileCases: readonly FileCase[] = [
  {
    kind: 'Zstandard',
    file: zstandard('table.csv.zst'),
    reading: { compression: 'zstd' },
    columns: ['a', 'b'],
    rows: 12,
    inputs: 1,
    classes: ['no', 'yes'],
  },
  { kind: 'JSON lines', file: Buffer.from(jsonLines), reading: { format: 'json' }, first, ...measuredResult },
  { kind: 'JSON lines with gzip', file: gzipSync(jsonLines), reading: { format: 'json' }, first, ...measuredResult },
  {
    kind: 'a JSON list of objects (pandas `orient="records"`)',
    file: json(measured),
    reading: { format: 'json' },
    first,
    ...measuredResult,
  },
  {
    kind: 'JSON by columns (pandas `to_json`, lists)',
    file: json(byColumn((name) => Object.fromEntries(measured.map((row, i) => [String(i * 3), row[name]])))),
    reading: { format: 'json' },
    first,
    ...measuredResult,
  },
  {
    kind: 'JSON of pandas `orient="split"`',
    file: json({ columns: names, index: numbers, data: measured.map((row) => names.map((name) => row[name])) }),
    reading: { format: 'json' },
    first,
    ...measuredResult,
  },
  {
    kind: 'JSON with objects in objects, and keys that come later',
    file: Buffer.from(
      numbers.map((i) => JSON.stringify({ at: { x: i % 7, ...(i > 4 && { y: -i }) }, ok: i % 3 === 0 })).join('\r\n'),
    ),
    asked: { missing: 'fill', target: 'ok' },
    reading: { format: 'json' },
    columns: ['at.x', 'ok', 'at.y'],
    rows,
    inputs: 3,
    classes: ['false', 'true'],
  },
  {
    kind: 'ARFF (Weka, OpenML)',
    file: arff(measuredArff, measured.map(arffRow).join('\n')),
    reading: { format: 'arff', category: ['kind'] },
    first,
    ...measuredResult,
  },
  {
    kind: 'ARFF with labels that look like numbers, in quotes, with spaces and comments',
    file: arff(
      `@attribute 'a name' {1, 2,'3 4'}\n@attribute "it's" integer % a whole number, or not\n@attribute class { no , yes }`,
      numbers.map((i) => `${['1', '2', "'3 4'"][i % 3]}\t${i + 0.5} , ${i % 2 ? 'no' : "'yes'"} % row ${i}`).join('\n'),
    ),
    reading: { format: 'arff', category: ['a name', 'class'] },
    columns: ['a name', "it's", 'class'],
    rows,
    inputs: 4,
    classes: ['no', 'yes'],
    first: [1, 0, 0, 0.5],
  },
  {
    kind: 'ARFF with sparse rows and weights',
    file: arff(
      "@attribute n numeric\n@attribute word {none,'two words'}\n@attribute class {no,yes}",
      sparse.map((row, i) => (i === 7 ? `${row}, {2}` : row)).join('\n'),
    ),
    asked: { ignore: ['word'] },
    reading: { format: 'arff' },
    columns: ['n', 'word', 'class'],
    rows,
    inputs: 1,
    classes: ['no', 'yes'],
    hints: ['format'],
    first: [0],
  },
  {
    kind: 'svmlight, numbered from 1',
    file: Buffer.from(svmlight(1)),
    reading: { format: 'svmlight', base: 1 },
    columns: ['f1', 'f2', 'f3', 'target'],
    rows,
    inputs: 3,
    classes: ['0', '1'],
    hints: ['format', 'constant'],
    first: [0, 0, 0],
  },
  {
    kind: 'svmlight, numbered from 0 (scikit-learn)',
    file: Buffer.from(svmlight(0)),
    reading: { format: 'svmlight', base: 0 },
    columns: ['f0', 'f1', 'f2', 'target'],
    rows,
    inputs: 3,
    classes: ['0', '1'],
    hints: ['constant'],
  },
  {
    kind: 'svmlight of which `base` says the first number',
    file: Buffer.from(svmlight(1)),
    asked: { base: 0 },
    reading: { format: 'svmlight', base: 0 },
    columns: ['f0', 'f1', 'f2', 'f3', 'target'],
    rows,
    inputs: 4,
    classes: ['0', '1'],
    hints: ['constant', 'constant'],
  },
  {
    kind: 'Parquet of pandas, with an index',
    file: parquet('pandas-index'),
    asked: { missing: 'fill' },
    reading: { format: 'parquet' },
    columns: ['__index_level_0__', 'length', 'width', 'kind'],
    rows: 30,
    inputs: 4,
    classes: ['large', 'small'],
    hints: ['format'],
    first: [0, 1, 0],
  },
  {
    kind: 'Parquet of pandas, with a named index and numbers as categories',
    file: parquet('pandas-categories'),
    reading: { format: 'parquet', category: ['size'] },
    columns: ['sample', 'size', 'length', 'kind'],
    rows,
    inputs: 5,
    classes: ['large', 'small'],
    hints: ['format'],
    first: [100, 1, 0, 0, 1],
  },
  {
    kind: 'Parquet of polars (Zstandard)',
    file: parquet('polars'),
    ...measuredResult,
    reading: { format: 'parquet' },
    first: [1, 0],
  },
  {
    kind: 'Parquet of fastparquet (uncompressed)',
    file: parquet('fastparquet'),
    ...measuredResult,
    reading: { format: 'parquet' },
    first: [1, 0],
  },
  ...(['gzip', 'brotli', 'lz4'] as const).map(
    (codec): FileCase => ({
      kind: `Parquet of pyarrow (${codec}): whole numbers of 64 bits, decimals, half floats, truth values, dictionaries, dates, times`,
      file: parquet(`pyarrow-${codec}`),
      asked: { missing: 'drop', ignore: ['day', 'at', 'time'] },
      reading: { format: 'parquet' },
      columns: ['large', 'price', 'half', 'byte', 'flag', 'word', 'day', 'at', 'time', 'target'],
      rows: 36,
      inputs: 9,
      classes: ['no', 'yes'],
      first: [9_007_199_254_740_992, 0, 0, 200],
    }),
  ),
  {
    kind: 'Parquet with structures and lists',
    file: parquet('pyarrow-nested'),
    asked: { missing: 'fill', ignore: ['tags'] },
    reading: { format: 'parquet' },
    columns: ['at.x', 'at.y', 'tags', 'target'],
    rows,
    inputs: 3,
    classes: ['no', 'yes'],
    first: [0, 0],
  },
];
