/**
 * Metrics of outputs against true values. Outputs are dense, rows×C; a single output decides between two classes by its sign. A metric that is
 * undefined or not finite is NaN.
 */
import type { Direction } from '../../algorithms/objective.ts';
import type { FloatArray } from '../kernels/kernels.ts';
import type { Loss } from '../model/network.ts';

export type ClassificationMetric = 'accuracy' | 'macroF1' | 'rocAuc';
export type RegressionMetric = 'rmse' | 'mae' | 'r2';
export type Metric = ClassificationMetric | RegressionMetric;

/** The metric by which epochs are compared. */
export interface Objective {
  readonly metric: Metric | 'loss';
  readonly direction: Direction;
}

/** The metric measured after every epoch besides the loss: that of the objective, or the usual one. */
export function measuredMetric(loss: Loss, objective: Objective | undefined): Metric {
  if (objective !== undefined && objective.metric !== 'loss') return objective.metric;
  return loss === 'meanSquaredError' ? 'rmse' : 'accuracy';
}

/** Sums over the rows of an epoch; the object is reused. */
export interface Totals {
  rows: number;
  /** Σ over the rows of the data loss */
  loss: number;
  /** Correct rows; classification only. */
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

/** Root mean squared error in original units of the target; `targetScale` is the scale of y. */
function rmse(totals: Totals, targetScale: number): number {
  return Math.sqrt(meanLoss(totals)) * targetScale;
}

/** The predicted class of row i: the first of the largest outputs, or −1 if all outputs are NaN. */
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
 * Macro F1: the unweighted mean over the classes of F1 = 2·hits / (rows of the class + rows predicted as it). Classes that neither occur nor
 * are predicted do not count.
 */
export function macroF1(outputs: FloatArray, labels: Int32Array): number {
  const C = outputs.length / labels.length;
  const classes = Math.max(C, 2);
  const hits = new Float64Array(classes);
  const seen = new Float64Array(classes); // rows of the class plus rows predicted as it
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
 * The area under the ROC curve for two classes: the share of pairs of rows of class 1 and class 0 in which the former has the larger score, ties
 * counting half (Mann & Whitney 1947), computed from ranks. NaN for more classes, if a class has no rows, and if a score is NaN.
 */
export function rocAuc(outputs: FloatArray, labels: Int32Array): number {
  const C = outputs.length / labels.length;
  if (C > 2) return Number.NaN;
  const score = (i: number) => (C === 1 ? outputs[i]! : outputs[2 * i + 1]! - outputs[2 * i]!);
  const scores = Float64Array.from(labels, (_label, i) => score(i));
  if (scores.some(Number.isNaN)) return Number.NaN;
  const order = Uint32Array.from(labels, (_label, i) => i).sort((a, b) => scores[a]! - scores[b]!);
  let positives = 0;
  let ranks = 0; // Σ over the rows of class 1 of their rank from 1; ties have their mean rank
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

/** R² = 1 − Σ (output − target)² / Σ (target − mean)²: 0 for always predicting the mean. NaN if all targets are equal. */
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

/** Evaluated rows: sums, outputs, and true values: class indices (Int32Array) or targets. */
export interface Answers {
  readonly totals: Totals;
  readonly outputs: FloatArray;
  readonly y: Int32Array | FloatArray;
  /** The scale of y: one unit in original units of the target. */
  readonly targetScale: number;
}

/** Accuracy and RMSE only need the sums; other metrics need the outputs. */
export function needsOutputs(metric: Metric): boolean {
  return metric !== 'accuracy' && metric !== 'rmse';
}

/** NaN for a metric of the other task. */
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

/** The loss and all metrics of the task. */
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
