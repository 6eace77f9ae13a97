/** How good a model is on test rows, beside the validation value that chose it. */
import type { ReactNode } from 'react';
import { formatTest, plural } from '../../../src/format.ts';
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
        No trial trained or validated on the test rows. The validation value is optimistic, since the trial was selected
        by it. The 95 % interval reflects the size of the test set.
      </p>
      <Metrics metrics={test.metrics} />
      {test.confusion && <Confusion confusion={test.confusion} classes={facts.classes} />}
      {test.predictions && <Residuals {...test.predictions} name="predictions on test rows" rows="test rows" />}
    </section>
  );
}

/** On validation rows, where there are no test rows. */
export function ValidationCard({
  facts,
  validation,
}: {
  readonly facts: Facts;
  readonly validation: NonNullable<Facts['validation']>;
}): ReactNode {
  return (
    <section className="card">
      <h2>On the validation rows</h2>
      <p className="small">
        The networks were not trained on these {plural(validation.rows, 'row')}, but the trial was selected by them, so
        these values are optimistic. A search with test rows gives unbiased ones.
      </p>
      <Metrics metrics={validation.metrics} />
      {validation.confusion && <Confusion confusion={validation.confusion} classes={facts.classes} />}
      {validation.predictions && (
        <Residuals {...validation.predictions} name="predictions on validation rows" rows="validation rows" />
      )}
    </section>
  );
}
