/** Predicted over true values of a regression. */
import { type ReactNode, useMemo } from 'react';
import { formatPercent } from '../../../src/format.ts';
import { LineChart } from './line-chart.tsx';
import type { Line } from './line-drawing.ts';

interface ResidualsProps {
  readonly target: readonly (number | null)[];
  readonly predicted: readonly (number | null)[];
  /** Of the chart. */
  readonly name: string;
  /** Which rows: `validation rows`. */
  readonly rows: string;
}

const residualLines: Line[] = [
  { label: 'predicted', colour: '--blue', points: true },
  { label: 'perfect prediction', colour: '--grey', dash: [4, 4] },
];

export function Residuals({ target, predicted, name, rows: which }: ResidualsProps): ReactNode {
  const { data, within } = useMemo(() => {
    const rows = target
      .flatMap((own, i) =>
        typeof own === 'number' && typeof predicted[i] === 'number' ? [[own, predicted[i]] as const] : [],
      )
      .sort((a, b) => a[0] - b[0]);
    const [low, high] = [rows[0]?.[0] ?? 0, rows.at(-1)?.[0] ?? 1];
    const near = rows.filter(([own, said]) => Math.abs(own - said) <= 0.1 * (high - low)).length;
    return {
      data: [rows.map(([own]) => own), rows.map(([, said]) => said), rows.map(([own]) => own)],
      within: near / rows.length,
    };
  }, [target, predicted]);
  return (
    <>
      <LineChart
        name={name}
        label={`predicted over true values of ${target.length} ${which}`}
        data={data}
        lines={residualLines}
        xLabel="target"
        yLabel="predicted"
      />
      <p className="soft small">{formatPercent(within)} of them within a tenth of the target's range.</p>
    </>
  );
}
