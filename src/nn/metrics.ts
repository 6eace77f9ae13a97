/**
 * What a person reads: how good the outputs are, by their rows and the truth. Outputs are dense, rows×C; one output decides
 * between two classes by its sign. A metric that is not defined, or not finite, is NaN.
 */
import type { Direction } from '../objective.ts';
import type { FloatArray } from './kernels.ts';
import type { Loss } from './network.ts';

export type ClassificationMetric = 'accuracy' | 'macroF1' | 'rocAuc';
export type RegressionMetric = 'rmse' | 'mae' | 'r2';
export type Metric = ClassificationMetric | RegressionMetric;

/** What training is for: the number by which epochs are compared. */
export interface Objective {
  readonly metric: Metric | 'loss';
  readonly direction: Direction;
}

/** What is measured after every epoch, beside the loss: the objective's metric, or what people expect to see. */
export function measuredMetric(loss: Loss, objective: Objective | undefined): Metric {
  if (objective !== undefined && objective.metric !== 'loss') return objective.metric;
  return loss === 'meanSquaredError' ? 'rmse' : 'accuracy';
}

/** Sums over rows from which an epoch's means are taken; one object, filled again and again. */
export interface Totals {
  rows: number;
  /** Σ over the rows of the data loss */
  loss: number;
  /** Rows answered right; classification only. */
  correct: number;
}

export function clearTotals(totals: Totals): void {
  totals.rows = 0;
  totals.loss = 0;
  totals.correct = 0;
}

export function meanLoss({ rows, loss }: Totals): number {
  return loss / rows;
}

function accuracy({ rows, correct }: Totals): number {
  return correct / rows;
}

/** Root of the mean squared error, in the target's own units: `targetScale` is how many of them one unit of y stands for. */
function rmse(totals: Totals, targetScale: number): number {
  return Math.sqrt(meanLoss(totals)) * targetScale;
}

/** The class that row i is taken for: the first of the greatest outputs; −1, which is none, where no output is a number. */
export function predictedClass(outputs: FloatArray, i: number, C: number): number {
  if (C === 1) return outputs[i]! > 0 ? 1 : outputs[i]! <= 0 ? 0 : -1;
  let best = -1;
  let greatest = Number.NEGATIVE_INFINITY;
  for (let j = 0; j < C; j++) {
    if (outputs[i * C + j]! > greatest) {
      greatest = outputs[i * C + j]!;
      best = j;
    }
  }
  return best;
}

/**
 * The mean over the classes of F1 = 2·hits / (rows of the class + rows taken for it), every class alike however rare. Classes
 * that neither occur nor are predicted do not count.
 */
export function macroF1(outputs: FloatArray, labels: Int32Array): number {
  const C = outputs.length / labels.length;
  const classes = Math.max(C, 2);
  const hits = new Float64Array(classes);
  const seen = new Float64Array(classes); // rows of the class and rows taken for it
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    const predicted = predictedClass(outputs, i, C);
    seen[label]!++;
    if (predicted >= 0) seen[predicted]!++;
    if (predicted === label) hits[label]!++;
  }
  let sum = 0;
  let count = 0;
  for (let c = 0; c < classes; c++) {
    if (seen[c] === 0) continue;
    sum += (2 * hits[c]!) / seen[c]!;
    count++;
  }
  return sum / count;
}

/**
 * The area under the ROC curve of two classes: the share of pairs of a row of class 1 and one of class 0 in which the former has
 * the greater score, ties counting half (Mann & Whitney 1947), by ranks. NaN where there are more classes, where one has no row,
 * and where a score is no number.
 */
export function rocAuc(outputs: FloatArray, labels: Int32Array): number {
  const C = outputs.length / labels.length;
  if (C > 2) return Number.NaN;
  const score = (i: number) => (C === 1 ? outputs[i]! : outputs[2 * i + 1]! - outputs[2 * i]!);
  const scores = Float64Array.from(labels, (_label, i) => score(i));
  if (scores.some(Number.isNaN)) return Number.NaN;
  const order = Uint32Array.from(labels, (_label, i) => i).sort((a, b) => scores[a]! - scores[b]!);
  let positives = 0;
  let ranks = 0; // Σ over the rows of class 1 of their rank from 1; equals share the mean of theirs
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && scores[order[end]!] === scores[order[start]!]) end++;
    const rank = (start + 1 + end) / 2;
    for (let i = start; i < end; i++) {
      if (labels[order[i]!] !== 1) continue;
      positives++;
      ranks += rank;
    }
    start = end;
  }
  const pairs = positives * (labels.length - positives);
  return (ranks - (positives * (positives + 1)) / 2) / pairs;
}

/** Mean of |output − target|, in the units of both. */
export function meanAbsoluteError(outputs: FloatArray, targets: FloatArray): number {
  let sum = 0;
  for (let i = 0; i < targets.length; i++) sum += Math.abs(outputs[i]! - targets[i]!);
  return sum / targets.length;
}

/** R² = 1 − Σ (output − target)² / Σ (target − mean)²: 0 for who always says the mean. NaN where all targets are equal. */
export function determination(outputs: FloatArray, targets: FloatArray): number {
  let mean = 0;
  for (let i = 0; i < targets.length; i++) mean += targets[i]! / targets.length;
  let errors = 0;
  let spread = 0;
  for (let i = 0; i < targets.length; i++) {
    const error = outputs[i]! - targets[i]!;
    const deviation = targets[i]! - mean;
    errors += error * error;
    spread += deviation * deviation;
  }
  return spread > 0 ? 1 - errors / spread : Number.NaN;
}

/** Rows that were answered: the sums over them, their outputs, and the truth, class indices (Int32Array) or targets. */
export interface Answers {
  readonly totals: Totals;
  readonly outputs: FloatArray;
  readonly y: Int32Array | FloatArray;
  /** How many of the target's own units one unit of y stands for. */
  readonly targetScale: number;
}

/** Accuracy and RMSE come from the sums alone; the others need the outputs. */
export function needsOutputs(metric: Metric): boolean {
  return metric !== 'accuracy' && metric !== 'rmse';
}

/** NaN for a metric of the other kind of target. */
export function measure(metric: Metric, { totals, outputs, y, targetScale }: Answers): number {
  const classes = y instanceof Int32Array;
  switch (metric) {
    case 'accuracy':
      return classes ? accuracy(totals) : Number.NaN;
    case 'macroF1':
      return classes ? macroF1(outputs, y) : Number.NaN;
    case 'rocAuc':
      return classes ? rocAuc(outputs, y) : Number.NaN;
    case 'rmse':
      return classes ? Number.NaN : rmse(totals, targetScale);
    case 'mae':
      return classes ? Number.NaN : meanAbsoluteError(outputs, y) * targetScale;
    case 'r2':
      return classes ? Number.NaN : determination(outputs, y);
  }
}

/** The loss, and every metric of the kind of target. */
export type Metrics =
  | Readonly<Record<'loss' | ClassificationMetric, number>>
  | Readonly<Record<'loss' | RegressionMetric, number>>;

export function allMetrics(answers: Answers): Metrics {
  const loss = meanLoss(answers.totals);
  const of = (metric: Metric) => measure(metric, answers);
  return answers.y instanceof Int32Array
    ? { loss, accuracy: of('accuracy'), macroF1: of('macroF1'), rocAuc: of('rocAuc') }
    : { loss, rmse: of('rmse'), mae: of('mae'), r2: of('r2') };
}
