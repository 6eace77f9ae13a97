/** Text without quotes is read without copying its fields: to the same predictions as by the general reader. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCsv } from '../../../src/data/csv.ts';
import { csvLimits } from '../../../src/data/csv-table.ts';
import { IssueList } from '../../../src/data/faults.ts';
import { firstReading } from '../../../src/data/reading.ts';
import { modelReading } from '../../../src/models/encode.ts';
import { plainTable } from '../../../src/models/plain-table.ts';
import { createModelPredictor, createTablePredictor } from '../../../src/models/predict.ts';
import { asPredictions, predictionsJson } from '../../../src/models/prediction-table.ts';
import { csvOf, mixedDataset, mixedRows, trainedModel, withoutTarget } from '../../support/models.ts';

const reading = { ...modelReading(firstReading), rules: 2 as const };

const cell = fc.oneof(
  fc.double({ noNaN: true }).map(String),
  fc.integer().map(String),
  fc.tuple(fc.bigInt(-(10n ** 16n), 10n ** 16n), fc.nat(18)).map(([digits, at]) => {
    const text = String(digits);
    return `${text.slice(0, at)}.${text.slice(at)}`;
  }),
  fc.constantFrom('', '-', '.', '-.', '+5', '-0', '1e5', ' 7', '7 ', 'x', '1.', '.5', '0.1', '1.2.3', '--1', '٣'),
);

describe('text without quotes', () => {
  it('has the records of the general reader, and the numbers of Number', () => {
    const rows = fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 8 });
    const ends = fc.constantFrom('\n', '\r\n', '\r', '\n\n', '\r\n\n');
    fc.assert(
      fc.property(rows, ends, fc.boolean(), fc.constantFrom('comma', 'tab', 'pipe'), (cells, end, last, delimiter) => {
        const by = { comma: ',', tab: '\t', pipe: '|' }[delimiter];
        const text = [['a', 'b', 'c'], ...cells].map((row) => row.join(by)).join(end) + (last ? end : '');
        const shape = { ...reading, delimiter, lenient: true } as const;
        const [header, ...expected] = parseCsv(text, shape, csvLimits, new IssueList(1));
        const table = plainTable(text, { ...reading, delimiter } as never, 100)!;
        expect(table.names).toEqual(header!.fields);
        expect(table.rows).toBe(expected.length);
        expected.forEach(({ line, fields }, row) => {
          expect(table.lineOf(row)).toBe(line);
          fields.forEach((field, k) => {
            expect(table.field(row, k)).toBe(field);
            const read = table.numberOrField(row, k);
            expect(read).toBe(typeof read === 'number' ? Number(field) : field);
          });
        });
      }),
      { numRuns: 300 },
    );
  });

  it('reads plain numbers as numbers', () => {
    const table = plainTable('a,b,c,d\n1,-2.5,0.1,123456789012345\n', reading, 1)!;
    expect([0, 1, 2, 3].map((k) => table.numberOrField(0, k))).toEqual([1, -2.5, 0.1, 123456789012345]);
  });

  it.each([
    ['quotes', 'a,b\n"1",2\n'],
    ['records of different lengths', 'a,b\n1,2\n3\n'],
    ['a column without a name', 'a,\n1,2\n'],
    ['two columns of one name', 'a,a\n1,2\n'],
    ['a line that names the delimiter', 'sep=,\na,b\n1,2\n'],
    ['a header in a comment', '#a,b\n1,2\n'],
    ['nothing', ''],
  ])('leaves %s to the general reader', (_what, text) => {
    expect(plainTable(text, reading, 10)).toBeUndefined();
  });

  it('is refused where it has too many rows, before they are read', () => {
    expect(() => plainTable('a,b\n1,2\n3,4\n5,6\n', reading, 2)).toThrow(/invalid|rows/i);
    expect(plainTable('a,b\n1,2\n3,4\n', reading, 2)!.rows).toBe(2);
  });
});

describe.each(['classification', 'regression'] as const)('predictions of a %s', (task) => {
  const data = mixedDataset(task);
  const { model } = trainedModel(data, {}, { validation: { type: 'kFold', folds: 2 } });
  const rows = withoutTarget(mixedRows(60, task, 4)).map((row, i) => (i % 7 === 0 ? { ...row, height: 'tall' } : row));
  const expected = createModelPredictor(model).rows(rows);

  it('are the same from plain text, and from text with a quote', () => {
    const { predictions, failed } = createModelPredictor(model).csv(csvOf(rows));
    expect(predictions).toEqual(expected.predictions);
    expect(failed).toBe(9);
    const quoted = createModelPredictor(model).csv(csvOf(rows).replace('age', '"age"'));
    expect(quoted).toEqual(createModelPredictor(model).csv(csvOf(rows)));
  });

  it('are the same as JSON', () => {
    const table = createTablePredictor(model).rows(rows);
    expect(JSON.parse(new TextDecoder().decode(predictionsJson(model, table)))).toEqual(
      JSON.parse(JSON.stringify(expected)),
    );
    expect(asPredictions(model, table)).toEqual(expected);
  });

  it('are the same as JSON for classes whose names JSON must escape', () => {
    const odd = { ...model, classes: model.classes.map((name) => `"${name}"\n__proto__ ü`) };
    const table = createTablePredictor(odd).rows(rows);
    expect(JSON.parse(new TextDecoder().decode(predictionsJson(odd, table)))).toEqual(
      JSON.parse(JSON.stringify(asPredictions(odd, table))),
    );
  });
});
