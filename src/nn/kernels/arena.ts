/** How compiled kernels lay out their memory: one buffer, and in it one array after the other until it is reset. */
import type { Kernels } from './kernels.ts';

/** Allocations begin on a cache line. */
export const LINE = 64;

/** Numbers from one row to the next: whole tiles of eight, and no multiple of 64. kernels/lanes.ts says why. */
function stride(columns: number): number {
  const whole = (columns + 7) & ~7;
  return whole % 64 === 0 ? whole + 8 : whole;
}

function bytesOf(length: number): number {
  return Math.ceil((4 * stride(length)) / LINE) * LINE;
}

type Allocation = Pick<Kernels, 'stride' | 'bytesOf' | 'reset' | 'allocate' | 'allocateMatrix' | 'allocateIntegers'>;

/** A buffer, and the address in it from which on it is free. */
export interface Memory {
  readonly buffer: ArrayBuffer;
  readonly start: number;
}

/** Allocates in the memory that `reserve` gives: room for so many bytes. It throws a RangeError where there is not so much. */
export function createArena(reserve: (bytes: number) => Memory): Allocation {
  let { buffer, start: free } = reserve(0);
  const take = (length: number): number => {
    const address = free;
    if (address + bytesOf(length) > buffer.byteLength) {
      throw new RangeError('kernel memory is full: reset() was asked for less than is allocated');
    }
    free += bytesOf(length);
    return address;
  };
  const floats = (length: number) => new Float32Array(buffer, take(length), stride(length)).fill(0).subarray(0, length);
  return {
    stride,
    bytesOf,
    reset: (bytes) => {
      ({ buffer, start: free } = reserve(bytes));
    },
    allocate: floats,
    allocateMatrix: (rows, columns) => floats(rows * stride(columns)),
    allocateIntegers: (length) => new Int32Array(buffer, take(length), length).fill(0),
  };
}
