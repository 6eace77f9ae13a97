/**
 * Where numbers lie. Kernels may pad the rows of their matrices (`stride` in kernels.ts); everything that leaves them, to be
 * hashed, compared or kept, is dense: the numbers alone, one after the other, the same for any stride.
 */
import type { FloatArray, Kernels } from '../kernels/kernels.ts';

/** A matrix inside a flat array: `rows` rows of `columns` numbers from `start`, stride(columns) apart. A vector is one row. */
export interface Place {
  readonly start: number;
  readonly rows: number;
  readonly columns: number;
}

type Striding = Pick<Kernels, 'stride'>;

/** The place of a matrix that has an array of its own. */
export function matrix(rows: number, columns: number): Place {
  return { start: 0, rows, columns };
}

/** Gives out places one after the other, each with room for its padding. */
export interface Layout {
  /** Numbers that the places so far take. */
  readonly length: number;
  place(rows: number, columns: number): Place;
}

export function createLayout({ stride }: Striding): Layout {
  let length = 0;
  return {
    get length() {
      return length;
    },
    place(rows, columns) {
      const start = length;
      length += rows * stride(columns);
      return { start, rows, columns };
    },
  };
}

/** How many numbers the places hold, padding left out. */
function denseLength(places: readonly Place[]): number {
  return places.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
}

/** A copy of the numbers at `places`, in their order. */
export function readDense({ stride }: Striding, from: FloatArray, places: readonly Place[]): FloatArray {
  const length = denseLength(places);
  const dense = from instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
  let next = 0;
  for (const { start, rows, columns } of places) {
    for (let row = 0; row < rows; row++) {
      const begin = start + row * stride(columns);
      for (let i = begin; i < begin + columns; i++) dense[next++] = from[i]!;
    }
  }
  return dense;
}

/** Puts the numbers of `dense` at `places`, in their order. */
export function writeDense(
  { stride }: Striding,
  dense: ArrayLike<number>,
  to: FloatArray,
  places: readonly Place[],
): void {
  const length = denseLength(places);
  if (dense.length !== length) throw new RangeError(`there is room for ${length} numbers, got ${dense.length}`);
  let next = 0;
  for (const { start, rows, columns } of places) {
    for (let row = 0; row < rows; row++) {
      const begin = start + row * stride(columns);
      for (let i = begin; i < begin + columns; i++) to[i] = dense[next++]!;
    }
  }
}
