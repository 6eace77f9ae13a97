/** The empirical distribution of the values of a search. */
import { type ReactNode, useMemo } from 'react';
import { formatNumber, plural } from '../../../src/format.ts';
import { LineChart } from '../charts/line-chart.tsx';
import { objectiveOf } from '../parts/objective.ts';
import { useComparable } from './comparable.ts';
import { Population } from './population.tsx';
import { useSelection } from './selection.ts';
import { sharesAt, sharesBelow } from './shares.ts';
import { useShown } from './use-search.ts';

const shares = [0, 1] as const;
const all = { label: 'cumulative probability', colour: '--blue', steps: true, width: 2 };
const lines = [all];
const withSelected = [all, { label: 'selected', colour: '--red', steps: true, width: 2 }];

export function ValueDistribution(): ReactNode {
  const { search } = useShown();
  const { metric } = objectiveOf(search);
  const { trials, after } = useComparable();
  const { selected } = useSelection();
  const inside = useMemo(
    () => (selected === undefined ? [] : trials.filter(({ number }) => selected.has(number))),
    [trials, selected],
  );
  const data = useMemo(() => {
    const [values, shares] = sharesBelow(trials);
    const own = inside.map(({ value }) => value);
    return [values, shares, ...(own.length === 0 ? [] : [sharesAt(values, own)])];
  }, [trials, inside]);
  if (trials.length === 0) return null;
  return (
    <section className="card">
      <h2>Empirical CDF</h2>
      <LineChart
        name={`${search.name}: empirical CDF`}
        label={`share of ${plural(trials.length, 'trial')}${inside.length > 0 ? `, and of ${plural(inside.length, 'selected one')},` : ''} with at most this ${metric}`}
        data={data}
        lines={inside.length === 0 ? lines : withSelected}
        formatX={formatNumber}
        xLabel={metric}
        yLabel="cumulative probability"
        rangeY={shares}
      />
      <Population shown={trials} after={after} />
    </section>
  );
}
