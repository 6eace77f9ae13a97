/**
 * Bringing features (and regression targets) to a common scale. Fitted on the training rows of the fold alone, all of them,
 * and applied to both parts with the same numbers: validation rows never teach (invariant 9 in docs/invariants.md).
 */
import { type Dataset, isSingle } from './dataset.ts';
import type { Fold } from './folds.ts';

export type Preprocessing = 'none' | 'center' | 'standardize';

/** x ↦ (x − offset) / scale, column by column; float64. What is not there (NaN) is `fill` before that. */
export interface Scaling {
  readonly offset: Float64Array;
  readonly scale: Float64Array;
  /** The mean of what is there; 0 where nothing is. */
  readonly fill: Float64Array;
}

/** One fold of a data set, ready for training; the shape is that of nn/training/train.ts. */
export interface PreparedData {
  readonly trainX: Float32Array;
  readonly trainY: Int32Array | Float32Array;
  readonly validationX: Float32Array;
  readonly validationY: Int32Array | Float32Array;
  readonly trainRows: number;
  readonly validationRows: number;
  readonly inputs: number;
  readonly outputs: number;
  /** How many of the target's own units one unit of y stands for; 1 for classes. */
  readonly targetScale: number;
  /** What was subtracted from the target before it was divided by `targetScale`; 0 for classes. */
  readonly targetOffset: number;
  /** What was done to the features: with it a model that is taken home reads raw rows. */
  readonly scaling: Scaling;
}

/**
 * Mean and standard deviation (divided by n) of a column over `rows`, in float64; a value that is not there counts as the mean of
 * the others. A constant column has deviation 0 exactly. The sum of numbers that float32 does not hold rounds, by more than their
 * spread where they are large: their mean is corrected by the mean of what is left. The mean of the others is taken as it always
 * was, to the bit.
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
  // Adding 0 makes 0 of −0, as a sum would.
  if (low === high) return { mean: low + 0, deviation: 0 };
  const rough = sum / known;
  const mean = single ? rough : rough + sumOver(x, width, column, rows, (value) => value - rough) / known;
  // Squares of what is smaller than 1e-150 would be 0.
  const unit = high - low < 1e-150 ? high - low : 1;
  const squares = sumOver(x, width, column, rows, (value) => ((value - mean) / unit) ** 2);
  return { mean, deviation: unit * Math.sqrt(squares / rows.length) };
}

/** Of a function of the values that are there. */
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

/** The scaling of every column, from `rows` alone. A constant column is centered and not scaled: it has no spread to divide by. */
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
function applyScaling(
  x: ArrayLike<number>,
  width: number,
  rows: Uint32Array,
  { offset, scale, fill }: Scaling,
): Float32Array {
  const scaled = new Float32Array(rows.length * width);
  for (let i = 0; i < rows.length; i++) {
    const source = rows[i]! * width;
    for (let k = 0; k < width; k++) {
      const value = x[source + k]!;
      scaled[i * width + k] = ((Number.isNaN(value) ? fill[k]! : value) - offset[k]!) / scale[k]!;
    }
  }
  return scaled;
}

/**
 * The fold's rows, preprocessed. Regression targets are always standardized, whatever `preprocessing` says of the features:
 * the default learning rates suit outputs near 1, not progressions of 25 to 346. The loss is then in those units (about 1 for a
 * network that knows nothing), and metrics are given back in the target's own by `targetScale`.
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
