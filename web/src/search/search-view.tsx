/** One search: a live header and its views. */
import { useQuery } from '@tanstack/react-query';
import { lazy, type ReactNode, Suspense, useDeferredValue, useMemo } from 'react';
import { api, type Search } from '../api.ts';
import { useAddress } from '../parts/address.ts';
import { isNotFound, NotFound } from '../parts/not-found.tsx';
import { Problem } from '../parts/problem.tsx';
import { Tabs } from '../parts/tabs.tsx';
import { useTitle } from '../parts/title.ts';
import { Waiting } from '../parts/waiting.tsx';
import { SearchHeader } from './header.tsx';
import { LivePanel } from './live-panel.tsx';
import { SelectionStrip, useEscape } from './selection-strip.tsx';
import { type Followed, ShownSearch, useFollow } from './use-search.ts';

const TrialsPanel = lazy(() => import('./trials-panel.tsx'));
const AnalysisPanel = lazy(() => import('./analysis-panel.tsx'));
const FindingsPanel = lazy(() => import('./findings-panel.tsx'));
const PruningPanel = lazy(() => import('./pruning-panel.tsx'));
const TimelinePanel = lazy(() => import('./timeline-panel.tsx'));
const SpecificationPanel = lazy(() => import('./specification-panel.tsx'));

const views = {
  live: { title: 'Overview', Panel: LivePanel },
  trials: { title: 'Trials', Panel: TrialsPanel },
  analysis: { title: 'Analysis', Panel: AnalysisPanel },
  findings: { title: 'Problems', Panel: FindingsPanel },
  pruning: { title: 'Pruning', Panel: PruningPanel },
  timeline: { title: 'Timeline', Panel: TimelinePanel },
  specification: { title: 'Specification', Panel: SpecificationPanel },
} as const;
type View = keyof typeof views;

export default function SearchView({ id }: { readonly id: string }): ReactNode {
  const { data: search, error, refetch } = useQuery({ queryKey: ['search', id], queryFn: () => api.search(id) });
  const followed = useFollow(id);
  const isMissing = followed.removed || isNotFound(error);
  useTitle(isMissing ? 'Search not found' : (search?.name ?? 'Search'));
  if (isMissing) return <NotFound what="Search" />;
  if (error && search === undefined) return <Problem error={error} retry={() => void refetch()} />;
  if (search === undefined) return <Waiting what="the search" />;
  return <SearchBody search={search} followed={followed} />;
}

function SearchBody({ search, followed }: { readonly search: Search; readonly followed: Followed }): ReactNode {
  const [view, setView] = useAddress('view', 'live', { step: true });
  const known: View = Object.hasOwn(views, view) ? (view as View) : 'live';
  // The tab is chosen at once; a view of ten thousand trials may take longer.
  const settled = useDeferredValue(known);
  const { Panel } = views[settled];
  const shown = useMemo(() => ({ search, followed }), [search, followed]);
  return (
    <ShownSearch value={shown}>
      <SearchHeader />
      <Tabs
        label="Views of the search"
        chosen={known}
        tabs={Object.entries(views).map(([name, { title }]) => ({ name, title }))}
        choose={setView}
        busy={settled !== known}
      >
        {followed.error && <Problem error={followed.error} />}
        {followed.ready ? (
          <Suspense fallback={<Waiting what="the view" />}>
            <Panel />
            {/* The table of trials has its own, with what can be done with them. */}
            {settled !== 'trials' && <SelectionStrip />}
            <EscapeClears />
          </Suspense>
        ) : (
          <Waiting what="the trials" />
        )}
      </Tabs>
    </ShownSearch>
  );
}

function EscapeClears(): ReactNode {
  useEscape();
  return null;
}
