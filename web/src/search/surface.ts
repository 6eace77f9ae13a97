/**
 * The value between the trials, over two hyperparameters: a mean of all trials, each weighted by how near it is (Nadaraya 1964,
 * Watson 1964), with a Gaussian in the unit square of both axes. Where no trial is near, nothing is said.
 */

export interface Placed {
  /** 0 … 1 along each axis, in its scale. */
  readonly x: number;
  readonly y: number;
  readonly value: number;
}

/** Weights below this, all together, are no ground to say anything on. */
const MIN_WEIGHT = 0.05;

/** Row by row from y = 0, `cells` × `cells` values at the middles of cells; null where no trial is near. */
export function surface(trials: readonly Placed[], cells: number): (number | null)[] {
  // Fewer trials, wider means: about as wide as the trials are apart.
  const width = Math.min(0.25, Math.max(0.04, 0.8 / Math.sqrt(Math.max(trials.length, 1))));
  const values: (number | null)[] = [];
  for (let j = 0; j < cells; j++) {
    for (let i = 0; i < cells; i++) {
      const [cx, cy] = [(i + 0.5) / cells, (j + 0.5) / cells];
      let [weights, sum] = [0, 0];
      for (const { x, y, value } of trials) {
        const distance = ((x - cx) ** 2 + (y - cy) ** 2) / (2 * width * width);
        if (distance > 12) continue;
        const weight = Math.exp(-distance);
        weights += weight;
        sum += weight * value;
      }
      values.push(weights < MIN_WEIGHT ? null : sum / weights);
    }
  }
  return values;
}
