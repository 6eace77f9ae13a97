/** `model.onnx` in onnxruntime gives the service's predictions from raw columns. */
import * as ort from 'onnxruntime-web';
import { describe, expect, it } from 'vitest';
import { readCsv } from '../../../src/data/csv-dataset.ts';
import { ensembleModel } from '../../../src/models/ensemble-model.ts';
import type { Model } from '../../../src/models/model.ts';
import { type OnnxOptions, onnxModel } from '../../../src/models/onnx/onnx.ts';
import { createModelPredictor } from '../../../src/models/predict.ts';
import type { Prediction, RawRow } from '../../../src/models/predictions.ts';
import { hiddenActivations } from '../../../src/nn/model/activations.ts';
import {
  mixedDataset,
  mixedReading,
  mixedRows,
  modelSettings,
  modelTaskDataset,
  modelTasks,
  trainedModel,
  withoutTarget,
} from '../../support/models.ts';
import { type OnnxRuntime, onnxRuntimes } from '../../support/onnx-runtimes.ts';

/** The inputs of a graph: a tensor for every column. */
function feedsOf(
  { columns }: Model,
  rows: readonly RawRow[],
  { Tensor }: Pick<OnnxRuntime, 'Tensor'> = ort,
): Record<string, ort.Tensor> {
  const dims = [rows.length, 1];
  return Object.fromEntries(
    columns.map(({ name, type }) => [
      name,
      type === 'number'
        ? new Tensor(
            'float32',
            Float32Array.from(rows, (row) => Number(row[name] ?? Number.NaN)),
            dims,
          )
        : new Tensor(
            'string',
            rows.map((row) => String(row[name] ?? '')),
            dims,
          ),
    ]),
  );
}

interface Answers {
  readonly labels: readonly string[];
  /** Probabilities row by row, or values. */
  readonly numbers: readonly number[];
}

interface Loaded {
  readonly runtime: OnnxRuntime;
  readonly session: ort.InferenceSession;
}

async function answered({ runtime, session }: Loaded, model: Model, rows: readonly RawRow[]): Promise<Answers> {
  const results = await session.run(feedsOf(model, rows, runtime));
  const numbers = results['probabilities'] ?? results['variable'];
  return {
    labels: (results['label']?.data ?? []) as unknown as string[],
    numbers: Array.from(numbers!.data as Float32Array),
  };
}

async function oneByOne(loaded: Loaded, model: Model, rows: readonly RawRow[]): Promise<Answers> {
  const each: Answers[] = [];
  for (const row of rows) each.push(await answered(loaded, model, [row]));
  return { labels: each.flatMap(({ labels }) => labels), numbers: each.flatMap(({ numbers }) => numbers) };
}

function expected(model: Model, rows: readonly RawRow[]): Answers {
  const { predictions, errors } = createModelPredictor(model).rows(rows);
  expect(errors).toEqual([]);
  const classes = predictions.filter(
    (one): one is Extract<Prediction, { label: string }> => one !== null && 'label' in one,
  );
  const values = predictions.filter(
    (one): one is Extract<Prediction, { value: number }> => one !== null && 'value' in one,
  );
  return {
    labels: classes.map(({ label }) => label),
    numbers: [
      ...classes.flatMap(({ probabilities }) => model.classes.map((name) => probabilities[name]!)),
      ...values.map(({ value }) => value),
    ],
  };
}

/** The largest relative difference. */
function difference(a: readonly number[], b: readonly number[]): number {
  expect(a).toHaveLength(b.length);
  return a.reduce((most, one, i) => (one === b[i] ? most : Math.max(most, Math.abs(one - b[i]!) / Math.abs(b[i]!))), 0);
}

const TOLERANCE = 1e-5;

/** A single row needs another shape of every tensor, and no other rows than these show whether that works. */
const ONE_BY_ONE = 60;

async function expectSame(model: Model, rows: readonly RawRow[], options: OnnxOptions = {}): Promise<void> {
  const wanted = expected(model, rows);
  const first = rows.slice(0, ONE_BY_ONE);
  const wantedOfFirst = expected(model, first);
  const file = onnxModel(model, options);
  for (const runtime of onnxRuntimes) {
    const loaded = { runtime, session: await runtime.InferenceSession.create(file) };
    for (const [got, right] of [
      [await answered(loaded, model, rows), wanted],
      [await oneByOne(loaded, model, first), wantedOfFirst],
    ] as const) {
      expect(got.labels).toEqual(right.labels);
      expect(difference(got.numbers, right.numbers)).toBeLessThan(TOLERANCE);
    }
    await loaded.session.release();
  }
}

describe.each(modelTasks)('1,000 rows at once, and some one by one: $what', (task) => {
  const read = modelTaskDataset(task);
  const rows = withoutTarget(task.rows(1_000, 8));
  it.each(modelSettings)('$activation, $preprocessing, batch norm: $batchNorm', async (settings) => {
    await expectSame(trainedModel(read, { ...settings, loss: task.loss }).model, rows);
  });
  it('several members', async () => {
    const validation = { type: 'kFold', folds: 3 } as const;
    await expectSame(
      trainedModel(read, { loss: task.loss, learningRate: 1e-3 }, { validation, divergence: false }).model,
      rows,
    );
  });
});

it.each(modelSettings.filter(({ batchNorm, preprocessing }) => batchNorm && preprocessing === 'standardize'))(
  'batch norm folded into the weights: $activation',
  async (settings) => {
    for (const task of modelTasks) {
      const { model } = trainedModel(modelTaskDataset(task), { ...settings, loss: task.loss });
      await expectSame(model, withoutTarget(task.rows(300, 8)), { foldsBatchNorm: true });
      // Two operators fewer for every normalized layer, whose scale and shift are in none of the constants.
      expect(onnxModel(model, { foldsBatchNorm: true }).length).toBeLessThan(onnxModel(model).length);
    }
  },
);

it('an ensemble of networks with one output and with two', async () => {
  const read = modelTaskDataset(modelTasks[1]);
  const models = (['softmaxCrossEntropy', 'binaryCrossEntropy'] as const).map(
    (loss) => trainedModel(read, { loss }).model,
  );
  const weights = [0.3, 0.7];
  const mixed = ensembleModel(models.map((model, m) => ({ model, weight: weights[m]! })));
  await expectSame(mixed, withoutTarget(modelTasks[1].rows(300, 8)));
});

/** The least normal float32 number; below it probabilities have fewer digits. */
const LEAST = 2 ** -126;

/** The largest relative difference of a probability, divided by the largest |ln p| of its row: the size of the outputs that it comes from. */
function differenceOfConfident(a: readonly number[], b: readonly number[], classes: number): number {
  expect(a).toHaveLength(b.length);
  return a.reduce((most, one, i) => {
    const row = b.slice(i - (i % classes), i - (i % classes) + classes);
    const size = Math.max(1, -Math.log(Math.max(Math.min(...row), Number.MIN_VALUE)));
    return Math.max(most, Math.abs(one - b[i]!) / Math.max(b[i]!, LEAST) / size);
  }, 0);
}

it.each(modelTasks.slice(0, 2))('networks that are sure of most rows: $what', async (task) => {
  const read = modelTaskDataset(task);
  const rows = withoutTarget(task.rows(1_000, 8));
  const settings = { loss: task.loss, preprocessing: 'standardize', initializer: 'he', epochs: 300 } as const;
  let least = 1;
  for (const activation of hiddenActivations) {
    const { model } = trainedModel(read, { ...settings, activation });
    const wanted = expected(model, rows);
    for (const runtime of onnxRuntimes) {
      const session = await runtime.InferenceSession.create(onnxModel(model));
      const got = await answered({ runtime, session }, model, rows);
      expect(got.labels).toEqual(wanted.labels);
      expect(differenceOfConfident(got.numbers, wanted.numbers, model.classes.length)).toBeLessThan(TOLERANCE);
      await session.release();
    }
    least = Math.min(least, ...wanted.numbers);
  }
  expect(least).toBeLessThan(1e-60);
});

describe('the inputs and outputs of the graph', () => {
  const { model } = trainedModel(mixedDataset('classification'), { epochs: 1 });

  it('are the columns by name; label and probabilities', async () => {
    const session = await ort.InferenceSession.create(onnxModel(model));
    expect(session.inputNames).toEqual(['age', 'height', 'color', 'size']);
    expect(session.outputNames).toEqual(['label', 'probabilities']);
    const { label, probabilities } = await session.run(feedsOf(model, withoutTarget(mixedRows(3, 'classification'))));
    expect([label!.type, label!.dims]).toEqual(['string', [3]]);
    expect([probabilities!.type, probabilities!.dims]).toEqual(['float32', [3, 3]]);
  });

  it('have distinct names where a column has the name of an output, or of a tensor inside', async () => {
    const names: Readonly<Record<string, string>> = {
      age: 'label',
      height: 'cast_7',
      color: 'probabilities',
      size: 'a b, "c"\nü',
    };
    const renamed = { ...model, columns: model.columns.map((column) => ({ ...column, name: names[column.name]! })) };
    const rows = withoutTarget(mixedRows(50, 'classification')).map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, cell]) => [names[name]!, cell])),
    );
    const session = await ort.InferenceSession.create(onnxModel(renamed));
    expect(session.outputNames).toEqual(['label_', 'probabilities_']);
    const results = await session.run(feedsOf(renamed, rows));
    expect(results['label_']!.data).toEqual(expected(renamed, rows).labels);
  });

  it('take what training rows did not have: unknown categories, markers of missing values', async () => {
    const rows: RawRow[] = [
      { age: 1e6, height: 0, color: 'violet', size: '9' },
      { age: null, height: 2, color: 'NA', size: '1' },
      { age: 30, height: 2, color: 'none', size: '1' },
    ];
    await expectSame(model, rows);
  });

  it('merge categories that have none of their own', async () => {
    const line = (i: number) => `w${i < 400 ? i % 100 : i},${i % 7},${i % 2}`;
    const text = ['a,b,t', ...Array.from({ length: 500 }, (_, i) => line(i))].join('\n');
    const reading = { ...mixedReading, category: [], frequent: ['a'] };
    const read = readCsv(text, { ...reading, name: 'frequent' });
    const frequent = trainedModel(read, {}, { reading }).model;
    await expectSame(frequent, [
      { a: 'w3', b: 1 },
      { a: 'w499', b: 1 },
      { a: 'new', b: 2 },
    ]);
  });

  it('are those of a single category, number or column too', async () => {
    const text = ['b,t', ...Array.from({ length: 30 }, (_, i) => `${i},${(i * 7) % 11}`)].join('\n');
    const read = readCsv(text, { ...mixedReading, category: [], name: 'one', task: 'regression' });
    const one = trainedModel(read, { hiddenUnits: [], epochs: 2 }).model;
    await expectSame(one, [{ b: 1 }, { b: 20 }]);
  });
});
