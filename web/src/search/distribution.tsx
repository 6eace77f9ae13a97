/** The empirical distribution of the values of a search. */
import { type ReactNode, useMemo } from 'react';
import { formatNumber, plural } from '../../../src/format.ts';
import { LineChart } from '../charts/line-chart.tsx';
import { comparableIn } from './history-data.ts';
import { Population } from './population.tsx';
import { sharesBelow } from './shares.ts';
import { useShown } from './use-search.ts';

const shares = [0, 1] as const;
const lines = [{ label: 'cumulative probability', colour: '--blue', steps: true, width: 2 }];

export function ValueDistribution(): ReactNode {
  const { search, trials: all } = useShown();
  const { metric } = search.specification.objective;
  const trials = useMemo(() => comparableIn(all), [all]);
  const data = useMemo(() => sharesBelow(trials), [trials]);
  if (data[0].length === 0) return null;
  return (
    <section className="card">
      <h2>Empirical CDF</h2>
      <LineChart
        name={`${search.name}: empirical CDF`}
        label={`share of ${plural(data[0].length, 'trial')} with at most this ${metric}`}
        data={data}
        lines={lines}
        formatX={formatNumber}
        xLabel={metric}
        yLabel="cumulative probability"
        rangeY={shares}
      />
      <Population shown={trials} />
    </section>
  );
}
