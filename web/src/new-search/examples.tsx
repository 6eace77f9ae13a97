import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { api } from '../api.ts';
import type { Draft } from './draft.ts';

/** Example searches to start from. */
export function Examples({ choose }: { readonly choose: (draft: Draft) => void }): ReactNode {
  const { data } = useQuery({ queryKey: ['examples'], queryFn: api.examples, retry: false });
  const items = data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <details className="examples">
      <summary>Start from one of {items.length} examples</summary>
      <ul>
        {items.map(({ name, title, about, specification }) => (
          <li key={name}>
            <button type="button" onClick={() => choose(specification as Draft)}>
              {title}
            </button>
            <span className="soft small">{about}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}
