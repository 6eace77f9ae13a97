import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { api, Refusal } from './api.ts';
import { App } from './app.tsx';
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
  readAhead(opened);
}
applyTheme();
followSearches(client);
createRoot(document.getElementById('page')!).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
);
