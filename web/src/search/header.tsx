/** The header of a search: name, state, live numbers and actions. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Link } from 'wouter';
import { formatCount, formatDuration, formatNumber, formatValue, plural } from '../../../src/format.ts';
import { api, type Search } from '../api.ts';
import { MakeModel } from '../models/make-model.tsx';
import { upsertSearch } from '../overview.ts';
import { useGo } from '../parts/address.ts';
import { Annotations } from '../parts/annotations.tsx';
import { CopyButton, curl } from '../parts/copy.tsx';
import { BestValue } from '../parts/evidence.tsx';
import { Menu } from '../parts/menu.tsx';
import { hasEpochs, isObserved, objectiveOf, originOf } from '../parts/objective.ts';
import { Problem } from '../parts/problem.tsx';
import { endedOf, isOpen, ProgressBar, StateChip } from '../parts/state.tsx';
import { Warnings } from '../parts/warnings.tsx';
import { useProjects } from '../projects.tsx';
import { RefineButton } from './refine-dialog.tsx';
import { throughputOf } from './throughput.ts';
import { useShown } from './use-search.ts';

/** How a search decides and judges its trials. */
function wayOf({ sampler, pruner, validation }: Search['specification']): string {
  const { test } = validation;
  return [
    `${sampler.type}, seed ${sampler.seed}`,
    ...(pruner.type === 'none' ? [] : [pruner.type]),
    validation.type === 'holdout'
      ? `${formatValue(100 * validation.fraction)} % held out`
      : `${validation.folds} folds`,
    ...(test === undefined ? [] : [`${formatValue(100 * test)} % test rows`]),
  ].join(' · ');
}

export function SearchHeader(): ReactNode {
  const { search, followed } = useShown();
  const { name, project, state, failure, endedBy, dataset, specification, parent, trials } = search;
  const areSeveral = useProjects().length > 1;
  return (
    <>
      <p className="small" style={{ margin: '0.75rem 0 0' }}>
        <Link href="/">Searches</Link>
        {areSeveral && (
          <>
            {' '}
            · project <Link href={`/?project=${project}`}>{project}</Link>
          </>
        )}
        {parent !== null && (
          <>
            {' '}
            · refines <Link href={`/searches/${parent}`}>an earlier search</Link>
          </>
        )}
      </p>
      <div className="row spread">
        <div className="row">
          <h1 style={{ margin: '0.25rem 0' }}>{name}</h1>
          <StateChip state={state} />
          {followed.lost && <span className="fault">disconnected: the page may be out of date</span>}
        </div>
        <Actions search={search} />
      </div>
      <p className="soft" style={{ marginTop: '0.5rem' }}>
        {dataset.name || 'no data set'} · {originOf(search) ?? wayOf(specification)}
        {endedBy !== null && ` · ended by its budget of ${endedBy}`}
      </p>
      <SearchAnnotations search={search} />
      {failure !== null && <p className="fault">{failure}</p>}
      <Warnings warnings={search.warnings} />
      <ProgressBar trials={trials} />
      <Numbers />
    </>
  );
}

function SearchAnnotations({ search: { id, name, notes, tags } }: { readonly search: Search }): ReactNode {
  const client = useQueryClient();
  return (
    <Annotations
      of={name}
      notes={notes}
      tags={tags}
      maxNotes={10_000}
      change={async (body) => upsertSearch(client, await api.change(id, body))}
    />
  );
}

function Numbers(): ReactNode {
  const { search, trials: all } = useShown();
  const { trials, best, state, found, confirmation } = search;
  const now = useNow(state === 'running');
  const { perSecond, secondsLeft } = throughputOf(all, search, now);
  const tile = (title: string, value: ReactNode) => (
    <div key={title}>
      <dt>{title}</dt>
      <dd>{value}</dd>
    </div>
  );
  return (
    <dl className="tiles">
      {tile('trials ended', `${formatCount(endedOf(trials))} of ${formatCount(trials.total)}`)}
      {tile(`best ${objectiveOf(search).metric}`, best === null ? '–' : <BestValue search={search} best={best} />)}
      {confirmation?.state === 'running' &&
        tile('confirming', `${confirmation.runs.ended} of ${confirmation.runs.planned} runs`)}
      {state === 'running' && tile('running', trials.running)}
      {state === 'running' && tile('trials per second', formatNumber(perSecond, 2))}
      {state === 'running' && tile('ETA', secondsLeft === undefined ? '–' : formatDuration(secondsLeft))}
      {trials.pruned > 0 && tile('pruned', formatCount(trials.pruned))}
      {trials.diverged > 0 && tile('diverged', formatCount(trials.diverged))}
      {trials.failed > 0 && tile('failed', formatCount(trials.failed))}
      {hasEpochs(search) && tile('epochs trained', formatCount(search.epochs))}
      {(!isObserved(search) || Object.keys(found).length > 0) &&
        tile('problems', <Link href={`/searches/${search.id}?view=findings`}>{Object.keys(found).length}</Link>)}
    </dl>
  );
}

/** The current time, updated every second while something runs. */
function useNow(moves: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!moves) return;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [moves]);
  return now;
}

function Actions({ search }: { readonly search: Search }): ReactNode {
  const { id, state, specification } = search;
  // Nothing of it can be trained.
  const isForeign = isObserved(search);
  const client = useQueryClient();
  const act = useMutation({
    mutationFn: (verb: 'pause' | 'resume' | 'cancel') => api.act(id, verb),
    onSuccess: (changed) => upsertSearch(client, changed),
  });
  const { error } = act;
  return (
    <div>
      <div className="row">
        {state === 'running' && (
          <button type="button" onClick={() => act.mutate('pause')}>
            Pause
          </button>
        )}
        {state === 'paused' && (
          <button type="button" onClick={() => act.mutate('resume')}>
            Resume
          </button>
        )}
        {isOpen(search) && (
          <button type="button" className="danger" onClick={() => act.mutate('cancel')}>
            Cancel
          </button>
        )}
        {!isForeign && !isOpen(search) && search.best !== null && (
          <RefineButton search={search}>Refine search…</RefineButton>
        )}
        {!isForeign && search.best !== null && (
          <MakeModel searchId={id} trial="best" candidates={search.trials.complete - search.trials.diverged} />
        )}
        <Link className="button" href={`/compare?ids=${id}`}>
          Compare…
        </Link>
        <Menu title="Export">
          <a className="button" href={`/v1/searches/${id}/export?format=csv`} download>
            Trials as CSV
          </a>
          <a className="button" href={`/v1/searches/${id}/export?format=ndjson`} download>
            Trials as JSON
          </a>
          <a className="button" href={`/v1/searches/${id}/export?format=parquet`} download>
            Trials as Parquet
          </a>
          <a className="button" href={`/v1/searches/${id}/export?format=optuna-journal`} download>
            Study for Optuna
          </a>
          <a className="button" href={`/v1/searches/${id}/export?format=tensorboard`} download>
            Logs for TensorBoard
          </a>
          <a className="button" href={`/v1/searches/${id}/export?format=mlflow`} download>
            Store for MLflow
          </a>
          <CopyButton text={() => JSON.stringify(specification, null, 2)}>Copy specification as JSON</CopyButton>
          {!isForeign && <CopyButton text={() => curl('/v1/searches', 'POST', specification)}>Copy as curl</CopyButton>}
          <CopyButton text={() => curl(`/v1/searches/${id}/best?limit=10`)}>Copy curl for the best trials</CopyButton>
        </Menu>
        <Menu title="More">
          {!isForeign && (
            <Link className="button" href={`/new?from=${id}`}>
              Clone
            </Link>
          )}
          <Rename search={search} />
          {!isOpen(search) && <Delete search={search} />}
        </Menu>
      </div>
      {error && <Problem error={error} />}
    </div>
  );
}

function Rename({ search: { id, name } }: { readonly search: Search }): ReactNode {
  const client = useQueryClient();
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState(name);
  const rename = useMutation({
    mutationFn: () => api.change(id, { name: text }),
    onSuccess: (changed) => {
      upsertSearch(client, changed);
      dialog.current?.close();
    },
  });
  return (
    <>
      <button
        type="button"
        onClick={() => {
          setText(name);
          dialog.current?.showModal();
        }}
      >
        Rename…
      </button>
      <dialog ref={dialog} aria-label="Rename the search">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            rename.mutate();
          }}
        >
          <label>
            Name <input value={text} maxLength={200} required onChange={(event) => setText(event.target.value)} />
          </label>
          {rename.error && <Problem error={rename.error} />}
          <p className="row" style={{ marginTop: '1rem' }}>
            <button type="submit" className="primary">
              Rename
            </button>
            <button type="button" onClick={() => dialog.current?.close()}>
              Cancel
            </button>
          </p>
        </form>
      </dialog>
    </>
  );
}

function Delete({ search: { id, name, trials } }: { readonly search: Search }): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const go = useGo();
  const remove = useMutation({ mutationFn: () => api.remove(id), onSuccess: () => go('/') });
  return (
    <>
      <button type="button" className="danger" onClick={() => dialog.current?.showModal()}>
        Delete…
      </button>
      <dialog ref={dialog} aria-label="Delete the search">
        <p>
          Delete <strong>{name}</strong> with its {plural(trials.planned, 'trial')}? This cannot be undone.
        </p>
        {remove.error && <Problem error={remove.error} />}
        <p className="row">
          <button type="button" className="danger" onClick={() => remove.mutate()}>
            Delete
          </button>
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
        </p>
      </dialog>
    </>
  );
}
