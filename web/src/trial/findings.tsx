/** The findings of a trial; hovering over one marks its epoch in all curves. */
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { concernsSearch } from '../../../src/domain/finding-scope.ts';
import { severityTitle, words } from '../../../src/format.ts';
import type { FoldCurves, Search, Trial } from '../api.ts';
import { Evidence } from '../parts/finding.tsx';
import { FindingChart } from './finding-chart.tsx';

interface FindingsProps {
  readonly search: Search;
  readonly trial: Trial;
  readonly fold: number;
  readonly onPoint: (epoch: number | undefined) => void;
}

/** What diagnoses call causes, as the page says it. */
const causes: Readonly<Record<string, string>> = {
  rate: 'the learning rate',
  inputs: 'the inputs',
  initialization: 'the initial weights',
  sigmoid: 'the outputs of sigmoid are all positive',
};

export function Findings({ search, trial, fold, onPoint }: FindingsProps): ReactNode {
  const { folds, state } = trial;
  const { hyperparameters } = search.specification;
  const findings = trial.findings.filter(({ code }) => !concernsSearch(code, hyperparameters));
  const ofSearch = trial.findings.filter(({ code }) => concernsSearch(code, hyperparameters));
  const others = ofSearch.length > 0 && (
    <p className="soft small">
      Of the <Link href={`/searches/${search.id}?view=findings`}>search as a whole</Link>:{' '}
      {ofSearch.map(({ code }) => words(code)).join(', ')}.
    </p>
  );
  if (findings.length === 0) {
    // Another tool has told no more than values.
    if (state !== 'complete' || search.specification.observed !== undefined) return null;
    return (
      <div className="notice wide">
        No problems found.
        {others}
      </div>
    );
  }
  return (
    <section className="card wide">
      <h2>Problems</h2>
      {search.best?.number === trial.number && (
        <p className="soft small">This is the best trial in spite of these problems; solving them may improve it.</p>
      )}
      {findings.map((finding) => {
        const { code, severity, layer, since, cause, evidence, text, advice, folds: shownBy } = finding;
        return (
          <article
            key={code}
            className={`finding severity-${severity}`}
            onMouseEnter={() => onPoint(since)}
            onMouseLeave={() => onPoint(undefined)}
          >
            <h3>
              {words(code)} <span className={`chip severity-${severity}`}>{severityTitle(severity)}</span>{' '}
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
            <PictureOf finding={finding} folds={folds} fold={fold} />
            <p>
              {text}
              {cause !== null && (
                <>
                  {' '}
                  <strong>Likely cause:</strong> {causes[cause] ?? words(cause)}.
                </>
              )}
            </p>
            <Evidence evidence={evidence} />
            <p>
              <strong>Advice:</strong> {advice}
            </p>
          </article>
        );
      })}
      {others}
    </section>
  );
}

interface PictureOfProps {
  readonly finding: Trial['findings'][number];
  readonly folds: readonly FoldCurves[];
  /** The chosen one; another is drawn if it does not show the finding. */
  readonly fold: number;
}

function PictureOf({ finding, folds, fold: chosen }: PictureOfProps): ReactNode {
  const shows = folds.filter(({ fold }) => finding.folds.includes(fold));
  const fold = shows.find((one) => one.fold === chosen) ?? shows[0];
  return fold === undefined ? null : <FindingChart finding={finding} fold={fold} />;
}
