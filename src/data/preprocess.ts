/**
 * Scales features (and regression targets). Fitted on all training rows of the fold and only on these, and applied to both parts: no
 * information leaks from validation rows (invariant 9 in docs/invariants.md).
 */
import { type Dataset, isSingle } from './dataset.ts';
import type { Fold } from './folds.ts';
import { type Scaling, scaledValue } from './scaling.ts';

export type Preprocessing = 'none' | 'center' | 'standardize';

/** One preprocessed fold of a data set, in the format of nn/training/train.ts. */
export interface PreparedData {
  readonly trainX: Float32Array;
  readonly trainY: Int32Array | Float32Array;
  readonly validationX: Float32Array;
  readonly validationY: Int32Array | Float32Array;
  readonly trainRows: number;
  readonly validationRows: number;
  readonly inputs: number;
  readonly outputs: number;
  /** The scale of standardized targets: one unit of y in original units; 1 for classes. */
  readonly targetScale: number;
  /** Subtracted from the target before dividing by `targetScale`; 0 for classes. */
  readonly targetOffset: number;
  /** The scaling of the features, which an exported model needs to use raw rows. */
  readonly scaling: Scaling;
}

/**
 * Mean and standard deviation (divided by n) of a column over `rows`, in float64; missing values count as the mean of the others. A constant
 * column has deviation exactly 0. For numbers that float32 cannot represent, the rounding error of the sum may exceed their spread, so the
 * mean is corrected by the mean of the residuals; for others it is not, to keep the bits of earlier versions.
 */
function momentsOf(
  x: ArrayLike<number>,
  width: number,
  column: number,
  rows: Uint32Array,
): { mean: number; deviation: number } {
  let [sum, known, single] = [0, 0, true];
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const row of rows) {
    const value = x[row * width + column]!;
    if (Number.isNaN(value)) continue;
    sum += value;
    known++;
    if (value < low) low = value;
    if (value > high) high = value;
    single &&= isSingle(value);
  }
  if (known === 0) return { mean: 0, deviation: 0 };
  // Adding 0 turns −0 into 0, as a sum would.
  if (low === high) return { mean: low + 0, deviation: 0 };
  const rough = sum / known;
  const mean = single ? rough : rough + sumOver(x, width, column, rows, (value) => value - rough) / known;
  // Squares of numbers below 1e-150 would underflow to 0.
  const unit = high - low < 1e-150 ? high - low : 1;
  const squares = sumOver(x, width, column, rows, (value) => ((value - mean) / unit) ** 2);
  return { mean, deviation: unit * Math.sqrt(squares / rows.length) };
}

/** The mean of a function of the present values. */
function sumOver(
  x: ArrayLike<number>,
  width: number,
  column: number,
  rows: Uint32Array,
  term: (value: number) => number,
): number {
  let sum = 0;
  for (const row of rows) {
    const value = x[row * width + column]!;
    if (!Number.isNaN(value)) sum += term(value);
  }
  return sum;
}

/** Fits the scaling of every column on `rows`. Constant columns are centred but not scaled. */
export function fitScaling(
  x: ArrayLike<number>,
  width: number,
  rows: Uint32Array,
  preprocessing: Preprocessing,
): Scaling {
  const offset = new Float64Array(width);
  const scale = new Float64Array(width).fill(1);
  const fill = new Float64Array(width);
  if (rows.length === 0) return { offset, scale, fill };
  for (let column = 0; column < width; column++) {
    const { mean, deviation } = momentsOf(x, width, column, rows);
    fill[column] = mean;
    if (preprocessing !== 'none') offset[column] = mean;
    if (preprocessing === 'standardize' && deviation > 0) scale[column] = deviation;
  }
  return { offset, scale, fill };
}

/** The given rows of x (any × width), scaled. */
function applyScaling(x: ArrayLike<number>, width: number, rows: Uint32Array, scaling: Scaling): Float32Array {
  const scaled = new Float32Array(rows.length * width);
  for (let i = 0; i < rows.length; i++) {
    const source = rows[i]! * width;
    for (let k = 0; k < width; k++) {
      scaled[i * width + k] = scaledValue(x[source + k]!, scaling, k);
    }
  }
  return scaled;
}

/**
 * Preprocesses a fold. Regression targets are always standardized, whatever `preprocessing` is, because default learning rates suit outputs
 * near 1. The loss is in standardized units (about 1 for an untrained network); metrics are converted back with `targetScale`.
 */
export function prepare(dataset: Dataset, fold: Fold, preprocessing: Preprocessing): PreparedData {
  const { x, features } = dataset;
  const { trainRows, validationRows } = fold;
  const scaling = fitScaling(x, features, trainRows, preprocessing);
  const shape = {
    trainX: applyScaling(x, features, trainRows, scaling),
    validationX: applyScaling(x, features, validationRows, scaling),
    trainRows: trainRows.length,
    validationRows: validationRows.length,
    inputs: features,
    scaling,
  };
  if (dataset.task === 'classification') {
    const labels = (rows: Uint32Array) => Int32Array.from(rows, (row) => dataset.y[row]!);
    return {
      ...shape,
      trainY: labels(trainRows),
      validationY: labels(validationRows),
      outputs: dataset.classes.length,
      targetScale: 1,
      targetOffset: 0,
    };
  }
  const target = fitScaling(dataset.y, 1, trainRows, 'standardize');
  return {
    ...shape,
    trainY: applyScaling(dataset.y, 1, trainRows, target),
    validationY: applyScaling(dataset.y, 1, validationRows, target),
    outputs: 1,
    targetScale: target.scale[0]!,
    targetOffset: target.offset[0]!,
  };
}
