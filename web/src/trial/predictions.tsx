/** Predictions on the validation rows: a confusion matrix, or predicted over true values. */
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useMemo } from 'react';
import { formatPercent, formatValue, plural } from '../../../src/format.ts';
import { api, type FoldCurves } from '../api.ts';
import { type Line, LineChart } from '../charts/line-chart.tsx';

interface PredictionsProps {
  readonly fold: FoldCurves;
  readonly dataset: string;
  readonly number: number;
}

export function Predictions({ fold, dataset, number }: PredictionsProps): ReactNode {
  const { confusion, predictions, metrics } = fold;
  if (confusion === undefined && predictions === undefined) return null;
  return (
    <section className="card">
      <h2>On the validation rows</h2>
      {metrics && (
        <p className="small">
          {Object.entries(metrics)
            .map(([name, value]) => `${name} ${formatValue(value)}`)
            .join(' · ')}
        </p>
      )}
      {confusion && <Confusion confusion={confusion} dataset={dataset} />}
      {predictions && <Residuals {...predictions} number={number} />}
    </section>
  );
}

function Confusion({
  confusion,
  dataset,
}: {
  readonly confusion: readonly (readonly number[])[];
  readonly dataset: string;
}): ReactNode {
  const { data } = useQuery({ queryKey: ['dataset', dataset], queryFn: () => api.dataset(dataset) });
  const named = (place: number) => data?.classes[place] ?? String(place);
  const total = confusion.flat().reduce((a, b) => a + b, 0);
  const right = confusion.reduce((sum, row, i) => sum + (row[i] ?? 0), 0);
  const most = Math.max(1, ...confusion.map((row, i) => Math.max(0, ...row.filter((_, j) => j !== i))));
  return (
    <>
      <p className="small">
        {right} of {plural(total, 'row')} right. Down: what they are; across: what they are taken for.
      </p>
      <section className="scroll" aria-label="Confusion matrix" tabIndex={0}>
        <table className="confusion" style={{ width: 'auto' }}>
          <thead>
            <tr>
              <td />
              {confusion.map((_, j) => (
                <th key={j} scope="col">
                  {named(j)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {confusion.map((row, i) => (
              <tr key={i}>
                <th scope="row">{named(i)}</th>
                {row.map((count, j) => {
                  const strength =
                    i === j
                      ? count /
                        Math.max(
                          1,
                          row.reduce((a, b) => a + b, 0),
                        )
                      : count / most;
                  const hue = i === j ? '--green' : '--red';
                  return (
                    <td
                      key={j}
                      className="heat"
                      title={`${count} of class ${named(i)} predicted as ${named(j)}`}
                      style={{
                        background:
                          count === 0
                            ? 'none'
                            : `color-mix(in srgb, var(${hue}) ${Math.round(8 + 27 * strength)}%, transparent)`,
                      }}
                    >
                      {count === 0 ? '' : count}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}

interface ResidualsProps {
  readonly target: readonly (number | null)[];
  readonly predicted: readonly (number | null)[];
  readonly number: number;
}

const residualLines: Line[] = [
  { label: 'predicted', colour: '--blue', points: true },
  { label: 'perfect prediction', colour: '--grey', dash: [4, 4] },
];

function Residuals({ target, predicted, number }: ResidualsProps): ReactNode {
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
        name={`trial ${number}: predictions`}
        label={`predicted over true values of ${target.length} validation rows`}
        data={data}
        lines={residualLines}
        xLabel="target"
        yLabel="predicted"
      />
      <p className="soft small">{formatPercent(within)} of them within a tenth of the target's range.</p>
    </>
  );
}
