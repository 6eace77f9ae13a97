/** The list of searches, newest first, with progress, findings and best value. */

import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { formatAge, formatCount, formatValue } from '../../../src/format.ts';
import { api, type Search } from '../api.ts';
import { MAX_COMPARED } from '../compare/differences.ts';
import { type SearchPages, upsertSearch } from '../overview.ts';
import { useAddress, useGo } from '../parts/address.ts';
import { Tags } from '../parts/annotations.tsx';
import { CopyButton, curl } from '../parts/copy.tsx';
import { BestValue } from '../parts/evidence.tsx';
import { objectiveOf, originOf } from '../parts/objective.ts';
import { Problem } from '../parts/problem.tsx';
import { Sparkline } from '../parts/sparkline.tsx';
import { endedOf, ProgressBar, StateChip } from '../parts/state.tsx';
import { Table } from '../parts/table.tsx';
import { useTitle } from '../parts/title.ts';
import { Waiting } from '../parts/waiting.tsx';
import { ProjectSelect, useProjects } from '../projects.tsx';
import { bestByNumber } from './improvements.ts';

const states = ['running', 'paused', 'complete', 'failed', 'cancelled'] as const satisfies readonly Search['state'][];
const PAGE = 50;

export function SearchesView(): ReactNode {
  const [q, setQ] = useAddress('q');
  const [state, setState] = useAddress('state');
  const [tag, setTag] = useAddress('tag');
  const [project, setProject] = useAddress('project');
  const [ids, setIds] = useAddress('chosen');
  const go = useGo();
  useTitle('Searches');
  const { data, error, isPending, hasNextPage, fetchNextPage, refetch } = useInfiniteQuery({
    queryKey: ['searches', q, state, tag, project],
    // The service validates the state, since the address may have any value.
    queryFn: ({ pageParam }) =>
      api.searches({
        q,
        tag: tag === '' ? undefined : tag,
        project: project === '' ? undefined : project,
        state: state === '' ? undefined : (state as Search['state']),
        limit: PAGE,
        cursor: pageParam,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }: SearchPages['pages'][number]) => next ?? undefined,
    // Keeps the previous list while a filter is typed.
    placeholderData: (before) => before,
  });
  if (isPending) return <Waiting what="the searches" />;
  if (error) {
    return (
      <>
        <Problem error={error} retry={() => void refetch()} />
        {/* The address may have a filter that the service refuses. */}
        <Link href="/">All searches</Link>
      </>
    );
  }
  const searches = data.pages.flatMap(({ items }) => items);
  if (searches.length === 0 && [q, state, tag, project].every((filter) => filter === '')) return <Welcome />;
  const chosen = ids.split(',').filter((id) => id !== '');
  const toggle = (id: string) =>
    setIds((chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id]).join(','));
  return (
    <>
      <div className="row spread">
        <h1>Searches</h1>
        <div className="row">
          <input
            type="search"
            aria-label="Name, data set, notes or tags contain"
            placeholder="Name, data set, notes, tag"
            style={{ width: '16rem' }}
            value={q}
            onChange={(event) => setQ(event.target.value)}
          />
          {tag !== '' && (
            <button type="button" title="Searches with any tags" onClick={() => setTag('')}>
              tag: {tag} ✕
            </button>
          )}
          <ProjectSelect value={project} choose={setProject} none="all projects" />
          <select aria-label="State" value={state} onChange={(event) => setState(event.target.value)}>
            <option value="">all states</option>
            {states.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
          <button
            type="button"
            disabled={chosen.length < 2 || chosen.length > MAX_COMPARED}
            title={`Choose 2 to ${MAX_COMPARED} searches in the list`}
            onClick={() => go(`/compare?ids=${chosen.join(',')}`)}
          >
            Compare
            {chosen.length === 1 ? ' (choose one more)' : chosen.length > 0 && ` ${chosen.length}`}
            {chosen.length > MAX_COMPARED && ` (at most ${MAX_COMPARED})`}
          </button>
        </div>
      </div>
      {searches.length === 0 ? (
        <p className="empty">No search matches.</p>
      ) : (
        <SearchTable searches={searches} chosen={chosen} toggle={toggle} chooseTag={setTag} />
      )}
      {hasNextPage && (
        <p>
          <button type="button" onClick={() => void fetchNextPage()}>
            Show more
          </button>
        </p>
      )}
    </>
  );
}

const searchHeads = [' Compare', 'Search', 'Best', 'Optimization history', 'State', 'Trials', 'Problems', 'Created'];

interface SearchTableProps {
  readonly searches: readonly Search[];
  readonly chosen: readonly string[];
  readonly toggle: (id: string) => void;
  readonly chooseTag: (tag: string) => void;
}

function SearchTable({ searches, chosen, toggle, chooseTag }: SearchTableProps): ReactNode {
  return (
    <Table label="Searches" heads={searchHeads} className="searches">
      {searches.map((search) => (
        <SearchLine
          key={search.id}
          search={search}
          chosen={chosen.includes(search.id)}
          toggle={() => toggle(search.id)}
          chooseTag={chooseTag}
        />
      ))}
    </Table>
  );
}

interface SearchLineProps {
  readonly search: Search;
  readonly chosen: boolean;
  readonly toggle: () => void;
  readonly chooseTag: (tag: string) => void;
}

function SearchLine({ search, chosen, toggle, chooseTag }: SearchLineProps): ReactNode {
  const { id, name, project, dataset, state, trials, best, specification, improvements, found, createdAt } = search;
  const areSeveral = useProjects().length > 1;
  const kinds = Object.keys(found).length;
  const steps = bestByNumber(improvements, specification.objective.direction);
  return (
    <tr>
      <td>
        <input type="checkbox" aria-label={`Compare ${name}`} checked={chosen} onChange={toggle} />
      </td>
      <td>
        <Link href={`/searches/${id}`}>{name}</Link>
        <div className="soft small">
          {areSeveral && `${project} · `}
          {dataset.name || 'no data set'} · {originOf(search) ?? specification.sampler.type}
          {specification.pruner.type !== 'none' && ` · ${specification.pruner.type}`}
        </div>
        <Tags tags={search.tags} choose={chooseTag} />
      </td>
      <td>
        {best === null ? (
          '–'
        ) : (
          <BestValue
            search={search}
            best={best}
            before={<span className="hidden">best trial, </span>}
            below={objectiveOf(search).metric}
          />
        )}
      </td>
      <td className="best-so-far">
        {steps.length > 0 && trials.planned > 1 && (
          <Sparkline
            steps
            places={trials.planned}
            at={steps.map(({ number }) => number)}
            label={
              steps.length === 1
                ? `best value: ${formatValue(best?.value)} since trial ${steps[0]!.number}`
                : `best value: from ${formatValue(steps[0]!.value)} to ${formatValue(best?.value)}`
            }
            lines={[{ values: steps.map(({ value }) => value), kind: 'best' }]}
          />
        )}
      </td>
      <td>
        <StateChip state={state} />
      </td>
      <td className="progress">
        <ProgressBar trials={trials} />
        <div className="soft small">
          {formatCount(endedOf(trials))} of {formatCount(trials.total)}
        </div>
      </td>
      <td>
        {kinds > 0 ? <Link href={`/searches/${id}?view=findings`}>{kinds}</Link> : <span className="soft">none</span>}
      </td>
      <td title={new Date(createdAt).toLocaleString()}>{formatAge(createdAt, Date.now())}</td>
    </tr>
  );
}

const first = { dataset: 'digits', name: 'my first search' };

function Welcome(): ReactNode {
  const client = useQueryClient();
  const go = useGo();
  const begin = useMutation({
    mutationFn: () => api.create(first),
    onSuccess: (search) => {
      upsertSearch(client, search);
      go(`/searches/${search.id}`);
    },
  });
  return (
    <div className="welcome">
      <h1>No search yet</h1>
      <p>
        A search trains many small networks on your data, each with different hyperparameters. Each is monitored while
        it trains: you see which is best, and what went wrong in others.
      </p>
      <div className="row">
        <button type="button" className="primary" disabled={begin.isPending} onClick={() => begin.mutate()}>
          Try it on handwritten digits
        </button>
        <Link href="/new" className="button">
          Set up a search
        </Link>
        <Link href="/datasets" className="button">
          Upload your own data
        </Link>
      </div>
      {begin.error && <Problem error={begin.error} />}
      <div className="row spread">
        <h2>From a terminal</h2>
        <CopyButton text={() => curl('/v1/searches', 'POST', first)}>copy</CopyButton>
      </div>
      <pre>{curl('/v1/searches', 'POST', first)}</pre>
      <p className="soft">It appears here as soon as it is created.</p>
    </div>
  );
}
