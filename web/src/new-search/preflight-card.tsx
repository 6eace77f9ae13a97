import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { api } from '../api.ts';
import { PreflightTable } from '../parts/preflight.tsx';
import { Problem } from '../parts/problem.tsx';
import type { Draft } from './draft.ts';

/** Looks at the networks of a draft before anything is trained. What is shown is of the draft as it was looked at. */
export function PreflightCard({ draft, stops }: { readonly draft: Draft; readonly stops: boolean }): ReactNode {
  const look = useMutation({ mutationFn: api.preflight });
  const { mutate, error, isPending } = look;
  // Another draft has networks of its own.
  const data = look.variables === draft ? look.data : undefined;
  return (
    <section className="card">
      <div className="row spread">
        <h2>Before training</h2>
        <button type="button" disabled={stops || isPending} onClick={() => mutate(draft)}>
          {isPending ? 'Looking…' : 'Check the networks'}
        </button>
      </div>
      {error && <Problem error={error} />}
      {data ? (
        <PreflightTable preflight={data} />
      ) : (
        <p className="soft small">
          The loss at the start, the spread through the layers, and whether 20 rows can be learned by heart.
        </p>
      )}
    </section>
  );
}
