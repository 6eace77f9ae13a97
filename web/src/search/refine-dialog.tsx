/** Asks before a refined search starts: how far its ranges are narrowed, its trials and epochs, and how long it takes. */
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useRef, useState } from 'react';
import { formatDuration, plural } from '../../../src/format.ts';
import { api, type DryRun, type Search } from '../api.ts';
import { NumberInput } from '../new-search/number-input.tsx';
import { upsertSearch } from '../overview.ts';
import { useGo } from '../parts/address.ts';
import { Problem } from '../parts/problem.tsx';
import { Table } from '../parts/table.tsx';
import { validationText } from '../parts/validation-text.ts';
import { Waiting } from '../parts/waiting.tsx';
import { Warnings } from '../parts/warnings.tsx';
import { formatSetting } from './space.ts';

interface Asked {
  /** Of the best trials, in per cent. */
  readonly best: number | undefined;
  readonly mayWiden: boolean;
  readonly trials: number | undefined;
  readonly epochs: number | undefined;
  readonly enqueueBest: number | undefined;
}

const nothing: Asked = {
  best: undefined,
  mayWiden: false,
  trials: undefined,
  epochs: undefined,
  enqueueBest: undefined,
};

/** What the service gets; fields that are empty have its defaults. */
function requestOf({ best, mayWiden, trials, epochs, enqueueBest }: Asked) {
  return {
    ...(best !== undefined && { quantile: best / 100 }),
    ...(mayWiden && { mayWiden }),
    ...(trials !== undefined && { budget: { trials } }),
    ...(epochs !== undefined && { epochs }),
    ...(enqueueBest !== undefined && { enqueueBest }),
  };
}

interface RefineButtonProps {
  readonly search: Search;
  /** The suggestions to apply; without any the ranges are those of the best trials. */
  readonly apply?: readonly string[];
  readonly disabled?: boolean;
  readonly children: ReactNode;
}

export function RefineButton({ search, apply, disabled = false, children }: RefineButtonProps): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const [open, setOpen] = useState(false);
  const show = () => {
    setOpen(true);
    dialog.current?.showModal();
  };
  return (
    <>
      <button type="button" className="primary" disabled={disabled} onClick={show}>
        {children}
      </button>
      <dialog ref={dialog} aria-label="Refine the search" className="refine" onClose={() => setOpen(false)}>
        {open && <Refine search={search} apply={apply} close={() => dialog.current?.close()} />}
      </dialog>
    </>
  );
}

interface RefineProps {
  readonly search: Search;
  readonly apply: readonly string[] | undefined;
  readonly close: () => void;
}

function Refine({ search, apply, close }: RefineProps): ReactNode {
  const client = useQueryClient();
  const go = useGo();
  const [asked, ask] = useState(nothing);
  const request = { ...requestOf(asked), ...(apply && { apply }) };
  const dryRun = useQuery({
    queryKey: ['refinement', search.id, search.seq, request],
    queryFn: ({ signal }) => api.dryRunRefinement(search.id, request, signal),
    placeholderData: keepPreviousData,
    retry: false,
  });
  const start = useMutation({
    mutationFn: () => api.refine(search.id, request),
    onSuccess: (refined) => {
      upsertSearch(client, refined);
      go(`/searches/${refined.id}`);
    },
  });
  const error = dryRun.error ?? start.error;
  const field = (name: 'best' | 'trials' | 'epochs' | 'enqueueBest', title: string, placeholder: unknown) => (
    <div className="field">
      <span>{title}</span>
      <NumberInput
        label={title}
        value={asked[name]}
        set={(value) => ask({ ...asked, [name]: value })}
        placeholder={String(placeholder ?? '')}
      />
    </div>
  );
  const planned = dryRun.data?.specification;
  const epochs = planned?.hyperparameters['epochs'];
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        start.mutate();
      }}
    >
      <h2>Refine “{search.name}”</h2>
      <p className="soft">
        A new search {apply ? `with ${plural(apply.length, 'suggestion')} applied` : 'in the ranges of the best trials'}
        , with the same data, objective and strategy.
      </p>
      {!apply && (
        <>
          {field('best', 'Narrow ranges to the best trials, in %', 25)}
          <label className="field">
            <span>Ranges may exceed those of this search</span>
            <input
              type="checkbox"
              checked={asked.mayWiden}
              onChange={(event) => ask({ ...asked, mayWiden: event.target.checked })}
            />
          </label>
        </>
      )}
      {field('trials', 'Trials', planned?.budget.trials)}
      {field('epochs', 'Epochs of a trial', typeof epochs === 'object' ? formatSetting(epochs) : epochs)}
      {field('enqueueBest', 'Best trials to enqueue', 1)}
      {error && <Problem error={error} />}
      {dryRun.data === undefined && !dryRun.error && <Waiting what="the ranges" />}
      {dryRun.data && !dryRun.error && (
        <Planned search={search} stage={apply ? -1 : (search.best?.stage ?? 0)} dryRun={dryRun.data} />
      )}
      <p className="row" style={{ marginTop: '1rem' }}>
        <button
          type="submit"
          className="primary"
          disabled={dryRun.data === undefined || dryRun.isError || dryRun.isPlaceholderData || start.isPending}
        >
          Start refined search
        </button>
        <button type="button" onClick={close}>
          Cancel
        </button>
      </p>
    </form>
  );
}

interface PlannedProps {
  readonly search: Search;
  /** The stage whose ranges are refined; −1 for the last. */
  readonly stage: number;
  readonly dryRun: DryRun;
}

/** The ranges before and after, what else changes, and the estimate. */
function Planned({ search, stage: index, dryRun }: PlannedProps): ReactNode {
  const { specification, trials, estimate, warnings } = dryRun;
  const stage = search.stages.at(index);
  const before = stage?.hyperparameters ?? search.specification.hyperparameters;
  const after = specification.hyperparameters;
  const isChanged = (one: unknown, other: unknown) => JSON.stringify(one) !== JSON.stringify(other);
  const listed = Object.keys({ ...before, ...after }).filter(
    (name) => typeof before[name] === 'object' || (name !== 'epochs' && isChanged(before[name], after[name])),
  );
  const { validation } = search.specification;
  return (
    <>
      <Table label="Ranges" heads={['hyperparameter', 'this search', 'refined']}>
        {listed.map((name) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{formatSetting(before[name])}</td>
            <td>{formatSetting(after[name])}</td>
          </tr>
        ))}
        {isChanged(validation, specification.validation) && (
          <tr>
            <th scope="row">validation</th>
            <td>{validationText(validation)}</td>
            <td>{validationText(specification.validation)}</td>
          </tr>
        )}
      </Table>
      <Warnings warnings={warnings} />
      <p role="status" style={{ marginTop: '0.75rem' }}>
        {plural(trials, 'trial')}, {specification.sampler.type}
        {specification.pruner.type !== 'none' && ` with ${specification.pruner.type}`}, about{' '}
        <strong>{formatDuration(estimate.seconds)}</strong> on {plural(estimate.threads, 'thread')}.
      </p>
    </>
  );
}
