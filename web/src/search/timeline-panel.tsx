/** The timeline of workers and trials, which shows gaps, crashes and stragglers. */
import { type ReactNode, useMemo } from 'react';
import { formatCount, formatDuration, plural } from '../../../src/format.ts';
import type { Search } from '../api.ts';
import type { ChartOption } from '../charts/echart.tsx';
import { LazyChart } from '../charts/lazy-chart.tsx';
import type { ChartTable } from '../charts/table.tsx';
import { useGo } from '../parts/address.ts';
import { isObserved } from '../parts/objective.ts';
import { type Colour, useColour } from '../theme.ts';
import type { TrialRow } from './model.ts';
import { useSelection } from './selection.ts';
import { shownState } from './shown-state.ts';
import { spanText, type TimelineRow, timelineLayout } from './timeline-layout.ts';
import { useShown } from './use-search.ts';

const ROW_HEIGHT = 20;

export default function TimelinePanel(): ReactNode {
  const { search, trials: all } = useShown();
  const go = useGo();
  const colour = useColour();
  // Files of other tools do not tell the workers.
  const unnamed = search.specification.observed?.format;
  const rows = useMemo(() => timelineLayout(all, Date.now(), unnamed), [all, unnamed]);
  const { selected } = useSelection();
  const option = useMemo(() => optionOf(rows, colour, selected), [rows, colour, selected]);
  if (rows.length === 0)
    return (
      <p className="empty">
        {isObserved(search) ? 'The file does not say when the trials ran.' : 'No trial has started yet.'}
      </p>
    );
  const workers = new Set(rows.map(({ worker }) => worker)).size;
  return (
    <section className="card">
      <h2>Timeline{!isObserved(search) && ` of ${plural(workers, 'worker')}`}</h2>
      <p className="soft small">
        {rowsText(search)} Green: complete, orange: pruned, purple: diverged, red: failed, blue: running. Click to open
        a trial; use the wheel to zoom. All trials that have started:{' '}
        {plural(all.filter(({ startedAt }) => startedAt !== null).length, 'trial')} of{' '}
        {formatCount(search.trials.planned)}.
      </p>
      <LazyChart
        name={`${search.name}: timeline`}
        label={
          isObserved(search) ? 'when each trial ran' : `when each of ${plural(workers, 'worker')} trained which trial`
        }
        option={option}
        height={70 + rows.length * ROW_HEIGHT}
        table={() => tableOf(rows, search.id)}
        on={{
          click: (event) => {
            const { value } = event as { value?: readonly number[] };
            if (value !== undefined) go(`/searches/${search.id}/trials/${value[3]}`);
          },
        }}
      />
    </section>
  );
}

/** The folds of a trial are trained by any threads, between those of others: it has none of its own. */
function rowsText({ specification: { validation, stages, observed } }: Search): string {
  if (observed !== undefined) return 'Rows are trials that ran at the same time.';
  const hasFolds = [validation, ...stages.map((stage) => stage.validation)].some(
    (one) => one !== undefined && (one.type === 'kFold' || (one.repeats ?? 1) > 1),
  );
  return hasFolds
    ? 'One row per trial that a worker trained at a time: folds of several trials share its threads.'
    : 'One row per thread of a worker.';
}

function startOf(rows: readonly TimelineRow[]): number {
  return Math.min(...rows.flatMap(({ spans }) => spans.map(({ from }) => from)));
}

function tableOf(rows: readonly TimelineRow[], search: string): ChartTable {
  const start = startOf(rows);
  return {
    links: { search, column: 3 },
    heads: ['from, in s', 'to, in s', 'worker', 'trial', 'state', 'value'],
    rows: rows.flatMap(({ worker, row, spans }) =>
      spans.map(({ from, to, trial }) => [
        (from - start) / 1000,
        (to - start) / 1000,
        nameOf(worker, row),
        trial.number,
        shownState(trial),
        trial.value,
      ]),
    ),
  };
}

function nameOf(worker: string, row: number): string {
  return row === 0 ? worker : `${worker} +${row}`;
}

function colourOf(trial: TrialRow): string {
  if (trial.outcome === 'diverged') return '--purple';
  const of = { complete: '--green', pruned: '--orange', failed: '--red', running: '--blue', paused: '--yellow' };
  return of[trial.state as keyof typeof of] ?? '--grey';
}

function optionOf(
  rows: readonly TimelineRow[],
  colour: Colour,
  selected: ReadonlySet<number> | undefined,
): ChartOption {
  const colours = new Map<string, string>();
  const solid = (name: string) => {
    if (!colours.has(name)) colours.set(name, colour(name));
    return colours.get(name)!;
  };
  const start = startOf(rows);
  const data = rows.flatMap(({ spans }, row) =>
    spans.map(({ from, to, trial }) => ({
      value: [row, (from - start) / 1000, (to - start) / 1000, trial.number],
      itemStyle: { color: solid(colourOf(trial)), opacity: (selected?.has(trial.number) ?? true) ? 1 : 0.2 },
      trial,
    })),
  );
  const soft = solid('--soft');
  return {
    grid: { left: 150, right: 20, top: 10, bottom: 45 },
    tooltip: {
      formatter: ({ data: { trial, value } }: { data: (typeof data)[number] }) =>
        spanText(trial, value[2]! - value[1]!),
    },
    xAxis: {
      type: 'value',
      name: 'time since the first trial started',
      nameLocation: 'middle',
      nameGap: 28,
      axisLabel: { color: soft, hideOverlap: true, formatter: (seconds: number) => formatDuration(seconds) },
      splitLine: { lineStyle: { color: solid('--line') } },
    },
    yAxis: {
      type: 'category',
      inverse: true,
      data: rows.map(({ worker, row }) => nameOf(worker, row)),
      axisLabel: { color: soft, width: 135, overflow: 'truncate' },
    },
    dataZoom: [{ type: 'inside', xAxisIndex: 0, filterMode: 'weakFilter' }],
    series: [{ type: 'custom', renderItem, encode: { x: [1, 2], y: 0 }, data, progressive: 2000 }],
  };
}

interface RenderApi {
  value(dimension: number): number;
  coord(point: readonly number[]): readonly [number, number];
  style(): object;
}

function renderItem(_: unknown, { value, coord, style }: RenderApi): object {
  const [left, y] = coord([value(1), value(0)]);
  const [right] = coord([value(2), value(0)]);
  const height = ROW_HEIGHT * 0.7;
  return {
    type: 'rect',
    shape: { x: left, y: y - height / 2, width: Math.max(right - left, 1), height },
    style: style(),
  };
}
