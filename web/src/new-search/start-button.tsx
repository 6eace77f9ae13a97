import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { plural } from '../../../src/format.ts';
import { api, Refusal } from '../api.ts';
import { upsertSearch } from '../overview.ts';
import { useGo } from '../parts/address.ts';
import { Problem } from '../parts/problem.tsx';
import type { Draft, ValidationIssue } from './draft.ts';

interface StartButtonProps {
  readonly draft: Draft;
  readonly issues: readonly ValidationIssue[];
  readonly broken: boolean;
  /** Whether the current draft was checked by the service. */
  readonly checked: boolean;
  readonly onStart: () => void;
}

/** Starts the search of a draft that the service has checked. */
export function StartButton({ draft, issues, broken, checked, onStart }: StartButtonProps): ReactNode {
  const client = useQueryClient();
  const go = useGo();
  const start = useMutation({
    mutationFn: () => api.create(draft),
    onSuccess: (search) => {
      onStart();
      upsertSearch(client, search);
      go(`/searches/${search.id}`);
    },
  });
  const stops = broken || issues.length > 0 || !checked;
  return (
    <section className="card">
      <div className="row">
        <button type="button" className="primary" disabled={stops || start.isPending} onClick={() => start.mutate()}>
          Start search
        </button>
        <span className="soft small" role="status">
          {broken
            ? 'the JSON cannot be read'
            : issues.length > 0
              ? `${plural(issues.length, 'error')} to fix`
              : checked
                ? ''
                : 'checking…'}
        </span>
      </div>
      {issues.length > 0 && (
        <ul className="issues">
          {issues.slice(0, 12).map(({ path, message }) => (
            <li key={`${path} ${message}`} className="fault">
              <code>{path}</code> {message}
            </li>
          ))}
        </ul>
      )}
      {start.error && !(start.error instanceof Refusal && start.error.issues.length > 0) && (
        <Problem error={start.error} />
      )}
      <p className="small soft" style={{ margin: '0.5rem 0 0' }}>
        Your own data? <Link href="/datasets">Upload a CSV</Link>
      </p>
    </section>
  );
}
