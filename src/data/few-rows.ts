/** A fold made of a few training rows of another fold. */
import { randomAt } from '../random.ts';
import type { PreparedData } from './preprocess.ts';

/** Samples at most `count` rows with the seed; they are also the validation rows. */
export function fewRows(data: PreparedData, count: number, seed: number): PreparedData {
  const { inputs, trainX, trainY, trainRows } = data;
  const rows = randomAt({ seed, purpose: 'probe' }).permutation(trainRows).subarray(0, count);
  const x = new Float32Array(rows.length * inputs);
  const width = trainY.length / trainRows;
  const y = trainY instanceof Int32Array ? new Int32Array(rows.length) : new Float32Array(rows.length * width);
  rows.forEach((row, i) => {
    x.set(trainX.subarray(row * inputs, (row + 1) * inputs), i * inputs);
    y.set(trainY.subarray(row * width, (row + 1) * width), i * width);
  });
  const { length } = rows;
  return { ...data, trainX: x, trainY: y, trainRows: length, validationX: x, validationY: y, validationRows: length };
}
