/** Predictions as numbers, many rows at once: preprocessing, the member networks, their probabilities, and the mean of the members. */
import { scaledValue, unscaledTarget } from '../data/scaling.ts';
import { exp, sigmoid } from '../exact-math.ts';
import { predictedClass } from '../nn/training/metrics.ts';
import { countInputs } from './cells.ts';
import type { Member, Model } from './model.ts';
import type { MemberOutputs } from './predictions.ts';

export interface PredictedNumbers {
  /** Probabilities (rows × classes), or a value a row in the units of the target. */
  readonly numbers: Float64Array;
  /** The index of the predicted class, 0 for values; −1 for a row without a prediction, since an output is not finite. */
  readonly chosen: Int32Array;
  /** The standard deviation between members, of the predicted class's probability or of the value; undefined for a single member. */
  readonly spreads: Float64Array | undefined;
}

/** How many numbers predict a row. */
export function widthOf({ classes }: Pick<Model, 'classes'>): number {
  return Math.max(classes.length, 1);
}

export function emptyNumbers(model: Pick<Model, 'classes' | 'members'>, rows: number): PredictedNumbers {
  return {
    numbers: new Float64Array(rows * widthOf(model)),
    chosen: new Int32Array(rows),
    spreads: model.members.length > 1 ? new Float64Array(rows) : undefined,
  };
}

/** The predictions for inputs before preprocessing (rows × inputs). */
export function predictInputs(model: Model, outputs: MemberOutputs, x: Float64Array, rows: number): PredictedNumbers {
  const inputs = countInputs(model);
  return fromOutputs(
    model,
    model.members.map((member, m) => outputs(m, scaledRows(x, inputs, member), rows)),
    rows,
  );
}

/** The preprocessed rows of a member, rounded to float32. */
function scaledRows(x: Float64Array, inputs: number, { preprocessing }: Member): Float32Array {
  const { fill, offset, scale } = preprocessing;
  // Typed arrays are read faster than the lists of JSON.
  const scaling = { fill: Float64Array.from(fill), offset: Float64Array.from(offset), scale: Float64Array.from(scale) };
  const scaled = new Float32Array(x.length);
  for (let start = 0; start < x.length; start += inputs) {
    for (let k = 0; k < inputs; k++) scaled[start + k] = scaledValue(x[start + k]!, scaling, k);
  }
  return scaled;
}

/** The predictions of a model from the float32 outputs of each of its members. */
export function fromOutputs(model: Model, each: readonly Float32Array[], rows: number): PredictedNumbers {
  const C = widthOf(model);
  const { members, task } = model;
  const own = members.map((member, m) =>
    task === 'classification' ? probabilities(each[m]!, member, C) : values(each[m]!, member),
  );
  const [first] = own;
  const mean = own.length === 1 ? first! : weightedMean(members, own);
  const chosen = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    if (!allFinite(mean, row * C, C)) chosen[row] = -1;
    else if (task === 'classification') {
      // As in training, the outputs of a single network decide: different outputs may have equal probabilities.
      const isSigmoid = members[0]!.outputs === 'sigmoid';
      chosen[row] = own.length > 1 ? predictedClass(mean, row, C) : predictedClass(each[0]!, row, isSigmoid ? 1 : C);
    }
  }
  return { numbers: mean, chosen, spreads: own.length === 1 ? undefined : spreadsOf(members, own, mean, chosen, C) };
}

function allFinite(numbers: Float64Array, start: number, count: number): boolean {
  for (let i = start; i < start + count; i++) if (!Number.isFinite(numbers[i]!)) return false;
  return true;
}

function values(outputs: Float32Array, { target }: Member): Float64Array {
  return Float64Array.from(outputs, (output) => unscaledTarget(output, target.scale, target.offset));
}

/** rows × classes: the softmax e^(o − max) / Σ e^(o − max) in float64, or σ(−o) and σ(o) of a single output. */
function probabilities(outputs: Float32Array, member: Member, C: number): Float64Array {
  if (member.outputs === 'sigmoid') {
    const both = new Float64Array(2 * outputs.length);
    for (let row = 0; row < outputs.length; row++) {
      both[2 * row] = sigmoid(-outputs[row]!);
      both[2 * row + 1] = sigmoid(outputs[row]!);
    }
    return both;
  }
  const all = new Float64Array(outputs.length);
  for (let start = 0; start < outputs.length; start += C) {
    let greatest = Number.NEGATIVE_INFINITY;
    for (let j = start; j < start + C; j++) greatest = Math.max(greatest, outputs[j]!);
    let sum = 0;
    for (let j = start; j < start + C; j++) {
      all[j] = exp(outputs[j]! - greatest);
      sum += all[j]!;
    }
    for (let j = start; j < start + C; j++) all[j]! /= sum;
  }
  return all;
}

function weightedMean(members: readonly Member[], own: readonly Float64Array[]): Float64Array {
  const mean = new Float64Array(own[0]!.length);
  for (let m = 0; m < members.length; m++) {
    const { weight } = members[m]!;
    const numbers = own[m]!;
    for (let i = 0; i < mean.length; i++) mean[i]! += weight * numbers[i]!;
  }
  return mean;
}

/** The weighted standard deviation of the members' numbers for what is predicted. */
function spreadsOf(
  members: readonly Member[],
  own: readonly Float64Array[],
  mean: Float64Array,
  chosen: Int32Array,
  C: number,
): Float64Array {
  return Float64Array.from(chosen, (index, row) => {
    if (index < 0) return Number.NaN;
    const at = row * C + index;
    let squares = 0;
    for (let m = 0; m < members.length; m++) squares += members[m]!.weight * (own[m]![at]! - mean[at]!) ** 2;
    return Math.sqrt(squares);
  });
}
