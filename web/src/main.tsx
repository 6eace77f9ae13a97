import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Refusal } from './api.ts';
import { App } from './app.tsx';
import { followSearches } from './overview.ts';
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
createRoot(document.getElementById('page')!).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
);
