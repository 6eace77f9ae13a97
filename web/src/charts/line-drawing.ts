/** How lines and marks of a chart are drawn. */
import uPlot from 'uplot';
import { formatValue } from '../../../src/format.ts';
import type { Colour } from '../theme.ts';

export interface Line {
  readonly label: string;
  /** A custom property such as `--blue`. */
  readonly colour: string;
  readonly width?: number;
  readonly dash?: number[];
  /** Points without a line. */
  readonly points?: boolean;
  /** Points that are outlined instead of filled. */
  readonly hollow?: boolean;
  readonly steps?: boolean;
  /** 0 … 1 */
  readonly opacity?: number;
}

export interface Edge {
  readonly xs: readonly number[];
  readonly side: 'top' | 'bottom';
  readonly colour: string;
}

export function seriesOf(
  { label, colour: name, width = 1.5, dash, points, hollow, steps, opacity = 1 }: Line,
  colour: Colour,
  ownStroke: () => string | undefined,
): uPlot.Series {
  const stroke = withOpacity(colour(name), opacity);
  const ownOr = () => ownStroke() ?? stroke;
  const fill = hollow ? colour('--paper') : stroke;
  return {
    label,
    stroke: ownOr,
    width,
    spanGaps: true,
    ...(dash && { dash }),
    ...(points && {
      paths: () => null,
      points: { show: true, size: hollow ? 5 : 6, width: hollow ? 1 : 0, fill, stroke },
    }),
    // A line of one point would be invisible.
    ...(!points && { points: { show: (plot, i) => hasOnePoint(plot.data[i]!), size: 5, fill: ownOr, stroke: ownOr } }),
    ...(steps && { paths: uPlot.paths.stepped!({ align: 1 }) }),
    value: legendValue,
  };
}

/** Empty while the cursor is not on the chart. */
export function legendValue(_: uPlot, value: number | null | undefined): string {
  return typeof value === 'number' ? formatValue(value) : '';
}

function hasOnePoint(column: uPlot.AlignedData[number]): boolean {
  let points = 0;
  for (const value of column) if (value != null && ++points > 1) return false;
  return points === 1;
}

/** `rgb(1, 2, 3)` or `color(srgb …)`, made transparent. */
export function withOpacity(solid: string, opacity: number): string {
  return opacity === 1 ? solid : solid.replace(/^rgb\((.*)\)$/, `rgba($1, ${opacity})`);
}

export function drawEdge({ ctx, bbox, valToPos }: uPlot, edge: Edge | undefined, colour: Colour): void {
  if (edge === undefined) return;
  const length = 8 * devicePixelRatio;
  const top = edge.side === 'top' ? bbox.top : bbox.top + bbox.height - length;
  ctx.save();
  ctx.fillStyle = colour(edge.colour);
  for (const x of edge.xs) {
    const left = valToPos(x, 'x', true);
    if (left >= bbox.left && left <= bbox.left + bbox.width)
      ctx.fillRect(left - devicePixelRatio, top, 2 * devicePixelRatio, length);
  }
  ctx.restore();
}

export function drawMark(plot: uPlot, mark: number | undefined, hue: string): void {
  if (mark === undefined) return;
  const x = Math.round(plot.valToPos(mark, 'x', true));
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = hue;
  ctx.setLineDash([4, 4]);
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.restore();
}
