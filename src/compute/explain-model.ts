/**
 * What a model predicts for rows that its members were not trained on, and how important its columns are there: validation rows, each predicted by the
 * members whose folds held it out, or test rows for a model that was trained on all others.
 */
import type { Direction } from '../algorithms/objective.ts';
import type { Dataset } from '../data/dataset.ts';
import { foldsOf, testRowsOf, type Validation } from '../data/folds.ts';
import { portableOutputs } from '../models/evaluate.ts';
import type { Member, Model } from '../models/model.ts';
import { predictInputs } from '../models/numbers.ts';
import {
  type ColumnImportance,
  IMPORTANCE_REPEATS,
  type MeasuredBy,
  permutationImportance,
  type ScoredRows,
} from '../models/permutation-importance.ts';
import type { MemberOutputs } from '../models/predictions.ts';
import type { ScoredMetric, TrueValues } from '../models/scores.ts';
import { testScore } from '../models/test-evaluation.ts';
import { Interrupted } from '../nn/training/train.ts';
import type { NamedKernels, RunConditions } from './fold-run.ts';
import { compileKernels, instantiateKernels } from './kernels.ts';
import { fastestOf } from './kernels-names.ts';
import { kernelOutputs } from './model-outputs.ts';
import { numbersOf, type PredictedRows } from './out-of-fold.ts';
import type { RunOptions } from './trial.ts';

export interface ExplainTask {
  readonly model: Model;
  readonly dataset: Dataset;
  readonly validation: Validation;
  /** That of the search. */
  readonly seed: number;
  /** The split of the members' trials (data/folds.ts). */
  readonly split?: number | undefined;
  readonly metric: ScoredMetric;
  readonly direction: Direction;
}

type Measure = 'value' | 'loss' | 'accuracy';

export interface Importance {
  readonly on: 'validation' | 'test';
  /** How many rows were shuffled, of all folds. */
  readonly rows: number;
  readonly repeats: number;
  readonly columns: readonly ColumnImportance<Measure>[];
}

export interface Explained {
  /** All validation rows, fold by fold; undefined for a model that was trained on them. */
  readonly outOfFold: PredictedRows | undefined;
  /** Or why it cannot be known. */
  readonly importance: Importance | { readonly unavailable: string };
}

/** Explains models in a thread. */
export interface ModelExplainer {
  explainModel(task: ExplainTask, options?: Pick<RunOptions, 'signal' | 'limitSeconds'>): Promise<Explained>;
}

/** The most rows of a fold that are shuffled, and the fewest of which importance says something. */
const ROWS = { most: 1000, fewest: 30 };
/** How many multiplications importance may cost; some seconds. */
const MAX_MULTIPLICATIONS = 4e10;
const NO_ROWS =
  'it was trained on all rows, so there are none on which to measure it; a search with test rows has some';
const TOO_LARGE = 'the model has too many columns, weights and networks for it';

/** Members that predict the same rows. */
interface Held {
  readonly rows: Uint32Array;
  readonly members: readonly Member[];
}

export function explainModel(
  task: ExplainTask,
  own: NamedKernels,
  { interrupted }: Pick<RunConditions, 'interrupted'>,
): Explained {
  const { model, dataset, validation, seed } = task;
  const isRefit = model.members.every(({ fold }) => fold === null);
  const testRows = testRowsOf(dataset, validation, seed);
  if (isRefit && testRows.length === 0) return { outOfFold: undefined, importance: { unavailable: NO_ROWS } };
  const held = isRefit ? [{ rows: testRows, members: model.members }] : heldOut(task);
  const scored = held.map((part) => scoredRows(task, part, own));
  const outOfFold = isRefit || testRows.length > 0 ? undefined : predictedBy(held, scored);
  const most = mostRows(model, held);
  if (most < ROWS.fewest) return { outOfFold, importance: { unavailable: TOO_LARGE } };
  const some = held.map((part) => scoredRows(task, { ...part, rows: evenly(part.rows, most) }, own));
  const steps = permutationImportance(model, some, measuresOf(task), seed);
  for (let next = steps.next(); ; next = steps.next()) {
    if (interrupted()) throw new Interrupted();
    if (!next.done) continue;
    const rows = some.reduce((sum, { truth }) => sum + truth.length, 0);
    const on = isRefit ? 'test' : 'validation';
    return { outOfFold, importance: { on, rows, repeats: IMPORTANCE_REPEATS, columns: next.value } };
  }
}

/** By fold the members that were not trained on its validation rows; their weights sum to 1. */
function heldOut({ model, dataset, validation, seed, split }: ExplainTask): Held[] {
  return foldsOf(dataset, validation, seed, split).flatMap(({ validationRows: rows }, f) => {
    const members = model.members.filter(({ fold }) => fold === f);
    const weight = members.reduce((sum, member) => sum + member.weight, 0);
    return members.length === 0
      ? []
      : [{ rows, members: members.map((member) => ({ ...member, weight: member.weight / weight })) }];
  });
}

function scoredRows({ model, dataset }: ExplainTask, { rows, members }: Held, own: NamedKernels): ScoredRows {
  const part = { ...model, members };
  const { features, y, task } = dataset;
  const x = new Float64Array(rows.length * features);
  rows.forEach((row, i) => {
    x.set(dataset.x.subarray(row * features, (row + 1) * features), i * features);
  });
  const truth: TrueValues =
    task === 'classification' ? Int32Array.from(rows, (row) => y[row]!) : Float64Array.from(rows, (row) => y[row]!);
  return {
    x,
    truth,
    open: () => {
      const outputs = outputsOf(part, own);
      return (inputs) => numbersOf(predictInputs(part, outputs, inputs, rows.length));
    },
  };
}

/** On kernels, if all members were trained by the same family. */
function outputsOf(model: Pick<Model, 'members'>, own: NamedKernels): MemberOutputs {
  const families = new Set(model.members.map(({ kernels }) => kernels));
  const [family] = families;
  if (family === undefined || families.size > 1) return portableOutputs(model);
  const kernels = family === own.name ? own.kernels : instantiateKernels(compileKernels(fastestOf[family]));
  return kernelOutputs(model, kernels);
}

function predictedBy(held: readonly Held[], scored: readonly ScoredRows[]): PredictedRows {
  return {
    rows: Uint32Array.from(held.flatMap(({ rows }) => [...rows])),
    predictions: Float64Array.from(scored.flatMap(({ x, open }) => [...open()(x)])),
  };
}

/** Of a fold, so that all columns and repetitions cost no more than is allowed. */
function mostRows({ columns }: Model, held: readonly Held[]): number {
  const multiplications = held.reduce(
    (sum, { members }) =>
      sum + members.reduce((all, { layers }) => all + layers.reduce((own, l) => own + l.inputs * l.columns, 0), 0),
    0,
  );
  return Math.min(ROWS.most, Math.floor(MAX_MULTIPLICATIONS / (multiplications * columns.length * IMPORTANCE_REPEATS)));
}

/** At most `most` of the rows, at even distances. */
function evenly(rows: Uint32Array, most: number): Uint32Array {
  const every = Math.ceil(rows.length / most);
  return rows.filter((_, i) => i % every === 0);
}

/** In the units of the search's metric; of classes also the loss and the accuracy. */
function measuresOf({ model, metric, direction }: ExplainTask): Record<Measure, MeasuredBy> {
  const { members, task } = model;
  const squaredScale = members.reduce((sum, { weight, target }) => sum + weight * target.scale ** 2, 0);
  const by = (of: ScoredMetric, better: Direction): MeasuredBy => ({
    direction: better,
    score: (predictions, truth) => testScore(of, predictions, truth, squaredScale),
  });
  return {
    value: by(metric, direction),
    loss: by('loss', 'minimize'),
    accuracy: task === 'classification' ? by('accuracy', 'maximize') : { direction, score: () => Number.NaN },
  };
}
