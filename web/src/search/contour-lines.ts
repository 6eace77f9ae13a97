/** Contour lines of a surface by marching squares (Maple 2003). Pure. */

export type Place = readonly [x: number, y: number];
export type Segment = readonly [from: Place, to: Place];

/**
 * The parts of the contour at `level`, in the unit square. `values` are those at the centres of `cells` × `cells` cells, row by row from y = 0, as
 * `surface` gives them. Nothing is drawn beside a cell without a value.
 */
export function contourLines(values: readonly (number | null)[], cells: number, level: number): Segment[] {
  const lines: Segment[] = [];
  for (let j = 0; j + 1 < cells; j++) {
    for (let i = 0; i + 1 < cells; i++) {
      // Counter-clockwise from the lower left.
      const corners = [
        [i, j],
        [i + 1, j],
        [i + 1, j + 1],
        [i, j + 1],
      ] as const;
      const heights = corners.flatMap(([x, y]) => values[y * cells + x] ?? []);
      if (heights.length < corners.length) continue;
      const crossings = corners.flatMap((from, k) => {
        const to = corners[(k + 1) % 4]!;
        const [start, end] = [heights[k]!, heights[(k + 1) % 4]!];
        if (start >= level === end >= level) return [];
        const share = (level - start) / (end - start);
        const at = (axis: 0 | 1) => (from[axis] + share * (to[axis] - from[axis]) + 0.5) / cells;
        return [[at(0), at(1)] as const];
      });
      if (crossings.length === 2) lines.push([crossings[0]!, crossings[1]!]);
      if (crossings.length === 4) lines.push(...saddle(crossings, heights, level));
    }
  }
  return lines;
}

/** Two opposite corners are above the level: the mean of all four decides whether they are connected. */
function saddle(crossings: readonly Place[], heights: readonly number[], level: number): Segment[] {
  const [a, b, c, d] = crossings as [Place, Place, Place, Place];
  const connected = heights.reduce((sum, height) => sum + height, 0) / 4 >= level;
  // The crossings are on the lower, right, upper and left edge; a line around the lower left corner joins the last and the first.
  const aroundLowerLeft = connected !== heights[0]! >= level;
  return aroundLowerLeft
    ? [
        [d, a],
        [b, c],
      ]
    : [
        [a, b],
        [c, d],
      ];
}
