/**
 * A data set: rows of numeric features and a target. The arrays live in shared memory, so that worker threads read them with
 * no copy; nobody writes to them once the data set is made.
 */
import { createHash } from 'node:crypto';

/** float32 where that holds every number exactly, else float64: what is trained on does not depend on which it is. */
export type SharedNumbers = Float32Array<SharedArrayBuffer> | Float64Array<SharedArrayBuffer>;

interface DatasetBase {
  readonly name: string;
  readonly featureNames: readonly string[];
  readonly targetName: string;
  readonly rows: number;
  readonly features: number;
  /** rows×features, row-major; NaN where a value is not there (data/preprocess.ts fills it) */
  readonly x: SharedNumbers;
  /** SHA-256 (hex) of everything a training run can depend on; the name and the attribution are not part of it. */
  readonly hash: string;
  /** Who made the data, and under which licence. */
  readonly attribution?: string;
}

export interface ClassificationDataset extends DatasetBase {
  readonly task: 'classification';
  /** The label of class i; at least two. */
  readonly classes: readonly string[];
  /** Class indices, one for every row. */
  readonly y: Int32Array<SharedArrayBuffer>;
}

export interface RegressionDataset extends DatasetBase {
  readonly task: 'regression';
  readonly classes: readonly [];
  /** Targets, one for every row, in their own units. */
  readonly y: SharedNumbers;
}

export type Dataset = ClassificationDataset | RegressionDataset;
export type Task = Dataset['task'];

/** What `createDataset` makes a data set of; x is rows×features and y has a number for every row. */
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

/** Whether float32 holds the number exactly, or it is not there. */
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

/** The bytes are hashed as they lie in memory: little-endian on every machine that Node runs on. */
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
