/** The best value so far of comparable searches; those that differ only in their seed are one line, with its quartiles. */

import { type ReactNode, useMemo } from 'react';
import { signOf } from '../../../src/algorithms/objective.ts';
import { formatCell, formatDuration, formatValue } from '../../../src/format.ts';
import { LineChart } from '../charts/line-chart.tsx';
import type { Line } from '../charts/line-drawing.ts';
import { useAddress, useGo } from '../parts/address.ts';
import { Switch } from '../parts/log-switch.tsx';
import { type Axis, axes, bestSoFar, memberOf } from './best-so-far.ts';
import { type Comparable, type Group, groupsOf } from './differences.ts';
import type { ComparedSearch } from './marks.ts';

interface ComparedChartProps {
  readonly comparable: Comparable<ComparedSearch>;
  /** Whether it is the only chart. */
  readonly alone: boolean;
  readonly by: Axis;
  readonly setBy: (by: string) => void;
  /** Drops all searches that are not in this chart. */
  readonly keep: () => void;
}

const titles: Readonly<Record<Axis, string>> = { trials: 'by trial', epochs: 'by epochs trained', time: 'by time' };
const labels: Readonly<Record<Axis, string>> = {
  trials: 'trials',
  epochs: 'epochs trained',
  time: 'time since the first trial started',
};

export function ComparedChart({ comparable, alone, by, setBy, keep }: ComparedChartProps): ReactNode {
  const { metric, direction, dataset, searches } = comparable;
  const go = useGo();
  const [scale, setScale] = useAddress('yscale', 'linear');
  const groups = useMemo(() => groupsOf(searches), [searches]);
  const { xs, bands } = useMemo(
    () =>
      bestSoFar(
        groups.map((group) => group.searches.map(memberOf)),
        by,
        direction,
      ),
    [groups, by, direction],
  );
  const { columns, lines, shaded, first } = useMemo(() => drawn(groups, xs, bands), [groups, xs, bands]);
  const canLog = columns.slice(1).every((column) => column.every((value) => value === null || value > 0));
  const log = scale === 'log' && canLog;
  return (
    <section className="card wide">
      <div className="row spread">
        <h2>
          Optimization history: {metric} on {dataset.name}
        </h2>
        <div className="row small">
          {!alone && searches.length > 1 && (
            <button type="button" onClick={keep}>
              Compare only these {searches.length}
            </button>
          )}
          <select
            aria-label={alone ? 'x axis' : `x axis of ${metric} on ${dataset.name}`}
            value={by}
            onChange={(event) => setBy(event.target.value)}
          >
            {axes.map((axis) => (
              <option key={axis} value={axis}>
                {titles[axis]}
              </option>
            ))}
          </select>
          <Switch on={log} set={(on) => setScale(on ? 'log' : 'linear')} disabled={!canLog}>
            log y
          </Switch>
        </div>
      </div>
      <LineChart
        name={`compared: ${metric} on ${dataset.name}`}
        label={`best ${metric} so far ${titles[by]}: ${groups.map(({ name }, i) => `${name} ${formatValue(bands[i]!.median.findLast((value) => value !== null))}`).join(', ')}`}
        data={columns}
        lines={lines}
        bands={shaded}
        xLabel={labels[by]}
        yLabel={`best ${metric}`}
        logY={log}
        height={320}
        legend={false}
        {...(by === 'time' && { formatX: formatDuration })}
        hit={(line, index) => {
          const value = columns[line + 1]?.[index];
          const x = xs[index]!;
          const at = by === 'time' ? formatDuration(x) : `${formatCell(x)} ${by}`;
          const text = [lines[line]!.label, `${formatValue(value)} after ${at}`];
          return value == null ? undefined : { text, open: () => go(`/searches/${first[line]}`) };
        }}
      />
      <p className="soft small" style={{ margin: 0, maxWidth: 'none' }}>
        The best complete trial so far, {signOf(direction) > 0 ? 'higher' : 'lower'} is better.
        {' Drag across the chart to zoom, double-click to zoom out.'}
        {groups.some((group) => group.searches.length > 1) &&
          ' Searches that differ only in their seed are one line: their median, with the quartiles shaded.'}
      </p>
    </section>
  );
}

function drawn(
  groups: readonly Group<ComparedSearch>[],
  xs: readonly number[],
  bands: ReturnType<typeof bestSoFar>['bands'],
) {
  const columns: (readonly (number | null)[])[] = [xs];
  const lines: Line[] = [];
  /** The first search of each line. */
  const first: string[] = [];
  const shaded: { between: [number, number]; colour: string }[] = [];
  groups.forEach(({ name, searches }, i) => {
    const { colour, dash } = searches[0]!.mark;
    const { low, median, high } = bands[i]!;
    columns.push(median);
    lines.push({ label: name, colour, steps: true, width: 2, ...(dash && { dash }) });
    first.push(searches[0]!.id);
    if (searches.length === 1) return;
    columns.push(low, high);
    const edge = { colour, steps: true, width: 0.5, opacity: 0.5 };
    lines.push({ label: `${name}, lower quartile`, ...edge }, { label: `${name}, upper quartile`, ...edge });
    first.push(searches[0]!.id, searches[0]!.id);
    shaded.push({ between: [lines.length, lines.length - 1], colour });
  });
  return { columns, lines, shaded, first };
}
