/** Line charts, drawn on canvas by uPlot. */
import { type ReactNode, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatCount, formatValue } from '../../../src/format.ts';
import { type Colour, useColour } from '../theme.ts';
import { type Box, boxOptions, type DragMode } from './box.ts';
import { ChartFrame } from './frame.tsx';
import { type Hit, hoverPlugin } from './hover.ts';
import { type KeptZoom, keepZoom } from './kept-zoom.ts';
import { drawEdge, drawMark, type Edge, type Line, legendValue, seriesOf, withOpacity } from './line-drawing.ts';
import { followScreen } from './on-screen.ts';
import { labelsOf, logRange, wholeSteps, xRange, yRange } from './ranges.ts';
import type { ChartTable } from './table.tsx';

interface Band {
  /** The upper and the lower line, from 1. */
  readonly between: readonly [number, number];
  readonly colour: string;
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
  /** The range of y; by default that of the values. */
  readonly rangeY?: readonly [low: number, high: number];
  readonly height?: number;
  /** Shades the areas between two lines, given by index. */
  readonly bands?: readonly Band[];
  readonly legend?: boolean;
  /** A vertical line at this x. */
  readonly mark?: number | undefined;
  /** Ticks at the upper or lower edge, for points without a y. */
  readonly edge?: Edge;
  /** Colours of single lines, which can change with the data; undefined for that of the line. */
  readonly strokes?: readonly (string | undefined)[];
  /** Describes the point of a line at an index, for a tooltip and clicks. */
  readonly hit?: (line: number, index: number) => Hit | undefined;
  /** What dragging does; only with `onBox`, otherwise it zooms. */
  readonly drag?: DragMode;
  readonly onBox?: (box: Box) => void;
  /** Names of the lines in the table, if not their labels; lines without one are left out of it. */
  readonly names?: readonly (string | undefined)[];
  /** The trials that the points, by index, or the lines stand for; its table opens them. */
  readonly trials?: {
    readonly search: string;
    readonly points?: readonly number[];
    readonly lines?: readonly (number | undefined)[];
  };
  /** Where the view has a table with more than the chart has. */
  readonly hasOwnTable?: boolean;
  /** Formats x in the axis; by default x is a whole number. */
  readonly formatX?: (x: number) => string;
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
    rangeY,
    height = 260,
    legend = true,
    bands,
    mark,
    edge,
    strokes,
    hit,
    formatX,
    onBox,
  } = props;
  const boxes = onBox !== undefined;
  const hovers = hit !== undefined;
  const whole = formatX === undefined;
  const place = useRef<HTMLDivElement>(null);
  const drawing = useRef<Drawing | undefined>(undefined);
  const latest = useRef(props);
  const [zoom] = useState(keepZoom);
  latest.current = props;
  const colour = useColour();
  // A plot is recreated when its form changes, and only updated when its data changes.
  const form = useMemo(
    () =>
      JSON.stringify({
        lines,
        xLabel,
        yLabel,
        logY,
        rangeY,
        height,
        legend,
        bands,
        hovers,
        whole,
        boxes,
      } satisfies Form),
    [lines, xLabel, yLabel, logY, rangeY, height, legend, bands, hovers, whole, boxes],
  );

  // Before the browser paints: afterwards it would have to lay out and paint the page twice.
  useLayoutEffect(() => {
    const element = place.current!;
    const create = () => {
      const options = optionsOf(JSON.parse(form) as Form, latest, element.clientWidth, colour);
      const plot = new uPlot(options, aligned(latest.current.data), element);
      zoom.follow(plot, `${latest.current.name} ${latest.current.xLabel}`);
      return plot;
    };
    drawing.current = drawOnScreen(element, { create, latest, zoom });
    return drawing.current.end;
  }, [form, colour, zoom]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: it is called when one of these changes.
  useEffect(() => drawing.current?.update(), [data, mark, edge, strokes]);

  return (
    <ChartFrame label={label} name={name} table={() => tableOf(props)} hasOwnTable={props.hasOwnTable}>
      <div ref={place} style={{ minHeight: height + (legend ? LEGEND_HEIGHT : 0) }} />
    </ChartFrame>
  );
}

interface Drawing {
  /** Draws what has changed, once the chart is on the screen. */
  update(): void;
  end(): void;
}

interface DrawingParts {
  readonly create: () => uPlot;
  readonly latest: { readonly current: LineChartProps };
  readonly zoom: KeptZoom;
}

/** Creates the plot when its place comes on the screen. */
function drawOnScreen(place: HTMLElement, { create, latest, zoom }: DrawingParts): Drawing {
  let plot: uPlot | undefined;
  let drawn = latest.current;
  const draw = () => {
    const before = drawn;
    const { data, mark, edge, strokes } = latest.current;
    drawn = latest.current;
    if (plot === undefined) {
      plot = create();
      resized.observe(place);
    } else if (data !== before.data) zoom.setData(plot, aligned(data));
    else if (mark !== before.mark || edge !== before.edge || strokes !== before.strokes) plot.redraw(false);
  };
  // It is also called at the start; drawing ten thousand points twice would be slow.
  const resized = new ResizeObserver(() => {
    if (plot !== undefined && place.clientWidth !== plot.width)
      plot.setSize({ width: place.clientWidth, height: plot.height });
  });
  const screen = followScreen(place, draw);
  return {
    update: () => {
      if (screen.isOnScreen()) draw();
    },
    end: () => {
      screen.stop();
      resized.disconnect();
      plot?.destroy();
    },
  };
}

function aligned(data: LineChartProps['data']): uPlot.AlignedData {
  return data as unknown as uPlot.AlignedData;
}

function tableOf({ data, lines, names, xLabel, formatX, trials }: LineChartProps): ChartTable {
  const [xs = [], ...columns] = data;
  const titles = names ?? lines.map((line, i) => line.label || `line ${i + 1}`);
  const named = columns.flatMap((column, i) =>
    titles[i] === undefined ? [] : [{ title: titles[i], column, trial: trials?.lines?.[i] }],
  );
  // Where x is the number of the trial, it has its column already.
  const points = xLabel === 'trial' ? undefined : trials?.points;
  return {
    heads: [xLabel, ...(points ? ['trial'] : []), ...named.map(({ title }) => title)],
    rows: xs.map((x, i) => [x, ...(points ? [points[i]] : []), ...named.map(({ column }) => column[i])]),
    formatFirst: formatX,
    links: trials && {
      search: trials.search,
      ...(trials.points && { column: points ? 1 : 0 }),
      ...(trials.lines && { heads: [undefined, ...named.map(({ trial }) => trial)] }),
    },
  };
}

/** Of a legend of one row, in CSS pixels. */
const LEGEND_HEIGHT = 36;
const FONT = '12px system-ui, sans-serif';

/** The properties that a plot cannot change after creation. */
interface Form {
  readonly lines: readonly Line[];
  readonly xLabel: string;
  readonly yLabel: string;
  readonly logY: boolean;
  readonly rangeY: LineChartProps['rangeY'];
  readonly height: number;
  readonly legend: boolean;
  readonly bands: readonly Band[] | undefined;
  readonly hovers: boolean;
  readonly whole: boolean;
  readonly boxes: boolean;
}

function optionsOf(
  { lines, xLabel, yLabel, logY, rangeY, height, legend, bands, hovers, whole, boxes }: Form,
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
  const box = boxOptions(
    () => latest.current.drag ?? 'zoom',
    (dragged) => latest.current.onBox?.(dragged),
  );
  return {
    width,
    height,
    // Without the values of the cursor, which a tooltip has.
    legend: { show: legend, live: !hovers },
    plugins: [
      ...(hovers ? [hoverPlugin((line, index) => latest.current.hit?.(line, index))] : []),
      ...(boxes ? box.plugins! : []),
    ],
    cursor: {
      drag: { x: true, y: false },
      points: { size: 6, show: !hovers },
      ...(boxes && { bind: box.bind }),
    },
    scales: {
      x: { time: false, range: xRange },
      y: logY
        ? { distr: 3, range: logRange }
        : { distr: 1, ...(rangeY ? { range: [...rangeY] } : hovers && { range: yRange }) },
    },
    axes: [
      // Trials and epochs are whole numbers.
      {
        ...axis,
        label: xLabel,
        size: 36,
        values: (_, splits) => labelsOf(splits, latest.current.formatX ?? formatCount),
        ...(whole && { incrs: wholeSteps }),
      },
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
    series: [
      { label: xLabel, value: legendValue },
      ...lines.map((line, i) => seriesOf(line, colour, () => latest.current.strokes?.[i])),
    ],
    ...(bands && {
      bands: bands.map(({ between: [upper, lower], colour: name }) => ({
        series: [upper, lower],
        fill: withOpacity(colour(name), 0.15),
        dir: 0 as unknown as 1,
      })),
    }),
    hooks: {
      draw: [
        (drawn) => {
          drawMark(drawn, latest.current.mark, colour('--red'));
          drawEdge(drawn, latest.current.edge, colour);
        },
      ],
    },
  };
}
