import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { api, type Search } from '../api.ts';
import { comparables, MAX_COMPARED } from './differences.ts';

const LISTED = 200;

interface AddSearchProps {
  readonly chosen: readonly Search[];
  readonly full: boolean;
  readonly add: (id: string) => void;
}

/** Chooses another search; first those whose values can be compared with the first one's. */
export function AddSearch({ chosen, full, add }: AddSearchProps): ReactNode {
  const { data } = useQuery({
    queryKey: ['searches', 'to compare'],
    queryFn: () => api.searches({ limit: LISTED }),
  });
  const [first] = chosen;
  const others = (data?.items ?? []).filter(({ id }) => chosen.every((one) => one.id !== id));
  const fits = (search: Search) => first === undefined || comparables([first, search]).length === 1;
  const option = ({ id, name, dataset }: Search) => (
    <option key={id} value={id}>
      {name} · {dataset.name || 'unknown data'}
    </option>
  );
  return (
    <select
      aria-label="Add a search"
      value=""
      disabled={full || others.length === 0}
      onChange={(event) => add(event.target.value)}
      style={{ maxWidth: '100%' }}
    >
      <option value="">{full ? `no more than ${MAX_COMPARED} searches` : 'Add a search…'}</option>
      <optgroup label={first === undefined ? 'Newest searches' : `Comparable with ${first.name}`}>
        {others.filter(fits).map(option)}
      </optgroup>
      {others.some((search) => !fits(search)) && (
        <optgroup label="Of other data sets, metrics or directions">
          {others.filter((search) => !fits(search)).map(option)}
        </optgroup>
      )}
    </select>
  );
}
