/** The shapes of predictions; without code, so that `predict.mjs` can share the code that computes them. */

/** A cell of a raw row: texts are read as the data set's file was, null is a missing value. */
export type Cell = number | string | boolean | null | undefined;
export type RawRow = Readonly<Record<string, Cell>>;

export interface ClassPrediction {
  readonly label: string;
  /** By class; they sum to 1. */
  readonly probabilities: Readonly<Record<string, number>>;
  /** The standard deviation between members of the label's probability; null for a single member. */
  readonly spread: number | null;
}

export interface ValuePrediction {
  readonly value: number;
  /** The standard deviation between members; null for a single member. */
  readonly spread: number | null;
}

export type Prediction = ClassPrediction | ValuePrediction;

/** A value that cannot be used. Its row has no prediction. */
export interface RowError {
  /** From 0. */
  readonly row: number;
  /** `rows[3].age`, or for CSV `line 5, column age`. */
  readonly path: string;
  readonly message: string;
}

/** Values of one column that training rows did not have. Their rows are predicted all the same. */
export interface ColumnWarning {
  readonly code: 'outsideRange' | 'unknownCategory' | 'unknownColumn';
  readonly column: string;
  /** How many rows it concerns, and the first of them, from 0. */
  readonly rows: number;
  readonly firstRow: number;
  readonly message: string;
}

export interface Predictions {
  /** One per row, in order; null for rows with errors. */
  readonly predictions: readonly (Prediction | null)[];
  /** The first errors. */
  readonly errors: readonly RowError[];
  /** Number of rows with errors. */
  readonly failed: number;
  readonly warnings: readonly ColumnWarning[];
}

/** The float32 outputs of a member (rows × outputs) for preprocessed rows (rows × inputs), both dense. */
export type MemberOutputs = (member: number, x: Float32Array, rows: number) => Float32Array;
