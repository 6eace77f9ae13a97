/** `model.onnx` in onnxruntime gives the service's predictions from raw columns. */
import * as ort from 'onnxruntime-web';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Model } from '../../../src/models/model.ts';
import { onnxModel } from '../../../src/models/onnx/onnx.ts';
import { createModelPredictor } from '../../../src/models/predict.ts';
import type { Prediction, RawRow } from '../../../src/models/predictions.ts';
import { modelSettings, modelTaskDataset, modelTasks, trainedModel, withoutTarget } from '../../support/models.ts';

beforeAll(() => {
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'error';
});

/** The inputs of a graph: a tensor for every column. */
function feedsOf({ columns }: Model, rows: readonly RawRow[]): Record<string, ort.Tensor> {
  const dims = [rows.length, 1];
  return Object.fromEntries(
    columns.map(({ name, type }) => [
      name,
      type === 'number'
        ? new ort.Tensor(
            'float32',
            Float32Array.from(rows, (row) => Number(row[name] ?? Number.NaN)),
            dims,
          )
        : new ort.Tensor(
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

async function answered(session: ort.InferenceSession, model: Model, rows: readonly RawRow[]): Promise<Answers> {
  const results = await session.run(feedsOf(model, rows));
  const numbers = results['probabilities'] ?? results['variable'];
  return {
    labels: (results['label']?.data ?? []) as unknown as string[],
    numbers: Array.from(numbers!.data as Float32Array),
  };
}

async function batched(session: ort.InferenceSession, model: Model, rows: readonly RawRow[]): Promise<Answers> {
  const each: Answers[] = [];
  for (const row of rows) each.push(await answered(session, model, [row]));
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
    numbers: [...classes.flatMap(({ probabilities }) => probabilities), ...values.map(({ value }) => value)],
  };
}

/** The largest relative difference; float32 results below 1e-30 count as 0. */
function difference(a: readonly number[], b: readonly number[]): number {
  expect(a).toHaveLength(b.length);
  return a.reduce((most, one, i) => Math.max(most, Math.abs(one - b[i]!) / Math.max(Math.abs(b[i]!), 1e-30)), 0);
}

const TOLERANCE = 1e-5;

async function expectSame(model: Model, rows: readonly RawRow[]): Promise<void> {
  const session = await ort.InferenceSession.create(onnxModel(model));
  const wanted = expected(model, rows);
  const whole = await answered(session, model, rows);
  expect(whole.labels).toEqual(wanted.labels);
  expect(difference(whole.numbers, wanted.numbers)).toBeLessThan(TOLERANCE);
  const single = await batched(session, model, rows);
  expect(single.labels).toEqual(wanted.labels);
  expect(difference(single.numbers, wanted.numbers)).toBeLessThan(TOLERANCE);
  await session.release();
}

describe.each(modelTasks)('1,000 rows at once and one by one: $what', (task) => {
  const read = modelTaskDataset(task);
  const rows = withoutTarget(task.rows(1_000, 8));
  it.each(modelSettings)('$activation, $preprocessing, batch norm: $batchNorm', async (settings) => {
    await expectSame(trainedModel(read, { ...settings, loss: task.loss }).model, rows);
  });
  it('several members', async () => {
    const validation = { type: 'kFold', folds: 3 } as const;
    await expectSame(trainedModel(read, { loss: task.loss }, { validation }).model, rows);
  });
});
