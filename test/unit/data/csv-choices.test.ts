/** What a user may say of a CSV's columns, what is shown before it is stored, and that what is missing is filled from training rows alone. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { datasetFromCsv, readCsv } from '../../../src/data/csv-dataset.ts';
import { previewOfCsv } from '../../../src/data/csv-preview.ts';
import type { CsvOptions } from '../../../src/data/csv-table.ts';
import { foldsOf } from '../../../src/data/folds.ts';
import { prepare } from '../../../src/data/preprocess.ts';

/** Twelve rows: a number with gaps, words with a gap, a code, the class. */
const gappy = [
  'size,colour,code,kind',
  ...Array.from({ length: 12 }, (_, i) =>
    [i === 4 ? '' : i, i === 7 ? 'NA' : i % 2 ? 'red' : 'blue', 100 + (i % 3), i < 6 ? 'a' : 'b'].join(','),
  ),
].join('\n');

const faultsOf = (options: Partial<CsvOptions>) => previewOfCsv(gappy, { name: 'gappy', ...options }).faults;

describe('the choices of an upload', () => {
  it('refuses what is missing, line by line, unless asked otherwise', () => {
    expect(faultsOf({}).map(({ path }) => path)).toEqual(['line 6, column size', 'line 9, column colour']);
    expect(() => datasetFromCsv(gappy, { name: 'gappy' })).toThrow('line 6, column size');
  });
  it('leaves out rows, and says how many', () => {
    const { dataset, dropped } = readCsv(gappy, { name: 'gappy', missing: 'drop' });
    expect({ rows: dataset.rows, dropped }).toEqual({ rows: 10, dropped: 2 });
    expect(dataset.x.some(Number.isNaN)).toBe(false);
  });
  it('does not count gaps of columns that are left out', () => {
    const { dataset, dropped } = readCsv(gappy, { name: 'gappy', missing: 'drop', ignore: ['size', 'colour'] });
    expect({ rows: dataset.rows, dropped, names: dataset.featureNames }).toEqual({
      rows: 12,
      dropped: 0,
      names: ['code'],
    });
  });
  it('says so where too few rows are left', () => {
    const holes = gappy.replaceAll('100', '');
    expect(() => datasetFromCsv(holes, { name: 'holes', missing: 'drop' })).toThrow(/of 12 rows have all their values/);
  });
  it('fills: a number is not there, an input says so, and a word is a word of its own', () => {
    const { featureNames, x, features } = datasetFromCsv(gappy, { name: 'gappy', missing: 'fill' });
    expect(featureNames).toEqual(['size', 'size is missing', 'colour=(missing)', 'colour=blue', 'colour=red', 'code']);
    expect(x[4 * features]).toBeNaN();
    expect(x[4 * features + 1]).toBe(1);
    expect(x[7 * features + 2]).toBe(1);
  });
  it('never fills what is to be predicted: its gaps are rows that are left out, while inputs are filled', () => {
    const { dataset, dropped } = readCsv(gappy, { name: 'g', target: 'size', missing: 'fill' });
    expect({ rows: dataset.rows, dropped }).toEqual({ rows: 11, dropped: 1 });
    expect(dataset.featureNames).toContain('colour=(missing)');
  });
  it('takes numbers for words', () => {
    const { featureNames } = datasetFromCsv(gappy, { name: 'g', missing: 'drop', category: ['code'] });
    expect(featureNames).toContain('code=101');
  });
  it.each([
    [{ ignore: ['nope'] }, 'ignore'],
    [{ category: ['nope'] }, 'category'],
    [{ ignore: ['size', 'colour', 'code'] }, 'line 1'],
    [{ target: 'kind', ignore: ['kind'] }, 'ignore'],
  ])('refuses %j', (options, path) => {
    expect(faultsOf({ missing: 'drop', ...options }).map((fault) => fault.path)).toContain(path);
  });
});

describe('the preview of a CSV', () => {
  it('tells of every column what it is taken for and what is in it', () => {
    const preview = previewOfCsv(gappy, { name: 'p', missing: 'fill', ignore: ['code'] });
    expect(preview).toMatchObject({
      rows: 12,
      target: 'kind',
      task: 'classification',
      classes: ['a', 'b'],
      features: 5,
    });
    expect(preview.faults).toEqual([]);
    expect(preview.columns.map(({ name, kind, missing, inputs }) => [name, kind, missing, inputs])).toEqual([
      ['size', 'number', 1, 2],
      ['colour', 'category', 1, 3],
      ['code', 'ignored', 0, 0],
      ['kind', 'category', 0, 0],
    ]);
    expect(preview.columns[0]).toMatchObject({ min: 0, max: 11, distinct: 11, guessed: 'number' });
    expect(preview.sample[4]).toEqual(['', 'blue', '101', 'a']);
  });
  it('shows what it can of a table with lines that do not fit, and names them', () => {
    const torn = gappy.replace('0,blue,100,a', '0,blue');
    const { rows, faults } = previewOfCsv(torn, { name: 'torn', missing: 'fill' });
    expect(rows).toBe(11); // the torn one has no target
    expect(faults.map(({ path }) => path)).toContain('line 2');
  });
  it('throws only for what is no table', () => {
    expect(() => previewOfCsv('', { name: 'empty' })).toThrow('empty');
    expect(() => previewOfCsv('a,b\n"1,2', { name: 'open' })).toThrow('never closed');
  });
});

describe('what is missing', () => {
  const data = (values: readonly (number | null)[]) =>
    datasetFromCsv(['x,y', ...values.map((value, i) => `${value ?? ''},${i % 2 ? 'a' : 'b'}`)].join('\n'), {
      name: 'values',
      missing: 'fill',
    });
  const numbers = fc.array(fc.option(fc.integer({ min: -1000, max: 1000 }), { nil: null, freq: 3 }), {
    minLength: 20,
    maxLength: 40,
  });

  it('is filled from the training rows alone: validation rows that would change the mean change nothing', () => {
    const values = Array.from({ length: 40 }, (_, i) => (i % 5 === 0 ? null : i));
    const plain = data(values);
    const [fold] = foldsOf(plain, { type: 'holdout', fraction: 0.25, repeats: 1 }, 3);
    const injected = values.map((value, row) => (value !== null && fold!.validationRows.includes(row) ? 1e6 : value));
    for (const preprocessing of ['none', 'center', 'standardize'] as const) {
      const [before, after] = [plain, data(injected)].map((dataset) => prepare(dataset, fold!, preprocessing));
      expect(after!.scaling).toEqual(before!.scaling);
      expect(after!.trainX).toEqual(before!.trainX);
      const gap = [...fold!.validationRows].findIndex((row) => values[row] === null);
      if (gap >= 0) expect(after!.validationX[2 * gap]).toBe(before!.validationX[2 * gap]);
    }
  });
  it('reaches no network: every input is a number, whatever is missing where', () => {
    fc.assert(
      fc.property(
        numbers,
        fc.constantFrom('none', 'center', 'standardize'),
        fc.nat(20),
        (values, preprocessing, seed) => {
          fc.pre(values.some((value) => value !== null));
          const dataset = data(values);
          for (const fold of foldsOf(dataset, { type: 'kFold', folds: 3, stratified: true, repeats: 1 }, seed)) {
            const { trainX, validationX } = prepare(dataset, fold, preprocessing);
            expect(trainX.every(Number.isFinite) && validationX.every(Number.isFinite)).toBe(true);
          }
        },
      ),
    );
  });
});
