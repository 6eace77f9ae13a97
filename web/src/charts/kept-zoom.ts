/** The zoom of a line chart, which stays while its data or its form changes. */
import type uPlot from 'uplot';

interface Range {
  readonly min: number;
  readonly max: number;
}

export interface KeptZoom {
  /** Follows the zoom of a new plot, and restores that of the plot before. `of` is what x stands for: the zoom is only kept while it is the same. */
  follow(plot: uPlot, of: string): void;
  setData(plot: uPlot, data: uPlot.AlignedData): void;
}

export function keepZoom(): KeptZoom {
  let kept: { readonly of: string; readonly range: Range | undefined } = { of: '', range: undefined };
  return {
    follow: (plot, of) => {
      const range = kept.of === of ? kept.range : undefined;
      kept = { of, range };
      if (range && overlaps(range, plot.data[0])) plot.setScale('x', range);
      plot.hooks.setScale = [
        (_, key) => {
          if (key === 'x') kept = { of, range: zoomedRange(plot) };
        },
      ];
    },
    setData: (plot, data) => {
      const { range } = kept;
      plot.batch(() => {
        plot.setData(data);
        if (range && overlaps(range, data[0])) plot.setScale('x', range);
      });
    },
  };
}

type Xs = uPlot.AlignedData[0];

/** Undefined if all points are shown. */
function zoomedRange({ scales, data: [xs] }: uPlot): Range | undefined {
  const { min, max } = scales['x']!;
  if (min == null || max == null || xs.length === 0 || (min <= xs[0]! && max >= xs.at(-1)!)) return undefined;
  return { min, max };
}

function overlaps({ min, max }: Range, xs: Xs): boolean {
  return xs.length > 0 && min < xs.at(-1)! && max > xs[0]!;
}
