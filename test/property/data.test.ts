import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CsvShape, parseCsv } from '../../src/data/csv.ts';
import { csvLimits } from '../../src/data/csv-table.ts';
import { createDataset, type Dataset } from '../../src/data/dataset.ts';
import { IssueList } from '../../src/data/faults.ts';
import {
  type Fold,
  foldRows,
  foldsOf,
  holdout,
  learningRowsOf,
  testRowsOf,
  type Validation,
} from '../../src/data/folds.ts';
import { prepare } from '../../src/data/preprocess.ts';

/** One feature, and a class for every row. */
function datasetOf(y: readonly number[], x: readonly number[] = y): Dataset {
  const classes = Array.from({ length: Math.max(...y) + 1 }, (_, c) => String(c));
  return createDataset({ name: 'test', task: 'classification', featureNames: ['a'], targetName: 't', classes, x, y });
}

const labels = fc.array(fc.nat({ max: 4 }), { minLength: 4, maxLength: 200 });
const seeds = fc.nat();

function isPartition({ trainRows, validationRows }: Fold, rows: number): boolean {
  const all = [...trainRows, ...validationRows].sort((a, b) => a - b);
  return all.length === rows && all.every((row, i) => row === i);
}

const countOf = (y: ArrayLike<number>, rows: Uint32Array, label: number) =>
  rows.filter((row) => y[row] === label).length;

describe('folds', () => {
  it('a holdout is a partition with both parts filled, of the size asked for where every class has rows to spare', () => {
    fc.assert(
      fc.property(labels, fc.double({ min: 0.05, max: 0.95, noNaN: true }), seeds, (y, fraction, seed) => {
        const { trainRows, validationRows } = holdout(datasetOf(y), fraction, seed);
        expect(isPartition({ trainRows, validationRows }, y.length)).toBe(true);
        expect(Math.min(trainRows.length, validationRows.length)).toBeGreaterThan(0);
        const sizes = [...new Set(y)].map((label) => y.filter((one) => one === label).length);
        const wanted = Math.min(Math.max(Math.round(y.length * fraction), 1), y.length - 1);
        if (sizes.every((size) => Math.ceil(size * fraction) < size)) expect(validationRows).toHaveLength(wanted);
        else expect(validationRows.length).toBeLessThanOrEqual(wanted);
      }),
    );
  });

  it('a holdout holds out the same share of every class, to the row, and leaves some of each', () => {
    fc.assert(
      fc.property(labels, fc.double({ min: 0.1, max: 0.5, noNaN: true }), seeds, (y, fraction, seed) => {
        const { validationRows, trainRows } = holdout(datasetOf(y), fraction, seed);
        fc.pre(new Set(y).size < y.length); // else one class must give its only row
        for (const label of new Set(y)) {
          const size = y.filter((one) => one === label).length;
          const held = countOf(y, validationRows, label);
          if (size > 1) expect(Math.abs(held - size * fraction)).toBeLessThan(1.5);
          expect(countOf(y, trainRows, label)).toBeGreaterThan(0);
        }
      }),
    );
  });

  it('k folds examine every row once, and split every class evenly', () => {
    fc.assert(
      fc.property(labels, fc.integer({ min: 2, max: 4 }), seeds, (y, folds, seed) => {
        const all = foldsOf(datasetOf(y), { type: 'kFold', folds }, seed);
        expect(all).toHaveLength(folds);
        for (const fold of all) expect(isPartition(fold, y.length)).toBe(true);
        expect(all.flatMap(({ validationRows }) => [...validationRows]).sort((a, b) => a - b)).toEqual(
          y.map((_, i) => i),
        );
        for (const label of new Set(y)) {
          const counts = all.map(({ validationRows }) => countOf(y, validationRows, label));
          expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  const testShares = fc.double({ min: 0.05, max: 0.5, noNaN: true });
  const splits: fc.Arbitrary<Validation> = fc.oneof(
    fc.record({
      type: fc.constant('holdout' as const),
      fraction: fc.double({ min: 0.05, max: 0.9, noNaN: true }),
      repeats: fc.integer({ min: 1, max: 3 }),
    }),
    fc.record({
      type: fc.constant('kFold' as const),
      folds: fc.integer({ min: 2, max: 5 }),
      stratified: fc.boolean(),
      repeats: fc.integer({ min: 1, max: 3 }),
    }),
  );

  it('test rows are in no fold, and all other rows are in every fold, whatever the split, the share and the seed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 4 }), { minLength: 12, maxLength: 200 }),
        splits,
        testShares,
        seeds,
        (y, split, test, seed) => {
          const dataset = datasetOf(y);
          const testRows = testRowsOf(dataset, { test }, seed);
          expect(testRows.length).toBeGreaterThan(0);
          expect(new Set(testRows).size).toBe(testRows.length);
          const all = foldsOf(dataset, { ...split, test }, seed);
          expect(all).toHaveLength(foldsOf(dataset, split, seed).length);
          for (const { trainRows, validationRows } of all) {
            expect(Math.min(trainRows.length, validationRows.length)).toBeGreaterThan(0);
            expect(
              isPartition({ trainRows: Uint32Array.from([...trainRows, ...testRows]), validationRows }, y.length),
            ).toBe(true);
          }
        },
      ),
    );
  });

  it('test rows are as many as asked for, of every class its share, and the same whatever the folds are', () => {
    fc.assert(
      fc.property(labels, testShares, seeds, (y, test, seed) => {
        const dataset = datasetOf(y);
        const rows = testRowsOf(dataset, { test }, seed);
        const sizes = [...new Set(y)].map((label) => y.filter((one) => one === label).length);
        fc.pre(sizes.every((size) => Math.ceil(size * test) < size));
        const counted = foldRows({ type: 'holdout', fraction: 0.2, test }, y.length);
        expect(rows).toHaveLength(counted.testRows);
        expect(counted.trainRows + counted.validationRows + counted.testRows).toBe(y.length);
        for (const label of new Set(y)) {
          const size = y.filter((one) => one === label).length;
          expect(Math.abs(countOf(y, rows, label) - size * test)).toBeLessThan(1.5);
        }
      }),
    );
  });

  it('without a share there are no test rows, and every row is learned from', () => {
    const dataset = datasetOf([0, 1, 0, 1, 1]);
    expect(testRowsOf(dataset, {}, 1)).toHaveLength(0);
    expect([...learningRowsOf(dataset, {}, 1)]).toEqual([0, 1, 2, 3, 4]);
  });

  it('a split depends on the seed, and on nothing else', () => {
    const dataset = datasetOf(Array.from({ length: 100 }, (_, i) => i % 3));
    const held = (seed: number) => holdout(dataset, 0.2, seed).validationRows.join();
    expect(held(1)).toBe(held(1));
    expect(held(2)).not.toBe(held(1));
  });

  it('refuses fractions and counts that leave nothing', () => {
    const dataset = datasetOf([0, 1, 0, 1]);
    for (const fraction of [0, 1, Number.NaN]) expect(() => holdout(dataset, fraction, 1)).toThrow(RangeError);
    for (const folds of [1, 5, 2.5]) expect(() => foldsOf(dataset, { type: 'kFold', folds }, 1)).toThrow(RangeError);
  });
});

describe('preprocessing', () => {
  const values = fc.array(fc.float({ min: -1000, max: 1000, noNaN: true }), { minLength: 12, maxLength: 60 });

  it('standardized training rows have mean 0 and deviation 1', () => {
    fc.assert(
      fc.property(values, seeds, (x, seed) => {
        const dataset = datasetOf(
          x.map((_, i) => i % 2),
          x,
        );
        const fold = holdout(dataset, 0.25, seed);
        const train = Array.from(fold.trainRows, (row) => dataset.x[row]!);
        fc.pre(Math.max(...train) - Math.min(...train) > 1e-3);
        const { trainX } = prepare(dataset, fold, 'standardize');
        const mean = trainX.reduce((a, b) => a + b, 0) / trainX.length;
        const deviation = Math.sqrt(trainX.reduce((a, b) => a + (b - mean) ** 2, 0) / trainX.length);
        expect(Math.abs(mean)).toBeLessThan(1e-5);
        expect(Math.abs(deviation - 1)).toBeLessThan(1e-5);
      }),
    );
  });

  it('validation rows never teach: a huge value injected in one changes nothing of the training rows', () => {
    fc.assert(
      fc.property(values, seeds, fc.constantFrom('none', 'center', 'standardize'), (x, seed, preprocessing) => {
        const y = x.map((_, i) => i % 2);
        const fold = holdout(datasetOf(y, x), 0.25, seed);
        const clean = prepare(datasetOf(y, x), fold, preprocessing);
        const leaking = prepare(datasetOf(y, x.with(fold.validationRows[0]!, 1e30)), fold, preprocessing);
        expect(leaking.trainX).toEqual(clean.trainX);
        expect(leaking.scaling).toEqual(clean.scaling);
        expect(leaking.validationX).not.toEqual(clean.validationX);
      }),
    );
  });
});

it('test rows never teach: whatever they hold changes neither the rows of a fold nor their preprocessing', () => {
  const x = Array.from({ length: 60 }, (_, i) => Math.sin(i));
  const y = x.map((_, i) => i % 3);
  const split = { type: 'kFold', folds: 3, test: 0.25 } as const;
  const test = testRowsOf(datasetOf(y, x), split, 5);
  const leaking = datasetOf(
    y,
    x.map((value, row) => (test.includes(row) ? 1e30 * y[row]! : value)),
  );
  foldsOf(datasetOf(y, x), split, 5).forEach((fold, f) => {
    expect(foldsOf(leaking, split, 5)[f]).toEqual(fold);
    for (const kind of ['none', 'center', 'standardize'] as const)
      expect(prepare(leaking, fold, kind)).toEqual(prepare(datasetOf(y, x), fold, kind));
  });
});

describe('CSV', () => {
  const shape: CsvShape = { delimiter: 'comma', quote: 'double', comment: 'none', lenient: false };
  it('gives back whatever fields were written with quotes', () => {
    const field = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', 'ü', '1') });
    const table = fc.array(fc.array(field, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(table, fc.constantFrom('\n', '\r\n', '\r'), (records, lineBreak) => {
        const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
        const faults = new IssueList(20);
        const text = records.map((fields) => fields.map(quoted).join()).join(lineBreak);
        expect(parseCsv(text, shape, csvLimits, faults).map(({ fields }) => fields)).toEqual(records);
        expect(faults.issues).toEqual([]);
      }),
    );
  });

  it('never hangs or throws, whatever the text', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r'), maxLength: 60 });
    fc.assert(
      fc.property(text, (any) =>
        parseCsv(any, shape, csvLimits, new IssueList(3)).every(({ fields }) => fields.length > 0),
      ),
    );
  });
});
