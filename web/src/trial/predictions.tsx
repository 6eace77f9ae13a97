/** Predictions on the validation rows: a confusion matrix, or predicted over true values. */
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { api, type FoldCurves } from '../api.ts';
import { Residuals } from '../charts/residuals.tsx';
import { Confusion } from '../parts/confusion.tsx';
import { Metrics } from '../parts/metrics.tsx';

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
      {metrics && <Metrics metrics={metrics} />}
      {confusion && <ConfusionOf confusion={confusion} dataset={dataset} />}
      {predictions && <Residuals {...predictions} name={`trial ${number}: predictions`} rows="validation rows" />}
    </section>
  );
}

interface ConfusionOfProps {
  readonly confusion: readonly (readonly number[])[];
  readonly dataset: string;
}

function ConfusionOf({ confusion, dataset }: ConfusionOfProps): ReactNode {
  const { data } = useQuery({ queryKey: ['dataset', dataset], queryFn: () => api.dataset(dataset) });
  return <Confusion confusion={confusion} classes={data?.classes ?? []} />;
}
