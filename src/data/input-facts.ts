/** Properties of the inputs: whether they are centred, and whether they have similar scales. */
import type { PreparedData } from './preprocess.ts';

export interface InputFacts {
  /** Root mean square of the columns' means divided by that of their deviations: 0 if the inputs are centred. */
  readonly offCentre: number;
  /** The 90th percentile of the columns' deviations divided by the 10th, without constant columns. */
  readonly scaleRatio: number;
}

/** Measured on the preprocessed training rows. */
export function inputFacts({ trainX, trainRows, inputs }: PreparedData): InputFacts {
  const means = new Float64Array(inputs);
  const squares = new Float64Array(inputs);
  for (let i = 0; i < trainRows; i++) {
    for (let k = 0; k < inputs; k++) means[k]! += trainX[i * inputs + k]! / trainRows;
  }
  for (let i = 0; i < trainRows; i++) {
    for (let k = 0; k < inputs; k++) squares[k]! += (trainX[i * inputs + k]! - means[k]!) ** 2 / trainRows;
  }
  const deviations = [...squares.map(Math.sqrt)].filter((deviation) => deviation > 0).sort((a, b) => a - b);
  if (deviations.length === 0) return { offCentre: 0, scaleRatio: 1 };
  const at = (part: number) => deviations[Math.round(part * (deviations.length - 1))]!;
  return { offCentre: rootMeanSquare([...means]) / rootMeanSquare(deviations), scaleRatio: at(0.9) / at(0.1) };
}

function rootMeanSquare(numbers: readonly number[]): number {
  return Math.sqrt(numbers.reduce((sum, one) => sum + one * one, 0) / numbers.length);
}
