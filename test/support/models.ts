/** Models of small trials, for tests. */
import { runToCompletion } from '../../src/compute/inline-core.ts';
import { compileKernels, instantiateKernels } from '../../src/compute/kernels.ts';
import type { KernelsName } from '../../src/compute/kernels-names.ts';
import { type ModelTask, type TrainedModel, trainModel } from '../../src/compute/train-model.ts';
import type { TrialSettings, TrialTask } from '../../src/compute/trial.ts';
import { type ReadDataset, readCsv } from '../../src/data/csv-dataset.ts';
import type { Task } from '../../src/data/dataset.ts';
import { type CsvReading, firstReading } from '../../src/data/reading.ts';
import { fallbacks, settingsOf } from '../../src/domain/specification/hyperparameters.ts';
import type { RawRow } from '../../src/models/predictions.ts';
import { hiddenActivations } from '../../src/nn/model/activations.ts';
import { randomAt } from '../../src/random.ts';

const colors = ['red', 'green', 'blue', 'none'];

/** Rows with numbers, gaps, categories and spellings of numbers; the target depends on all of them. */
export function mixedRows(count: number, task: Task, seed = 1): Record<string, string | number | null>[] {
  const random = randomAt({ seed, purpose: 'probe' });
  return Array.from({ length: count }, () => {
    const age = 20 + Math.floor(60 * random.uniform());
    const height = Math.fround(1.7 + 0.1 * random.normal());
    const color = colors[Math.floor(4 * random.uniform())]!;
    const size = ['1', '2', '3'][Math.floor(3 * random.uniform())]!;
    const score = age / 20 - 12 * (height - 1.7) + colors.indexOf(color) - Number(size) + 0.3 * random.normal();
    const target = task === 'regression' ? 1000 + 50 * score : score < 1 ? 'low' : score < 3 ? 'mid' : 'high';
    return {
      age: random.uniform() < 0.1 ? null : age,
      height,
      color: random.uniform() < 0.1 ? null : color,
      size,
      target,
    };
  });
}

export function csvOf(rows: readonly RawRow[], columns = Object.keys(rows[0]!)): string {
  const lines = rows.map((row) => columns.map((name) => row[name] ?? '').join(','));
  return [columns.join(','), ...lines].join('\n');
}

export const mixedReading: CsvReading = { ...firstReading, rules: 2, missing: 'fill', category: ['size'] };

export function mixedDataset(task: Task, rows = mixedRows(120, task), reading = mixedReading): ReadDataset {
  return readCsv(csvOf(rows), { ...reading, name: 'mixed', task });
}

/** A classification of two classes, for binary cross-entropy. */
export function twoClassRows(count: number, seed = 2) {
  return mixedRows(count, 'classification', seed).map((row) => ({
    ...row,
    target: row['target'] === 'low' ? 'no' : 'yes',
  }));
}

export function taskOf(
  { dataset }: Pick<ReadDataset, 'dataset'>,
  settings: Partial<TrialSettings>,
  more: Partial<TrialTask> = {},
): TrialTask {
  const classes = dataset.task === 'classification';
  return {
    settings: {
      ...settingsOf(fallbacks, {}),
      hiddenUnits: [9, 5],
      epochs: 4,
      batchSize: 16,
      learningRate: 0.03,
      ...settings,
    },
    dataset,
    validation: { type: 'holdout', fraction: 0.25 },
    metric: classes ? 'validationAccuracy' : 'validationRmse',
    direction: classes ? 'maximize' : 'minimize',
    divergence: true,
    seed: 7,
    trial: 3,
    ...more,
  };
}

const conditions = { interrupted: () => false, memoryLimit: Number.POSITIVE_INFINITY };

export function kernelsNamed(name: KernelsName) {
  const kernels = instantiateKernels(compileKernels(name));
  return { name: kernels.name, kernels };
}

export function trainedModel(
  { dataset, inputColumns }: ReadDataset,
  settings: Partial<TrialSettings>,
  {
    name = 'simd',
    reading = mixedReading,
    refit,
    ...more
  }: Partial<TrialTask> & { name?: KernelsName; reading?: CsvReading } & Pick<ModelTask, 'refit'> = {},
): TrainedModel {
  const task = taskOf({ dataset }, settings, more);
  const run = trainModel({ task, columns: inputColumns, reading, refit }, kernelsNamed(name), conditions);
  return runToCompletion(run, () => undefined);
}

/** Every activation, task, preprocessing and with or without batch norm; `softmaxCrossEntropy` means nothing to regression. */
export const modelTasks = [
  {
    what: 'three classes',
    loss: 'softmaxCrossEntropy',
    rows: (count: number, seed?: number) => mixedRows(count, 'classification', seed),
  },
  { what: 'two classes', loss: 'binaryCrossEntropy', rows: twoClassRows },
  {
    what: 'regression',
    loss: 'softmaxCrossEntropy',
    rows: (count: number, seed?: number) => mixedRows(count, 'regression', seed),
  },
] as const;

export const modelSettings = hiddenActivations.flatMap((activation) =>
  (['none', 'center', 'standardize'] as const).flatMap((preprocessing) =>
    // Raw ages are far from 0: a large rate would diverge.
    [true, false].map((batchNorm) => ({
      activation,
      preprocessing,
      batchNorm,
      initializer: 'xavier' as const,
      learningRate: 1e-3,
      epochs: 2,
    })),
  ),
);

export function modelTaskDataset({ what, rows }: (typeof modelTasks)[number]): ReadDataset {
  return mixedDataset(what === 'regression' ? 'regression' : 'classification', rows(120, 1));
}

/** The rows without their target. */
export function withoutTarget(rows: readonly RawRow[]): RawRow[] {
  return rows.map(({ target: _, ...row }) => row);
}
