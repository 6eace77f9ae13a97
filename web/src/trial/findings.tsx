/** The findings of a trial; hovering over one marks its epoch in all curves. */
import type { ReactNode } from 'react';
import { words } from '../../../src/format.ts';
import type { Trial } from '../api.ts';
import { Evidence } from '../parts/finding.tsx';

interface FindingsProps {
  readonly trial: Trial;
  readonly fold: number;
  readonly onPoint: (epoch: number | undefined) => void;
}

export function Findings({ trial, fold, onPoint }: FindingsProps): ReactNode {
  const { findings, folds, state } = trial;
  if (findings.length === 0) {
    return state === 'complete' ? <p className="notice wide">No problems found.</p> : null;
  }
  return (
    <section className="card wide">
      <h2>Problems</h2>
      {findings.map(({ code, severity, layer, since, cause, evidence, text, advice, folds: shownBy }) => (
        <article
          key={code}
          className={`finding severity-${severity}`}
          onMouseEnter={() => onPoint(since)}
          onMouseLeave={() => onPoint(undefined)}
        >
          <h3>
            {words(code)} <span className={`chip severity-${severity}`}>{severity}</span>{' '}
            <button
              type="button"
              className="quiet small"
              onFocus={() => onPoint(since)}
              onBlur={() => onPoint(undefined)}
            >
              {since === 0 ? 'from the start' : `since epoch ${since}`}
            </button>{' '}
            <span className="soft small">
              {layer !== null && `layer ${layer}`}
              {folds.length > 1 &&
                ` ${shownBy.length} of ${folds.length} folds${shownBy.includes(fold) ? '' : ', not this one'}`}
            </span>
          </h3>
          <p>
            {text}
            {cause !== null && (
              <>
                {' '}
                <strong>Likely cause:</strong> {words(cause)}.
              </>
            )}
          </p>
          <Evidence evidence={evidence} />
          <p>
            <strong>Advice:</strong> {advice}
          </p>
        </article>
      ))}
    </section>
  );
}
