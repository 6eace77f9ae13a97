/** Stores the finished trials of a file of another tool as a search that has ended. */
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { type Direction, directions } from '../../../src/algorithms/objective.ts';
import { plural } from '../../../src/format.ts';
import { api, type ImportedTrials } from '../api.ts';
import { Problem } from '../parts/problem.tsx';

interface TrialsImportProps {
  /** Of the draft, if it has one. */
  readonly dataset: string | undefined;
}

export function TrialsImport({ dataset }: TrialsImportProps): ReactNode {
  const [file, setFile] = useState<File | undefined>(undefined);
  const [metric, setMetric] = useState('');
  const [direction, setDirection] = useState<Direction | ''>('');
  const storing = useMutation({
    mutationFn: (sent: File) =>
      api.importTrials(
        { file: sent.name, dataset, metric: metric.trim() || undefined, direction: direction || undefined },
        sent,
      ),
  });
  return (
    <div className="import">
      <p className="small">
        Finished trials of Optuna (journal, SQLite, CSV), W&amp;B, MLflow or scikit-learn (CSV) become a search that has
        ended{dataset === undefined ? '' : `, on ${dataset}`}.
      </p>
      <input
        type="file"
        aria-label="File of trials"
        accept=".csv,.log,.jsonl,.json,.db,.sqlite,.sqlite3,.txt"
        onChange={(event) => {
          setFile(event.target.files?.[0]);
          storing.reset();
        }}
      />
      <div className="row">
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
      {storing.data && <Stored imported={storing.data} />}
    </div>
  );
}

function Stored({ imported: { search, format, kept, notes } }: { readonly imported: ImportedTrials }): ReactNode {
  return (
    <>
      <p role="status">
        Detected format <strong>{format}</strong>: {plural(search.trials.total, 'trial')} are now the search{' '}
        <Link href={`/searches/${search.id}`}>{search.name}</Link>.
        {kept.length > 0 && ` Kept under their own names: ${kept.map(({ source }) => source).join(', ')}.`}
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
