/** One trial: settings, learning curves, layers, findings and predictions. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { Link } from 'wouter';
import type { SearchMessage } from '../../../src/contract/stream.ts';
import { formatDeviation, formatDuration, formatValue } from '../../../src/format.ts';
import { api, type Search, type Trial } from '../api.ts';
import { openStream } from '../live.ts';
import { MakeModel } from '../models/make-model.tsx';
import { useAddress } from '../parts/address.ts';
import { Annotations } from '../parts/annotations.tsx';
import { CopyButton, curl } from '../parts/copy.tsx';
import { isNotFound, NotFound } from '../parts/not-found.tsx';
import { hasEpochs, objectiveOf } from '../parts/objective.ts';
import { Problem } from '../parts/problem.tsx';
import { StateChip } from '../parts/state.tsx';
import { Tile } from '../parts/tile.tsx';
import { useTitle } from '../parts/title.ts';
import { Waiting } from '../parts/waiting.tsx';
import { shownState } from '../search/shown-state.ts';
import { TrialCurves } from './curves.tsx';
import { Findings } from './findings.tsx';
import { Layers } from './layers.tsx';
import { Predictions } from './predictions.tsx';

export default function TrialView({ id, number }: { readonly id: string; readonly number: number }): ReactNode {
  const search = useQuery({ queryKey: ['search', id], queryFn: () => api.search(id) });
  const trial = useQuery({ queryKey: ['trial', id, number], queryFn: () => api.trial(id, number) });
  useTitle(`Trial ${number}${search.data ? ` of ${search.data.name}` : ''}`);
  useLiveTrial(id, number, trial.data);
  const error = search.error ?? trial.error;
  if (isNotFound(error)) return <NotFound what="Trial" />;
  if (error) return <Problem error={error} retry={() => void Promise.all([search.refetch(), trial.refetch()])} />;
  if (search.data === undefined || trial.data === undefined) return <Waiting what="the trial" />;
  return <TrialBody search={search.data} trial={trial.data} />;
}

/** Refetches the trial when it changes and, at most once per second, after epochs. */
function useLiveTrial(id: string, number: number, trial: Trial | undefined): void {
  const client = useQueryClient();
  const moves = trial !== undefined && ['waiting', 'running', 'paused'].includes(trial.state);
  useEffect(() => {
    if (!moves) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const again = (pause: number) => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void client.invalidateQueries({ queryKey: ['trial', id, number] });
      }, pause);
    };
    const stream = openStream<SearchMessage>(`/v1/searches/${id}/events`, {
      onConnection: (connection) => {
        if (connection === 'live') again(0);
      },
      onMessage: (message) => {
        if (message.type === 'epochs') {
          if (message.epochs.some((epoch) => epoch.number === number)) again(1000);
        } else if ('data' in message && 'number' in message.data && message.data.number === number) {
          clearTimeout(timer);
          timer = undefined;
          again(0);
        } else if (message.type.startsWith('search.')) again(0);
      },
    });
    return () => {
      clearTimeout(timer);
      stream.close();
    };
  }, [client, id, number, moves]);
}

function TrialBody({ search, trial }: { readonly search: Search; readonly trial: Trial }): ReactNode {
  const [chosen, choose] = useAddress('fold', '0');
  const [mark, setMark] = useState<number | undefined>(undefined);
  const fold = trial.folds.find((one) => String(one.fold) === chosen) ?? trial.folds[0];
  const { number, value, deviation } = trial;
  const { metric } = objectiveOf(search);
  // It is claimed once per rung, which is no further attempt.
  const attempts = trial.attempt - trial.rung;
  return (
    <>
      <p className="small" style={{ margin: '0.75rem 0 0' }}>
        <Link href="/">Searches</Link> · <Link href={`/searches/${search.id}`}>{search.name}</Link>
      </p>
      <div className="row spread">
        <div className="row">
          <h1 style={{ margin: '0.25rem 0' }}>Trial {trial.confirms?.trial ?? number}</h1>
          {trial.confirms && <span className="chip">repetition {trial.confirms.repeat + 1} of its confirmation</span>}
          <StateChip state={shownState(trial)} />
          {search.best?.number === number && <span className="chip state-complete">best trial</span>}
        </div>
        <Actions search={search} trial={trial} />
      </div>
      <TrialAnnotations searchId={search.id} trial={trial} />
      {trial.reason !== null && <p className={trial.state === 'failed' ? 'fault' : 'notice'}>{trial.reason}</p>}
      <dl className="tiles">
        <Tile title={metric}>
          {formatValue(value)}
          {deviation !== null && <span className="soft small"> ± {formatDeviation(deviation)}</span>}
        </Tile>
        {hasEpochs(search) && <Tile title="epochs">{trial.epochs}</Tile>}
        <Tile title="duration">{trial.durationMs === null ? '–' : formatDuration(trial.durationMs / 1000)}</Tile>
        {attempts > 1 && <Tile title="attempts">{attempts}</Tile>}
        {trial.stage > 0 && <Tile title="stage">{trial.stage + 1}</Tile>}
        {trial.rung > 0 && <Tile title="rung">{trial.rung}</Tile>}
        <Tile title="sampler">
          {search.specification.observed?.format ??
            (trial.source === 'enqueued' ? 'enqueued' : search.specification.sampler.type)}
        </Tile>
        {trial.worker !== null && <Tile title="worker">{trial.worker}</Tile>}
      </dl>
      {trial.folds.length > 1 && (
        <FoldTable trial={trial} chosen={fold?.fold ?? 0} choose={(one) => choose(String(one))} metric={metric} />
      )}
      <Removed search={search} trial={trial} />
      <div className="grid">
        <Findings search={search} trial={trial} fold={fold?.fold ?? 0} onPoint={setMark} />
        {fold !== undefined && fold.trainLoss.length > 0 && (
          <TrialCurves search={search} trial={trial} fold={fold} mark={mark} />
        )}
        {fold !== undefined && <Layers trial={trial} fold={fold} mark={mark} />}
        {fold !== undefined && <Predictions fold={fold} dataset={search.dataset.name} number={number} />}
        <Settings search={search} trial={trial} />
        <Result search={search} trial={trial} />
      </div>
    </>
  );
}

/** Where its curves would be. */
function Removed({
  search: { removed },
  trial: { folds, finishedAt, epochs },
}: {
  readonly search: Search;
  readonly trial: Trial;
}): ReactNode {
  if (finishedAt === null || epochs === 0 || folds.length === 0) return null;
  const at = folds.every(({ trainLoss }) => trainLoss.length === 0)
    ? removed.curves
    : folds.every(({ signals }) => signals.length === 0)
      ? removed.signals
      : null;
  if (at === null) return null;
  const what = at === removed.curves ? 'The curves and layer signals' : 'The layer signals';
  return (
    <p className="notice">
      {what} of this trial were removed on {new Date(at).toLocaleDateString()}, by the retention of the service. They
      can be computed again: see Reproduce.
    </p>
  );
}

function TrialAnnotations({ searchId, trial }: { readonly searchId: string; readonly trial: Trial }): ReactNode {
  const client = useQueryClient();
  const { number, notes, tags, confirms } = trial;
  if (confirms !== undefined) return null;
  return (
    <Annotations
      of={`trial ${number}`}
      notes={notes}
      tags={tags}
      maxNotes={2_000}
      change={async (body) => {
        await api.annotateTrial(searchId, number, body);
        await client.invalidateQueries({ queryKey: ['trial', searchId, number] });
      }}
    />
  );
}

function Actions({
  search,
  trial: { number, state, value },
}: {
  readonly search: Search;
  readonly trial: Trial;
}): ReactNode {
  const client = useQueryClient();
  const act = useMutation({
    mutationFn: (verb: 'pause' | 'resume' | 'cancel' | 'retry') => api.actOnTrial(search.id, number, verb),
    onSettled: () => client.invalidateQueries({ queryKey: ['trial', search.id, number] }),
  });
  const { id, trials, specification } = search;
  const { pruner } = specification;
  // With barriers, trials wait for each other.
  const isObserved = specification.observed !== undefined;
  const pausable = pruner.type !== 'hyperband' && !(pruner.type === 'successiveHalving' && pruner.reproducible);
  return (
    <div className="row">
      {number > 0 && <Link href={`/searches/${id}/trials/${number - 1}`}>← {number - 1}</Link>}
      {number + 1 < trials.planned && <Link href={`/searches/${id}/trials/${number + 1}`}>{number + 1} →</Link>}
      {pausable && ['waiting', 'running'].includes(state) && (
        <button type="button" disabled={act.isPending} onClick={() => act.mutate('pause')}>
          Pause
        </button>
      )}
      {pausable && state === 'paused' && (
        <button type="button" disabled={act.isPending} onClick={() => act.mutate('resume')}>
          Resume
        </button>
      )}
      {['waiting', 'running', 'paused'].includes(state) && (
        <button type="button" className="danger" disabled={act.isPending} onClick={() => act.mutate('cancel')}>
          Cancel
        </button>
      )}
      {!isObserved && state === 'complete' && value !== null && <MakeModel searchId={id} trial={number} />}
      {!isObserved && state === 'failed' && (
        <button type="button" disabled={act.isPending} onClick={() => act.mutate('retry')}>
          Retry
        </button>
      )}
      {act.error && <Problem error={act.error} />}
    </div>
  );
}

interface FoldTableProps {
  readonly trial: Trial;
  readonly chosen: number;
  readonly choose: (fold: number) => void;
  readonly metric: string;
}

function FoldTable({ trial: { folds }, chosen, choose, metric }: FoldTableProps): ReactNode {
  return (
    <fieldset className="row" style={{ border: 0, padding: 0, margin: '0 0 1rem' }}>
      <legend className="soft small">Folds, with their {metric}</legend>
      {folds.map(({ fold, value }) => (
        <button
          key={fold}
          type="button"
          aria-pressed={fold === chosen}
          className={fold === chosen ? 'primary' : ''}
          onClick={() => choose(fold)}
        >
          {fold}: {formatValue(value)}
        </button>
      ))}
    </fieldset>
  );
}

interface SettingsProps {
  readonly search: Search;
  readonly trial: Trial;
}

function Settings({ search, trial: { settings, hyperparameters, folds } }: SettingsProps): ReactNode {
  // The setting chooses the loss of a classifier; a regression always has this one.
  const shown = isRegression(search, folds) ? { ...settings, loss: 'meanSquaredError' } : settings;
  return (
    <section className="card wide">
      <div className="row spread">
        <h2>Hyperparameters</h2>
        <CopyButton text={() => JSON.stringify(shown, null, 2)}>copy</CopyButton>
      </div>
      <dl className="settings">
        {Object.entries(shown).map(([name, value]) => (
          <div key={name} className={name in hyperparameters ? 'varied' : ''}>
            <dt>{name}</dt>
            <dd>{Array.isArray(value) ? value.join(', ') || 'none' : formatValue(value as string)}</dd>
          </div>
        ))}
      </dl>
      <p className="soft small">Bold: hyperparameters that vary in the search.</p>
    </section>
  );
}

const errorsOfQuantities: readonly string[] = ['squaredError', 'rootSquaredError', 'absoluteError', 'r2'];

/** Trials that did not end have no predictions, and searches of earlier versions no baselines. */
function isRegression({ baselines }: Search, folds: Trial['folds']): boolean {
  return (
    baselines.some((baseline) => baseline !== null && errorsOfQuantities.includes(baseline.measure)) ||
    folds.some(({ predictions }) => predictions !== undefined)
  );
}

function Result({ search, trial }: { readonly search: Search; readonly trial: Trial }): ReactNode {
  const replay = `npm run hypersearch -- replay ${search.id} ${trial.number}`;
  const { specification } = search;
  const again = {
    ...specification,
    name: `${search.name}, trial ${trial.number}`,
    enqueue: [trial.hyperparameters],
    stages: [],
    budget: { trials: 1 },
  };
  return (
    <section className="card wide">
      <h2>Reproduce</h2>
      {trial.resultHash === null ? (
        <p className="empty">
          {specification.observed !== undefined
            ? 'Another tool has run this trial: it cannot be reproduced here.'
            : ['pruned', 'failed', 'cancelled'].includes(trial.state)
              ? 'Only a trial that was trained to its end can be reproduced.'
              : 'There is no result yet.'}
        </p>
      ) : (
        <>
          <p className="small">
            Result <code style={{ overflowWrap: 'anywhere' }}>{trial.resultHash}</code>, on kernels {trial.kernels}.
          </p>
          <div className="row">
            <pre tabIndex={0} style={{ flex: '1 1 20rem', minWidth: 0 }}>
              {replay}
            </pre>
            <CopyButton text={replay}>copy</CopyButton>
            <CopyButton text={() => curl('/v1/searches', 'POST', again)}>Copy as curl for a new search</CopyButton>
          </div>
          <p className="soft small">Trains the trial again and compares the result bit by bit.</p>
          <p className="small">
            To check it with another tool:{' '}
            <a href={`/v1/searches/${search.id}/trials/${trial.number}/rows`} download>
              rows with their folds (CSV)
            </a>
          </p>
        </>
      )}
    </section>
  );
}
