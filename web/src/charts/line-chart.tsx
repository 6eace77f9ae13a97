/** Line charts, drawn on canvas by uPlot. */
import { type ReactNode, useEffect, useMemo, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatValue } from '../../../src/format.ts';
import { type Colour, useColour } from '../theme.ts';
import { ChartFrame } from './frame.tsx';

export interface Line {
  readonly label: string;
  /** A custom property such as `--blue`. */
  readonly colour: string;
  readonly width?: number;
  readonly dash?: number[];
  /** Points without a line. */
  readonly points?: boolean;
  readonly steps?: boolean;
  /** 0 … 1 */
  readonly opacity?: number;
}

interface LineChartProps {
  /** A description for screen readers. */
  readonly label: string;
  readonly name: string;
  /** The x of every point, then one array per line with null for missing values. */
  readonly data: readonly (readonly (number | null)[])[];
  readonly lines: readonly Line[];
  readonly xLabel: string;
  readonly yLabel: string;
  readonly logY?: boolean;
  readonly height?: number;
  /** Shades the area between two lines, given by index. */
  readonly band?: readonly [number, number];
  readonly legend?: boolean;
  /** A vertical line at this x. */
  readonly mark?: number | undefined;
  /** Called with the x of a clicked point. */
  readonly onPick?: (x: number) => void;
}

export function LineChart(props: LineChartProps): ReactNode {
  const {
    label,
    name,
    data,
    lines,
    xLabel,
    yLabel,
    logY = false,
    height = 260,
    legend = true,
    band,
    mark,
    onPick,
  } = props;
  const picks = onPick !== undefined;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const marked = useRef(mark);
  const latest = useRef(props);
  latest.current = props;
  const colour = useColour();
  // A plot is recreated when its form changes, and only updated when its data changes.
  const form = useMemo(
    () => JSON.stringify({ lines, xLabel, yLabel, logY, height, legend, band, picks } satisfies Form),
    [lines, xLabel, yLabel, logY, height, legend, band, picks],
  );

  useEffect(() => {
    const element = place.current!;
    const made = new uPlot(
      optionsOf(JSON.parse(form) as Form, latest, element.clientWidth, colour),
      aligned(latest.current.data),
      element,
    );
    plot.current = made;
    const resized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: made.height }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [form, colour]);

  useEffect(() => {
    plot.current?.setData(aligned(data));
  }, [data]);

  useEffect(() => {
    if (mark !== marked.current) plot.current?.redraw(false);
    marked.current = mark;
  }, [mark]);

  return (
    <ChartFrame label={label} name={name} csv={() => csvOf(latest.current)}>
      <div ref={place} style={{ minHeight: height }} />
    </ChartFrame>
  );
}

function aligned(data: LineChartProps['data']): uPlot.AlignedData {
  return data as unknown as uPlot.AlignedData;
}

function csvOf({ data, lines, xLabel }: LineChartProps): string {
  const heads = [xLabel, ...lines.map((line, i) => line.label || `line ${i + 1}`)];
  const rows = (data[0] ?? []).map((_, i) => data.map((column) => column[i] ?? '').join(','));
  return [heads.map((head) => (head.includes(',') ? `"${head}"` : head)).join(','), ...rows].join('\n');
}

const FONT = '12px system-ui, sans-serif';

/** The properties that a plot cannot change after creation. */
interface Form {
  readonly lines: readonly Line[];
  readonly xLabel: string;
  readonly yLabel: string;
  readonly logY: boolean;
  readonly height: number;
  readonly legend: boolean;
  readonly band: readonly [number, number] | undefined;
  readonly picks: boolean;
}

function optionsOf(
  { lines, xLabel, yLabel, logY, height, legend, band, picks }: Form,
  latest: { readonly current: LineChartProps },
  width: number,
  colour: Colour,
): uPlot.Options {
  const axis = {
    stroke: colour('--soft'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { stroke: colour('--line'), width: 1 },
    font: FONT,
    labelFont: FONT,
    labelSize: 18,
  };
  return {
    width,
    height,
    legend: { show: legend },
    cursor: { drag: { x: true, y: false }, points: { size: 6 } },
    scales: { x: { time: false, range: xRange }, y: { distr: logY ? 3 : 1 } },
    axes: [
      // Trials and epochs are whole numbers.
      { ...axis, label: xLabel, size: 36, incrs: wholeSteps },
      {
        ...axis,
        label: yLabel,
        size: 62,
        // On a log scale only powers of ten have room for labels.
        values: (_, splits) =>
          splits.map((value) =>
            logY && !Number.isInteger(Math.log10(value)) ? '' : formatValue(Number(value.toPrecision(6))),
          ),
      },
    ],
    series: [{ label: xLabel }, ...lines.map((line) => seriesOf(line, colour))],
    ...(band && {
      bands: [{ series: [band[0], band[1]], fill: withOpacity(colour('--orange'), 0.15), dir: 0 as unknown as 1 }],
    }),
    hooks: {
      draw: [
        (drawn) => {
          drawMark(drawn, latest.current.mark, colour('--red'));
        },
      ],
      ...(picks && {
        init: [
          (made) => {
            made.over.style.cursor = 'pointer';
            made.over.addEventListener('click', () => {
              const x = made.cursor.idx == null ? undefined : made.data[0][made.cursor.idx];
              if (x !== undefined) latest.current.onPick?.(x);
            });
          },
        ],
      }),
    },
  };
}

const wholeSteps = [1, 2, 5]
  .flatMap((step) => Array.from({ length: 9 }, (_, power) => step * 10 ** power))
  .sort((a, b) => a - b);

/** A single point stays in the middle of its neighbours: uPlot would show 100 more. */
function xRange(_: uPlot, low: number | null, high: number | null): uPlot.Range.MinMax {
  if (low === null || high === null) return [0, 1];
  return low === high ? [low - 1, high + 1] : [low, high];
}

function seriesOf(
  { label, colour: name, width = 1.5, dash, points, steps, opacity = 1 }: Line,
  colour: Colour,
): uPlot.Series {
  const stroke = withOpacity(colour(name), opacity);
  return {
    label,
    stroke,
    width,
    spanGaps: true,
    ...(dash && { dash }),
    ...(points && { paths: () => null, points: { show: true, size: 4, fill: stroke, stroke } }),
    // A line of one point would be invisible.
    ...(!points && { points: { show: (plot) => plot.data[0].length === 1, size: 5, fill: stroke, stroke } }),
    ...(steps && { paths: uPlot.paths.stepped!({ align: 1 }) }),
    value: (_, value) => formatValue(value),
  };
}

/** `rgb(1, 2, 3)` or `color(srgb …)`, made transparent. */
function withOpacity(solid: string, opacity: number): string {
  return opacity === 1 ? solid : solid.replace(/^rgb\((.*)\)$/, `rgba($1, ${opacity})`);
}

function drawMark(plot: uPlot, mark: number | undefined, hue: string): void {
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
