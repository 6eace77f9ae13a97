import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { api, Refusal } from './api.ts';
import { App, SearchView } from './app.tsx';
import { followSearches } from './overview.ts';
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

const [, opened] = /^\/searches\/([0-9a-f-]{36})$/.exec(location.pathname) ?? [];
if (opened !== undefined) {
  void client.prefetchQuery({ queryKey: ['search', opened], queryFn: () => api.search(opened) });
  void client.prefetchQuery({ queryKey: ['session'], queryFn: api.session });
  readAhead(opened);
}
applyTheme();
followSearches(client);
// The view would otherwise begin with a fallback, which React keeps for 300 ms. A failure is shown where it is rendered.
const loading = opened === undefined ? undefined : SearchView.load().catch(() => undefined);
const render = () =>
  createRoot(document.getElementById('page')!).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <App />
      </QueryClientProvider>
    </StrictMode>,
  );
// No `await`: the chunk of the view imports this one, and would wait for its end.
if (loading === undefined) render();
else void loading.then(render);
