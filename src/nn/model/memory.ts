/** Measures the memory of a computation by running its allocation code. */
import { formatCount } from '../../format.ts';
import type { Kernels } from '../kernels/kernels.ts';

/**
 * The bytes that `build` allocates. It gets kernels that count and return empty arrays, so it may allocate and create views, but not compute.
 * Integers count as numbers of the kernels' precision.
 */
export function bytesFor(kernels: Kernels, build: (counting: Kernels) => unknown): number {
  let bytes = 0;
  const count = (length: number) => {
    bytes += kernels.bytesOf(length);
    return new Float32Array(0);
  };
  build({
    ...kernels,
    allocate: (length) => count(kernels.stride(length)),
    allocateMatrix: (rows, columns) => count(rows * kernels.stride(columns)),
    allocateIntegers: (length) => {
      count(length);
      return new Int32Array(0);
    },
  });
  return bytes;
}

/** MB of 2^20 bytes, rounded up, formatted. */
export function megabytes(bytes: number): string {
  return formatCount(Math.ceil(bytes / 2 ** 20));
}

/** Thrown before anything is allocated; a retry would need as much. */
export class MemoryLimitExceeded extends Error {
  readonly bytes: number;
  constructor(bytes: number, limitBytes: number) {
    super(`training needs ${megabytes(bytes)} MB of memory, but the limit is ${megabytes(limitBytes)} MB`);
    this.name = 'MemoryLimitExceeded';
    this.bytes = bytes;
  }
}
