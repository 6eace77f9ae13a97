/** The evidence of the best trial. It is asked for again when the best trial, the state or notably more trials have changed. */
import { queryOptions } from '@tanstack/react-query';
import { api, type Search } from '../api.ts';
import { endedOf } from '../parts/state.tsx';
import { steps } from './steps.ts';

export function bestQuery(search: Search) {
  return queryOptions({
    queryKey: ['best', search.id, search.best, steps(endedOf(search.trials)), search.state],
    queryFn: () => api.about(search.id, 'best'),
  });
}
