/** Takes over the search space of a file of another tool: what was read, and which hyperparameter each name means. */

import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { hyperparameterNames } from '../../../src/domain/specification/hyperparameters.ts';
import { plural } from '../../../src/format.ts';
import { api, type Import } from '../api.ts';
import { Problem } from '../parts/problem.tsx';
import { Table } from '../parts/table.tsx';
import type { Draft } from './draft.ts';
import { hasOwnName, isFirst, meaningOf, type Readings, readingsOf, settingText, withImport } from './imported.ts';
import { TrialsImport } from './trials-import.tsx';

type Names = Readonly<Record<string, string | null>>;

interface Source {
  readonly text: string;
  readonly file?: string;
}

interface ImportCardProps {
  readonly draft: Draft;
  readonly choose: (draft: Draft) => void;
}

export function ImportCard({ draft, choose }: ImportCardProps): ReactNode {
  const [source, setSource] = useState<Source>({ text: '' });
  const [names, setNames] = useState<Names>({});
  const dataset = typeof draft['dataset'] === 'string' && draft['dataset'] !== '' ? draft['dataset'] : undefined;
  const reading = useMutation({
    mutationFn: (sent: Source & { readonly names: Names }) => api.importSpace({ ...sent, ...(dataset && { dataset }) }),
  });
  const read = (from: Source, mapping: Names) => {
    setSource(from);
    setNames(mapping);
    reading.mutate({ ...from, names: mapping });
  };
  return (
    <details className="examples">
      <summary>Import from another tool</summary>
      <div className="import">
        <p className="small">
          A search space of W&amp;B (sweep), Optuna (journal), NNI, Katib, ConfigSpace, Vizier or Keras Tuner. Nothing
          is stored.
        </p>
        <input
          type="file"
          aria-label="File of another tool"
          accept=".yaml,.yml,.json,.log,.jsonl,.txt"
          onChange={(event) => {
            const file = event.target.files?.[0];
            if (file !== undefined) void textIn(file).then((text) => read({ text, file: file.name }, {}));
          }}
        />
        <textarea
          aria-label="Text of another tool"
          placeholder="or paste its text here"
          rows={6}
          spellCheck={false}
          value={source.text}
          onChange={(event) => setSource({ text: event.target.value })}
        />
        <button
          type="button"
          disabled={source.text.trim() === '' || reading.isPending}
          onClick={() => read(source, {})}
        >
          Read
        </button>
        {reading.error && <Problem error={reading.error} />}
        {reading.data && (
          <Outcome
            imported={reading.data}
            rename={(name, to) => read(source, { ...names, [name]: to })}
            use={(readings) => choose(withImport(draft, reading.data, readings))}
          />
        )}
      </div>
      <TrialsImport />
    </details>
  );
}

/** More than the service reads, so that it refuses a larger file; not all of it, which may not fit into memory. */
const MAX_READ = 2 * 1024 * 1024;

/** UTF-8, or UTF-16 with its mark, which PowerShell writes. */
async function textIn(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.slice(0, MAX_READ).arrayBuffer());
  const mark =
    bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8';
  return new TextDecoder(mark).decode(bytes);
}

interface OutcomeProps {
  readonly imported: Import;
  readonly rename: (name: string, to: string | null) => void;
  readonly use: (readings: Readings) => void;
}

function Outcome({ imported, rename, use }: OutcomeProps): ReactNode {
  const [readings, setReadings] = useState<Readings>({});
  const { format, mapped, settings, unmapped, notes } = imported;
  const lost = unmapped.filter(({ kind }) => kind === 'hyperparameter');
  const others = unmapped.filter(({ kind }) => kind === 'setting');
  const said = (name: string) =>
    notes.filter((note) => note.name === name).map(({ text }) => <div key={text}>{text}</div>);
  const taken = new Set(mapped.map(({ source }) => source));
  const names = new Set([...taken, ...lost.map(({ name }) => name)]);
  return (
    <>
      <p role="status">
        Detected format <strong>{format}</strong>: {taken.size} of {plural(taken.size + lost.length, 'hyperparameter')}{' '}
        imported.
      </p>
      <Table label="Imported hyperparameters" heads={['in the file', 'here', 'values', 'notes']}>
        {mapped.map((one) => (
          <tr key={one.hyperparameter}>
            <td>{one.source}</td>
            <td>
              {isFirst(one, mapped) && <Target name={one.source} to={meaningOf(one.source, mapped)} rename={rename} />}
              {hasOwnName(one, mapped) && ` ${one.hyperparameter}`}
            </td>
            <td>
              <Reading
                one={one}
                chosen={readings[one.source] ?? 0}
                choose={(index) => setReadings({ ...readings, [one.source]: index })}
              />
            </td>
            <td className="small">{isFirst(one, mapped) && said(one.source)}</td>
          </tr>
        ))}
        {lost.map(({ name, why }) => (
          <tr key={name}>
            <td>{name}</td>
            <td>
              <Target name={name} to="" rename={rename} />
            </td>
            <td>–</td>
            <td className="small">
              <div>{why}</div>
              {said(name)}
            </td>
          </tr>
        ))}
      </Table>
      <ul className="small">
        {settings.map(({ source, part }) => (
          <li key={source}>
            {source} → {part}
          </li>
        ))}
        {others.map(({ name, why }) => (
          <li key={name}>
            {name} is not imported: {why}
          </li>
        ))}
        {notes
          .filter(({ name }) => !names.has(name))
          .map(({ name, text }) => (
            <li key={`${name} ${text}`}>
              {name !== '' && `${name}: `}
              {text}
            </li>
          ))}
      </ul>
      <button type="button" className="primary" disabled={mapped.length === 0} onClick={() => use(readings)}>
        Use in this draft
      </button>
    </>
  );
}

interface TargetProps {
  readonly name: string;
  /** Empty if it is left out. */
  readonly to: string;
  readonly rename: OutcomeProps['rename'];
}

function Target({ name, to, rename }: TargetProps): ReactNode {
  return (
    <select aria-label={`${name} means`} value={to} onChange={(event) => rename(name, event.target.value || null)}>
      <option value="">not imported</option>
      {hyperparameterNames.map((one) => (
        <option key={one}>{one}</option>
      ))}
    </select>
  );
}

interface ReadingProps {
  readonly one: Import['mapped'][number];
  readonly chosen: number;
  readonly choose: (index: number) => void;
}

function Reading({ one, chosen, choose }: ReadingProps): ReactNode {
  const all = readingsOf(one);
  if (all.length === 1) return settingText(one.setting);
  return (
    <select
      aria-label={`values of ${one.source}`}
      value={chosen}
      onChange={(event) => choose(Number(event.target.value))}
    >
      {all.map((setting, i) => (
        <option key={i} value={i}>
          {settingText(setting)}
          {i > 0 && ` (${one.alternatives[i - 1]?.about})`}
        </option>
      ))}
    </select>
  );
}
