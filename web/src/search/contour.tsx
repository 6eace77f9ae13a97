/** A contour plot of the value over two hyperparameters. */

import { type ReactNode, useMemo } from 'react';
import { ascending, type Direction } from '../../../src/algorithms/objective.ts';
import type { NumericDistribution } from '../../../src/algorithms/space/space.ts';
import { formatNumber, formatValue, plural } from '../../../src/format.ts';
import { axisFor, placeOn, scaleColours, unitOf, valueRange } from '../charts/axis.ts';
import type { ChartOption } from '../charts/echart.tsx';
import { LazyChart } from '../charts/lazy-chart.tsx';
import { tooltipText } from '../charts/tooltip-text.ts';
import { useAddress, useGo } from '../parts/address.ts';
import { objectiveOf } from '../parts/objective.ts';
import { type Colour, useColour } from '../theme.ts';
import { useComparable } from './comparable.ts';
import { contourLines } from './contour-lines.ts';
import { Population } from './population.tsx';
import { useSelection } from './selection.ts';
import { ranksOf } from './shares.ts';
import { type Scored, thin, type Varied, variedIn } from './space.ts';
import { surface } from './surface.ts';
import { trialsTable } from './trials-table.ts';
import { useShown } from './use-search.ts';

const MAX_POINTS = 1500;
const CELLS = 36;
/** Contour lines divide the range of values into so many equal parts. */
const BANDS = 10;

type NumericVaried = Varied & { readonly distribution: NumericDistribution };

export function Contour(): ReactNode {
  const { search } = useShown();
  const colour = useColour();
  const go = useGo();
  const { metric, direction } = objectiveOf(search);
  const numeric = useMemo(
    () =>
      variedIn(search).filter((varied): varied is NumericVaried => varied.distribution.distribution !== 'categorical'),
    [search],
  );
  const [a, setA] = useAddress('x', numeric[0]?.name ?? '');
  const [b, setB] = useAddress('y', numeric[1]?.name ?? '');
  const [across, up] = [a, b].map((chosen, i) => numeric.find(({ name }) => name === chosen) ?? numeric[i]);
  const [by, setBy] = useAddress('by', 'value');
  const { trials: comparable, after } = useComparable();
  const trials = useMemo(() => {
    const kept = thin(comparable, MAX_POINTS, direction);
    if (by !== 'rank') return kept;
    const ranks = ranksOf(kept.map(({ value }) => value));
    return kept.map((trial, i) => ({ ...trial, value: ranks[i]! }));
  }, [comparable, direction, by]);
  const { selected } = useSelection();
  const option = useMemo(
    () =>
      across === undefined || up === undefined
        ? {}
        : optionOf(trials, across, up, { metric, direction, colour, selected }),
    [trials, across, up, metric, direction, colour, selected],
  );
  const inside = selected === undefined ? 0 : trials.filter(({ number }) => selected.has(number)).length;
  if (across === undefined || up === undefined) return null;
  const choice = (label: string, chosen: string, choose: (name: string) => void) => (
    <select aria-label={label} value={chosen} onChange={(event) => choose(event.target.value)}>
      {numeric.map(({ name }) => (
        <option key={name}>{name}</option>
      ))}
    </select>
  );
  return (
    <section className="card">
      <div className="row spread">
        <h2>Contour</h2>
        <div className="row">
          {choice('x axis', across.name, setA)} {choice('y axis', up.name, setB)}
          <select aria-label="Colour" value={by} onChange={(event) => setBy(event.target.value)}>
            <option value="value">colour: value</option>
            <option value="rank">colour: rank</option>
          </select>
        </div>
      </div>
      <LazyChart
        name={`${search.name}: contour of ${across.name} and ${up.name}`}
        label={`${metric} over ${across.name} and ${up.name}, of ${plural(trials.length, 'trial')}${selected === undefined ? '' : `, ${inside} selected`}`}
        option={option}
        height={320}
        table={() => trialsTable(trials, [across, up], by === 'rank' ? `rank of ${metric}` : metric, search.id)}
        on={{
          click: (event) => {
            const { value, seriesType } = event as { value?: readonly number[]; seriesType?: string };
            if (seriesType === 'scatter' && value !== undefined) go(`/searches/${search.id}/trials/${value[3]}`);
          },
        }}
      />
      <Population shown={trials} of={comparable} after={after} />
    </section>
  );
}

interface Look {
  readonly metric: string;
  readonly direction: Direction;
  readonly colour: Colour;
  readonly selected: ReadonlySet<number> | undefined;
}

function optionOf(
  trials: readonly Scored[],
  across: NumericVaried,
  up: NumericVaried,
  { metric, direction, colour, selected }: Look,
): ChartOption {
  const both = trials.filter(({ point }) => point[across.name] !== undefined && point[up.name] !== undefined);
  const [x, y] = [unitOf(across.distribution), unitOf(up.distribution)];
  const [low, high] = valueRange(
    both.map(({ value }) => value),
    direction,
  );
  const clipped = (value: number) => Math.min(Math.max(value, low), high);
  const placed = both.map(({ point, value }) => ({
    x: x.at(Number(point[across.name])),
    y: y.at(Number(point[up.name])),
    value: clipped(value),
  }));
  const heights = surface(placed, CELLS);
  const levels = Array.from({ length: BANDS - 1 }, (_, k) => low + ((k + 1) / BANDS) * (high - low));
  const lines = levels.map((level) =>
    contourLines(heights, CELLS, level).map((segment) =>
      segment.map(([u, v]) => [x.valueAt(u), y.valueAt(v)] as const),
    ),
  );
  const cells = heights.flatMap((value, k) => {
    const [i, j] = [k % CELLS, Math.floor(k / CELLS)];
    return value === null
      ? []
      : [[x.valueAt(i / CELLS), y.valueAt(j / CELLS), value, x.valueAt((i + 1) / CELLS), y.valueAt((j + 1) / CELLS)]];
  });
  const rowsOf = (some: readonly Scored[]) =>
    some.map(({ point, value, number }) => [
      placeOn(across.distribution, point[across.name]),
      placeOn(up.distribution, point[up.name]),
      value,
      number,
    ]);
  // Many large points would hide the surface.
  const points = { type: 'scatter', symbolSize: both.length > 300 ? 3 : 5 };
  return {
    grid: { left: 65, right: 85, top: 15, bottom: 45 },
    tooltip: {
      formatter: ({ value, seriesType }: { value: readonly number[]; seriesType: string }) =>
        seriesType === 'scatter'
          ? tooltipText([
              `trial ${value[3]}`,
              `${across.name} ${formatValue(value[0])}`,
              `${up.name} ${formatValue(value[1])}`,
              `${metric} ${formatValue(value[2])}`,
            ])
          : `interpolated: ${formatNumber(value[2])}`,
    },
    xAxis: { ...axisFor(across.name, across.distribution, colour), nameLocation: 'middle', nameGap: 28 },
    yAxis: { ...axisFor(up.name, up.distribution, colour), nameLocation: 'middle', nameGap: 45 },
    visualMap: {
      dimension: 2,
      min: low,
      max: high,
      right: 0,
      top: 'middle',
      itemHeight: 180,
      text: [high, low].map((value) => formatNumber(value, 3)),
      textStyle: { color: colour('--soft') },
      inRange: { color: [...ascending(scaleColours, direction)] },
      seriesIndex: 0,
    },
    series: [
      { type: 'custom', renderItem, data: cells, encode: { x: [0, 3], y: [1, 4] }, silent: true, clip: true },
      {
        type: 'custom',
        renderItem: linesOf(lines),
        data: lines.map((_, k) => [k]),
        encode: {},
        silent: true,
        clip: true,
      },
      // The selected ones are drawn last.
      {
        ...points,
        itemStyle: { color: '#fff', borderColor: '#222', borderWidth: 1, opacity: selected === undefined ? 1 : 0.35 },
        data: rowsOf(both.filter(({ number }) => !selected?.has(number))),
      },
      {
        ...points,
        symbolSize: 9,
        // A colour that the scale does not have.
        itemStyle: { color: '#d0021b', borderColor: '#fff', borderWidth: 1 },
        data: rowsOf(both.filter(({ number }) => selected?.has(number))),
      },
    ],
  };
}

interface RenderApi {
  value(dimension: number): number;
  coord(point: readonly number[]): readonly [number, number];
  visual(name: 'color'): string;
}

function renderItem(_: unknown, { value, coord, visual }: RenderApi): object {
  // On whole pixels, since seams between cells would show.
  const [left, bottom] = coord([value(0), value(1)]).map(Math.round) as [number, number];
  const [right, top] = coord([value(3), value(4)]).map(Math.round) as [number, number];
  return {
    type: 'rect',
    shape: { x: left, y: top, width: right - left, height: bottom - top },
    style: { fill: visual('color') },
  };
}

/** Draws the segments of one level as one path. */
function linesOf(lines: readonly (readonly (readonly (readonly [x: number, y: number])[])[])[]) {
  return ({ dataIndex }: { readonly dataIndex: number }, { coord }: RenderApi): object => {
    const parts = lines[dataIndex]!.map((segment) => `M${segment.map((place) => coord(place).join(' ')).join('L')}`);
    return {
      type: 'path',
      shape: { pathData: parts.join('') },
      style: { fill: 'none', stroke: '#222', lineWidth: 0.8, opacity: 0.55 },
    };
  };
}
