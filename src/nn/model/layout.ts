/**
 * Memory layout. Kernels may pad the rows of matrices (`stride` in kernels.ts); everything that is hashed, compared or stored is dense, and
 * therefore the same for any stride.
 */
import type { FloatArray, Kernels } from '../kernels/kernels.ts';

/** A matrix in a flat array: `rows` rows of `columns` numbers, starting at `start`, stride(columns) apart. A vector is one row. */
export interface Place {
  readonly start: number;
  readonly rows: number;
  readonly columns: number;
}

type Striding = Pick<Kernels, 'stride'>;

/** The place of a matrix with its own array. */
export function matrix(rows: number, columns: number): Place {
  return { start: 0, rows, columns };
}

/** Allocates consecutive places, including padding. */
export interface Layout {
  /** Numbers allocated so far. */
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

/** How many numbers the places hold, without padding. */
function denseLength(places: readonly Place[]): number {
  return places.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
}

/** Copies the numbers at `places` to a dense array. */
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

/** Rows of so many numbers are copied faster as a whole. */
const COPIED_FROM = 32;

/** Copies a dense array to `places`. */
export function writeDense(
  { stride }: Striding,
  dense: ArrayLike<number>,
  to: FloatArray,
  places: readonly Place[],
): void {
  const length = denseLength(places);
  if (dense.length !== length) throw new RangeError(`must have ${length} numbers, got ${dense.length}`);
  let next = 0;
  for (const { start, rows, columns } of places) {
    for (let row = 0; row < rows; row++) {
      const begin = start + row * stride(columns);
      if (columns >= COPIED_FROM && ArrayBuffer.isView(dense)) {
        to.set((dense as FloatArray).subarray(next, next + columns), begin);
        next += columns;
      } else for (let i = begin; i < begin + columns; i++) to[i] = dense[next++]!;
    }
  }
}
