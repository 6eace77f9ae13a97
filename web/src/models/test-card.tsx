/** How good a model is on test rows, beside the validation value that chose it. */
import type { ReactNode } from 'react';
import { formatTest } from '../../../src/format.ts';
import type { ModelRecord } from '../api.ts';
import { Residuals } from '../charts/residuals.tsx';
import { Confusion } from '../parts/confusion.tsx';
import { Metrics } from '../parts/metrics.tsx';

type Facts = NonNullable<ModelRecord['facts']>;

interface TestCardProps {
  readonly origin: ModelRecord['origin'];
  readonly facts: Facts;
  readonly test: NonNullable<Facts['test']>;
}

export function TestCard({ origin, facts, test }: TestCardProps): ReactNode {
  return (
    <section className="card">
      <h2>On the test rows</h2>
      <p>
        {origin.metric}:{' '}
        <strong>{formatTest(facts.ensemble === null ? origin.value : facts.ensemble.judgedOn.ensemble, test)}</strong>
      </p>
      <p className="small">
        No trial trained or validated on the test rows. The validation value is that of a trial that was chosen for it,
        so it is mostly too good. The interval (95 %) shows how precisely so many rows measure the model.
      </p>
      <Metrics metrics={test.metrics} />
      {test.confusion && <Confusion confusion={test.confusion} classes={facts.classes} />}
      {test.predictions && <Residuals {...test.predictions} name="predictions on test rows" rows="test rows" />}
    </section>
  );
}
