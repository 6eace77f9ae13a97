import { describe, expect, it } from 'vitest';
import { type CsvShape, parseCsv } from '../../../src/data/csv.ts';
import { datasetFromCsv } from '../../../src/data/csv-dataset.ts';
import { csvLimits, datasetLimits } from '../../../src/data/csv-table.ts';
import { InvalidDataset, IssueList } from '../../../src/data/faults.ts';

const shape: CsvShape = { delimiter: 'comma', quote: 'double', comment: 'none', lenient: false };

function parse(text: string, more: Partial<CsvShape> = {}) {
  const list = new IssueList(20);
  return { records: parseCsv(text, { ...shape, ...more }, csvLimits, list), faults: list.issues };
}

const fieldsOf = (text: string) => parse(text).records.map(({ fields }) => fields);

describe('parseCsv', () => {
  it.each([
    ['LF', 'a,b\n1,2\n'],
    ['CRLF', 'a,b\r\n1,2\r\n'],
    ['CR', 'a,b\r1,2\r'],
    ['no last line break', 'a,b\n1,2'],
    ['a byte order mark', '\ufeffa,b\n1,2\n'],
    ['empty lines', '\na,b\n\n1,2\n\n'],
    ['quotes', '"a","b"\n"1",2'],
  ])('reads %s', (_what, text) => {
    expect(fieldsOf(text)).toEqual([
      ['a', 'b'],
      ['1', '2'],
    ]);
  });

  it('reads commas, doubled quotes and line breaks within quotes, and counts their lines', () => {
    const { records, faults } = parse('a,"b,c"\r\n"say ""hi""","two\r\nlines"\r\n"",\nlast,"""x"""');
    expect(records).toEqual([
      { line: 1, fields: ['a', 'b,c'] },
      { line: 2, fields: ['say "hi"', 'two\r\nlines'] },
      { line: 4, fields: ['', ''] },
      { line: 5, fields: ['last', '"x"'] },
    ]);
    expect(faults).toEqual([]);
  });

  it('keeps empty fields, and a line that is one quoted nothing', () => {
    expect(fieldsOf(',\n""\na,,')).toEqual([['', ''], [''], ['a', '', '']]);
  });

  it('finds a quote that is never closed, and text after one that is', () => {
    expect(parse('a,b\n1,"2\n3').faults).toEqual([
      { path: 'line 2', message: 'a quote is opened but never closed; quote=none treats quotes as text' },
    ]);
    expect(parse('a,b\n"1"x,2').faults[0]!.path).toBe('line 2');
  });
});

/** A header and ten rows `i,<a>,<target>`. */
function csv(target: (i: number) => string, a: (i: number) => string = String, header = 'n,a,t', rows = 10): string {
  return [header, ...Array.from({ length: rows }, (_, i) => `${i},${a(i)},${target(i)}`)].join('\n');
}

const alternating = (i: number) => (i % 2 === 0 ? 'yes' : 'no');

function faultsOf(text: string, options: Partial<Parameters<typeof datasetFromCsv>[1]> = {}): string[] {
  try {
    datasetFromCsv(text, { name: 'test', ...options });
  } catch (error) {
    if (!(error instanceof InvalidDataset)) throw error;
    return error.faults.map(({ path, message }) => `${path}: ${message}`);
  }
  return [];
}

describe('datasetFromCsv', () => {
  it('takes the last column as the target, its words as classes in order, and numbers as they are', () => {
    const dataset = datasetFromCsv(
      csv(alternating, (i) => `${i / 2}e0`),
      { name: 'test' },
    );
    expect(dataset).toMatchObject({
      task: 'classification',
      targetName: 't',
      classes: ['no', 'yes'],
      featureNames: ['n', 'a'],
      rows: 10,
      features: 2,
    });
    expect([...dataset.x.subarray(0, 6)]).toEqual([0, 0, 1, 0.5, 2, 1]);
    expect([...dataset.y]).toEqual([1, 0, 1, 0, 1, 0, 1, 0, 1, 0]);
    expect(dataset.x.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(dataset.y.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it('takes another column as the target', () => {
    const dataset = datasetFromCsv(csv(alternating), { name: 'test', target: 'n' });
    expect(dataset).toMatchObject({ task: 'regression', targetName: 'n', featureNames: ['a', 't=no', 't=yes'] });
    expect([...dataset.x.subarray(3, 6)]).toEqual([1, 1, 0]);
    expect([...dataset.y]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it.each([
    ['few whole numbers', (i: number) => String(i % 3), 'classification', ['0', '1', '2']],
    ['whole numbers in numeric order', (i: number) => String([10, 9, -1][i % 3]), 'classification', ['-1', '9', '10']],
    ['fractions', (i: number) => String((i % 3) / 2), 'regression', []],
    ['many whole numbers', String, 'regression', []],
    [
      'words in the order of their code units',
      (i: number) => ['b', 'B', 'ä', 'a'][i % 4]!,
      'classification',
      ['B', 'a', 'b', 'ä'],
    ],
  ] as const)('guesses the task of %s', (_what, target, task, classes) => {
    expect(datasetFromCsv(csv(target), { name: 'test' })).toMatchObject({ task, classes });
  });

  it('believes the caller about the task', () => {
    expect(datasetFromCsv(csv(String), { name: 'test', task: 'classification' }).classes).toHaveLength(10);
    expect(
      datasetFromCsv(
        csv((i) => String(i % 3)),
        { name: 'test', task: 'regression' },
      ).task,
    ).toBe('regression');
    expect(faultsOf(csv(alternating), { task: 'regression' })[0]).toBe('line 2, column t: must be a number, got yes');
  });

  it('gives every word of a column an input of its own', () => {
    const dataset = datasetFromCsv(
      csv(alternating, (i) => ['red', 'blue'][i % 2]!),
      { name: 'test' },
    );
    expect(dataset.featureNames).toEqual(['n', 'a=blue', 'a=red']);
    expect([...dataset.x.subarray(0, 6)]).toEqual([0, 0, 1, 1, 1, 0]);
  });

  it.each([
    ['an empty file', '', ': the file is empty; a header and rows are needed'],
    ['too few rows', csv(alternating, String, 'n,a,t', 9), ': has 9 rows; at least 10 are needed'],
    ['a ragged row', `${csv(alternating)}\n1,2`, 'line 12: has 2 fields separated by comma, the header 3'],
    ['a missing number', csv(alternating, (i) => (i === 4 ? '' : '1')), 'line 6, column a: the value is missing'],
    ['NA', csv(alternating, (i) => (i === 4 ? 'NA' : '1')), 'line 6, column a: the value is missing, got NA'],
    ['a missing target', csv((i) => (i === 4 ? ' ' : alternating(i))), 'line 6, column t: the value is missing'],
    ['a missing word', csv(alternating, (i) => (i === 4 ? '?' : 'w')), 'line 6, column a: the value is missing, got ?'],
    [
      'infinity',
      csv(alternating, (i) => (i === 4 ? '-inf' : '1')),
      'line 6, column a: must be a finite number below 3.4e38, got -inf',
    ],
    [
      'what float32 cannot hold',
      csv(alternating, (i) => (i === 4 ? '1e39' : '1')),
      'line 6, column a: must be a finite number below 3.4e38, got 1e39',
    ],
    [
      'a word among numbers',
      csv(alternating, (i) => (i === 4 ? 'x' : '1')),
      'line 6, column a: must be a number, got x',
    ],
    ['a single class', csv(() => 'yes'), 'column t: there is a single class, yes; two are needed'],
    [
      'a constant quantity',
      csv(() => '0.5'),
      'column t: the target is the same in every row; there is nothing to learn',
    ],
    [
      'no feature',
      ['t', ...Array.from({ length: 10 }, (_, i) => alternating(i))].join('\n'),
      'line 1: there is no feature: a target and at least one other column are needed; the delimiter is comma, set another with delimiter=',
    ],
    ['two columns of a name', csv(alternating, String, 'a,a,t'), 'line 1: two columns are named a'],
    ['a column of no name', csv(alternating, String, 'n,,t'), 'line 1: column 2 has no name'],
    [
      'too many words',
      csv(alternating, (i) => `w${i}`, 'n,a,t', 101),
      'column a: has 101 categories, more than the limit of 100: ignore=a leaves it out, frequent=a keeps the 100 most frequent',
    ],
    [
      'an input of another column’s name',
      csv(alternating, (i) => ['x', 'y'][i % 2]!, 'a=x,a,t'),
      'line 1: a category of one column gives an input the name of another column',
    ],
  ])('refuses %s', (_what, text, fault) => expect(faultsOf(text)).toEqual([fault]));

  it('refuses a target that is not there', () => {
    expect(faultsOf(csv(alternating), { target: 'z' })).toEqual([
      'target: there is no column z; the columns are n, a, t',
    ]);
  });

  it('tells all faults at once, up to twenty', () => {
    expect(
      faultsOf(
        csv(
          (i) => (i === 0 ? '' : alternating(i)),
          (i) => (i === 1 ? '' : '1'),
        ),
      ),
    ).toHaveLength(2);
    expect(
      faultsOf(
        csv(
          () => '',
          () => '',
          'n,a,t',
          100,
        ),
      ),
    ).toHaveLength(20);
  });

  it('refuses what is too large', () => {
    expect(faultsOf('x'.repeat(datasetLimits.bytes + 1))).toEqual([
      `: has ${datasetLimits.bytes + 1} bytes; the limit is ${datasetLimits.bytes}`,
    ]);
    const wide = Array.from({ length: datasetLimits.columns + 1 }, (_, k) => `c${k}`).join();
    expect(faultsOf([wide, ...Array(10).fill(wide)].join('\n'))[0]).toContain('the limit is 2000');
  });

  it('hashes what training depends on: not the name, but every number, word and class', () => {
    const hashOf = (text: string, name = 'test') => datasetFromCsv(text, { name }).hash;
    const base = csv(alternating);
    expect(hashOf(base, 'other')).toBe(hashOf(base));
    expect(hashOf(base.replaceAll('\n', '\r\n'))).toBe(hashOf(base));
    const others = [base.replace('9,9', '9,8'), base.replaceAll('yes', 'yess'), base.replace('n,a,t', 'n,b,t')].map(
      (text) => hashOf(text),
    );
    expect(new Set([hashOf(base), ...others]).size).toBe(4);
  });
});
