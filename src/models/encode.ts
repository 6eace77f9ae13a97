/** Writes the parts of a model from what training gives. */
import type { InputColumn } from '../data/columns.ts';
import type { CsvReading } from '../data/reading.ts';
import type { FloatArray } from '../nn/kernels/kernels.ts';
import type { Activation } from '../nn/model/activations.ts';
import type { LayerParameters } from '../nn/model/layer.ts';
import { inputsOf } from './cells.ts';
import type { ModelColumn, ModelLayer, ModelReading } from './model.ts';

/** float32 numbers in base64, little-endian as in memory. */
function encodeFloats(values: FloatArray): string {
  const { buffer, byteOffset, byteLength } = Float32Array.from(values);
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}

/** `parameters` dense, as `readLayer` gives them. */
export function encodeLayer(
  { weight, bias, norm }: LayerParameters,
  inputs: number,
  activation: Activation,
  constant: number,
): ModelLayer {
  return {
    inputs,
    columns: weight.length / inputs,
    weight: encodeFloats(weight),
    bias: bias === undefined ? null : encodeFloats(bias),
    norm:
      norm === undefined
        ? null
        : {
            gamma: encodeFloats(norm.gamma),
            beta: encodeFloats(norm.beta),
            runningMean: encodeFloats(norm.runningMean),
            runningVar: encodeFloats(norm.runningVar),
          },
    activation,
    constant,
  };
}

/** The settings that rows to predict are read with. */
export function modelReading(reading: CsvReading): ModelReading {
  const { rules, delimiter, decimal, thousands, quote, comment, skip, header, missingValues, missingIn } = reading;
  return { rules, delimiter, decimal, thousands, quote, comment, skip, header, missingValues, missingIn };
}

/** Adds to every column of numbers its range in the given rows of x (any × inputs). */
export function modelColumns(
  columns: readonly InputColumn[],
  x: ArrayLike<number>,
  inputs: number,
  rows: Iterable<number>,
): ModelColumn[] {
  const chosen = [...rows];
  let next = 0;
  return columns.map((column) => {
    const at = next;
    next += inputsOf(column);
    return column.type === 'category' ? column : { ...column, range: rangeOf(x, inputs, at, chosen) };
  });
}

function rangeOf(x: ArrayLike<number>, inputs: number, at: number, rows: readonly number[]): [number, number] | null {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const row of rows) {
    const value = x[row * inputs + at]!;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : null;
}
