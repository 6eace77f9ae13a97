/** Exports all trials of a search, page by page, with constant memory. */
import { freeName } from '../application/dataset-rows.ts';
import { tensorBoardLog } from '../application/exports/tensorboard.ts';
import { withFixed } from '../application/exports/whole-points.ts';
import { optunaJournal } from '../application/optuna-journal.ts';
import type { SearchQueries } from '../application/ports/search-queries.ts';
import type { Importance } from '../contract/analysis.ts';
import type { ExportFormat } from '../contract/trials.ts';
import { countFolds } from '../data/folds.ts';
import type { Search } from '../domain/search.ts';
import { variedOf } from '../domain/specification/hyperparameters.ts';
import type { TrialSummary } from '../domain/trial.ts';
import { cellOfText } from '../free-text.ts';
import { type Cell, writeCsv } from '../write-csv.ts';
import type { ApiDependencies } from './dependencies.ts';
import { mlflowExport } from './mlflow-export.ts';
import { type ParquetColumn, parquetStream, parquetTypeOf, type Sampled } from './parquet-export.ts';
import { readAhead } from './read-ahead.ts';
import { archived, archiveEnd } from './tar.ts';

/** Trials read at once. Pages of 1,000 outlive the young generation of V8's heap: an export of 100,000 trials took up to ten times as much memory, and no less time. */
const PAGE = 200;
/** Epochs of all folds whose curves are in memory at a time, or those of one trial: trials may have thousands of epochs in each of ten folds. */
const CURVE_EPOCHS = 30_000;
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

interface ExportDependencies extends Pick<ApiDependencies, 'queries' | 'writeMlflowStore'> {
  readonly importanceOf: (id: string) => Promise<Importance>;
}
type Exporter = (dependencies: ExportDependencies, search: Search) => AsyncGenerator<string | Uint8Array>;

/** `csv`, `ndjson` and `parquet`: a line or row per trial. `optuna-journal`: a study of Optuna. `tensorboard`: an archive of event files. `mlflow`: a tracking store in SQLite. */
export function exportTrials(
  dependencies: ExportDependencies,
  search: Search,
  format: ExportFormat,
): AsyncGenerator<string | Uint8Array> {
  return exporters[format](dependencies, search);
}

/** At least one page, by number. `whole`: with what their stages fix. */
async function* pagesOf(
  queries: SearchQueries,
  search: Search,
  whole = withFixed(search),
): AsyncGenerator<readonly TrialSummary[]> {
  let cursor: string | undefined;
  do {
    const page = await queries.trials(search, { sort: 'number', limit: PAGE, cursor });
    yield page.items.map(whole);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
}

interface WithSeries<Series> {
  readonly trials: readonly TrialSummary[];
  readonly series: ReadonlyMap<number, Series>;
}

/** At least one page with what `read` tells of its trials. */
async function* pagesWith<Series>(
  queries: SearchQueries,
  search: Search,
  read: (search: Search, numbers: readonly number[]) => Promise<ReadonlyMap<number, Series>>,
): AsyncGenerator<WithSeries<Series>> {
  const folds = countFolds(search.specification.validation);
  for await (const page of readAhead(pagesOf(queries, search))) {
    for (const trials of page.length === 0 ? [page] : inParts(page, CURVE_EPOCHS / folds)) {
      const numbers = trials.map(({ number }) => number);
      yield { trials, series: await read(search, numbers) };
    }
  }
}

/** Consecutive trials that have at most so many epochs together. */
function* inParts(trials: readonly TrialSummary[], epochs: number): Generator<readonly TrialSummary[]> {
  let from = 0;
  let sum = 0;
  for (const [i, trial] of trials.entries()) {
    sum += trial.epochs;
    if (sum <= epochs || i === from) continue;
    yield trials.slice(from, i);
    from = i;
    sum = trial.epochs;
  }
  yield trials.slice(from);
}

const exporters: Readonly<Record<ExportFormat, Exporter>> = {
  csv: async function* ({ queries }, search) {
    const varied = variedOf(search.specification.hyperparameters);
    yield writeCsv([[...columns, ...ownColumns(varied).map(cellOfText)]]);
    for await (const trials of readAhead(pagesOf(queries, search))) {
      yield writeCsv(trials.map((trial) => cellsOf(trial, varied)));
    }
  },
  ndjson: async function* ({ queries }, search) {
    // As the API has them.
    for await (const trials of readAhead(pagesOf(queries, search, (trial) => trial))) {
      yield trials.map((trial) => `${JSON.stringify(trial)}\n`).join('');
    }
  },
  parquet: async function* ({ queries }, search) {
    const varied = variedOf(search.specification.hyperparameters);
    const stream = parquetStream([...parquetColumns, ...parquetColumnsOf(search, varied)]);
    for await (const trials of readAhead(pagesOf(queries, search))) {
      yield await stream.write(trials.map((trial) => rowOf(trial, varied)));
    }
    yield await stream.end();
  },
  'optuna-journal': async function* ({ queries, importanceOf }, search) {
    const journal = optunaJournal(search, await importanceOf(search.id));
    yield journal.study;
    for await (const { trials, series } of readAhead(pagesWith(queries, search, queries.objectiveSeries))) {
      yield trials.map((trial) => journal.trial(trial, series.get(trial.number) ?? [])).join('');
    }
  },
  tensorboard: async function* ({ queries }, search) {
    const log = tensorBoardLog(search);
    const inFolder = <File extends { readonly path: string }>(file: File) => ({
      ...file,
      path: `search-${search.id}/${file.path}`,
    });
    yield archived([inFolder(log.experiment)]);
    for await (const { trials, series } of readAhead(pagesWith(queries, search, queries.foldSeries))) {
      yield archived(trials.map((trial) => inFolder(log.trial(trial, series.get(trial.number)))));
    }
    yield archiveEnd;
  },
  mlflow: ({ queries, writeMlflowStore }, search) =>
    mlflowExport(search, readAhead(pagesWith(queries, search, queries.foldSeries)), writeMlflowStore),
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

/** The columns of hyperparameters: pandas reads no Parquet that has a name twice, such as `epochs`. */
function ownColumns(varied: readonly string[]): string[] {
  const taken = new Set<string>(columns);
  return varied.map((name) => {
    const own = freeName(name, taken);
    taken.add(own);
    return own;
  });
}

function parquetColumnsOf({ specification }: Search, varied: readonly string[]): ParquetColumn[] {
  const names = ownColumns(varied);
  return varied.map((of, i) => ({
    name: names[i]!,
    type: parquetTypeOf(specification.hyperparameters[of] as Sampled),
  }));
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
    ...varied.map((name) => spreadsheetCell(trial.hyperparameters[name])),
  ];
}

/** Choices of imported trials are texts of others. */
function spreadsheetCell(value: TrialSummary['hyperparameters'][string] | undefined): Cell {
  return typeof value === 'string' ? cellOfText(value) : value;
}

function cellOf(column: (typeof columns)[number], value: TrialSummary[(typeof columns)[number]]): Cell {
  const cell = typeof value === 'object' ? value?.join(' ') : value;
  return (column === 'tags' || column === 'notes') && typeof cell === 'string' ? cellOfText(cell) : cell;
}
