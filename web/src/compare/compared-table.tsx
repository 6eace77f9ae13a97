/** The compared searches in numbers; it also is the legend of the charts. */
import { Fragment, type ReactNode } from 'react';
import { Link } from 'wouter';
import { bestFirst } from '../../../src/algorithms/objective.ts';
import { quantile } from '../../../src/algorithms/quantile.ts';
import { formatCount, formatDuration, formatValue } from '../../../src/format.ts';
import { BestValue } from '../parts/evidence.tsx';
import { endedOf, StateChip } from '../parts/state.tsx';
import { numeric, Table } from '../parts/table.tsx';
import { type Comparable, type Group, groupsOf } from './differences.ts';
import type { ComparedSearch, Mark } from './marks.ts';

interface ComparedTableProps {
  readonly classes: readonly Comparable<ComparedSearch>[];
  readonly drop: (id: string) => void;
}

const heads = [
  'search',
  numeric('best'),
  'state',
  numeric('trials ended'),
  numeric('epochs'),
  numeric('time'),
  ' Remove',
];

export function ComparedTable({ classes, drop }: ComparedTableProps): ReactNode {
  return (
    <Table label="Compared searches" heads={heads} className="compared">
      {classes.map(({ key, metric, direction, dataset, searches }) => (
        <Fragment key={key}>
          {classes.length > 1 && (
            <tr>
              <th scope="rowgroup" colSpan={heads.length}>
                {metric} on {dataset.name}, {direction}
              </th>
            </tr>
          )}
          {groupsOf(searches).map((group) => (
            <GroupRows key={group.searches[0]!.id} group={group} drop={drop} />
          ))}
        </Fragment>
      ))}
    </Table>
  );
}

function GroupRows({
  group: { name, searches },
  drop,
}: {
  readonly group: Group<ComparedSearch>;
  readonly drop: (id: string) => void;
}): ReactNode {
  const bests = searches.flatMap(({ best }) => (best === null ? [] : [best.value]));
  const { direction } = searches[0]!.specification.objective;
  const order = bestFirst(direction);
  const ranked = searches.toSorted((a, b) =>
    order({ number: 0, value: a.best?.value ?? null }, { number: 0, value: b.best?.value ?? null }),
  );
  return (
    <>
      {searches.length > 1 && (
        <tr>
          <th scope="row">
            <LineMark mark={searches[0]!.mark} /> {name}
          </th>
          <td className="number">
            <strong>{formatValue(quantile(bests, 0.5))}</strong>
            <div className="soft small">
              {formatValue(quantile(bests, 0.25))} … {formatValue(quantile(bests, 0.75))}
            </div>
          </td>
          <td colSpan={5} className="soft small">
            median and quartiles
          </td>
        </tr>
      )}
      {ranked.map((search) => (
        <SearchRow key={search.id} search={search} indented={searches.length > 1} drop={drop} />
      ))}
    </>
  );
}

interface SearchRowProps {
  readonly search: ComparedSearch;
  readonly indented: boolean;
  readonly drop: (id: string) => void;
}

function SearchRow({ search, indented, drop }: SearchRowProps): ReactNode {
  const { id, name, state, trials, epochs, best, mark, specification } = search;
  return (
    <tr>
      <td className={indented ? 'indented' : ''}>
        {!indented && <LineMark mark={mark} />} <Link href={`/searches/${id}`}>{name}</Link>
        {indented && <span className="soft small"> seed {specification.sampler.seed}</span>}
      </td>
      <td className="number">{best === null ? '–' : <BestValue search={search} best={best} />}</td>
      <td>
        <StateChip state={state} />
      </td>
      <td className="number">
        {formatCount(endedOf(trials))} of {formatCount(trials.total)}
      </td>
      <td className="number">{formatCount(epochs)}</td>
      <td className="number">{formatDuration(secondsOf(search))}</td>
      <td>
        <button
          type="button"
          className="quiet"
          aria-label={`Remove ${name} from the comparison`}
          onClick={() => drop(id)}
        >
          ✕
        </button>
      </td>
    </tr>
  );
}

/** From the start of its first trial to the end of the last complete one. */
function secondsOf({ history }: ComparedSearch): number | undefined {
  const ends = history?.points.map(({ seconds }) => seconds) ?? [];
  return ends.length === 0 ? undefined : ends.reduce((last, end) => Math.max(last, end));
}

function LineMark({ mark: { colour, dash } }: { readonly mark: Mark }): ReactNode {
  return (
    <svg width="26" height="10" aria-hidden="true" className="line-mark">
      <line x1="1" x2="25" y1="5" y2="5" stroke={`var(${colour})`} strokeWidth="3" strokeDasharray={dash?.join(' ')} />
    </svg>
  );
}
