/** The frame of the page and its routes. */
import { type ReactNode, Suspense, useEffect } from 'react';
import { Link, Redirect, Route, Switch, useLocation } from 'wouter';
import { useConnection } from './overview.ts';
import { lazyView } from './parts/lazy-view.tsx';
import { Problem } from './parts/problem.tsx';
import { Waiting } from './parts/waiting.tsx';
import { SearchesView } from './searches/searches-view.tsx';
import { Account, SignedIn } from './session.tsx';
import { chooseTheme, type Theme, useTheme } from './theme.ts';

export const SearchView = lazyView(() => import('./search/search-view.tsx'));
const TrialView = lazyView(() => import('./trial/trial-view.tsx'));
const NewSearchView = lazyView(() => import('./new-search/new-search-view.tsx'));
const CompareView = lazyView(() => import('./compare/compare-view.tsx'));
const ModelsView = lazyView(() => import('./models/models-view.tsx'));
const ModelView = lazyView(() => import('./models/model-view.tsx'));
const DatasetsView = lazyView(() => import('./datasets/datasets-view.tsx'));

export function App(): ReactNode {
  return (
    <>
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <Top />
      <main id="main" tabIndex={-1}>
        <Problem.Boundary>
          <SignedIn>
            <Suspense fallback={<Waiting what="the view" />}>
              <Switch>
                <Route path="/">
                  <OldAddress />
                  <SearchesView />
                </Route>
                <Route path="/searches">
                  <Redirect to="/" replace />
                </Route>
                <Route path="/searches/:id/trials/:number">
                  {({ id, number }) => <TrialView key={`${id} ${number}`} id={id} number={Number(number)} />}
                </Route>
                <Route path="/searches/:id">{({ id }) => <SearchView key={id} id={id} />}</Route>
                <Route path="/new" component={NewSearchView} />
                <Route path="/compare" component={CompareView} />
                <Route path="/datasets" component={DatasetsView} />
                <Route path="/models" component={ModelsView} />
                <Route path="/models/:id">{({ id }) => <ModelView key={id} id={id} />}</Route>
                <Route>
                  <h1>Page not found</h1>
                  <p>
                    There is no such page. <Link href="/">All searches</Link>
                  </p>
                </Route>
              </Switch>
            </Suspense>
          </SignedIn>
        </Problem.Boundary>
      </main>
    </>
  );
}

/** Redirects addresses of an earlier version: /#ID. */
function OldAddress(): ReactNode {
  const [, go] = useLocation();
  useEffect(() => {
    const id = location.hash.slice(1);
    if (/^[0-9a-f-]{36}$/.test(id)) go(`/searches/${id}`, { replace: true });
  }, [go]);
  return null;
}

const themes: readonly Theme[] = ['system', 'light', 'dark'];

function Top(): ReactNode {
  const [path] = useLocation();
  const connection = useConnection();
  const theme = useTheme();
  const current = (at: string) => (path === at ? ({ 'aria-current': 'page' } as const) : {});
  return (
    <header className="top">
      <Link href="/" className="brand">
        <img src="/icon.svg" alt="" width={20} height={20} /> hypersearch
      </Link>
      <nav aria-label="Main">
        <Link href="/" {...current('/')}>
          Searches
        </Link>
        <Link href="/models" {...current('/models')}>
          Models
        </Link>
        <Link href="/datasets" {...current('/datasets')}>
          Data sets
        </Link>
        <a href="/docs">API</a>
      </nav>
      <span className={`connection ${connection}`} role="status">
        {connection === 'live' ? 'live' : connection === 'lost' ? 'disconnected, trying again…' : 'connecting…'}
      </span>
      <Account />
      <label className="theme">
        <span className="hidden">Colours</span>
        <select value={theme} onChange={(event) => chooseTheme(event.target.value as Theme)}>
          {themes.map((one) => (
            <option key={one} value={one}>
              {one === 'system' ? 'auto' : one}
            </option>
          ))}
        </select>
      </label>
      <Link href="/new" className="button primary">
        New search
      </Link>
    </header>
  );
}
