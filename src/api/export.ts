/** Exports all trials of a search, page by page, with constant memory. */
import { tensorBoardLog } from '../application/exports/tensorboard.ts';
import { optunaJournal } from '../application/optuna-journal.ts';
import type { SearchQueries } from '../application/ports.ts';
import type { ExportFormat } from '../contract/trials.ts';
import type { Search } from '../domain/search.ts';
import { variedOf } from '../domain/specification/hyperparameters.ts';
import type { TrialSummary } from '../domain/trial.ts';
import { cellOfText } from '../free-text.ts';
import { type Cell, writeCsv } from '../write-csv.ts';
import { mlflowExport } from './mlflow-export.ts';
import { type ParquetColumn, parquetStream, parquetTypeOf, type Sampled } from './parquet-export.ts';
import { archived, archiveEnd } from './tar.ts';

const PAGE = 1000;
/** Trials whose curves are in memory at a time: they may have thousands of epochs in each of ten folds. */
const CURVES = 200;
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

/** `csv`, `ndjson` and `parquet`: a line or row per trial. `optuna-journal`: a study of Optuna. `tensorboard`: an archive of event files. `mlflow`: a tracking store in SQLite. */
export async function* exportTrials(
  queries: SearchQueries,
  search: Search,
  format: ExportFormat,
): AsyncGenerator<string | Uint8Array> {
  if (format === 'mlflow') {
    yield* mlflowExport(queries, search, pagesOf(queries, search, CURVES));
    return;
  }
  const { head, write, end } = writers[format](queries, search);
  if (head !== '') yield head;
  for await (const trials of pagesOf(queries, search, PAGE)) yield await write(trials);
  if (end !== undefined) yield await end();
}

/** At least one page, by number. */
async function* pagesOf(
  queries: SearchQueries,
  search: Search,
  limit: number,
): AsyncGenerator<readonly TrialSummary[]> {
  let cursor: string | undefined;
  do {
    const page = await queries.trials(search, { sort: 'number', limit, cursor });
    yield page.items;
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
}

interface Writer {
  readonly head: string;
  /** `trials`: the next ones, by number. */
  readonly write: (trials: readonly TrialSummary[]) => string | Promise<string | Uint8Array>;
  readonly end?: () => Promise<Uint8Array>;
}

const writers: Readonly<Record<Exclude<ExportFormat, 'mlflow'>, (queries: SearchQueries, search: Search) => Writer>> = {
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
  tensorboard: (queries, search) => {
    const log = tensorBoardLog(search);
    const folder = `search-${search.id}/`;
    let first = true;
    return {
      head: '',
      write: async (trials) => {
        const files = first ? [log.experiment] : [];
        first = false;
        for (let from = 0; from < trials.length; from += CURVES) {
          const some = trials.slice(from, from + CURVES);
          const series = await queries.foldSeries(
            search,
            some.map(({ number }) => number),
          );
          files.push(...some.map((trial) => log.trial(trial, series.get(trial.number) ?? [])));
        }
        return archived(files.map(({ path, ...file }) => ({ ...file, path: folder + path })));
      },
      end: async () => archiveEnd,
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
