/** Sorted lists of rows in typed arrays, which are larger than the lists. */

type Order = (a: number, b: number) => number;

/** The first place in the first `count` entries of `list` that does not come before `row`. */
export function placeIn(list: Uint32Array, count: number, row: number, order: Order): number {
  let [from, to] = [0, count];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (order(list[middle]!, row) < 0) from = middle + 1;
    else to = middle;
  }
  return from;
}

export function insertAt(list: Uint32Array, count: number, place: number, row: number): void {
  list.copyWithin(place + 1, place, count);
  list[place] = row;
}

export function removeAt(list: Uint32Array, count: number, place: number): void {
  list.copyWithin(place, place + 1, count);
}

/** The array if it has room for `size` entries, or a larger copy of it. */
export function withRoom<T extends Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>>(
  from: T,
  size: number,
): T {
  if (from.length >= size) return from;
  const larger = new (from.constructor as new (length: number) => T)(2 * size);
  larger.set(from);
  return larger;
}
