/**
 * Kernel regression of the value over two hyperparameters (Nadaraya 1964, Watson 1964) with a Gaussian kernel in the unit square of both axes;
 * null far from all trials.
 */

export interface Placed {
  /** Positions from 0 to 1 along each axis, on its scale. */
  readonly x: number;
  readonly y: number;
  readonly value: number;
}

/** The minimum total weight for an estimate. */
const MIN_WEIGHT = 0.05;

/** `cells` × `cells` values at the centres of cells, row by row from y = 0; null if no trial is near. */
export function surface(trials: readonly Placed[], cells: number): (number | null)[] {
  // The bandwidth is about the distance between trials.
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
