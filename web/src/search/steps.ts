/** Grows with `count`, but less and less often: what is costly to work out is asked for at 1, 2, 3, 5, 7, 11, … trials. */
export function steps(count: number): number {
  return Math.floor(Math.log(count + 1) / Math.log(1.4));
}
