/** The best trial with its settings, and what can be done with it; provisional while no trial is complete. */
import { type ReactNode, useMemo } from 'react';
import { Link } from 'wouter';
import { formatNumber, formatValue, plural, plusMinus } from '../../../src/format.ts';
import { MakeModel } from '../models/make-model.tsx';
import { CopyButton } from '../parts/copy.tsx';
import { ranked } from './history-data.ts';
import { scoredIn, variedIn } from './space.ts';
import { useShown } from './use-search.ts';

export function BestCard(): ReactNode {
  const { search, model, trials } = useShown();
  const { best, specification } = search;
  const { metric, direction } = specification.objective;
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
  const varied = variedIn(search).filter(({ name }) => name in trial.point);
  return (
    <section className="card best-trial">
      <h2>
        {best === null ? 'Provisional best' : 'Best trial'}:{' '}
        <Link href={`/searches/${search.id}/trials/${number}`}>trial {number}</Link>
      </h2>
      <p className="best-value">
        {best?.confirmed === undefined
          ? formatValue(value)
          : plusMinus(best.confirmed.value, best.confirmed.standardError)}{' '}
        <span className="soft small">
          {metric}
          {best?.confirmed === undefined &&
            trial.deviation !== null &&
            `, ± ${formatValue(trial.deviation)} over folds`}
        </span>
      </p>
      <p className="soft small">
        {best?.confirmed !== undefined &&
          `confirmed; ${formatValue(value)} in the search, best with probability ${formatNumber(best.confirmed.probability, 2)}; `}
        {best === null && 'no trial is complete yet; '}at {plural(trial.epochs, 'epoch')}
      </p>
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
        <Link className="button" href={`/new?from=${search.id}&trial=${number}`}>
          New search from this
        </Link>
        {best !== null && <MakeModel searchId={search.id} trial={number} />}
      </div>
    </section>
  );
}
