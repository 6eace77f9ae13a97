/** Uploads a file, after a preview in which its interpretation can be corrected. */

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type DragEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { nameOf, nameOfUrl } from '../../../src/client/dataset-name.ts';
import { DEFAULT_PROJECT } from '../../../src/domain/project.ts';
import { formatCount, plural } from '../../../src/format.ts';
import { api, Refusal } from '../api.ts';
import { useConnection } from '../overview.ts';
import { useGo } from '../parts/address.ts';
import { Problem } from '../parts/problem.tsx';
import { Table } from '../parts/table.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { ProjectSelect } from '../projects.tsx';
import { Columns } from './columns.tsx';
import { Dialect } from './dialect.tsx';
import { Hints } from './hints.tsx';
import { type Choices, type DatasetPreview, noChoices, parametersOf } from './preview.ts';

interface Chosen {
  readonly name: string;
  /** Its content, or its address. */
  readonly file: Blob | string;
}

interface UploadProps {
  /** Names of existing data sets, and of the built-in ones. */
  readonly names: readonly string[];
  readonly builtIn: readonly string[];
}

export function Upload({ names, builtIn }: UploadProps): ReactNode {
  const [chosen, choose] = useState<Chosen | undefined>(undefined);
  // Kept when the file is left: it may have to be corrected.
  const [url, setUrl] = useState('');
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const take = (file: File | undefined) => file && choose({ name: nameOf(file.name), file });
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer.files[0]);
  };
  if (chosen !== undefined) {
    const leave = () => choose(undefined);
    return <Preview key={chosen.name} chosen={chosen} names={names} builtIn={builtIn} leave={leave} />;
  }
  return (
    <div
      className={over ? 'drop over' : 'drop'}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <p>
        <strong>Your own data:</strong> a table with one example per row: CSV or other delimited text, JSON, Parquet,
        ARFF or svmlight, also compressed with gzip or Zstandard. Drop it here, or
      </p>
      <div className="row">
        <button type="button" className="primary" onClick={() => input.current?.click()}>
          Choose a file
        </button>
        <input
          ref={input}
          type="file"
          accept=".csv,.tsv,.tab,.txt,.data,.dat,.json,.jsonl,.ndjson,.parquet,.arff,.svm,.svmlight,.libsvm,.gz,.zst,text/csv,text/plain,application/json,application/gzip"
          className="hidden"
          aria-label="Data file"
          tabIndex={-1}
          onChange={(event) => take(event.target.files?.[0])}
        />
        <Paste take={(text) => choose({ name: 'pasted', file: new Blob([text]) })} />
      </div>
      <Address url={url} setUrl={setUrl} take={(from) => choose({ name: nameOfUrl(from), file: from })} />
    </div>
  );
}

interface AddressProps {
  readonly url: string;
  readonly setUrl: (url: string) => void;
  readonly take: (url: string) => void;
}

/** The service reads the file, from hosts that its operator allows. */
function Address({ url, setUrl, take }: AddressProps): ReactNode {
  return (
    <form
      className="row"
      onSubmit={(event) => {
        event.preventDefault();
        take(url.trim());
      }}
    >
      <input
        type="url"
        required
        aria-label="Address of a file"
        placeholder="or its address: https://…"
        value={url}
        onChange={(event) => setUrl(event.target.value)}
      />
      <button type="submit">Read it</button>
    </form>
  );
}

function Paste({ take }: { readonly take: (text: string) => void }): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState('');
  return (
    <>
      <button type="button" onClick={() => dialog.current?.showModal()}>
        Paste it
      </button>
      <dialog ref={dialog} aria-label="Paste a CSV">
        <textarea aria-label="CSV" rows={14} cols={60} value={text} onChange={(event) => setText(event.target.value)} />
        <p className="row">
          <button type="button" className="primary" disabled={text.trim() === ''} onClick={() => take(text)}>
            Preview
          </button>
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
        </p>
      </dialog>
    </>
  );
}

interface PreviewProps {
  readonly chosen: Chosen;
  readonly names: readonly string[];
  readonly builtIn: readonly string[];
  readonly leave: () => void;
}

function Preview({ chosen, names, builtIn, leave }: PreviewProps): ReactNode {
  const [name, setName] = useState(chosen.name);
  const [project, setProject] = useState('');
  const [choices, setChoices] = useState<Choices>(noChoices);
  const { preview, error } = usePreview(chosen.file, choices);
  const client = useQueryClient();
  const go = useGo();
  const upload = useMutation({
    mutationFn: () => api.upload({ name, ...(project !== '' && { project }), ...parametersOf(choices) }, chosen.file),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['datasets'] });
      go(`/new?dataset=${encodeURIComponent(name)}`);
    },
  });
  const taken = builtIn.includes(name);
  // Nothing has been read then that could be read in another way.
  const isUnread = error instanceof Refusal && error.issues.some(({ path }) => path === 'url');
  const issues = upload.error instanceof Refusal ? upload.error.issues : [];
  return (
    <section className="card upload">
      <div className="row spread">
        <h2>{chosen.name}</h2>
        <button type="button" onClick={leave}>
          Another file
        </button>
      </div>
      <label className="field">
        <span>Name</span>
        <input value={name} maxLength={100} aria-invalid={taken} onChange={(event) => setName(event.target.value)} />
        {taken && <span className="fault">a built-in data set has that name</span>}
        {!taken && names.includes(name) && <span className="soft">a new version; existing searches keep theirs</span>}
      </label>
      <ProjectSelect field value={project} choose={setProject} none={DEFAULT_PROJECT} />
      {error && <Problem error={error} />}
      {preview === undefined && !error && <Waiting what="what is in it" />}
      {(preview || error) && !isUnread && <Dialect preview={preview} choices={choices} change={setChoices} />}
      {preview && (
        <>
          <p role="status">
            {plural(preview.rows, 'row')}
            {preview.dropped > 0 && `, ${formatCount(preview.dropped)} dropped`},{' '}
            {`${plural(preview.features, 'input')}; the target is ${preview.target}`},{' '}
            {preview.task === 'classification'
              ? plural(preview.classes.length, 'class', 'classes')
              : 'a number (regression)'}
            .
          </p>
          <Hints hints={preview.hints} choosing={{ choices, change: setChoices }} />
          <Columns preview={preview} choices={choices} change={setChoices} />
          <FileIssues preview={preview} choices={choices} change={setChoices} />
          <Sample preview={preview} />
          <p className="soft small">
            The limits are {Math.round(preview.limits['bytes']! / 1024 / 1024)} MB,{' '}
            {formatCount(preview.limits['rows'])} rows, {formatCount(preview.limits['columns'])} columns and{' '}
            {formatCount(preview.limits['classes'])} classes.
          </p>
        </>
      )}
      {upload.error && issues.length === 0 && <Problem error={upload.error} />}
      {issues.map(({ path, message }) => (
        <div key={`${path} ${message}`} className="fault">
          <code>{path}</code> {message}
        </div>
      ))}
      <button
        type="button"
        className="primary"
        disabled={
          preview === undefined ||
          error !== undefined ||
          preview.faults.length > 0 ||
          taken ||
          name === '' ||
          upload.isPending
        }
        onClick={() => upload.mutate()}
      >
        Upload and set up a search
      </button>
    </section>
  );
}

/** Requests a preview for every change, and drops outdated responses. */
function usePreview(file: Blob | string, choices: Choices) {
  const [state, setState] = useState<{ preview?: DatasetPreview; error?: Error }>({});
  const isLost = useConnection() === 'lost';
  const [tries, setTries] = useState(0);
  const failed = state.error instanceof TypeError;
  // What could not be read is read again when the service is back; what was read is not sent twice.
  useEffect(() => {
    if (failed && !isLost) setTries((before) => before + 1);
  }, [isLost, failed]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another try reads the same again.
  useEffect(() => {
    const abort = new AbortController();
    api.preview(parametersOf(choices), file, abort.signal).then(
      (preview) => setState({ preview }),
      (error: unknown) => {
        if (!abort.signal.aborted && error instanceof Error) setState((before) => ({ ...before, error }));
      },
    );
    return () => abort.abort();
  }, [file, choices, tries]);
  return state;
}

interface ChoosingProps {
  readonly preview: DatasetPreview;
  readonly choices: Choices;
  readonly change: (choices: Choices) => void;
}

const MAX_ISSUES = 12;

function FileIssues({ preview: { faults: issues, columns }, choices, change }: ChoosingProps): ReactNode {
  const missing = columns.reduce((sum, column) => sum + (column.kind === 'ignored' ? 0 : column.missing), 0);
  return (
    <>
      {(missing > 0 || choices.missing !== 'refuse') && (
        <label className="field">
          <span>Missing values</span>
          <select
            value={choices.missing}
            onChange={(event) => change({ ...choices, missing: event.target.value as Choices['missing'] })}
          >
            <option value="refuse">reject the file</option>
            <option value="fill">
              fill inputs: the mean of the training rows, or a separate category; leave out rows without a target
            </option>
            <option value="drop">drop rows with missing values</option>
          </select>
          {missing > 0 && <span className="soft">{plural(missing, 'value')} missing</span>}
        </label>
      )}
      {issues.length > 0 && (
        <div className="problem" role="alert">
          <strong>{plural(issues.length, 'problem')} to fix, in the file or above</strong>
          <ul>
            {issues.slice(0, MAX_ISSUES).map(({ path, message }) => (
              <li key={`${path} ${message}`}>
                <code>{path}</code> {message}
              </li>
            ))}
          </ul>
          {issues.length > MAX_ISSUES && <p>and {issues.length - MAX_ISSUES} more</p>}
        </div>
      )}
    </>
  );
}

const MAX_SAMPLED = 50;

function Sample({ preview }: { readonly preview: DatasetPreview }): ReactNode {
  const { sample } = preview;
  const columns = preview.columns.slice(0, MAX_SAMPLED);
  return (
    <details>
      <summary>The first {sample.length} rows</summary>
      <Table label="The first rows" heads={columns.map(({ name }) => name)} className="small">
        {sample.map((row, i) => (
          <tr key={i}>
            {columns.map(({ name }, k) => (
              <td key={name}>{row[k]}</td>
            ))}
          </tr>
        ))}
      </Table>
    </details>
  );
}
