/** Predicts from cells: reading, preprocessing, the member networks, and their mean. Also the code of `predict.mjs`. */
import { scaledValue, unscaledTarget } from '../data/scaling.ts';
import { exp, sigmoid } from '../exact-math.ts';
import { predictedClass } from '../nn/training/metrics.ts';
import { countInputs } from './cells.ts';
import { portableOutputs } from './evaluate.ts';
import type { Member, Model } from './model.ts';
import type { MemberOutputs, Prediction, Predictions } from './predictions.ts';
import { type Cells, cellReader, checkRows, createProblems } from './read-cells.ts';

export type Predict = (cells: Cells) => Predictions;

/** Rows computed at once, so that memory does not grow with the number of rows. The bits of a row do not depend on it. */
export const ROWS_AT_ONCE = 1024;

const NOT_FINITE = 'the output of the network is not a finite number for these values';

/** `outputs` are those of the model's members, by default computed in plain JavaScript; faster ones must have the same bits. */
export function createPredictor(model: Model, outputs: MemberOutputs = portableOutputs(model)): Predict {
  const readerOf = cellReader(model);
  return (cells) => {
    checkRows(cells.rows);
    const problems = createProblems();
    const reader = readerOf(cells, problems);
    const predictions: (Prediction | null)[] = [];
    for (let start = 0; start < cells.rows; start += ROWS_AT_ONCE) {
      const count = Math.min(ROWS_AT_ONCE, cells.rows - start);
      const x = reader.read(start, count);
      const predictionOf = predictInputs(model, outputs, x, count);
      for (let row = start; row < start + count; row++) {
        const prediction = problems.has(row) ? null : predictionOf(row - start);
        if (prediction === undefined) problems.add(row, cells.path(row, undefined), NOT_FINITE);
        predictions.push(prediction ?? null);
      }
    }
    return { predictions, errors: problems.first(), failed: problems.count, warnings: reader.warnings() };
  };
}

/** The predictions for inputs before preprocessing (rows × inputs), row by row; undefined where they are not finite. */
export function predictInputs(
  model: Model,
  outputs: MemberOutputs,
  x: Float64Array,
  rows: number,
): (row: number) => Prediction | undefined {
  const inputs = countInputs(model);
  return fromOutputs(
    model,
    model.members.map((member, m) => outputs(m, scaledRows(x, inputs, member), rows)),
  );
}

/** The predictions of a model from the outputs of its members, row by row; undefined where they are not finite. */
export function fromOutputs(model: Model, each: readonly Float32Array[]): (row: number) => Prediction | undefined {
  return model.task === 'classification' ? classesOf(model, each) : valuesOf(model, each);
}

/** The preprocessed rows of a member, rounded to float32. */
function scaledRows(x: Float64Array, inputs: number, { preprocessing }: Member): Float32Array {
  const scaled = new Float32Array(x.length);
  for (let start = 0; start < x.length; start += inputs) {
    for (let k = 0; k < inputs; k++) scaled[start + k] = scaledValue(x[start + k]!, preprocessing, k);
  }
  return scaled;
}

/** The weighted mean of the members' values, and their weighted standard deviation. */
function meanOf(members: readonly Member[], values: readonly number[]): { mean: number; spread: number | null } {
  if (members.length === 1) return { mean: values[0]!, spread: null };
  let mean = 0;
  for (let m = 0; m < members.length; m++) mean += members[m]!.weight * values[m]!;
  let squares = 0;
  for (let m = 0; m < members.length; m++) squares += members[m]!.weight * (values[m]! - mean) ** 2;
  return { mean, spread: Math.sqrt(squares) };
}

type PredictionOf = (row: number) => Prediction | undefined;

function valuesOf({ members }: Model, each: readonly Float32Array[]): PredictionOf {
  return (row) => {
    const values = members.map(({ target }, m) => unscaledTarget(each[m]![row]!, target.scale, target.offset));
    const { mean, spread } = meanOf(members, values);
    return Number.isFinite(mean) ? { value: mean, spread } : undefined;
  };
}

function classesOf({ members, classes }: Model, each: readonly Float32Array[]): PredictionOf {
  const widths = members.map(({ outputs }) => (outputs === 'sigmoid' ? 1 : classes.length));
  const byClass = (probabilities: readonly number[]) =>
    Object.fromEntries(classes.map((name, c) => [name, probabilities[c]!]));
  return (row) => {
    const [own, ...others] = each.map((outputs, m) => probabilitiesAt(outputs, row * widths[m]!, widths[m]!));
    if (others.length === 0) {
      if (!own!.every(Number.isFinite)) return undefined;
      return { label: classes[decidedAt(each[0]!, row, widths[0]!)]!, probabilities: byClass(own!), spread: null };
    }
    const mixed = own!.map((first, c) => meanOf(members, [first, ...others.map((probabilities) => probabilities[c]!)]));
    const probabilities = mixed.map(({ mean }) => mean);
    if (!probabilities.every(Number.isFinite)) return undefined;
    const best = greatestOf(probabilities);
    return { label: classes[best]!, probabilities: byClass(probabilities), spread: mixed[best]!.spread };
  };
}

/** As in training: different outputs may have equal probabilities. */
function decidedAt(outputs: Float32Array, row: number, C: number): number {
  return predictedClass(outputs.subarray(row * C, (row + 1) * C), 0, C);
}

/** The first of the greatest. */
function greatestOf(numbers: readonly number[]): number {
  let best = 0;
  for (let i = 1; i < numbers.length; i++) if (numbers[i]! > numbers[best]!) best = i;
  return best;
}

function probabilitiesAt(outputs: Float32Array, start: number, C: number): number[] {
  return C === 1 ? [sigmoid(-outputs[start]!), sigmoid(outputs[start]!)] : softmaxAt(outputs, start, C);
}

/** e^(o − max) / Σ e^(o − max), in float64. */
function softmaxAt(outputs: Float32Array, start: number, C: number): number[] {
  let greatest = Number.NEGATIVE_INFINITY;
  for (let j = start; j < start + C; j++) greatest = Math.max(greatest, outputs[j]!);
  const powers: number[] = [];
  let sum = 0;
  for (let j = start; j < start + C; j++) {
    const power = exp(outputs[j]! - greatest);
    powers.push(power);
    sum += power;
  }
  return powers.map((power) => power / sum);
}
