/** The optimization history: every trial with a value, and the best so far. */

import { type ReactNode, useMemo, useState } from 'react';
import { signOf } from '../../../src/algorithms/objective.ts';
import { baselineOf } from '../../../src/domain/best-evidence.ts';
import { formatDuration, formatNumber, formatValue } from '../../../src/format.ts';
import type { Search } from '../api.ts';
import type { Box, DragMode } from '../charts/box.ts';
import { LineChart } from '../charts/line-chart.tsx';
import type { Line } from '../charts/line-drawing.ts';
import { useAddress, useGo } from '../parts/address.ts';
import { useDragMode } from '../parts/drag-mode.tsx';
import { Switch } from '../parts/log-switch.tsx';
import { objectiveOf } from '../parts/objective.ts';
import { rangeCondition } from './box-conditions.ts';
import { atEpochs, type HistoryAxis, type HistoryData, historyAxes, historyOf } from './history-data.ts';
import { usePruned } from './pruned-switch.tsx';
import { SelectWhere } from './select-where.tsx';
import { type Selection, useSelection } from './selection.ts';
import type { Scored } from './space.ts';
import { useShown } from './use-search.ts';

const axisNames: Readonly<Record<HistoryAxis, string>> = { number: 'trial', time: 'end time', start: 'start time' };

export function HistoryCard(): ReactNode {
  const { search, trials: all } = useShown();
  const go = useGo();
  const [axis, setAxis] = useAddress('history', 'number');
  const by = historyAxes.find((one) => one === axis) ?? 'number';
  const [showsPruned, prunedSwitch] = usePruned();
  const [scale, setScale] = useAddress('yscale', 'linear');
  const { metric, direction } = objectiveOf(search);
  const selection = useSelection();
  const { selected } = selection;
  const [mode, dragMode] = useDragMode();
  const [tooMany, setTooMany] = useState(false);
  const history = useMemo(
    () => historyOf(all, { direction, by, intermediate: showsPruned }),
    [all, direction, by, showsPruned],
  );
  const { rows, without, best, provisional, caption } = history;
  const edge = useMemo(
    () => ({
      xs: without,
      side: signOf(direction) > 0 ? ('bottom' as const) : ('top' as const),
      colour: '--purple',
    }),
    [without, direction],
  );
  const { data, lines } = useLines(history, selected, search);
  const canLog = useMemo(() => rows.every(({ value }) => value > 0), [rows]);
  const summary =
    best === undefined ? 'no trial has a value yet' : `${formatNumber(best.value)} of trial ${best.number}`;
  return (
    <section className="card">
      <div className="row spread">
        <h2>Optimization history</h2>
        <div className="row small">
          <select aria-label="x axis of the history" value={by} onChange={(event) => setAxis(event.target.value)}>
            {historyAxes.map((one) => (
              <option key={one} value={one}>
                by {axisNames[one]}
              </option>
            ))}
          </select>
          {dragMode}
          <SelectWhere />
          {prunedSwitch}
          <Switch on={scale === 'log' && canLog} set={(on) => setScale(on ? 'log' : 'linear')} disabled={!canLog}>
            log y
          </Switch>
        </div>
      </div>
      <LineChart
        name={`${search.name}: optimization history`}
        label={`${metric} by ${axisNames[by]}; ${provisional ? 'provisional best' : 'best'}: ${summary}`}
        data={data}
        trials={{ search: search.id, points: rows.map(({ number }) => number) }}
        lines={lines}
        xLabel={by === 'number' ? 'trial' : `${axisNames[by]}, since the first trial started`}
        yLabel={metric}
        logY={scale === 'log' && canLog}
        height={300}
        edge={edge}
        drag={mode}
        onBox={(box) => setTooMany(!selectBox(box, { history, by, showsPruned, selection }))}
        {...(by !== 'number' && { formatX: formatDuration })}
        hit={(line, index) => {
          // The lines of the best so far and of the baseline stand for no trial.
          const isTrial = lines[line]?.points === true;
          const trial = isTrial ? rows[index] : undefined;
          return (
            trial && { text: textOf(trial, metric), open: () => go(`/searches/${search.id}/trials/${trial.number}`) }
          );
        }}
      />
      <p className="soft small" style={{ margin: 0, maxWidth: 'none' }}>
        {caption}. {dragHints[mode]}
        {tooMany && <strong> These are too many trials for a list: select fewer, or by trial.</strong>}
        {provisional && best !== undefined && (
          <> No trial is complete yet: the line is the provisional best of the trials with the most epochs so far.</>
        )}
      </p>
    </section>
  );
}

/** The chart's columns and lines, with the selected trials and the baseline if there are any. */
function useLines(
  { columns, rows, provisional }: HistoryData,
  selected: ReadonlySet<number> | undefined,
  search: Search,
): { readonly data: readonly (readonly (number | null)[])[]; readonly lines: readonly Line[] } {
  const baseline = useMemo(() => visibleBaseline(baselineOf(search)?.value, rows), [search, rows]);
  const [x = [], complete = [], intermediate = [], bests = []] = columns;
  const hasIntermediate = useMemo(() => intermediate.some((value) => value !== null), [intermediate]);
  const data = useMemo(
    () => [
      ...(hasIntermediate ? [x, complete, intermediate, bests] : [x, complete, bests]),
      ...(selected === undefined ? [] : [rows.map(({ number, value }) => (selected.has(number) ? value : null))]),
      ...(baseline === undefined ? [] : [rows.map(() => baseline)]),
    ],
    [hasIntermediate, x, complete, intermediate, bests, rows, selected, baseline],
  );
  const lines = useMemo(
    () => [
      completeLine,
      ...(hasIntermediate ? [intermediateLine] : []),
      provisional ? provisionalLine : bestLine,
      ...(selected === undefined ? [] : [selectedLine]),
      ...(baseline === undefined ? [] : [baselineLine]),
    ],
    [hasIntermediate, provisional, selected, baseline],
  );
  return { data, lines };
}

interface BoxContext {
  readonly history: HistoryData;
  readonly by: HistoryAxis;
  readonly showsPruned: boolean;
  readonly selection: Selection;
}

/** Selects the trials in a box; by time as numbers, since conditions cannot say it. Returns whether they fit the address. */
function selectBox({ x, y }: Box, { history, by, showsPruned, selection }: BoxContext): boolean {
  const { rows, columns, provisional } = history;
  if (by !== 'number') {
    const isIn = (value: number, [low, high]: Box['x']) => value >= low && value <= high;
    const inside = rows.filter(({ value }, i) => isIn(columns[0]![i] as number, x) && isIn(value, y));
    return selection.select(inside.map(({ number }) => number));
  }
  const state = showsPruned || provisional ? '' : ' state=complete';
  selection.selectBy(`${rangeCondition('number', x)} ${rangeCondition('value', y)}${state}`);
  return true;
}

const dragHints: Readonly<Record<DragMode, string>> = {
  zoom: 'Drag to zoom, drag with Shift to select trials, double-click to show all.',
  select: 'Drag to select trials, drag with Shift to zoom, double-click to show all.',
};

const completeLine: Line = { label: 'complete', colour: '--blue', points: true, opacity: 0.75 };
const intermediateLine: Line = { label: 'intermediate value', colour: '--orange', points: true, hollow: true };
const bestLine: Line = { label: 'best so far', colour: '--green', width: 2, steps: true };
const provisionalLine: Line = {
  label: 'provisional best',
  colour: '--green',
  width: 2,
  steps: true,
  dash: [6, 4],
};
const baselineLine: Line = { label: 'baseline', colour: '--soft', dash: [2, 4] };
const selectedLine: Line = { label: 'selected', colour: '--red', points: true };

/** The baseline, unless it is so far from the values that it would compress them. */
function visibleBaseline(baseline: number | undefined, rows: readonly Scored[]): number | undefined {
  const isBelow = rows.some(({ value }) => value <= baseline!);
  const isAbove = rows.some(({ value }) => value >= baseline!);
  return baseline !== undefined && isBelow && isAbove ? baseline : undefined;
}

function textOf(trial: Scored, metric: string): string[] {
  const { number, state, value } = trial;
  return [`trial ${number}`, `${metric} ${formatValue(value)}`, `${state}${atEpochs([trial])}`];
}
