/** How much memory something will take, measured by the very code that allocates it. */
import { formatCount } from '../../format.ts';
import type { Kernels } from '../kernels/kernels.ts';

/**
 * The bytes that `build` asks its kernels for. It gets kernels that count and hand out empty arrays, so it may allocate and
 * take views, and must compute nothing. An integer counts as a number of the kernels' own size.
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

/** In MB of 2^20 bytes, rounded up, as people read them. */
export function megabytes(bytes: number): string {
  return formatCount(Math.ceil(bytes / 2 ** 20));
}

/** Thrown before anything is allocated. Trying again would need as much. */
export class MemoryLimitExceeded extends Error {
  readonly bytes: number;
  constructor(bytes: number, limitBytes: number) {
    super(`training needs ${megabytes(bytes)} MB of memory, but the limit is ${megabytes(limitBytes)} MB`);
    this.name = 'MemoryLimitExceeded';
    this.bytes = bytes;
  }
}
