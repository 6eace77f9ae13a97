import type { ReactNode } from 'react';
import { shown } from '../format.ts';
import { Table } from '../parts/table.tsx';
import { type Choices, type DatasetPreview, type PreviewColumn, withKind } from './preview.ts';

interface ColumnsProps {
  readonly preview: DatasetPreview;
  readonly choices: Choices;
  readonly change: (choices: Choices) => void;
}

const kinds: Readonly<Record<PreviewColumn['kind'], string>> = {
  number: 'numbers',
  category: 'words',
  ignored: 'left out',
};

/** Every column: what it is taken for, what is in it, and which one is to be predicted. */
export function Columns({ preview, choices, change }: ColumnsProps): ReactNode {
  const { target, task } = preview;
  return (
    <Table
      label="Columns"
      heads={['predict', 'column', 'taken as', 'range, or different words', 'missing', 'such as']}
      style={{ maxHeight: '26rem', overflow: 'auto' }}
    >
      {preview.columns.map((column) => {
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
                  <option value="classification">classes</option>
                  <option value="regression">a quantity</option>
                </select>
              ) : (
                <select
                  aria-label={`take ${name} as`}
                  value={kind}
                  onChange={(event) => change(withKind(choices, column, event.target.value as PreviewColumn['kind']))}
                >
                  {(guessed === 'number'
                    ? (['number', 'category', 'ignored'] as const)
                    : (['category', 'ignored'] as const)
                  ).map((one) => (
                    <option key={one} value={one}>
                      {kinds[one]}
                    </option>
                  ))}
                </select>
              )}
            </td>
            <td>
              {guessed === 'number' && kind !== 'category' ? `${shown(min)} … ${shown(max)}` : `${distinct} different`}
            </td>
            <td className={missing > 0 ? 'fault' : ''}>{missing || ''}</td>
            <td className="soft small">{examples.join(', ')}</td>
          </tr>
        );
      })}
    </Table>
  );
}
