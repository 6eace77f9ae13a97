/** Ranges and labels of the axes of line charts. */
import uPlot from 'uplot';

/** A label that is the same as the one before, since it was rounded, is left out. */
export function labelsOf(splits: readonly number[], format: ((x: number) => string) | undefined): string[] {
  const labels = splits.map((x) => format?.(x) ?? '');
  return labels.map((label, i) => (label === labels[i - 1] ? '' : label));
}

export const wholeSteps = [1, 2, 5]
  .flatMap((step) => Array.from({ length: 9 }, (_, power) => step * 10 ** power))
  .sort((a, b) => a - b);

/** A single x is in the middle: `low` and `high` would be up to 100 apart. */
export function xRange({ data: [xs] }: uPlot, low: number | null, high: number | null): uPlot.Range.MinMax {
  if (low === null || high === null) return [0, 1];
  const [first, last] = [xs[0], xs.at(-1)];
  return first !== undefined && first === last ? around(first) : [low, high];
}

/** No whole number but a whole `value` itself is in the range. */
function around(value: number): uPlot.Range.MinMax {
  const margin = Math.min(0.1 * Math.abs(value) || 0.5, 0.5);
  return [value - margin, value + margin];
}

/** The range of the values and a little more: by default uPlot includes 0, which flattens values near 1. */
export function yRange(_: uPlot, low: number | null, high: number | null): uPlot.Range.MinMax {
  if (low === null || high === null) return [0, 1];
  // Values that differ by rounding alone: ticks between them could not be distinguished.
  if (high - low <= 1e-9 * Math.max(Math.abs(low), Math.abs(high))) return around(low);
  const margin = 0.06 * (high - low);
  return [low - margin, high + margin];
}

/** More decades would not be legible, and each has ticks to be drawn. */
const DECADES = 1e15;

export function logRange(_: uPlot, low: number | null, high: number | null): uPlot.Range.MinMax {
  if (low === null || high === null) return [null, null];
  const top = Math.max(high, 1 / DECADES);
  return uPlot.rangeLog(Math.max(low, top / DECADES), top, 10, false);
}
