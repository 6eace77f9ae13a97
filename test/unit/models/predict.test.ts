/** Raw rows are read as the data set was; what cannot be used is said with its place. */
import { describe, expect, it } from 'vitest';
import { readCsv } from '../../../src/data/csv-dataset.ts';
import { InvalidDataset } from '../../../src/data/faults.ts';
import { type CsvReading, firstReading } from '../../../src/data/reading.ts';
import { columnReaders, countInputs } from '../../../src/models/cells.ts';
import { InvalidModel, parseModel } from '../../../src/models/parse-model.ts';
import { createModelPredictor } from '../../../src/models/predict.ts';
import { predictLimits } from '../../../src/models/read-cells.ts';
import { csvOf, mixedDataset, mixedReading, mixedRows, trainedModel } from '../../support/models.ts';

const rows = mixedRows(120, 'classification');
const { model } = trainedModel(mixedDataset('classification', rows), {});
const predictor = createModelPredictor(model);
const good = { age: 30, height: 1.7, color: 'red', size: '2' };

/** The inputs that the model reads from the rows of the CSV that it was trained on are those of the data set. */
function expectSameInputs(text: string, given: Partial<CsvReading>) {
  const reading = { ...firstReading, ...given };
  const read = readCsv(text, { ...reading, name: 'test' });
  const { model } = trainedModel(read, { epochs: 1 }, { reading });
  const readers = columnReaders(model);
  const x = new Float64Array(read.dataset.x.length);
  const { features, target } = read.table;
  features.forEach(({ column }, c) => {
    // The original text of the file, also of numbers in other formats, reaches the reader through the predictor's CSV.
    column.texts.forEach((cell, row) => {
      const outcome = readers[c]!.write(cell, x, row * countInputs(model) + readers[c]!.first);
      expect([undefined, 'outsideRange']).toContain(outcome); // validation rows may be outside
    });
  });
  expect(Array.from(x)).toEqual(Array.from(read.dataset.x));
  const result = createModelPredictor(model).csv(text);
  expect(result.errors).toEqual([]);
  expect(result.warnings.filter(({ code }) => code !== 'outsideRange')).toEqual([]);
  expect(result.predictions).toHaveLength(target.texts.length);
}

const line = (i: number, cells: readonly string[]) => cells[i % cells.length]!;
const table = (header: string, cell: (i: number) => string, separator = '\n') =>
  [header, ...Array.from({ length: 20 }, (_, i) => cell(i))].join(separator);

describe('a model reads cells as its data set', () => {
  it.each<[string, string, Partial<CsvReading>]>([
    ['gaps and categories', csvOf(rows), mixedReading],
    [
      'the first rules, in float32',
      table('a,b,t', (i) => `${i / 10},${line(i, ['x', ' y', '1.0', '1'])},${i % 2}`),
      {},
    ],
    [
      'spellings of numbers as categories',
      table('a,b,t', (i) => `${line(i, ['1', '1.0', '01', 'x', 'y', 'none'])},${i},${i % 2}`),
      { rules: 2, category: ['a'] },
    ],
    [
      'decimal commas and groups',
      table('a;b;t', (i) => `1.00${i % 10},5;${line(i, ['1,5', 'x', 'y'])};${i % 2 ? 'yes' : 'no'}`),
      { rules: 2, delimiter: 'semicolon', decimal: 'comma', thousands: 'point' },
    ],
    [
      'own markers of missing values',
      table('a,b,t', (i) => `${line(i, ['-200', '5', '6', '-200.0'])},${line(i, ['unknown', 'x', 'y'])},${i % 2}`),
      { rules: 2, missing: 'fill', missingValues: ['unknown'], missingIn: ['a=-200'] },
    ],
    [
      'a column of many categories, reduced to the frequent ones',
      table('a,b,t', (i) =>
        Array.from({ length: 10 }, (_, k) => `w${i < 5 ? k : i * 10 + k},${k},${i % 2}`).join('\n'),
      ),
      { rules: 2, frequent: ['a'] },
    ],
    ['no header', table('1,2,0', (i) => `${i},${i * i},${i % 2}`), { rules: 2, header: false }],
    ['quotes, and line breaks in fields', table('a,b,t', (i) => `"x\n${i % 3}",${i},${i % 2}`), { rules: 2 }],
  ])('%s', (_what, text, reading) => {
    expectSameInputs(text, reading);
  });

  it('numbers and their texts alike', () => {
    const texts = predictor.rows([{ ...good, age: ' 30 ', height: '1.7e0', size: 2 }]);
    expect(texts.predictions).toEqual(predictor.rows([good]).predictions);
    expect(predictor.csv('size,color,height,age\n2, red ,1.7,30.0\n').predictions).toEqual(texts.predictions);
  });

  it('numbers that mean a missing value, as numbers too', () => {
    const reading: CsvReading = { ...firstReading, rules: 2, missing: 'fill', missingIn: ['a=-200'] };
    const read = readCsv(
      table('a,t', (i) => `${line(i, ['-200', '5', '6'])},${i % 2}`),
      { ...reading, name: 'test' },
    );
    const own = createModelPredictor(trainedModel(read, {}, { reading }).model);
    const { predictions } = own.rows([{ a: null }, { a: -200 }, { a: '-200.0' }, { a: -199 }]);
    expect(predictions[1]).toEqual(predictions[0]);
    expect(predictions[2]).toEqual(predictions[0]);
    expect(predictions[3]).not.toEqual(predictions[0]);
  });

  it('what is not there as missing, where the data set had gaps', () => {
    const { height, size } = good;
    const result = predictor.rows([
      { height, size },
      { height, size, age: null, color: '' },
      { height, size, age: Number.NaN, color: 'NA' },
    ]);
    expect(result.errors).toEqual([]);
    expect(result.predictions[1]).toEqual(result.predictions[0]);
    expect(result.predictions[2]).toEqual(result.predictions[0]);
  });
});

describe('what cannot be used', () => {
  it('is an error of its row, by path; other rows are predicted', () => {
    const result = predictor.rows([
      good,
      { ...good, age: 'old' },
      { ...good, height: null },
      { ...good, height: Number.POSITIVE_INFINITY },
      { ...good, age: true },
      { ...good, age: 1e39 },
      { ...good, color: [] as unknown as string },
      { constructor: 'x' } as Record<string, string>,
    ]);
    expect(result.failed).toBe(7);
    expect(result.predictions.map((prediction) => prediction !== null)).toEqual([true, ...Array(7).fill(false)]);
    expect(result.errors.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      'rows[1].age: must be a number, got old',
      'rows[2].height: the value is missing, and the data set had no missing values in this column',
      'rows[3].height: must be a finite number below 3.4e38, got Infinity',
      'rows[4].age: must be a number, got true',
      'rows[5].age: must be a finite number below 3.4e38, got 1e+39',
      'rows[6].color: must be a text or a number, got a list of 0',
      'rows[7].height: the value is missing, and the data set had no missing values in this column',
      'rows[7].size: the value is missing, and the data set had no missing values in this column',
    ]);
  });

  it('is counted, with the first errors in the order of rows', () => {
    const many = Array.from({ length: 500 }, (_, i) => ({ ...good, [i % 2 ? 'age' : 'height']: 'x' }));
    const { errors, failed } = predictor.rows(many);
    expect(failed).toBe(500);
    expect(errors.map(({ row }) => row)).toEqual(Array.from({ length: predictLimits.errors }, (_, i) => i));
  });

  it('and warnings have the numbers of all rows, however many are computed at once', () => {
    const many = Array.from({ length: 3_000 }, (_, i) => ({
      ...good,
      age: i === 2_500 ? 'x' : i % 1_000 === 999 ? 500 : 30,
    }));
    const { predictions, errors, failed, warnings } = predictor.rows(many);
    expect(errors).toEqual([{ row: 2_500, path: 'rows[2500].age', message: 'must be a number, got x' }]);
    expect(failed).toBe(1);
    expect(warnings).toMatchObject([{ code: 'outsideRange', rows: 3, firstRow: 999 }]);
    expect(predictions.filter((one) => one === null)).toHaveLength(1);
    expect(predictions[2_600]).toEqual(predictor.rows([good]).predictions[0]);
  });

  it('throws for what are no rows, and for too many', () => {
    expect(() => predictor.rows([null as never])).toThrow('rows[0]: must be an object with a value for every column');
    expect(() => predictor.rows([[1] as never])).toThrow(TypeError);
    expect(() => predictor.rows(Array(predictLimits.rows + 1).fill(good))).toThrow(/at most 100000 rows, got 100001/);
    expect(predictor.rows([])).toEqual({ predictions: [], errors: [], failed: 0, warnings: [] });
  });

  it.each([
    ['', ': is empty'],
    ['age,height\n1,2', 'line 1: there is no column color, which the model needs'],
    ['age,height,color,size\n1,2', 'line 2: has 2 fields separated by comma, the header 4'],
    ['age,height,color,size\n1,"2', 'line 2: a quote is opened'],
  ])('throws for CSV that is not the table: %j', (text, message) => {
    try {
      predictor.csv(text);
      expect.unreachable();
    } catch (error) {
      if (!(error instanceof InvalidDataset)) throw error;
      expect(error.faults.map((fault) => `${fault.path}: ${fault.message}`).join('\n')).toContain(message);
    }
  });

  it('names lines and columns of CSV', () => {
    const { errors } = predictor.csv('age,height,color,size\n30,1.7,red,1\n\nx,1.7,red,1\n');
    expect(errors).toEqual([{ row: 1, path: 'line 4, column age', message: 'must be a number, got x' }]);
  });
});

describe('what training rows did not have', () => {
  it('is a warning by column, and predicted', () => {
    const result = predictor.rows([
      good,
      { ...good, age: 300, color: 'violet' },
      { ...good, age: -1, more: 1 } as never,
    ]);
    expect(result.failed).toBe(0);
    expect(result.warnings).toEqual([
      {
        code: 'outsideRange',
        column: 'age',
        rows: 2,
        firstRow: 1,
        message: 'age: 2 values are outside the range of the training rows; the first is rows[1].age',
      },
      {
        code: 'unknownCategory',
        column: 'color',
        rows: 1,
        firstRow: 1,
        message:
          'color: 1 values have a category that no training row had, and are predicted as none of the known ones; the first is rows[1].color',
      },
      {
        code: 'unknownColumn',
        column: 'more',
        rows: 1,
        firstRow: 2,
        message: 'more: the model has no such column; it is not used',
      },
    ]);
  });

  it('is no warning for the target', () => {
    expect(predictor.rows([{ ...good, target: 'low' }]).warnings).toEqual([]);
  });
});

describe('members', () => {
  it('are mixed by weight, with their standard deviation', () => {
    const read = mixedDataset('regression');
    const { model } = trainedModel(read, {}, { validation: { type: 'kFold', folds: 3 } });
    const all = mixedRows(20, 'regression', 9);
    const mixed = createModelPredictor(model).rows(all).predictions;
    const each = model.members.map((member) =>
      createModelPredictor({ ...model, members: [{ ...member, weight: 1 }] })
        .rows(all)
        .predictions.map((one) => (one as { value: number }).value),
    );
    mixed.forEach((prediction, i) => {
      const values = each.map((own) => own[i]!);
      const mean = values.reduce((a, b) => a + b, 0) / 3;
      const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 3);
      expect((prediction as { value: number }).value).toBeCloseTo(mean, 6);
      expect(prediction!.spread).toBeCloseTo(spread, 6);
    });
  });

  it('alone have no spread; probabilities sum to 1 and the label has the largest', () => {
    for (const prediction of predictor.rows(rows).predictions) {
      if (prediction === null || !('label' in prediction)) throw new Error('expected a class');
      expect(prediction.spread).toBeNull();
      const probabilities = model.classes.map((name) => prediction.probabilities[name]!);
      expect(probabilities.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
      expect(prediction.label).toBe(model.classes[probabilities.indexOf(Math.max(...probabilities))]);
    }
  });
});

describe('outputs', () => {
  const labelOf = (...outputs: readonly number[]) => {
    const [prediction] = createModelPredictor(model, () => Float32Array.from(outputs)).rows([good]).predictions;
    return prediction && 'label' in prediction ? prediction.label : prediction;
  };

  it('decide as in training: the largest, also where all probabilities are equal, and the first of equal ones', () => {
    expect(labelOf(1e-30, 2e-30, 0)).toBe(model.classes[1]);
    expect(labelOf(2, 5, 5)).toBe(model.classes[1]);
  });

  it('that are not finite give an error and no prediction', () => {
    for (const strange of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const { predictions, errors, failed } = createModelPredictor(model, () => Float32Array.of(0, strange, 0)).rows([
        good,
      ]);
      expect(predictions).toEqual([null]);
      expect(failed).toBe(1);
      expect(errors).toEqual([
        { row: 0, path: 'rows[0]', message: 'the output of the network is not a finite number for these values' },
      ]);
    }
  });
});

describe('a model from outside', () => {
  const changed = (change: (json: Record<string, never>) => void) => {
    const json = JSON.parse(JSON.stringify(model));
    change(json);
    return json;
  };
  it.each<[string, (json: never) => void, string]>([
    ['format', (json: { format: string }) => (json.format = 'x'), 'format'],
    [
      'weights of another size',
      (json: typeof model) => ((json.members[0]!.layers[0] as { columns: number }).columns = 8),
      'members.0.layers',
    ],
    [
      'statistics of another size',
      (json: typeof model) => (json.members[0]!.preprocessing.fill as number[]).pop(),
      'members.0.preprocessing.fill',
    ],
    [
      'weights that do not sum to 1',
      (json: typeof model) => ((json.members[0] as { weight: number }).weight = 0.5),
      'members: the weights',
    ],
    [
      'an unknown activation',
      (json: typeof model) => ((json.members[0]!.layers[0] as { activation: string }).activation = 'x'),
      'members.0.layers.0.activation',
    ],
    ['a missing class', (json: typeof model) => (json.classes as string[]).pop(), 'members.0.layers'],
  ] as never)('is refused with the path: %s', (_what, change, path) => {
    let message = '';
    try {
      parseModel(changed(change as never));
    } catch (error) {
      if (!(error instanceof InvalidModel)) throw error;
      message = error.issues.map((issue) => `${issue.path}: ${issue.message}`).join('\n');
    }
    expect(message).toContain(path);
  });
});
