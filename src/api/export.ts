/** Exports all trials of a search as text, page by page, with constant memory. */
import type { SearchQueries } from '../application/ports.ts';
import type { Search } from '../domain/search.ts';
import { variedOf } from '../domain/specification/hyperparameters.ts';
import type { TrialSummary } from '../domain/trial.ts';
import { cellOfText } from '../free-text.ts';
import { type Cell, writeCsv } from '../write-csv.ts';

const PAGE = 1000;
const columns = [
  'number',
  'state',
  'value',
  'outcome',
  'epochs',
  'durationMs',
  'attempt',
  'resultHash',
  'reason',
  'source',
  'deviation',
  'stage',
  'rung',
  'found',
  'tags',
  'notes',
] as const satisfies readonly (keyof TrialSummary)[];

export async function* exportTrials(
  queries: SearchQueries,
  search: Search,
  format: 'csv' | 'ndjson',
): AsyncGenerator<string> {
  const varied = variedOf(search.specification.hyperparameters);
  const write = (trials: readonly TrialSummary[]) =>
    format === 'csv'
      ? writeCsv(trials.map((trial) => cellsOf(trial, varied)))
      : trials.map((trial) => `${JSON.stringify(trial)}\n`).join('');
  if (format === 'csv') yield writeCsv([[...columns, ...varied]]);
  let cursor: string | undefined;
  do {
    const page = await queries.trials(search, { sort: 'number', limit: PAGE, cursor });
    yield write(page.items);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
}

/** An inactive hyperparameter is an empty cell. */
function cellsOf(trial: TrialSummary, varied: readonly string[]): Cell[] {
  return [
    ...columns.map((column) => cellOf(column, trial[column])),
    ...varied.map((name) => trial.hyperparameters[name]),
  ];
}

function cellOf(column: (typeof columns)[number], value: TrialSummary[(typeof columns)[number]]): Cell {
  const cell = typeof value === 'object' ? value?.join(' ') : value;
  return (column === 'tags' || column === 'notes') && typeof cell === 'string' ? cellOfText(cell) : cell;
}
