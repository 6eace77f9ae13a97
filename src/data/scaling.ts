/** Applies a scaling to one number: training rows, validation rows and rows to predict, all in the same steps. */

/** x ↦ (x − offset) / scale by column, in float64. Missing values (NaN) are first replaced by `fill`. */
export interface Scaling {
  readonly offset: ArrayLike<number>;
  readonly scale: ArrayLike<number>;
  /** The mean of the present values; 0 if there are none. */
  readonly fill: ArrayLike<number>;
}

/** Scales a value of the column `k`. */
export function scaledValue(value: number, { offset, scale, fill }: Scaling, k: number): number {
  return ((Number.isNaN(value) ? fill[k]! : value) - offset[k]!) / scale[k]!;
}

/** Standardized outputs in the units of the target. */
export function unscaledTarget(output: number, scale: number, offset: number): number {
  return output * scale + offset;
}
