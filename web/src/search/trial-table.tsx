/** Rows of trials; only those in view are rendered. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { type CSSProperties, memo, type ReactNode, useCallback, useMemo, useRef, useState } from 'react';
import { Link } from 'wouter';
import { type Direction, signOf } from '../../../src/algorithms/objective.ts';
import { formatCell, formatDuration, words } from '../../../src/format.ts';
import { Tags } from '../parts/annotations.tsx';
import { StateChip } from '../parts/state.tsx';
import type { TrialRow } from './model.ts';
import type { Selection } from './selection.ts';
import { shownState } from './shown-state.ts';
import type { Column } from './trial-columns.ts';

const ROW_HEIGHT = 34;
const BOX_WIDTH = 40;

interface TrialTableProps {
  readonly rows: readonly TrialRow[];
  readonly columns: readonly Column[];
  /** So many of the first columns stay where they are when the others scroll. */
  readonly pinned: number;
  /** The name of a column, with − for descending order; empty: best first. */
  readonly sort: string;
  readonly setSort: (sort: string) => void;
  readonly direction: Direction;
  readonly id: string;
  readonly selection: Selection;
  /** Conditions that all rows, and no other trials, fulfil; empty if there are none. */
  readonly conditions: string;
}

export function TrialTable(props: TrialTableProps): ReactNode {
  const { rows, columns, pinned, id, selection } = props;
  const frame = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
  });
  const template = useMemo(
    () => ({
      gridTemplateColumns: [BOX_WIDTH, ...columns.map(({ width }) => width)].map((w) => `${w}px`).join(' '),
    }),
    [columns],
  );
  const place = useMemo(() => placesOf(columns, pinned), [columns, pinned]);
  const { selected, select } = selection;
  const toggle = useCallback(
    (number: number) => {
      const after = new Set(selected);
      if (!after.delete(number)) after.add(number);
      select(after);
    },
    [selected, select],
  );
  return (
    <div
      className="trial-table"
      ref={frame}
      role="table"
      aria-label="Trials"
      aria-rowcount={rows.length + 1}
      tabIndex={0}
    >
      <Head {...props} template={template} place={place} />
      <div className="body" role="rowgroup" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {virtual.getVirtualItems().map(({ index, start }) => {
          const trial = rows[index]!;
          return (
            <Row
              key={trial.number}
              trial={trial}
              index={index}
              top={start}
              isSelected={selected?.has(trial.number) ?? false}
              toggle={toggle}
              columns={columns}
              template={template}
              place={place}
              id={id}
            />
          );
        })}
      </div>
      {rows.length === 0 && <p className="empty">No trial matches.</p>}
    </div>
  );
}

interface RowProps {
  readonly trial: TrialRow;
  /** From 0, among the rows that are shown. */
  readonly index: number;
  /** In pixels, from the first row. */
  readonly top: number;
  readonly isSelected: boolean;
  readonly toggle: (number: number) => void;
  readonly columns: readonly Column[];
  readonly template: { readonly gridTemplateColumns: string };
  readonly place: Place;
  readonly id: string;
}

/** Rendered again only if something in it changed: rows are many, and most changes concern few of them. */
const Row = memo(function Row({
  trial,
  index,
  top,
  isSelected,
  toggle,
  columns,
  template,
  place,
  id,
}: RowProps): ReactNode {
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      className={isSelected ? 'selected' : undefined}
      style={{ ...template, position: 'absolute', top, left: 0, right: 0 }}
    >
      <span role="cell" {...place(-1)}>
        <input
          type="checkbox"
          aria-label={`Select trial ${trial.number}`}
          checked={isSelected}
          onChange={() => toggle(trial.number)}
        />
      </span>
      {columns.map((column, i) => (
        <span key={column.name} role="cell" {...place(i)}>
          <Cell trial={trial} column={column} id={id} />
        </span>
      ))}
    </div>
  );
});

type Place = (column: number) => { readonly className?: string; readonly style?: CSSProperties };

/** Classes and styles of the cells of a column; −1 is the column of check boxes. */
function placesOf(columns: readonly Column[], pinned: number): Place {
  const lefts: number[] = [];
  columns.slice(0, pinned).reduce((left, { width }) => {
    lefts.push(left);
    return left + width;
  }, BOX_WIDTH);
  return (column) => {
    const classes = [columns[column]?.numeric && 'right', column < pinned && 'pinned'].filter(Boolean).join(' ');
    return {
      ...(classes !== '' && { className: classes }),
      ...(column < pinned && { style: { left: lefts[column] ?? 0 } }),
    };
  };
}

interface HeadProps extends TrialTableProps {
  readonly place: Place;
  readonly template: { readonly gridTemplateColumns: string };
}

function Head({
  rows,
  columns,
  sort,
  setSort,
  direction,
  selection,
  conditions,
  template,
  place,
}: HeadProps): ReactNode {
  const [tooMany, setTooMany] = useState(false);
  const all = rows.length > 0 && rows.every(({ number }) => selection.selected?.has(number));
  const selectAll = () => {
    if (all) selection.clear();
    else if (conditions !== '') selection.selectBy(conditions);
    else setTooMany(!selection.select(rows.map(({ number }) => number)));
  };
  const bestFirst = signOf(direction) > 0 ? '-value' : 'value';
  const orderOf = (name: string) => {
    const shown = sort === '' ? bestFirst : sort;
    return shown === name ? 'ascending' : shown === `-${name}` ? 'descending' : 'none';
  };
  return (
    <div className="head" role="row" aria-rowindex={1} style={template}>
      <span role="columnheader" {...place(-1)}>
        <input
          type="checkbox"
          aria-label="Select all shown trials"
          title={tooMany ? 'Too many trials for a list: filter them by ranges' : 'Select all shown trials'}
          aria-invalid={tooMany}
          checked={all}
          onChange={selectAll}
        />
      </span>
      {columns.map(({ name, title }, i) => (
        <span key={name} role="columnheader" aria-sort={orderOf(name)} {...place(i)}>
          <button type="button" onClick={() => setSort(sort === name ? `-${name}` : name)}>
            {title}
            <span aria-hidden="true">{{ ascending: ' ↑', descending: ' ↓', none: '' }[orderOf(name)]}</span>
          </button>
        </span>
      ))}
    </div>
  );
}

interface CellProps {
  readonly trial: TrialRow;
  readonly column: Column;
  readonly id: string;
}

function Cell({ trial, column, id }: CellProps): ReactNode {
  switch (column.name) {
    case 'number':
      return <Link href={`/searches/${id}/trials/${trial.number}`}>{trial.number}</Link>;
    case 'state':
      return <StateChip state={shownState(trial)} />;
    case 'durationMs':
      return trial.durationMs === null ? '–' : formatDuration(trial.durationMs / 1000);
    case 'found':
      return <Texts of={(column.textsOf?.(trial) ?? []).map(words)} />;
    case 'tags':
      return <Tags tags={trial.tags} />;
    case 'notes':
      return <span title={trial.notes}>{trial.notes}</span>;
    case 'reason':
      return <span title={trial.reason ?? ''}>{trial.reason}</span>;
    default:
      return formatCell(column.of(trial));
  }
}

function Texts({ of }: { readonly of: readonly string[] }): ReactNode {
  const text = of.join(', ');
  return <span title={text}>{text}</span>;
}
