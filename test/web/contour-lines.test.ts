/** Contour lines against surfaces whose contours are known. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contourLines } from '../../web/src/search/contour-lines.ts';

const CELLS = 30;
/** A surface of a function of the unit square. */
const surfaceOf = (height: (x: number, y: number) => number | null, cells = CELLS) =>
  Array.from({ length: cells * cells }, (_, k) =>
    height((k % cells) / cells + 0.5 / cells, Math.floor(k / cells) / cells + 0.5 / cells),
  );

describe('contour lines', () => {
  it('of a cone are a circle: at the radius, closed, as long as its circumference', () => {
    const radius = 0.3;
    const lines = contourLines(
      surfaceOf((x, y) => Math.hypot(x - 0.5, y - 0.5)),
      CELLS,
      radius,
    );
    const ends = lines.flat();
    for (const [x, y] of ends) expect(Math.hypot(x - 0.5, y - 0.5)).toBeCloseTo(radius, 2);
    const length = lines.reduce((sum, [[ax, ay], [bx, by]]) => sum + Math.hypot(ax - bx, ay - by), 0);
    expect(length).toBeGreaterThan(0.99 * 2 * Math.PI * radius);
    expect(length).toBeLessThanOrEqual(2 * Math.PI * radius);
    const times = new Map<string, number>();
    for (const [x, y] of ends) {
      const key = `${x.toFixed(9)} ${y.toFixed(9)}`;
      times.set(key, (times.get(key) ?? 0) + 1);
    }
    expect([...times.values()].every((count) => count === 2)).toBe(true);
  });

  it('of a plane are exact', () => {
    fc.assert(
      fc.property(fc.double({ min: -3, max: 3, noNaN: true }), fc.double({ min: -3, max: 3, noNaN: true }), (a, b) => {
        const level = (a + b) / 2;
        for (const [x, y] of contourLines(
          surfaceOf((u, v) => a * u + b * v),
          CELLS,
          level,
        ).flat())
          expect(a * x + b * y).toBeCloseTo(level, 9);
      }),
    );
  });

  it('pass a saddle on the sides of the lower corners if its mean is above the level, else of the higher', () => {
    // Diagonals of a square whose corners are at 0.25 and 0.75.
    const [high, low] = [1, 0];
    const corners = [high, low, low, high];
    const around = (level: number) =>
      contourLines(corners, 2, level).map(([[ax, ay], [bx, by]]) => [(ax + bx) / 2 > 0.5, (ay + by) / 2 > 0.5]);
    expect(around(0.4)).toEqual([
      [true, false],
      [false, true],
    ]);
    expect(around(0.6)).toEqual([
      [false, false],
      [true, true],
    ]);
  });

  it('leave out what is beside a cell without a value, and levels that are not reached', () => {
    const lines = contourLines(
      surfaceOf((x, y) => (x < 0.5 ? y : null)),
      CELLS,
      0.5,
    );
    expect(lines.length).toBe(CELLS / 2 - 1);
    for (const [x] of lines.flat()) expect(x).toBeLessThan(0.5);
    expect(
      contourLines(
        surfaceOf((x) => x),
        CELLS,
        2,
      ),
    ).toEqual([]);
    expect(
      contourLines(
        surfaceOf(() => null),
        CELLS,
        0.5,
      ),
    ).toEqual([]);
  });
});
