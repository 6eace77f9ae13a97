/** Compares searches: their best values so far, and the settings in which they differ. The address has their ids. */

import { useQueries } from '@tanstack/react-query';
import { type ReactNode, useMemo } from 'react';
import { formatCell } from '../../../src/format.ts';
import { api, type History } from '../api.ts';
import { useAddress } from '../parts/address.ts';
import { Problem } from '../parts/problem.tsx';
import { endedOf } from '../parts/state.tsx';
import { Table } from '../parts/table.tsx';
import { useTitle } from '../parts/title.ts';
import { Waiting } from '../parts/waiting.tsx';
import { formatSetting } from '../search/space.ts';
import { steps } from '../search/steps.ts';
import { AddSearch } from './add-search.tsx';
import { type Axis, axes } from './best-so-far.ts';
import { ComparedCdf } from './compared-cdf.tsx';
import { ComparedChart } from './compared-chart.tsx';
import { ComparedTable } from './compared-table.tsx';
import { comparables, differences, groupsOf, incomparable, MAX_COMPARED, sameValidationRows } from './differences.ts';
import { type ComparedSearch, markOf } from './marks.ts';
import '../style/compare.css';

export default function CompareView(): ReactNode {
  const [ids, setIds] = useIds();
  useTitle('Compare');
  const searches = useQueries({
    queries: ids.map((id) => ({ queryKey: ['search', id], queryFn: () => api.search(id) })),
  });
  const histories = useQueries({
    queries: searches.map(({ data }, i) => ({
      queryKey: ['history', ids[i], steps(data === undefined ? 0 : endedOf(data.trials)), data?.state],
      queryFn: () => api.about(ids[i]!, 'history'),
      enabled: data !== undefined,
      placeholderData: (before: History | undefined) => before,
    })),
  });
  const known = searches.flatMap(({ data }, i) =>
    data === undefined ? [] : [{ ...data, history: histories[i]?.data }],
  );
  const groups = groupsOf(known);
  const compared = known.map((search) => ({
    ...search,
    mark: markOf(groups.findIndex((group) => group.searches.includes(search))),
  }));
  const errors = searches.flatMap(({ error }, i) => (error === null ? [] : [{ id: ids[i]!, error }]));
  const drop = (id: string) => setIds(ids.filter((one) => one !== id));
  return (
    <>
      <div className="row spread">
        <h1>Compare searches</h1>
        <AddSearch chosen={compared} full={ids.length >= MAX_COMPARED} add={(id) => setIds([...ids, id])} />
      </div>
      {errors.map(({ id, error }) => (
        <div key={id}>
          <Problem error={error} />
          <button type="button" onClick={() => drop(id)}>
            Remove it from the comparison
          </button>
        </div>
      ))}
      {compared.length + errors.length < ids.length && <Waiting what="the searches" />}
      {ids.length < 2 && (
        <p className="empty">Add {ids.length === 0 ? 'two searches' : 'another search'} to compare.</p>
      )}
      {compared.length > 0 && compared.length + errors.length === ids.length && (
        <Compared searches={compared} drop={drop} keep={setIds} />
      )}
    </>
  );
}

/** `ids` of the address, without repetitions; `a` and `b` are those of an earlier version. */
function useIds(): [ids: readonly string[], set: (ids: readonly string[]) => void] {
  const [text, setText] = useAddress('ids');
  const [a] = useAddress('a');
  const [b] = useAddress('b');
  const given = text === '' ? [a, b] : text.split(',');
  const ids = [...new Set(given.filter((id) => id !== ''))].slice(0, MAX_COMPARED);
  return [ids, (after) => setText(after.join(','))];
}

interface ComparedProps {
  readonly searches: readonly ComparedSearch[];
  readonly drop: (id: string) => void;
  /** Compares only these. */
  readonly keep: (ids: readonly string[]) => void;
}

function Compared({ searches, drop, keep }: ComparedProps): ReactNode {
  const [over, setOver] = useAddress('over', 'trials');
  const by: Axis = axes.find((axis) => axis === over) ?? 'trials';
  const classes = useMemo(() => comparables(searches), [searches]);
  const reasons = incomparable(searches);
  return (
    <>
      {reasons.length > 0 ? (
        <p className="notice" role="note">
          <strong>Their values are not comparable.</strong> {reasons.join(' ')} Each kind has a chart of its own.
        </p>
      ) : (
        !sameValidationRows(searches) && (
          <p className="notice" role="note">
            They use different validation rows (another validation setting or seed): small differences between their
            values are not significant.
          </p>
        )
      )}
      <div className="grid">
        <section className="card wide">
          <h2>Searches</h2>
          <ComparedTable classes={classes} drop={drop} />
        </section>
        {classes.map((one) => (
          <ComparedChart
            key={one.key}
            comparable={one}
            alone={classes.length === 1}
            by={by}
            setBy={setOver}
            keep={() => keep(one.searches.map(({ id }) => id))}
          />
        ))}
        {classes.map((one) => (
          <ComparedCdf key={one.key} comparable={one} />
        ))}
        <section className="card wide">
          <h2>Differences</h2>
          <Differences searches={searches} />
        </section>
      </div>
    </>
  );
}

function Differences({ searches }: { readonly searches: readonly ComparedSearch[] }): ReactNode {
  const rows = useMemo(() => differences(searches), [searches]);
  if (searches.length < 2) return <p className="empty">There is only one search.</p>;
  if (rows.length === 0) return <p className="empty">They only differ in their names.</p>;
  return (
    <Table label="Differences" heads={['setting', ...searches.map(({ name }) => name)]} className="differences">
      {rows.map(({ path, values }) => (
        <tr key={path}>
          <th scope="row">{path}</th>
          {values.map((value, i) => (
            <td key={searches[i]!.id}>{textOf(path, value)}</td>
          ))}
        </tr>
      ))}
    </Table>
  );
}

function textOf(path: string, value: unknown): string {
  if (path === 'dataset.version') return String(value).slice(0, 8);
  if (path.startsWith('hyperparameters.')) return formatSetting(value as Parameters<typeof formatSetting>[0]);
  // A seed is no quantity.
  if (typeof value === 'number' && !path.endsWith('seed')) return formatCell(value);
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '–');
}
