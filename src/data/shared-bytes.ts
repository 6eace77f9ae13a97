/** Bytes in shared memory: they are sent to another thread, and back, without being copied there. */

/** A buffer of `length` zeros. */
export function sharedBuffer(length: number): Buffer {
  return Buffer.from(new SharedArrayBuffer(length));
}

/** A copy of `bytes`. */
export function sharedCopy(bytes: Uint8Array): Buffer {
  const copy = sharedBuffer(bytes.length);
  copy.set(bytes);
  return copy;
}
