import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { api } from '../api.ts';
import { PreflightTable } from '../parts/preflight.tsx';
import { Problem } from '../parts/problem.tsx';
import type { Draft } from './draft.ts';

/** Runs pre-flight checks of a draft. Results are hidden when the draft changes. */
export function PreflightCard({ draft, stops }: { readonly draft: Draft; readonly stops: boolean }): ReactNode {
  const check = useMutation({ mutationFn: api.preflight });
  const { mutate, error, isPending } = check;
  // Results of another draft do not apply.
  const data = check.variables === draft ? check.data : undefined;
  return (
    <section className="card">
      <div className="row spread">
        <h2>Pre-flight checks</h2>
        <button type="button" disabled={stops || isPending} onClick={() => mutate(draft)}>
          {isPending ? 'Checking…' : 'Check the networks'}
        </button>
      </div>
      {error && <Problem error={error} />}
      {data ? (
        <PreflightTable preflight={data} />
      ) : (
        <p className="soft small">
          The initial loss, the spread of activations, and whether the network can overfit 20 rows.
        </p>
      )}
    </section>
  );
}
