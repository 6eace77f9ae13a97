/**
 * A data set: rows of numeric features and a target. The arrays are in shared memory, so that worker threads read them without copying; they
 * are immutable after creation.
 */
import { createHash } from 'node:crypto';

/** float32 if it represents every number exactly, otherwise float64; the choice does not affect training. */
export type SharedNumbers = Float32Array<SharedArrayBuffer> | Float64Array<SharedArrayBuffer>;

interface DatasetBase {
  readonly name: string;
  readonly featureNames: readonly string[];
  readonly targetName: string;
  readonly rows: number;
  readonly features: number;
  /** rows×features, row-major; NaN for missing values, which data/preprocess.ts fills. */
  readonly x: SharedNumbers;
  /** SHA-256 (hex) of everything training depends on, without the name and the attribution. */
  readonly hash: string;
  /** Source and licence of the data. */
  readonly attribution?: string;
}

export interface ClassificationDataset extends DatasetBase {
  readonly task: 'classification';
  /** The label of class i; at least two. */
  readonly classes: readonly string[];
  /** Class indices, one per row. */
  readonly y: Int32Array<SharedArrayBuffer>;
}

export interface RegressionDataset extends DatasetBase {
  readonly task: 'regression';
  readonly classes: readonly [];
  /** Targets, one per row, in original units. */
  readonly y: SharedNumbers;
}

export type Dataset = ClassificationDataset | RegressionDataset;
export type Task = Dataset['task'];

/** The input of `createDataset`: x is rows×features, y has one number per row. */
export interface DatasetContents {
  readonly name: string;
  readonly task: Task;
  readonly featureNames: readonly string[];
  readonly targetName: string;
  /** Empty for regression. */
  readonly classes: readonly string[];
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  readonly attribution?: string | undefined;
}

/** Whether float32 represents the number exactly (true for NaN). */
export function isSingle(value: number): boolean {
  return Math.fround(value) === value || Number.isNaN(value);
}

function sharedFloats(values: ArrayLike<number>): SharedNumbers {
  let single = true;
  for (let i = 0; i < values.length && single; i++) single = isSingle(values[i]!);
  const bytes = single ? Float32Array.BYTES_PER_ELEMENT : Float64Array.BYTES_PER_ELEMENT;
  const memory = new SharedArrayBuffer(values.length * bytes);
  const shared = single ? new Float32Array(memory) : new Float64Array(memory);
  shared.set(values);
  return shared;
}

function sharedIntegers(values: ArrayLike<number>): Int32Array<SharedArrayBuffer> {
  const shared = new Int32Array(new SharedArrayBuffer(values.length * Int32Array.BYTES_PER_ELEMENT));
  shared.set(values);
  return shared;
}

/** Bytes are hashed as in memory: little-endian on every platform that Node supports. */
function hashOf(description: object, x: ArrayBufferView, y: ArrayBufferView): string {
  const hash = createHash('sha256').update(JSON.stringify(description));
  for (const { buffer, byteOffset, byteLength } of [x, y]) hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.digest('hex');
}

/** Copies the contents into shared memory and hashes them. */
export function createDataset(contents: DatasetContents): Dataset {
  const { name, task, featureNames, targetName, classes, attribution } = contents;
  const x = sharedFloats(contents.x);
  const y = task === 'classification' ? sharedIntegers(contents.y) : sharedFloats(contents.y);
  const rows = y.length;
  const features = featureNames.length;
  if (x.length !== rows * features) {
    throw new RangeError(`x must have ${rows}×${features} numbers, got ${x.length}`);
  }
  const base = {
    name,
    featureNames,
    targetName,
    rows,
    features,
    x,
    hash: hashOf({ task, featureNames, targetName, classes, rows }, x, y),
    ...(attribution === undefined ? {} : { attribution }),
  };
  return y instanceof Int32Array
    ? { ...base, task: 'classification', classes, y }
    : { ...base, task: 'regression', classes: [], y };
}
