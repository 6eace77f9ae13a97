/** The best trial with its settings, and what can be done with it; provisional while no trial is complete. */
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useMemo } from 'react';
import { Link } from 'wouter';
import { baselineName, baselineOf, bestEvidence } from '../../../src/domain/best-evidence.ts';
import { formatCount, formatDeviation, formatNumber, formatValue, plural, plusMinus } from '../../../src/format.ts';
import { MakeModel } from '../models/make-model.tsx';
import { CopyButton } from '../parts/copy.tsx';
import { objectiveOf } from '../parts/objective.ts';
import { bestQuery } from './best-query.ts';
import { atEpochs, ranked } from './history-data.ts';
import { scoredIn, variedIn } from './space.ts';
import { useShown } from './use-search.ts';

export function BestCard(): ReactNode {
  const { search, model, trials } = useShown();
  const { best, specification } = search;
  const { metric, direction } = objectiveOf(search);
  const provisional = useMemo(
    () => (best === null ? ranked(scoredIn(trials), direction)[0] : undefined),
    [best, trials, direction],
  );
  const number = best?.number ?? provisional?.number;
  const trial = number === undefined ? undefined : model.trial(number);
  if (number === undefined || trial === undefined) {
    return (
      <section className="card">
        <h2>Best trial</h2>
        <p className="empty">No trial has a value yet.</p>
      </section>
    );
  }
  const value = best?.value ?? trial.value;
  const isLuck = bestEvidence(search)?.aboveBaseline === false;
  const varied = variedIn(search).filter(({ name }) => name in trial.point);
  return (
    <section className="card best-trial">
      <h2>
        {best === null ? 'Provisional best' : 'Best trial'}:{' '}
        <Link href={`/searches/${search.id}/trials/${number}`}>trial {number}</Link>
      </h2>
      <p className="best-value">
        {isLuck
          ? 'No better than baseline'
          : best?.confirmed === undefined
            ? formatValue(value)
            : plusMinus(best.confirmed.value, best.confirmed.standardError)}{' '}
        <span className="soft small">
          {metric}
          {isLuck && ` ${formatValue(best?.confirmed?.value ?? value)}`}
        </span>
      </p>
      <p className="soft small">
        {[
          best?.confirmed === undefined &&
            trial.deviation !== null &&
            `± ${formatDeviation(trial.deviation)} over the folds`,
          best?.confirmed !== undefined &&
            `confirmed; ${formatValue(value)} in the search, best with probability ${formatNumber(best.confirmed.probability, 2)}`,
          best === null && 'no trial is complete yet',
          atEpochs([trial]).trim(),
        ]
          .filter(Boolean)
          .join('; ')}
      </p>
      {best === null ? <Baseline /> : <Evidence />}
      <dl className="settings one-column">
        {varied.map(({ name }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{formatValue(trial.point[name])}</dd>
          </div>
        ))}
      </dl>
      <div className="row">
        <CopyButton text={() => JSON.stringify(trial.point, null, 2)}>Copy hyperparameters</CopyButton>
        {specification.observed === undefined && (
          <>
            <Link className="button" href={`/new?from=${search.id}&trial=${number}`}>
              New search from this
            </Link>
            {best !== null && <MakeModel searchId={search.id} trial={number} />}
          </>
        )}
      </div>
    </section>
  );
}

function Baseline(): ReactNode {
  const { search } = useShown();
  const baseline = baselineOf(search);
  if (baseline === undefined) return null;
  return (
    <dl className="settings one-column">
      <Line title={`baseline, ${baselineName(search.specification.objective.metric, baseline)}`}>
        {formatValue(baseline.value)}
      </Line>
    </dl>
  );
}

function Line({ title, children }: { readonly title: string; readonly children: ReactNode }): ReactNode {
  return (
    <div>
      <dt>{title}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** The interval, the baseline, trials that are no worse, and the test value. */
function Evidence(): ReactNode {
  const { search } = useShown();
  const { data } = useQuery({ ...bestQuery(search), placeholderData: (before) => before });
  if (data === undefined) return null;
  const { evidence, test } = data;
  return (
    <div className="evidence-of-best">
      {evidence !== null && (
        <p className={evidence.aboveBaseline ? 'small' : 'notice'} role="status">
          {evidence.text}
        </p>
      )}
      <dl className="settings one-column">
        {evidence?.interval && (
          <Line
            title={
              evidence.comparisons === 1
                ? '95 % interval'
                : `95 % interval, best of ${formatCount(evidence.comparisons)}`
            }
          >
            {evidence.interval.map((end) => formatNumber(end, 3)).join(' to ')}
          </Line>
        )}
        {evidence !== null && (
          <Line title={`baseline, ${evidence.baseline.name}`}>{formatValue(evidence.baseline.value)}</Line>
        )}
        {evidence !== null && evidence.alike !== null && (
          <Line title="not distinguishable from it">{plural(evidence.alike, 'other trial')}</Line>
        )}
        {test !== null && (
          <Line title={`on ${plural(test.rows, 'test row')}`}>
            <Link href={`/models/${test.model}`}>
              {formatValue(test.value)}
              {test.interval !== null && ` [${test.interval.map((end) => formatNumber(end, 3)).join(', ')}]`}
            </Link>
          </Line>
        )}
      </dl>
    </div>
  );
}
