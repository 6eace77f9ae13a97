/** Slice plots: the value over each hyperparameter on its scale. */
import { type ReactNode, useMemo, useState } from 'react';
import { formatValue, plural } from '../../../src/format.ts';
import { axisFor, placeOn } from '../charts/axis.ts';
import { type Box, modeOf } from '../charts/box.ts';
import type { ChartOption } from '../charts/echart.tsx';
import { LazyChart } from '../charts/lazy-chart.tsx';
import { tooltipText } from '../charts/tooltip-text.ts';
import { useAddress, useGo } from '../parts/address.ts';
import { useDragMode } from '../parts/drag-mode.tsx';
import { Switch } from '../parts/log-switch.tsx';
import { objectiveOf } from '../parts/objective.ts';
import { type Colour, useColour } from '../theme.ts';
import { choiceCondition, rangeCondition } from './box-conditions.ts';
import { ColourLegend } from './colour-legend.tsx';
import { Population } from './population.tsx';
import { usePruned, useScored } from './pruned-switch.tsx';
import { SelectWhere } from './select-where.tsx';
import { useSelection } from './selection.ts';
import { type Scored, thin, type Varied, variedIn } from './space.ts';
import { type Coloured, colourBy, colouredBy, TRIAL } from './trial-colours.ts';
import { columnNameOf } from './trial-columns.ts';
import { trialsTable } from './trials-table.ts';
import { useShown } from './use-search.ts';

const MAX_POINTS = 3000;
const MARGIN = 1.05;

export function Slices(): ReactNode {
  const { search } = useShown();
  const colour = useColour();
  const go = useGo();
  const varied = useMemo(() => variedIn(search), [search]);
  const [chosen, choose] = useAddress('slice', varied[0]?.name ?? '');
  const { metric, direction } = objectiveOf(search);
  const one = varied.find(({ name }) => name === chosen) ?? varied[0];
  const scored = useScored();
  const [showsPruned, prunedSwitch] = usePruned();
  const trials = useMemo(() => thin(scored, MAX_POINTS, direction), [scored, direction]);
  const { selected, selectBy } = useSelection();
  const [by, setBy] = useAddress('slice-colour', 'state');
  const coloured = useMemo(() => colouredBy(by, varied, scored), [by, varied, scored]);
  const [mode, dragMode] = useDragMode();
  const [scale, setScale] = useAddress('slice-yscale', 'linear');
  const canLog = useMemo(() => trials.every(({ value }) => value > 0), [trials]);
  const isLog = scale === 'log' && canLog;
  const [zoom, setZoom] = useState<{ readonly of: Varied | undefined; readonly box: Box }>();
  const zoomed = zoom?.of === one ? zoom?.box : undefined;
  const setLog = (on: boolean) => {
    // A box of a linear axis may begin below 0.
    setZoom(undefined);
    setScale(on ? 'log' : 'linear');
  };
  const option = useMemo(
    () => (one === undefined ? {} : optionOf(trials, one, { metric, colour, selected, zoomed, coloured, isLog })),
    [trials, one, metric, colour, selected, zoomed, coloured, isLog],
  );
  if (one === undefined) return null;
  return (
    <section className="card">
      <div className="row spread">
        <h2>Slice</h2>
        <div className="row small">
          {zoomed && (
            <button type="button" className="quiet" onClick={() => setZoom(undefined)}>
              Reset zoom
            </button>
          )}
          {dragMode}
          <SelectWhere />
          {prunedSwitch}
          <select aria-label="Hyperparameter" value={one.name} onChange={(event) => choose(event.target.value)}>
            {varied.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
          <select aria-label="Colour of the points" value={by} onChange={(event) => setBy(event.target.value)}>
            <option value="state">colour: state</option>
            <option value={TRIAL}>colour: trial number</option>
            {varied.map(({ name }) => (
              <option key={name} value={columnNameOf(name)}>
                colour: {columnNameOf(name)}
              </option>
            ))}
          </select>
          <Switch on={isLog} set={setLog} disabled={!canLog}>
            log y
          </Switch>
        </div>
      </div>
      <LazyChart
        name={`${search.name}: slice of ${one.name}`}
        label={`${metric} over ${one.name}, of ${plural(trials.length, 'trial')}, coloured by ${coloured?.name ?? 'state'}${isLog ? ', on a log scale' : ''}`}
        option={option}
        height={300}
        table={() => trialsTable(trials, [one], metric, search.id)}
        onBox={(box, event) => {
          if (modeOf(mode, event) === 'select')
            selectBy(`${conditionsOf(one, box)}${showsPruned ? '' : ' state=complete'}`);
          else setZoom({ of: one, box });
        }}
        on={{
          click: (event) => {
            const { value } = event as { value?: readonly number[] };
            if (value !== undefined) go(`/searches/${search.id}/trials/${value[2]}`);
          },
        }}
      />
      {coloured && (
        <div className="small soft">
          <ColourLegend of={coloured} />
        </div>
      )}
      <Population shown={trials} of={scored}>
        {trials.some(({ state }) => state !== 'complete') && 'Values that are not final are hollow.'}
      </Population>
    </section>
  );
}

/** The conditions of the trials in a box. */
function conditionsOf({ name, distribution }: Varied, { x, y }: Box): string {
  const column = columnNameOf(name);
  const across =
    distribution.distribution === 'categorical'
      ? choiceCondition(column, distribution.choices, x)
      : rangeCondition(column, x);
  return `${across} ${rangeCondition('value', y)}`;
}

interface Look {
  readonly metric: string;
  readonly colour: Colour;
  readonly selected: ReadonlySet<number> | undefined;
  readonly zoomed: Box | undefined;
  readonly coloured: Coloured | undefined;
  /** The axis of the values. */
  readonly isLog: boolean;
}

/** A log axis would begin and end at powers of ten, which is too far for many metrics. */
const aroundValues = {
  min: ({ min }: { readonly min: number }) => min / MARGIN,
  max: ({ max }: { readonly max: number }) => max * MARGIN,
};

function optionOf(
  trials: readonly Scored[],
  { name, distribution }: Varied,
  { metric, colour, selected, zoomed, coloured, isLog }: Look,
): ChartOption {
  const colourOf = coloured && colourBy(coloured, colour);
  /** A trial without the hyperparameter is grey. */
  const own = (trial: Scored, isFinal: boolean) => {
    if (colourOf === undefined) return {};
    const hue = colourOf(coloured?.of(trial)) ?? colour('--grey');
    return { itemStyle: isFinal ? { color: hue } : { borderColor: hue } };
  };
  const isSelected = ({ number }: Scored) => selected?.has(number) ?? true;
  const of = (isFinal: boolean, inside: boolean) =>
    trials
      .filter(
        (trial) =>
          (trial.state === 'complete') === isFinal && isSelected(trial) === inside && trial.point[name] !== undefined,
      )
      .map((trial) => ({
        value: [placeOn(distribution, trial.point[name]), trial.value, trial.number],
        ...own(trial, isFinal),
      }));
  const series = (isFinal: boolean, inside: boolean) => ({
    type: 'scatter',
    name: isFinal ? 'complete' : 'intermediate value',
    symbol: isFinal ? 'circle' : 'triangle',
    symbolSize: 6,
    itemStyle: {
      ...(isFinal
        ? { color: colour('--blue') }
        : { color: colour('--paper'), borderColor: colour('--orange'), borderWidth: 1.2 }),
      opacity: inside ? 0.75 : 0.12,
    },
    data: of(isFinal, inside),
  });
  const soft = colour('--soft');
  const extent = (axis: keyof Box) => zoomed && { min: zoomed[axis][0], max: zoomed[axis][1] };
  return {
    grid: { left: 65, right: 20, top: 30, bottom: 45 },
    tooltip: {
      formatter: ({ value, seriesName }: { value: readonly [number | string, number, number]; seriesName: string }) =>
        tooltipText([
          `trial ${value[2]}, ${seriesName}`,
          `${name} ${formatValue(value[0])}`,
          `${metric} ${formatValue(value[1])}`,
        ]),
    },
    xAxis: { ...axisFor(name, distribution, colour), nameLocation: 'middle', nameGap: 28, ...extent('x') },
    yAxis: {
      ...(isLog ? { type: 'log', ...aroundValues } : { type: 'value', scale: true }),
      name: metric,
      ...extent('y'),
      nameTextStyle: { color: soft },
      axisLabel: { color: soft, formatter: (value: number) => formatValue(Number(value.toPrecision(6))) },
      splitLine: { lineStyle: { color: colour('--line') } },
    },
    // The selected ones are drawn last.
    series: [false, true].flatMap((inside) => [series(false, inside), series(true, inside)]),
  };
}
