/** Stores the finished trials of a file of another tool as a search that has ended. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { type Direction, directions } from '../../../src/algorithms/objective.ts';
import { hyperparameterNames } from '../../../src/domain/specification/hyperparameters.ts';
import { plural } from '../../../src/format.ts';
import { api, type ImportedTrials } from '../api.ts';
import { useAddress } from '../parts/address.ts';
import { Problem } from '../parts/problem.tsx';
import { Table } from '../parts/table.tsx';
import { hasOwnName, isFirst, meaningOf, settingText } from './imported.ts';

/** Name in the file → ours, empty to leave it out: only what was changed. */
type Names = Readonly<Record<string, string>>;

export function TrialsImport(): ReactNode {
  // Not that of the form, which has one by default: another tool has seldom used it.
  const [given] = useAddress('dataset');
  const [dataset, setDataset] = useState(given);
  const { data: known } = useQuery({ queryKey: ['datasets'], queryFn: api.datasets });
  const [file, setFile] = useState<File | undefined>(undefined);
  const [metric, setMetric] = useState('');
  const [direction, setDirection] = useState<Direction | ''>('');
  const [names, setNames] = useState<Names>({});
  const storing = useMutation({
    mutationFn: (sent: File) =>
      api.importTrials(
        {
          file: sent.name,
          dataset: dataset || undefined,
          metric: metric.trim() || undefined,
          direction: direction || undefined,
          names: Object.entries(names).map(([name, to]) => `${name}=${to}`),
        },
        sent,
      ),
  });
  return (
    <div className="import">
      <p className="small">
        Finished trials of Optuna (journal, SQLite, CSV), W&amp;B, MLflow or scikit-learn (CSV) become a search that has
        ended.
      </p>
      <input
        type="file"
        aria-label="File of trials"
        accept=".csv,.log,.jsonl,.json,.db,.sqlite,.sqlite3,.txt,.gz,.zst"
        onChange={(event) => {
          setFile(event.target.files?.[0]);
          setNames({});
          storing.reset();
        }}
      />
      <div className="row">
        <label>
          Their data set{' '}
          <select value={dataset} onChange={(event) => setDataset(event.target.value)}>
            <option value="">none of these</option>
            {known?.items.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label>
          Objective{' '}
          <input
            value={metric}
            maxLength={300}
            placeholder="if the file has several"
            onChange={(event) => setMetric(event.target.value)}
          />
        </label>
        <label>
          Direction{' '}
          <select value={direction} onChange={(event) => setDirection(event.target.value as Direction | '')}>
            <option value="">of the file</option>
            {directions.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <button
          type="button"
          disabled={file === undefined || storing.isPending}
          onClick={() => file !== undefined && storing.mutate(file)}
        >
          Store its trials
        </button>
      </div>
      {storing.error && <Problem error={storing.error} />}
      {storing.data && (
        <Stored imported={storing.data} names={names} rename={(name, to) => setNames({ ...names, [name]: to })} />
      )}
    </div>
  );
}

interface StoredProps {
  readonly imported: ImportedTrials;
  readonly names: Names;
  readonly rename: (name: string, to: string) => void;
}

function Stored({ imported, names, rename }: StoredProps): ReactNode {
  const { search, format, mapped, kept, notes } = imported;
  const isStored = (name: string) => [...mapped, ...kept].some(({ source }) => source === name);
  const leftOut = Object.keys(names).filter((name) => names[name] === '' && !isStored(name));
  return (
    <>
      <p role="status">
        Detected format <strong>{format}</strong>: {plural(search.trials.total, 'trial')} are now the search{' '}
        <Link href={`/searches/${search.id}`}>{search.name}</Link>.
        {kept.length > 0 && ` Kept under their own names: ${kept.map(({ source }) => source).join(', ')}.`}
      </p>
      <Table label="Hyperparameters of the trials" heads={['in the file', 'here', 'values']}>
        {mapped.map((one) => (
          <tr key={one.hyperparameter}>
            <td>{one.source}</td>
            <td>
              {isFirst(one, mapped) && (
                <Meaning name={one.source} to={names[one.source] ?? meaningOf(one.source, mapped)} rename={rename} />
              )}
              {hasOwnName(one, mapped) && ` ${one.hyperparameter}`}
            </td>
            <td>{settingText(one.setting)}</td>
          </tr>
        ))}
        {kept.map(({ source, hyperparameter, setting }) => (
          <tr key={hyperparameter}>
            <td>{source}</td>
            <td>
              <Meaning name={source} own={hyperparameter} to={names[source] ?? hyperparameter} rename={rename} />
            </td>
            <td>{settingText(setting)}</td>
          </tr>
        ))}
        {leftOut.map((name) => (
          <tr key={name}>
            <td>{name}</td>
            <td>
              <Meaning name={name} to="" rename={rename} />
            </td>
            <td>–</td>
          </tr>
        ))}
      </Table>
      <p className="small">
        A name that is to mean something else: choose it, and store the trials again, as another search.
      </p>
      <ul className="small">
        {notes.map(({ name, text }) => (
          <li key={`${name} ${text}`}>
            {name !== '' && `${name}: `}
            {text}
          </li>
        ))}
      </ul>
    </>
  );
}

interface MeaningProps {
  readonly name: string;
  /** Of one that is kept: its name here. */
  readonly own?: string;
  /** Empty if it is left out. */
  readonly to: string;
  readonly rename: StoredProps['rename'];
}

function Meaning({ name, own, to, rename }: MeaningProps): ReactNode {
  return (
    <select aria-label={`${name} means`} value={to} onChange={(event) => rename(name, event.target.value)}>
      <option value="">not imported</option>
      {own !== undefined && <option disabled>{own}</option>}
      {hyperparameterNames.map((one) => (
        <option key={one}>{one}</option>
      ))}
    </select>
  );
}
