import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { api, Refusal } from './api.ts';
import { App, SearchView } from './app.tsx';
import { followSearches } from './overview.ts';
import { bestQuery } from './search/best-query.ts';
import { readAhead } from './search/reading-ahead.ts';
import { applyTheme } from './theme.ts';
import './style/base.css';
import './style/parts.css';
import './style/views.css';

const client = new QueryClient({
  defaultOptions: {
    queries: {
      // The stream reports changes.
      staleTime: Number.POSITIVE_INFINITY,
      refetchOnWindowFocus: false,
      // Refused requests would be refused again.
      retry: (count, error) => !(error instanceof Refusal && error.status < 500) && count < 3,
    },
  },
});

applyTheme();
followSearches(client);
const render = () =>
  createRoot(document.getElementById('page')!).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <App />
      </QueryClientProvider>
    </StrictMode>,
  );

/** After the view of a search has been loaded its data has so long to arrive: with all of it the page is rendered once, and not in pieces. */
const PATIENCE_MS = 150;

const [, opened] = /^\/searches\/([0-9a-f-]{36})$/.exec(location.pathname) ?? [];
if (opened === undefined) render();
else {
  const search = { queryKey: ['search', opened], queryFn: () => api.search(opened) };
  const data = [
    client.fetchQuery(search).then(
      (found) => client.prefetchQuery(bestQuery(found)),
      () => undefined,
    ),
    client.prefetchQuery({ queryKey: ['session'], queryFn: api.session }),
    client.prefetchQuery({ queryKey: ['projects'], queryFn: api.projects }),
    readAhead(opened),
  ];
  // The view would otherwise begin with a fallback, which React keeps for 300 ms. A failure is shown where it is rendered.
  const view = SearchView.load().catch(() => undefined);
  const patience = view.then(() => new Promise((resolve) => setTimeout(resolve, PATIENCE_MS)));
  // No `await`: the chunk of the view imports this one, and would wait for its end.
  void Promise.race([Promise.all([view, ...data]), patience]).then(render);
}
