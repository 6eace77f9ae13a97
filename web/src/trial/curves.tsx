/** Learning curves of a trial: loss and metric on training and validation rows, learning rate and gradient norm. */

import { type ReactNode, useMemo } from 'react';
import { formatNumber, formatValue } from '../../../src/format.ts';
import type { FoldCurves, Search, Trial } from '../api.ts';
import { LineChart } from '../charts/line-chart.tsx';
import { useLog } from '../parts/log-switch.tsx';
import { metricNames } from '../parts/objective.ts';

interface TrialCurvesProps {
  readonly search: Search;
  readonly trial: Trial;
  readonly fold: FoldCurves;
  readonly mark: number | undefined;
}

const pair = [
  { label: 'training', colour: '--blue', dash: [6, 3] },
  { label: 'validation', colour: '--orange', width: 2 },
];

export function TrialCurves({ search, trial, fold, mark }: TrialCurvesProps): ReactNode {
  const [log, logSwitch] = useLog();
  const epochs = useMemo(() => fold.trainLoss.map((_, i) => i + 1), [fold]);
  const withStart = useMemo(
    () => [
      [0, ...epochs],
      [fold.initialLoss, ...fold.trainLoss],
      [null, ...fold.validationLoss],
    ],
    [epochs, fold],
  );
  const metric = useMemo(() => [epochs, fold.trainMetric, fold.validationMetric], [epochs, fold]);
  const metricName = nameOf(search, trial);
  const name = `trial ${trial.number}`;
  const last = fold.trainLoss.length - 1;
  // Another tool has told no more than its objective.
  const isWhole = search.specification.observed === undefined;
  return (
    <>
      {isWhole && (
        <section className="card">
          <div className="row spread">
            <h2>Loss</h2>
            {logSwitch}
          </div>
          <LineChart
            name={`${name}: loss`}
            label={`loss by epoch: training ends at ${formatValue(fold.trainLoss[last])}, validation at ${formatValue(fold.validationLoss[last])}; the gap between them is shaded`}
            data={withStart}
            lines={pair}
            bands={[{ between: [2, 1], colour: '--orange' }]}
            xLabel="epoch"
            yLabel="loss"
            logY={log}
            mark={mark ?? fold.bestEpoch}
          />
          <Gap fold={fold} />
        </section>
      )}
      <section className="card">
        <h2>{metricName}</h2>
        <LineChart
          name={`${name}: ${metricName}`}
          label={`${metricName} by epoch: training ends at ${formatValue(fold.trainMetric[last])}, validation at ${formatValue(fold.validationMetric[last])}`}
          data={metric}
          lines={pair}
          bands={[{ between: [1, 2], colour: '--orange' }]}
          xLabel="epoch"
          yLabel={metricName}
          mark={mark ?? fold.bestEpoch}
        />
      </section>
      {isWhole && <Drivers fold={fold} name={name} epochs={epochs} mark={mark} />}
    </>
  );
}

/** The metric beside the loss. */
function nameOf(search: Search, { folds }: Trial): string {
  const { objective, observed } = search.specification;
  if (observed !== undefined) return observed.metric;
  if (objective.metric !== 'validationLoss') return metricNames[objective.metric];
  const isRegression = folds.some(({ metrics }) => metrics !== undefined && 'rmse' in metrics);
  return isRegression ? metricNames.validationRmse : metricNames.validationAccuracy;
}

function Gap({ fold }: { readonly fold: FoldCurves }): ReactNode {
  const at = (fold.bestEpoch ?? fold.trainLoss.length) - 1;
  const [train, validation] = [fold.trainLoss[at], fold.validationLoss[at]];
  if (typeof train !== 'number' || typeof validation !== 'number') return null;
  return (
    <p className="soft small" style={{ margin: 0 }}>
      At epoch {at + 1}, whose value the trial has: training {formatValue(train)}, validation {formatValue(validation)},
      gap {formatNumber(validation - train, 3)}
      {fold.stoppedEarly && '; stopped early'}
    </p>
  );
}

interface DriversProps {
  readonly fold: FoldCurves;
  readonly name: string;
  readonly epochs: readonly number[];
  readonly mark: number | undefined;
}

/** The learning rate and the gradient norm on log scales. */
function Drivers({ fold, name, epochs, mark }: DriversProps): ReactNode {
  const data = useMemo(
    () => [epochs, positive(fold.learningRate, epochs.length), positive(fold.gradientNorm, epochs.length)],
    [epochs, fold],
  );
  return (
    <section className="card">
      <h2>Learning rate and gradient</h2>
      <LineChart
        name={`${name}: learning rate and gradient`}
        label="learning rate and greatest gradient norm by epoch"
        data={data}
        lines={[
          { label: 'learning rate', colour: '--green' },
          { label: 'gradient norm', colour: '--purple' },
        ]}
        xLabel="epoch"
        yLabel=""
        logY
        mark={mark}
      />
    </section>
  );
}

/** Replaces values that a log scale cannot show by null. */
export function positive(values: readonly (number | null)[], length: number): (number | null)[] {
  return Array.from({ length }, (_, i) => {
    const value = values[i];
    return typeof value === 'number' && value > 0 ? value : null;
  });
}
