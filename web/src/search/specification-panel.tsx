/** The specification of a search, its stages, and related searches. */

import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { bestEvidence } from '../../../src/domain/best-evidence.ts';
import { formatCount, formatValue } from '../../../src/format.ts';
import { api, type Search } from '../api.ts';
import { CopyButton } from '../parts/copy.tsx';
import { StateChip } from '../parts/state.tsx';
import { numeric, Table } from '../parts/table.tsx';
import { formatSetting } from './space.ts';
import { useShown } from './use-search.ts';

export default function SpecificationPanel(): ReactNode {
  const { search } = useShown();
  const json = JSON.stringify(search.specification, null, 2);
  return (
    <div className="grid">
      {search.stages.length > 0 && <Stages search={search} />}
      <Lineage search={search} />
      <section className="card wide">
        <div className="row spread">
          <h2>Specification</h2>
          <div className="row">
            <CopyButton text={json}>copy</CopyButton>
            {search.specification.observed === undefined && (
              <Link className="button" href={`/new?from=${search.id}`}>
                Clone
              </Link>
            )}
          </div>
        </div>
        <pre tabIndex={0}>{json}</pre>
      </section>
    </div>
  );
}

function Stages({ search }: { readonly search: Search }): ReactNode {
  const { stages, specification } = search;
  const names = Object.entries(specification.hyperparameters).flatMap(([name, setting]) =>
    typeof setting === 'object' ? [name] : [],
  );
  return (
    <section className="card wide">
      <h2>Stages, coarse to fine</h2>
      <Table label="Stages" heads={[...['stage', 'trials', 'epochs'].map(numeric), ...names]}>
        {specification.stages.map(({ epochs, trials }, i) => {
          const begun = stages[i];
          return (
            <tr key={i} className={begun ? '' : 'soft'}>
              <td className="number">{i + 1}</td>
              <td className="number">
                {begun
                  ? `${formatCount(begun.from)} … ${formatCount(begun.to - 1)}`
                  : `${formatCount(trials)}, not started`}
              </td>
              <td className="number">{formatCount(epochs)}</td>
              {names.map((name) => (
                <td key={name}>{begun ? formatSetting(begun.hyperparameters[name]) : ''}</td>
              ))}
            </tr>
          );
        })}
      </Table>
    </section>
  );
}

function Lineage({ search }: { readonly search: Search }): ReactNode {
  const { parent, id } = search;
  const above = useQuery({
    queryKey: ['search', parent],
    queryFn: () => api.search(parent!),
    enabled: parent !== null,
  });
  const below = useQuery({
    queryKey: ['children', id],
    queryFn: () => api.searches({ parent: id, limit: 50 }),
  });
  const children = below.data?.items ?? [];
  if (parent === null && children.length === 0) return null;
  return (
    <section className="card wide">
      <h2>Related searches</h2>
      <ul>
        {above.data && (
          <li>
            refines <Relative search={above.data} />
          </li>
        )}
        {children.map((child) => (
          <li key={child.id}>
            refined by <Relative search={child} />
            {' · '}
            <Link href={`/compare?a=${id}&b=${child.id}`}>compare</Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Relative({ search }: { readonly search: Search }): ReactNode {
  const { id, name, state, best } = search;
  return (
    <>
      <Link href={`/searches/${id}`}>{name}</Link> <StateChip state={state} />{' '}
      {bestEvidence(search)?.aboveBaseline === false ? 'no better than baseline' : `best ${formatValue(best?.value)}`}
    </>
  );
}
