/** The table of all trials, with virtual rows. Sorting and filters are in the address. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useDeferredValue, useMemo, useRef } from 'react';
import { Link } from 'wouter';
import { formatDuration, formatValue, plural } from '../../../src/format.ts';
import { useAddress } from '../parts/address.ts';
import { StateChip } from '../parts/state.tsx';
import type { TrialRow } from './model.ts';
import { variedIn } from './space.ts';
import { type Column, columnsOf, filtered, rangesIn, sorted } from './trial-columns.ts';
import { useShown } from './use-search.ts';

const ROW_HEIGHT = 34;
const states = ['waiting', 'running', 'paused', 'complete', 'pruned', 'failed', 'cancelled'] as const;

export default function TrialsPanel(): ReactNode {
  const { search, model, trials: all } = useShown();
  const [state, setState] = useAddress('state');
  const [finding, setFinding] = useAddress('finding');
  const [sort, setSort] = useAddress('sort', 'number');
  const [ranges, setRanges] = useAddress('ranges');
  // Typed text is shown immediately; filtering ten thousand rows may lag.
  const settled = useDeferredValue(ranges);
  const columns = useMemo(() => columnsOf(variedIn(search), search.specification.objective.metric), [search]);
  const { ranges: conditions, issues } = useMemo(() => rangesIn(settled, columns), [settled, columns]);
  const rows = useMemo(
    () => sorted(filtered(all, { state, finding, ranges: conditions }), columns, sort),
    [all, columns, state, finding, conditions, sort],
  );
  const codes = Object.keys(search.found).sort();
  return (
    <>
      <div className="row" style={{ marginBottom: '0.75rem' }}>
        <select aria-label="State" value={state} onChange={(event) => setState(event.target.value)}>
          <option value="">all states</option>
          {states.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
        <select aria-label="Problem" value={finding} onChange={(event) => setFinding(event.target.value)}>
          <option value="">any problems or none</option>
          {codes.map((code) => (
            <option key={code}>{code}</option>
          ))}
        </select>
        <input
          aria-label="Ranges, such as learningRate>0.01 value>=0.9"
          placeholder="learningRate>0.01 value>=0.9"
          style={{ minWidth: '18rem' }}
          value={ranges}
          aria-invalid={issues.length > 0}
          aria-describedby="range-issues"
          onChange={(event) => setRanges(event.target.value)}
        />
        <span className="soft" role="status">
          {plural(rows.length, 'trial')}
          {model.thinned && ', a sample: the export has all trials'}
        </span>
      </div>
      <div id="range-issues" role="status">
        {issues.map((issue) => (
          <p key={issue} className="fault small" style={{ margin: '0 0 0.5rem' }}>
            {issue}
          </p>
        ))}
      </div>
      <TrialTable rows={rows} columns={columns} sort={sort} setSort={setSort} id={search.id} />
    </>
  );
}

interface TrialTableProps {
  readonly rows: readonly TrialRow[];
  readonly columns: readonly Column[];
  /** The name of a column, with − for descending order. */
  readonly sort: string;
  readonly setSort: (sort: string) => void;
  readonly id: string;
}

function TrialTable({ rows, columns, sort, setSort, id }: TrialTableProps): ReactNode {
  const frame = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
  });
  const template = { gridTemplateColumns: columns.map(({ width }) => `${width}px`).join(' ') };
  const direction = (name: string) => (sort === name ? 'ascending' : sort === `-${name}` ? 'descending' : 'none');
  return (
    <div
      className="trial-table"
      ref={frame}
      role="table"
      aria-label="Trials"
      aria-rowcount={rows.length + 1}
      tabIndex={0}
    >
      <div className="head" role="row" aria-rowindex={1} style={template}>
        {columns.map(({ name, title }) => (
          <span key={name} role="columnheader" aria-sort={direction(name)}>
            <button type="button" onClick={() => setSort(sort === name ? `-${name}` : name)}>
              {title}
              <span aria-hidden="true">{{ ascending: ' ↑', descending: ' ↓', none: '' }[direction(name)]}</span>
            </button>
          </span>
        ))}
      </div>
      <div className="body" role="rowgroup" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {virtual.getVirtualItems().map(({ index, start }) => (
          <div
            key={rows[index]!.number}
            role="row"
            aria-rowindex={index + 2}
            style={{ ...template, position: 'absolute', top: start, left: 0, right: 0 }}
          >
            {columns.map((column) => (
              <span key={column.name} role="cell">
                <Cell trial={rows[index]!} column={column} id={id} />
              </span>
            ))}
          </div>
        ))}
      </div>
      {rows.length === 0 && <p className="empty">No trial matches.</p>}
    </div>
  );
}

function Cell({
  trial,
  column,
  id,
}: {
  readonly trial: TrialRow;
  readonly column: Column;
  readonly id: string;
}): ReactNode {
  switch (column.name) {
    case 'number':
      return <Link href={`/searches/${id}/trials/${trial.number}`}>{trial.number}</Link>;
    case 'state':
      return <StateChip state={trial.outcome === 'diverged' ? 'diverged' : trial.state} />;
    case 'durationMs':
      return trial.durationMs === null ? '–' : formatDuration(trial.durationMs / 1000);
    case 'found':
      return <span title={trial.found.join(', ')}>{trial.found.join(', ')}</span>;
    case 'reason':
      return <span title={trial.reason ?? ''}>{trial.reason}</span>;
    default:
      return formatValue(column.of(trial));
  }
}
