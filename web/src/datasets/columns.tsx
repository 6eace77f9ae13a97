import { type ReactNode, useState } from 'react';
import { formatCell, formatCount, plural } from '../../../src/format.ts';
import { Table } from '../parts/table.tsx';
import { type Choices, type DatasetPreview, type Kind, kindOf, type PreviewColumn, withKind } from './preview.ts';

interface ColumnsProps {
  readonly preview: DatasetPreview;
  readonly choices: Choices;
  readonly change: (choices: Choices) => void;
}

const kinds: Readonly<Record<Kind, string>> = {
  number: 'numbers',
  category: 'words',
  frequent: 'the 100 most frequent words, and “other”',
  ignored: 'left out',
};

/** Columns shown at once: drawing thousands would take seconds. */
const MAX_SHOWN = 200;
/** The limit of categories per column. */
const MAX_WORDS = 100;

/** All columns, or those that match the filter. */
export function Columns(props: ColumnsProps): ReactNode {
  const { columns, target } = props.preview;
  const [wanted, setWanted] = useState('');
  const many = columns.length > MAX_SHOWN;
  const found = columns.filter(({ name }) => name.toLowerCase().includes(wanted.toLowerCase()));
  const listed = found.slice(0, MAX_SHOWN);
  const predicted = columns.find(({ name }) => name === target);
  if (predicted && !listed.includes(predicted)) listed.push(predicted);
  return (
    <>
      {many && (
        <label className="field">
          <span>Find a column</span>
          <input value={wanted} onChange={(event) => setWanted(event.target.value)} />
          <span className="soft">
            {plural(listed.length, 'column')} of {formatCount(columns.length)} shown
          </span>
        </label>
      )}
      <ColumnTable {...props} columns={listed} />
    </>
  );
}

/** The columns with their kinds and values, and the choice of the target. */
function ColumnTable({ preview, columns, choices, change }: ColumnsProps & Pick<DatasetPreview, 'columns'>): ReactNode {
  const { target, task } = preview;
  return (
    <Table
      label="Columns"
      heads={['target', 'column', 'type', 'range or distinct values', 'missing', 'examples']}
      style={{ maxHeight: '26rem', overflow: 'auto' }}
    >
      {columns.map((column) => {
        const { name, kind, guessed, missing, distinct, min, max, examples } = column;
        return (
          <tr key={name} className={kind === 'ignored' ? 'soft' : ''}>
            <td>
              <input
                type="radio"
                name="target"
                aria-label={`predict ${name}`}
                checked={name === target}
                onChange={() => change({ ...withKind(choices, column, guessed), target: name, task: undefined })}
              />
            </td>
            <td>{name}</td>
            <td>
              {name === target ? (
                <select
                  aria-label={`predict ${name} as`}
                  value={task}
                  onChange={(event) => change({ ...choices, task: event.target.value as Choices['task'] })}
                >
                  <option value="classification">classification</option>
                  <option value="regression">regression</option>
                </select>
              ) : (
                <select
                  aria-label={`kind of ${name}`}
                  value={kindOf(column, choices)}
                  onChange={(event) => change(withKind(choices, column, event.target.value as Kind))}
                >
                  {kindsFor(column).map((one) => (
                    <option key={one} value={one}>
                      {kinds[one]}
                    </option>
                  ))}
                </select>
              )}
            </td>
            <td>
              {guessed === 'number' && kind !== 'category'
                ? `${formatCell(min)} … ${formatCell(max)}`
                : `${formatCount(distinct)} different`}
            </td>
            <td className={missing > 0 ? 'fault' : ''}>{missing || ''}</td>
            <td className="soft small">{examples.join(', ')}</td>
          </tr>
        );
      })}
    </Table>
  );
}

function kindsFor({ guessed, distinct }: PreviewColumn): Kind[] {
  return [
    ...(guessed === 'number' ? (['number'] as const) : []),
    'category',
    ...(distinct > MAX_WORDS ? (['frequent'] as const) : []),
    'ignored',
  ];
}
