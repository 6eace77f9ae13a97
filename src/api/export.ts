/** Exports all trials of a search, page by page, with constant memory. */
import { optunaJournal } from '../application/optuna-journal.ts';
import type { SearchQueries } from '../application/ports.ts';
import type { ExportFormat } from '../contract/trials.ts';
import type { Search } from '../domain/search.ts';
import { variedOf } from '../domain/specification/hyperparameters.ts';
import type { TrialSummary } from '../domain/trial.ts';
import { cellOfText } from '../free-text.ts';
import { type Cell, writeCsv } from '../write-csv.ts';
import { type ParquetColumn, parquetStream, parquetTypeOf, type Sampled } from './parquet-export.ts';

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

/** `csv`, `ndjson` and `parquet`: a line or row per trial. `optuna-journal`: a study of Optuna. */
export async function* exportTrials(
  queries: SearchQueries,
  search: Search,
  format: ExportFormat,
): AsyncGenerator<string | Uint8Array> {
  const { head, write, end } = writers[format](queries, search);
  if (head !== '') yield head;
  let cursor: string | undefined;
  do {
    const page = await queries.trials(search, { sort: 'number', limit: PAGE, cursor });
    yield await write(page.items);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  if (end !== undefined) yield await end();
}

interface Writer {
  readonly head: string;
  /** `trials`: the next ones, by number. */
  readonly write: (trials: readonly TrialSummary[]) => string | Promise<string | Uint8Array>;
  readonly end?: () => Promise<Uint8Array>;
}

const writers: Readonly<Record<ExportFormat, (queries: SearchQueries, search: Search) => Writer>> = {
  csv: (_, search) => {
    const varied = variedOf(search.specification.hyperparameters);
    return {
      head: writeCsv([[...columns, ...varied]]),
      write: (trials) => writeCsv(trials.map((trial) => cellsOf(trial, varied))),
    };
  },
  ndjson: () => ({ head: '', write: (trials) => trials.map((trial) => `${JSON.stringify(trial)}\n`).join('') }),
  parquet: (_, search) => {
    const varied = variedOf(search.specification.hyperparameters);
    const stream = parquetStream([...parquetColumns, ...varied.map((name) => parquetColumnOf(search, name))]);
    return {
      head: '',
      write: (trials) => stream.write(trials.map((trial) => rowOf(trial, varied))),
      end: stream.end,
    };
  },
  'optuna-journal': (queries, search) => {
    const journal = optunaJournal(search);
    return {
      head: journal.study,
      write: async (trials) => {
        const series = await queries.objectiveSeries(
          search,
          trials.map(({ number }) => number),
        );
        return trials.map((trial) => journal.trial(trial, series.get(trial.number) ?? [])).join('');
      },
    };
  },
};

const parquetTypes: Readonly<Partial<Record<(typeof columns)[number], ParquetColumn['type']>>> = {
  number: 'INT32',
  value: 'DOUBLE',
  epochs: 'INT32',
  durationMs: 'DOUBLE',
  attempt: 'INT32',
  deviation: 'DOUBLE',
  stage: 'INT32',
  rung: 'INT32',
};
const parquetColumns = columns.map((name): ParquetColumn => ({ name, type: parquetTypes[name] ?? 'STRING' }));

function parquetColumnOf({ specification }: Search, name: string): ParquetColumn {
  return { name, type: parquetTypeOf(specification.hyperparameters[name] as Sampled) };
}

/** A list is its items, separated by spaces. */
function rowOf(trial: TrialSummary, varied: readonly string[]): unknown[] {
  return [
    ...columns.map((column) => {
      const value = trial[column];
      return typeof value === 'object' ? value?.join(' ') : value;
    }),
    ...varied.map((name) => trial.hyperparameters[name]),
  ];
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
