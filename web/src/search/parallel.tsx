/** Parallel coordinates of all trials; brushed ranges can be shown in the table of trials. */

import { type ReactNode, useMemo, useState } from 'react';
import { ascending, type Direction } from '../../../src/algorithms/objective.ts';
import { formatValue, plural } from '../../../src/format.ts';
import { valueRange } from '../charts/axis.ts';
import type { ChartOption } from '../charts/echart.tsx';
import { LazyChart } from '../charts/lazy-chart.tsx';
import { useGo } from '../parts/address.ts';
import { type Colour, useColour } from '../theme.ts';
import { type Scored, scoredIn, thin, type Varied, variedIn } from './space.ts';
import { useShown } from './use-search.ts';

/** More lines than this would be unreadable and slow. */
const MAX_LINES = 1500;

export function Parallel(): ReactNode {
  const { search, trials: all } = useShown();
  const colour = useColour();
  const go = useGo();
  const [brushed, setBrushed] = useState<readonly { name: string; low: number | string; high: number | string }[]>([]);
  const { metric, direction } = search.specification.objective;
  const varied = useMemo(() => variedIn(search), [search]);
  const trials = useMemo(() => thin(scoredIn(all), MAX_LINES, direction), [all, direction]);
  const option = useMemo(
    () => optionOf(trials, varied, metric, direction, colour),
    [trials, varied, metric, direction, colour],
  );
  const names = [...varied.map(({ name }) => name), 'value'];
  const ranges = brushed.flatMap(({ name, low, high }) =>
    typeof low === 'number' && typeof high === 'number'
      ? [`${name}>=${Number(low.toPrecision(3))}`, `${name}<=${Number(high.toPrecision(3))}`]
      : [],
  );
  if (trials.length === 0) return null;
  return (
    <section className="card wide">
      <div className="row spread">
        <h2>Parallel coordinates</h2>
        {ranges.length > 0 && (
          <button
            type="button"
            onClick={() => go(`/searches/${search.id}?view=trials&ranges=${encodeURIComponent(ranges.join(' '))}`)}
          >
            Show the brushed trials
          </button>
        )}
      </div>
      <p className="soft small">
        Drag along an axis to select a range; {plural(trials.length, 'trial')}, better ones are stronger.
      </p>
      <LazyChart
        name={`${search.name}: parallel coordinates`}
        label={`${plural(trials.length, 'trial')} as lines through ${names.join(', ')}`}
        option={option}
        height={340}
        on={{
          axisareaselected: (_, chart) => {
            setBrushed(brushedOn(chart, names));
          },
        }}
      />
    </section>
  );
}

interface Brushable {
  getModel?: () => {
    getComponent(kind: string, index: number): { activeIntervals?: readonly (readonly [number, number])[] } | undefined;
  };
}

/** The first selected interval of every axis. */
function brushedOn(chart: unknown, names: readonly string[]) {
  return names.flatMap((name, i) => {
    const interval = (chart as Brushable).getModel?.().getComponent('parallelAxis', i)?.activeIntervals?.[0];
    return interval === undefined ? [] : [{ name, low: interval[0], high: interval[1] }];
  });
}

function optionOf(
  trials: readonly Scored[],
  varied: readonly Varied[],
  metric: string,
  direction: Direction,
  colour: Colour,
): ChartOption {
  const soft = colour('--soft');
  const strength = ['--worst', '--middling', '--best'].map(colour);
  // With a background, so that the lines do not hide them.
  const axisLabel = {
    color: soft,
    backgroundColor: colour('--paper'),
    padding: [1, 3],
    formatter: (value: number | string) => formatValue(value),
  };
  const axisStyle = {
    nameTextStyle: { color: soft },
    axisLabel,
    axisTick: { show: false },
    axisLine: { lineStyle: { color: colour('--grey') } },
    areaSelectStyle: { width: 18, color: colour('--accent') },
  };
  const [low, high] = valueRange(
    trials.map(({ value }) => value),
    direction,
  );
  const axes = varied.map(({ name, distribution }, dim) => {
    if (distribution.distribution === 'categorical') {
      return {
        ...axisStyle,
        dim,
        name,
        type: 'category',
        data: distribution.choices.map(String),
        axisLabel: { ...axisLabel, formatter: undefined },
      };
    }
    const { scale, low: min, high: max } = distribution;
    return { ...axisStyle, dim, name, type: scale === 'log' ? 'log' : 'value', min, max };
  });
  const data = trials.map(({ point, value }) => [
    ...varied.map(({ name, distribution }) => {
      const own = point[name];
      if (own === undefined) return null;
      return distribution.distribution === 'categorical' ? String(own) : own;
    }),
    value,
  ]);
  return {
    parallel: { left: 50, right: 70, top: 40, bottom: 20 },
    parallelAxis: [...axes, { ...axisStyle, dim: varied.length, name: metric, type: 'value', scale: true }],
    visualMap: {
      show: false,
      dimension: varied.length,
      min: low,
      max: high,
      inRange: { color: [...ascending(strength, direction)] },
    },
    series: [
      {
        type: 'parallel',
        data,
        lineStyle: { width: 1, opacity: trials.length > 300 ? 0.35 : 0.6 },
        inactiveOpacity: 0.02,
        progressive: 500,
      },
    ],
  };
}
