/** Findings in the trials of a search, and suggestions for the next search. */
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { formatCount, formatPercent, plural, severityTitle, words } from '../../../src/format.ts';
import { api, type SearchFindings } from '../api.ts';
import { Evidence } from '../parts/finding.tsx';
import { isObserved } from '../parts/objective.ts';
import { PreflightTable } from '../parts/preflight.tsx';
import { Problem } from '../parts/problem.tsx';
import { endedOf, isOpen } from '../parts/state.tsx';
import { Table } from '../parts/table.tsx';
import { validationText } from '../parts/validation-text.ts';
import { Waiting } from '../parts/waiting.tsx';
import { FindingChart } from '../trial/finding-chart.tsx';
import { RefineButton } from './refine-dialog.tsx';
import { formatSetting } from './space.ts';
import { steps } from './steps.ts';
import { useShown } from './use-search.ts';

export default function FindingsPanel(): ReactNode {
  const { search } = useShown();
  const { data, error, refetch } = useQuery({
    // Refetched as trials end, at decreasing frequency.
    queryKey: ['findings', search.id, steps(endedOf(search.trials)), search.state],
    queryFn: () => api.about(search.id, 'findings'),
    placeholderData: (before) => before,
  });
  if (error) return <Problem error={error} retry={() => void refetch()} />;
  if (data === undefined) return <Waiting what="the problems" />;
  return (
    <div className="grid">
      <Suggestions suggestions={data.suggestions} />
      <section className="card wide">
        <h2>Problems</h2>
        {data.items.length === 0 ? (
          <p className="empty">
            {isObserved(search)
              ? 'Problems are found while a trial trains: trials of other tools are not examined.'
              : search.epochs === 0
                ? 'No trial has trained an epoch yet.'
                : data.trials === 0
                  ? 'No trial has ended yet.'
                  : `No problems were found in ${plural(data.trials, 'trial')}.`}
          </p>
        ) : (
          <>
            {data.items.some(({ concerns }) => concerns === 'search') && <h3>Of the search</h3>}
            {data.items
              .filter(({ concerns }) => concerns === 'search')
              .map((item) => (
                <OfSearch key={item.code} item={item} id={search.id} />
              ))}
            {data.items.some(({ concerns }) => concerns === 'trial') && <h3>Of trials</h3>}
            {data.items
              .filter(({ concerns }) => concerns === 'trial')
              .map((item) => (
                <FoundOften key={item.code} item={item} of={data.trials} id={search.id} />
              ))}
          </>
        )}
      </section>
      {!isObserved(search) && <PreflightCard />}
    </div>
  );
}

function PreflightCard(): ReactNode {
  const { search } = useShown();
  const { data, error } = useQuery({
    queryKey: ['preflight', search.id],
    queryFn: () => api.about(search.id, 'preflight'),
  });
  return (
    <section className="card wide">
      <h2>Pre-flight checks</h2>
      {error && <Problem error={error} />}
      {data === undefined && !error && <Waiting what="the pre-flight checks" />}
      {data && <PreflightTable preflight={data} />}
    </section>
  );
}

interface FoundOftenProps {
  readonly item: SearchFindings['items'][number];
  readonly of: number;
  readonly id: string;
}

function FoundOften({ item: { code, severity, trials, share, numbers, example }, of, id }: FoundOftenProps): ReactNode {
  return (
    <article className={`finding severity-${severity}`}>
      <h4>
        {words(code)} <span className={`chip severity-${severity}`}>{severityTitle(severity)}</span>{' '}
        <Link className="small" href={`/searches/${id}?view=trials&finding=${code}`}>
          {formatCount(trials)} of {plural(of, 'trial')} ({formatPercent(share)})
        </Link>
      </h4>
      <ExampleChart id={id} number={numbers[0]!} finding={example} />
      <p>
        In <Link href={`/searches/${id}/trials/${numbers[0]}`}>trial {numbers[0]}</Link>: {example.text}
      </p>
      <Evidence evidence={example.evidence} />
      <p>
        <strong>Advice:</strong> {example.advice}
      </p>
    </article>
  );
}

/** What every trial has, said once. */
function OfSearch({ item: { code, severity, numbers, example }, id }: Omit<FoundOftenProps, 'of'>): ReactNode {
  return (
    <article className={`finding severity-${severity}`}>
      <h4>
        {words(code)} <span className={`chip severity-${severity}`}>{severityTitle(severity)}</span>
      </h4>
      <ExampleChart id={id} number={numbers[0]!} finding={example} />
      <p>{example.text}</p>
      <Evidence evidence={example.evidence} />
      <p>
        <strong>Advice:</strong> {example.advice}
      </p>
    </article>
  );
}

interface ExampleChartProps {
  readonly id: string;
  readonly number: number;
  readonly finding: SearchFindings['items'][number]['example'];
}

function ExampleChart({ id, number, finding }: ExampleChartProps): ReactNode {
  const { data } = useQuery({ queryKey: ['trial', id, number], queryFn: () => api.trial(id, number) });
  const fold = data?.folds.find(({ fold: one }) => finding.folds.includes(one));
  return fold === undefined ? null : <FindingChart finding={finding} fold={fold} />;
}

/** What a patch changes, before and after. */
function PatchTable({ patch }: { readonly patch: SearchFindings['suggestions'][number]['patch'] }): ReactNode {
  const { search } = useShown();
  const { hyperparameters, validation } = search.specification;
  const before = search.stages.at(-1)?.hyperparameters ?? hyperparameters;
  const lines = Object.entries(patch.hyperparameters ?? {}).map(([name, after]) => ({
    name,
    was: formatSetting(before[name]),
    is: formatSetting(after),
  }));
  if (patch.validation !== undefined) {
    lines.push({ name: 'validation', was: validationText(validation), is: validationText(patch.validation) });
  }
  return (
    <Table label="Changes" heads={['', 'before', 'after']}>
      {lines.map(({ name, was, is }) => (
        <tr key={name}>
          <th scope="row">{name}</th>
          <td style={{ whiteSpace: 'normal' }}>{was}</td>
          <td style={{ whiteSpace: 'normal' }}>{is}</td>
        </tr>
      ))}
    </Table>
  );
}

/** What other suggestions ask for, which is what their texts end with: “raise the bound to 1e-4”. */
function othersText(ids: readonly string[], suggestions: SearchFindings['suggestions']): string {
  const others = suggestions.filter(({ id }) => ids.includes(id));
  return others.map(({ text }) => `“${text.replace(/^.*: /, '').replace(/\.$/, '')}”`).join(' or ');
}

function Suggestions({ suggestions }: Pick<SearchFindings, 'suggestions'>): ReactNode {
  const { search } = useShown();
  const [ticked, tick] = useState<readonly string[] | undefined>(undefined);
  // At first each that conflicts with none before it: they come in the order of their weight.
  const first: string[] = [];
  for (const { id, conflicts } of suggestions) if (!conflicts.some((one) => first.includes(one))) first.push(id);
  const offered = new Set(suggestions.map(({ id }) => id));
  const chosen = (ticked ?? first).filter((id) => offered.has(id));
  const toggle = (id: string, conflicts: readonly string[]) =>
    tick(
      chosen.includes(id)
        ? chosen.filter((one) => one !== id)
        : [...chosen.filter((one) => !conflicts.includes(one)), id],
    );
  return (
    <section className="card wide">
      <h2>Suggestions</h2>
      {suggestions.length === 0 && <p className="empty">No suggestions so far.</p>}
      {suggestions.map(({ id, text, trials, patch, conflicts, excluded }) => (
        <article key={id} className="finding severity-note">
          <h3>
            <label>
              <input type="checkbox" checked={chosen.includes(id)} onChange={() => toggle(id, conflicts)} /> {text}
            </label>
          </h3>
          {conflicts.length > 0 && (
            <p className="notice small">
              At most one of them can be applied: this, or {othersText(conflicts, suggestions)}.
            </p>
          )}
          <p className="small">
            {excluded === null
              ? 'It would have excluded none of the trials so far.'
              : `It would have excluded ${plural(excluded.trials, 'trial')} so far: ${excluded.diverged} diverged, ${excluded.best} of the best ten.`}
          </p>
          <p className="small soft">
            Based on trials:{' '}
            {trials.slice(0, 12).map((number, i) => (
              <span key={number}>
                {i > 0 && ', '}
                <Link href={`/searches/${search.id}/trials/${number}`}>{number}</Link>
              </span>
            ))}
            {trials.length > 12 && ` and ${trials.length - 12} more`}
          </p>
          <details className="small">
            <summary>Changes</summary>
            <PatchTable patch={patch} />
          </details>
        </article>
      ))}
      {suggestions.length > 0 && (
        <div className="row">
          <RefineButton search={search} apply={chosen} disabled={isOpen(search) || chosen.length === 0}>
            Apply {plural(chosen.length, 'suggestion')}…
          </RefineButton>
          {isOpen(search) && <span className="soft">when the search has ended</span>}
        </div>
      )}
    </section>
  );
}
