/** The empirical distribution of the values of comparable searches, one line each; those that differ only in their seed are one line. */

import { type ReactNode, useMemo } from 'react';
import { formatCount, formatNumber, formatValue, plural } from '../../../src/format.ts';
import { LineChart } from '../charts/line-chart.tsx';
import { useGo } from '../parts/address.ts';
import { sharesAt } from '../search/shares.ts';
import { type Comparable, groupsOf } from './differences.ts';
import type { ComparedSearch } from './marks.ts';

const shares = [0, 1] as const;

export function ComparedCdf({ comparable }: { readonly comparable: Comparable<ComparedSearch> }): ReactNode {
  const { metric, dataset, searches } = comparable;
  const go = useGo();
  const groups = useMemo(() => groupsOf(searches).filter((group) => valuesOf(group.searches).length > 0), [searches]);
  const data = useMemo(() => {
    const samples = groups.map((group) => valuesOf(group.searches));
    const values = [...new Set(samples.flat())].sort((a, b) => a - b);
    return [values, ...samples.map((sample) => sharesAt(values, sample))];
  }, [groups]);
  if (groups.length === 0) return null;
  const shown = groups.reduce((sum, group) => sum + valuesOf(group.searches).length, 0);
  const complete = searches.reduce((sum, { trials }) => sum + trials.complete - trials.diverged, 0);
  return (
    <section className="card wide">
      <h2>
        Empirical CDF: {metric} on {dataset.name}
      </h2>
      <LineChart
        name={`compared: empirical CDF of ${metric} on ${dataset.name}`}
        label={`share of complete trials with at most this ${metric}: ${groups.map((group) => `${group.name}, ${plural(valuesOf(group.searches).length, 'trial')}`).join('; ')}`}
        data={data}
        lines={groups.map(({ name, searches: [first] }) => {
          const { colour, dash } = first!.mark;
          return { label: name, colour, steps: true, width: 2, ...(dash && { dash }) };
        })}
        formatX={formatNumber}
        xLabel={metric}
        yLabel="cumulative probability"
        rangeY={shares}
        height={260}
        legend={false}
        hit={(line, index) => {
          const text = [
            groups[line]!.name,
            `${formatValue(data[line + 1]![index])} up to ${formatValue(data[0]![index])}`,
          ];
          return { text, open: () => go(`/searches/${groups[line]!.searches[0]!.id}`) };
        }}
      />
      <p className="soft small" style={{ margin: 0, maxWidth: 'none' }}>
        {shown < complete
          ? `The improvements and a sample of the ${formatCount(complete)} complete trials, ${formatCount(shown)} in all.`
          : 'Complete trials.'}
      </p>
    </section>
  );
}

function valuesOf(searches: readonly ComparedSearch[]): number[] {
  return searches.flatMap(({ history }) => history?.points.map(({ value }) => value) ?? []);
}
