/** Compares two searches: their optimization histories and their differences. */

import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useMemo } from 'react';
import { Link } from 'wouter';
import { formatCount, formatValue } from '../../../src/format.ts';
import { api, type History, type Search } from '../api.ts';
import { LineChart } from '../charts/line-chart.tsx';
import { useAddress } from '../parts/address.ts';
import { Problem } from '../parts/problem.tsx';
import { endedOf, ProgressBar, StateChip } from '../parts/state.tsx';
import { Table } from '../parts/table.tsx';
import { useTitle } from '../parts/title.ts';
import { Waiting } from '../parts/waiting.tsx';
import { formatSetting } from '../search/space.ts';
import { steps } from '../search/steps.ts';
import { differences, incomparable, joinedHistories, sameValidationRows } from './differences.ts';

function useCompared(id: string) {
  const search = useQuery({ queryKey: ['search', id], queryFn: () => api.search(id), enabled: id !== '' });
  const ended = search.data === undefined ? 0 : endedOf(search.data.trials);
  const history = useQuery({
    queryKey: ['history', id, steps(ended), search.data?.state],
    queryFn: () => api.about(id, 'history'),
    enabled: search.data !== undefined,
    placeholderData: (before) => before,
  });
  return { search, history };
}

export default function CompareView(): ReactNode {
  const [a] = useAddress('a');
  const [b] = useAddress('b');
  const [first, second] = [useCompared(a), useCompared(b)];
  useTitle('Compare');
  const error = first.search.error ?? second.search.error;
  if (a === '' || b === '') {
    return (
      <>
        <h1>Compare two searches</h1>
        <p>
          Choose two of the <Link href="/">searches</Link>.
        </p>
      </>
    );
  }
  if (error) return <Problem error={error} />;
  if (first.search.data === undefined || second.search.data === undefined) return <Waiting what="the searches" />;
  return (
    <Compared
      searches={[first.search.data, second.search.data]}
      histories={[first.history.data, second.history.data]}
    />
  );
}

interface ComparedProps {
  readonly searches: readonly [Search, Search];
  readonly histories: readonly [History | undefined, History | undefined];
}

function Compared({ searches, histories }: ComparedProps): ReactNode {
  const [over, setOver] = useAddress('over', 'trials');
  const by = over === 'epochs' ? 'epochs' : 'trials';
  const data = useMemo(() => joinedHistories(histories, by), [histories, by]);
  const [a, b] = searches;
  const reasons = incomparable(a, b);
  const same = a.specification.objective.metric === b.specification.objective.metric;
  return (
    <>
      <h1>Compare</h1>
      {reasons.length > 0 ? (
        <p className="notice" role="note">
          <strong>Their values are not comparable.</strong> {reasons.join(' ')}
        </p>
      ) : (
        !sameValidationRows(a, b) && (
          <p className="notice" role="note">
            They use different validation rows (another validation setting or seed): small differences between their
            values say nothing.
          </p>
        )
      )}
      <div className="grid">
        {searches.map((search, i) => (
          <section key={search.id} className="card">
            <h2>
              <span style={{ color: i === 0 ? 'var(--blue)' : 'var(--orange)' }}>{i === 0 ? '●' : '▲'}</span>{' '}
              <Link href={`/searches/${search.id}`}>{search.name}</Link> <StateChip state={search.state} />
            </h2>
            <ProgressBar trials={search.trials} />
            <p className="small soft">
              {endedOf(search.trials)} of {search.trials.total} trials, {formatCount(search.epochs)} epochs
            </p>
            <p>
              best {search.specification.objective.metric} <strong>{formatValue(search.best?.value)}</strong>
            </p>
          </section>
        ))}
        <section className="card wide">
          <div className="row spread">
            <h2>Optimization history</h2>
            <select aria-label="x axis" value={by} onChange={(event) => setOver(event.target.value)}>
              <option value="trials">by trial</option>
              <option value="epochs">by epochs trained</option>
            </select>
          </div>
          <LineChart
            name="compared: optimization history"
            label={`best value so far of both searches by ${by}`}
            data={data}
            lines={[
              { label: a.name, colour: '--blue', steps: true, width: 2 },
              { label: b.name, colour: '--orange', steps: true, width: 2 },
            ]}
            xLabel={by}
            yLabel={same ? a.specification.objective.metric : 'value'}
          />
        </section>
        <section className="card wide">
          <h2>Differences</h2>
          <Differences a={a} b={b} />
        </section>
      </div>
    </>
  );
}

function Differences({ a, b }: { readonly a: Search; readonly b: Search }): ReactNode {
  const rows = differences(a.specification, b.specification);
  if (rows.length === 0) return <p className="empty">They only differ in their names.</p>;
  return (
    <Table label="Differences" heads={['setting', `${a.name} (left)`, `${b.name} (right)`]}>
      {rows.map(({ path, left, right }) => (
        <tr key={path}>
          <td>{path}</td>
          {[left, right].map((value, i) => (
            <td key={i === 0 ? 'left' : 'right'} style={{ whiteSpace: 'normal' }}>
              {path.startsWith('hyperparameters.')
                ? formatSetting(value as Parameters<typeof formatSetting>[0])
                : (JSON.stringify(value) ?? '–')}
            </td>
          ))}
        </tr>
      ))}
    </Table>
  );
}
