/** Ranges of axes stay such that their ticks are few, whatever the values. */
import type uPlot from 'uplot';
import { expect, it } from 'vitest';
import { logRange, yRange } from '../../web/src/charts/ranges.ts';

const chart = {} as uPlot;

it('a log axis shows at most fifteen decades, the largest ones', () => {
  expect(logRange(chart, 1, 1000)).toEqual([1, 1000]);
  const [low, high] = logRange(chart, 1, 1e18);
  expect(high).toBeGreaterThanOrEqual(1e18);
  expect(Math.log10(high! / low!)).toBeLessThanOrEqual(16);
  expect(low).toBeGreaterThan(1);
  expect(logRange(chart, null, null)).toEqual([null, null]);
});

it('values that differ by rounding alone have an axis around them', () => {
  const [low, high] = yRange(chart, 0.3, 0.1 + 0.2);
  expect(low!).toBeLessThan(0.3);
  expect(high! - low!).toBeGreaterThan(0.01);
});

it('other values have a margin of 6 % on both sides', () => {
  expect(yRange(chart, 0, 100)).toEqual([-6, 106]);
});
