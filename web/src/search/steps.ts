/** Grows with `count` at decreasing frequency, to refetch expensive results at 1, 2, 3, 5, 7, 11, … trials. */
export function steps(count: number): number {
  return Math.floor(Math.log(count + 1) / Math.log(1.4));
}
