/** One model: what it was made from, a form that predicts, and its files. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Link } from 'wouter';
import { formatCell, formatCount, formatDeviation, formatNumber, formatValue } from '../../../src/format.ts';
import { api, type ModelMessage, type ModelRecord } from '../api.ts';
import { openStream } from '../live.ts';
import { useGo } from '../parts/address.ts';
import { isNotFound, NotFound } from '../parts/not-found.tsx';
import { Problem } from '../parts/problem.tsx';
import { StateChip } from '../parts/state.tsx';
import { numeric, Table } from '../parts/table.tsx';
import { Tile } from '../parts/tile.tsx';
import { useTitle } from '../parts/title.ts';
import { Waiting } from '../parts/waiting.tsx';
import { Downloads } from './downloads.tsx';
import { ImportanceCard } from './importance-card.tsx';
import { PredictForm } from './predict-form.tsx';
import { sourceText } from './source.ts';
import { TestCard, ValidationCard } from './test-card.tsx';
import '../style/models.css';

export default function ModelView({ id }: { readonly id: string }): ReactNode {
  const model = useQuery({ queryKey: ['model', id], queryFn: () => api.model(id) });
  const done = useProgress(id, model.data);
  useTitle(model.data?.name ?? 'Model');
  if (isNotFound(model.error)) return <NotFound what="Model" />;
  if (model.error) return <Problem error={model.error} retry={() => void model.refetch()} />;
  if (model.data === undefined) return <Waiting what="the model" />;
  return <ModelBody model={model.data} done={done} />;
}

/** Follows a model that is not ready; returns the share of its training that is done. */
function useProgress(id: string, model: ModelRecord | undefined): number {
  const client = useQueryClient();
  const [done, setDone] = useState(0);
  const moves = model?.state === 'waiting' || model?.state === 'running';
  useEffect(() => {
    if (!moves) return;
    const stream = openStream<ModelMessage>(`/v1/models/${id}/events`, {
      onConnection: () => undefined,
      onMessage: (message) => {
        if (message.type === 'progress') setDone(message.done);
        if (message.type === 'model') client.setQueryData(['model', id], message.model);
        if (message.type === 'removed') void client.invalidateQueries({ queryKey: ['model', id] });
      },
    });
    return () => stream.close();
  }, [client, id, moves]);
  return done;
}

function ModelBody({ model, done }: { readonly model: ModelRecord; readonly done: number }): ReactNode {
  const { name, notes, state, failure, origin, facts } = model;
  const trial = `/searches/${origin.searchId}/trials/${origin.trial}`;
  return (
    <>
      <p className="small" style={{ margin: '0.75rem 0 0' }}>
        <Link href="/models">Models</Link> · <Link href={`/searches/${origin.searchId}`}>{origin.searchName}</Link>
      </p>
      <div className="row spread">
        <div className="row">
          <h1 style={{ margin: '0.25rem 0' }}>{name}</h1>
          <StateChip state={state} />
        </div>
        <div className="row">
          <Rename model={model} />
          <Delete model={model} />
        </div>
      </div>
      {notes !== '' && <p style={{ whiteSpace: 'pre-line', overflowWrap: 'anywhere' }}>{notes}</p>}
      {failure !== null && <p className="fault">{failure}</p>}
      {facts === null && state !== 'failed' && (
        <label className="model-progress">
          The trial is computed again… <progress value={done} max={1} />
        </label>
      )}
      <dl className="tiles">
        <Tile title="made from">
          <Link href={trial}>{sourceText(model)}</Link>
        </Tile>
        <Tile title={`${origin.metric} of ${origin.ensemble === null ? 'the trial' : 'its best trial'}`}>
          {formatValue(origin.value)}
          {origin.deviation !== null && <span className="soft small"> ± {formatDeviation(origin.deviation)}</span>}
        </Tile>
        <Tile title="data set">{origin.dataset.name}</Tile>
        {facts !== null && <Tile title="networks">{facts.members}</Tile>}
        {facts !== null && <Tile title="weights and biases">{formatCount(facts.parameters)}</Tile>}
        <Tile title="kernels">{origin.kernels}</Tile>
      </dl>
      {facts !== null && (
        <div className="grid halves">
          <PredictForm id={model.id} facts={facts} />
          {facts.ensemble !== null && (
            <Ensemble searchId={origin.searchId} metric={origin.metric} {...facts.ensemble} />
          )}
          {facts.test !== null && <TestCard origin={origin} facts={facts} test={facts.test} />}
          {facts.validation !== null && <ValidationCard facts={facts} validation={facts.validation} />}
          <ImportanceCard metric={origin.metric} importance={facts.importance} />
          <Downloads id={model.id} facts={facts} />
        </div>
      )}
    </>
  );
}

type EnsembleFacts = NonNullable<NonNullable<ModelRecord['facts']>['ensemble']>;

function Ensemble({
  searchId,
  metric,
  trials,
  chosenOn,
  judgedOn,
}: EnsembleFacts & { readonly searchId: string; readonly metric: string }): ReactNode {
  return (
    <section className="card">
      <h2>Ensemble</h2>
      <Table
        label="The ensemble and its best trial"
        heads={[metric, ...['the ensemble', 'its best trial alone', 'rows'].map(numeric)]}
      >
        <tr>
          <td>on rows that were not used to select the trials</td>
          <td className="number">
            <strong>{formatValue(judgedOn.ensemble)}</strong>
          </td>
          <td className="number">{formatValue(judgedOn.single)}</td>
          <td className="number">{formatCell(judgedOn.rows)}</td>
        </tr>
        <tr className="soft">
          <td>on the rows that selected the trials</td>
          <td className="number">{formatValue(chosenOn.ensemble)}</td>
          <td className="number">{formatValue(chosenOn.single)}</td>
          <td className="number">{formatCell(chosenOn.rows)}</td>
        </tr>
      </Table>
      <p className="small">
        The mean of{' '}
        {trials.map(({ trial, weight }, i) => (
          <span key={trial}>
            {i > 0 && ', '}
            <Link href={`/searches/${searchId}/trials/${trial}`}>trial {trial}</Link> ({formatNumber(100 * weight, 3)}{' '}
            %)
          </span>
        ))}
      </p>
    </section>
  );
}

function Rename({ model: { id, name, notes } }: { readonly model: ModelRecord }): ReactNode {
  const client = useQueryClient();
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState(name);
  const [about, setAbout] = useState(notes);
  const change = useMutation({
    mutationFn: () => api.changeModel(id, { name: text, notes: about }),
    onSuccess: (changed) => {
      client.setQueryData(['model', id], changed);
      dialog.current?.close();
    },
  });
  return (
    <>
      <button type="button" onClick={() => dialog.current?.showModal()}>
        Name and notes…
      </button>
      <dialog ref={dialog} aria-label="Name and notes">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            change.mutate();
          }}
        >
          <p>
            <label>
              Name <input value={text} maxLength={200} required onChange={(event) => setText(event.target.value)} />
            </label>
          </p>
          <label>
            Notes
            <textarea value={about} rows={5} maxLength={10_000} onChange={(event) => setAbout(event.target.value)} />
          </label>
          {change.error && <Problem error={change.error} />}
          <p className="row" style={{ marginTop: '1rem' }}>
            <button type="submit" className="primary">
              Save
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

function Delete({ model: { id, name } }: { readonly model: ModelRecord }): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const client = useQueryClient();
  const go = useGo();
  const remove = useMutation({
    mutationFn: () => api.removeModel(id),
    onSuccess: async () => {
      go('/models');
      await client.invalidateQueries({ queryKey: ['models'] });
    },
  });
  return (
    <>
      <button type="button" className="danger" onClick={() => dialog.current?.showModal()}>
        Delete…
      </button>
      <dialog ref={dialog} aria-label="Delete the model">
        <p>
          Delete <strong>{name}</strong>? It can be made again from its trial, with the same bits.
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
