/** Deletes a data set after confirmation, with a second confirmation if searches use it. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useRef } from 'react';
import { api, Refusal } from '../api.ts';
import { Problem } from '../parts/problem.tsx';

export function Remove({ name }: { readonly name: string }): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: (force: boolean) => api.removeDataset(name, force),
    onSuccess: async () => {
      dialog.current?.close();
      await client.invalidateQueries({ queryKey: ['datasets'] });
    },
  });
  const inUse = remove.error instanceof Refusal && remove.error.status === 409;
  return (
    <>
      <button
        type="button"
        className="danger"
        onClick={() => {
          remove.reset();
          dialog.current?.showModal();
        }}
      >
        Delete<span className="hidden"> {name}</span>
      </button>
      <dialog ref={dialog} aria-label={`Delete ${name}`}>
        <p>
          Delete <strong>{name}</strong> and all its versions?
        </p>
        {remove.error && <Problem error={remove.error} />}
        {inUse && <p>Open searches will be cancelled, and their trials can no longer be replayed.</p>}
        <p className="row">
          <button type="button" className="danger" disabled={remove.isPending} onClick={() => remove.mutate(inUse)}>
            {inUse ? 'Delete anyway' : 'Delete it'}
          </button>
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
        </p>
      </dialog>
    </>
  );
}
