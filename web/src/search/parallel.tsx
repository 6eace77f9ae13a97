/** Parallel coordinates of all trials; brushed ranges can be shown in the table of trials. */

import { type ReactNode, useMemo, useRef } from 'react';
import { ascending, type Direction } from '../../../src/algorithms/objective.ts';
import { formatValue, plural } from '../../../src/format.ts';
import { valueRange } from '../charts/axis.ts';
import type { ChartOption } from '../charts/echart.tsx';
import { LazyChart } from '../charts/lazy-chart.tsx';
import { useAddress } from '../parts/address.ts';
import { objectiveOf } from '../parts/objective.ts';
import { Sideways } from '../parts/sideways.tsx';
import { type Colour, useColour } from '../theme.ts';
import { ABSENT, brushedConditions, isLackedBy, parallelAxis } from './parallel-axes.ts';
import { Population } from './population.tsx';
import { usePruned, useScored } from './pruned-switch.tsx';
import { SelectWhere } from './select-where.tsx';
import { useSelection } from './selection.ts';
import { type Scored, thin, type Varied, variedIn } from './space.ts';
import { columnNameOf } from './trial-columns.ts';
import { trialsTable } from './trials-table.ts';
import { useShown } from './use-search.ts';

/** More lines than this would be unreadable, and slow: brushing draws all of them at every movement. */
const MAX_LINES = 700;
const BRUSH_MS = 150;
/** Enough for the name of an axis and its labels, in pixels; on a narrow screen the chart scrolls. */
const AXIS_WIDTH = 100;

export function Parallel(): ReactNode {
  const { search } = useShown();
  const colour = useColour();
  const { selected, selectBy } = useSelection();
  const [text] = useAddress('select');
  // The chart dims what is outside of its own brush; drawing it anew would remove the brush.
  const brushed = useRef('');
  const highlighted = text === brushed.current ? undefined : selected;
  const pending = useRef<ReturnType<typeof setTimeout>>(undefined);
  const { metric, direction } = objectiveOf(search);
  const varied = useMemo(() => variedIn(search), [search]);
  const scored = useScored();
  const [, prunedSwitch] = usePruned();
  const trials = useMemo(() => thin(scored, MAX_LINES, direction), [scored, direction]);
  const option = useMemo(
    () => optionOf(trials, varied, { metric, direction, colour, selected: highlighted }),
    [trials, varied, metric, direction, colour, highlighted],
  );
  const names = [...varied.map(({ name }) => name), 'value'];
  const brush = (chart: unknown) => {
    // Browsers limit how often an address may change.
    clearTimeout(pending.current);
    pending.current = setTimeout(() => {
      brushed.current = brushedConditions(brushedOn(chart, names.length), varied, trials);
      selectBy(brushed.current);
    }, BRUSH_MS);
  };
  if (trials.length === 0 || varied.length === 0) return null;
  return (
    <section className="card wide">
      <div className="row spread">
        <h2>Parallel coordinates</h2>
        <div className="row small">
          <SelectWhere />
          {prunedSwitch}
        </div>
      </div>
      <p className="soft small">
        Drag along axes to select trials, in every view; click an axis to remove its range. Better trials are stronger.
        {varied.some((one) => isLackedBy(trials, one)) && ` ${ABSENT}: trials that lack the hyperparameter.`}
      </p>
      <Sideways label="Parallel coordinates" width={AXIS_WIDTH * names.length}>
        <LazyChart
          name={`${search.name}: parallel coordinates`}
          label={`${plural(trials.length, 'trial')} as lines through ${names.join(', ')}`}
          option={option}
          height={340}
          table={() => trialsTable(trials, varied, metric, search.id)}
          on={{
            axisareaselected: (_, chart) => brush(chart),
          }}
        />
      </Sideways>
      <Population shown={trials} of={scored} />
    </section>
  );
}

interface Brushable {
  getModel?: () => {
    getComponent(kind: string, index: number): { activeIntervals?: readonly (readonly [number, number])[] } | undefined;
  };
}

/** The first selected interval of every axis. */
function brushedOn(chart: unknown, axes: number): (readonly [number, number] | undefined)[] {
  const model = (chart as Brushable).getModel?.();
  return Array.from({ length: axes }, (_, i) => model?.getComponent('parallelAxis', i)?.activeIntervals?.[0]);
}

interface Look {
  readonly metric: string;
  readonly direction: Direction;
  readonly colour: Colour;
  readonly selected: ReadonlySet<number> | undefined;
}

function optionOf(
  trials: readonly Scored[],
  varied: readonly Varied[],
  { metric, direction, colour, selected }: Look,
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
    // Above the lines.
    z: 10,
    axisLine: { lineStyle: { color: colour('--grey') } },
    areaSelectStyle: { width: 18, color: colour('--accent') },
  };
  const [low, high] = valueRange(
    trials.map(({ value }) => value),
    direction,
  );
  const placed = varied.map((one) => parallelAxis(one.distribution, isLackedBy(trials, one)));
  const axes = varied.map(({ name, distribution }, dim) => {
    const { option } = placed[dim]!;
    const labels = distribution.distribution === 'categorical' ? { formatter: undefined } : option['axisLabel'];
    return { ...axisStyle, dim, name: columnNameOf(name), ...option, axisLabel: { ...axisLabel, ...(labels ?? {}) } };
  });
  const opacity = trials.length > 300 ? 0.35 : 0.6;
  const rowOf = ({ point, value }: Scored) => [
    ...varied.map(({ name }, dim) => placed[dim]!.place(point[name])),
    value,
  ];
  // The selected ones are drawn last.
  const isIn = (trial: Scored) => selected?.has(trial.number) ?? false;
  const data =
    selected === undefined
      ? trials.map(rowOf)
      : [...trials.filter((trial) => !isIn(trial)), ...trials.filter(isIn)].map((trial) => ({
          value: rowOf(trial),
          lineStyle: { opacity: isIn(trial) ? 0.9 : 0.04 },
        }));
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
        lineStyle: { width: 1, opacity },
        inactiveOpacity: 0,
        progressive: 500,
      },
    ],
  };
}
