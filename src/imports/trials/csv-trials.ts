/** Trials in CSV files, as Optuna, W&B, MLflow and scikit-learn write them (docs/interop.md). */
import type { Direction } from '../../algorithms/objective.ts';
import type { Value } from '../../algorithms/space/space.ts';
import { metrics } from '../../domain/specification/objectives.ts';
import type { TrialFormat } from '../../domain/specification/observed.ts';
import { ownMetric } from '../metric-names.ts';
import { gotText, unknownDirection } from './choices.ts';
import { mlflowPage, mlflowRuns } from './mlflow-csv.ts';
import { optunaTable } from './optuna-csv.ts';
import { scikitLearn } from './scikit-learn-csv.ts';
import {
  type Asked,
  listed,
  MAX_HYPERPARAMETERS,
  MAX_TEXT,
  type Note,
  refusedFile,
  type SourceTrial,
  type SourceTrials,
} from './source-trials.ts';
import { numberIn, type Row, type Table, tableIn, timeIn, valueIn } from './table.ts';
import type { TableReader, TrialOfRow } from './table-reader.ts';
import { wandbRuns } from './wandb-csv.ts';

/** In the order in which they are tried. */
const readers: readonly TableReader[] = [optunaTable, scikitLearn, mlflowRuns, mlflowPage, wandbRuns];

/** Of a CSV that this service exports. */
const ownColumns = ['number', 'state', 'value', 'outcome', 'durationMs', 'resultHash'];

/** `format`: which was asked for. */
export function readCsvTrials(text: string, asked: Asked, format: TrialFormat | undefined): SourceTrials {
  const table = tableIn(text);
  const reader = readers.find((one) => (format === undefined || one.format === format) && one.is(table));
  if (reader === undefined) {
    if (ownColumns.every((name) => table.names.includes(name)))
      throw refusedFile(
        'line 1',
        'is a CSV of this service, which lacks the space and the direction of the search; export it as optuna-journal, which can be imported',
      );
    const what = format === undefined ? 'Optuna, scikit-learn, MLflow or W&B' : format;
    throw refusedFile('line 1', `does not have the columns of a CSV of ${what}: ${listed(table.names)}`);
  }
  const notes: Note[] = [];
  const metric = metricOf(reader, table, asked);
  const direction = asked.direction ?? directionOf(reader, metric, notes);
  const { hyperparameters, leftOut } = reader.hyperparameters(table, metric, asked.named);
  if (hyperparameters.length > MAX_HYPERPARAMETERS)
    throw refusedFile(
      'line 1',
      `has ${hyperparameters.length} hyperparameters; at most ${MAX_HYPERPARAMETERS} are read`,
    );
  if (leftOut.length > 0)
    notes.push({
      name: '',
      text: `columns that look like other results or facts of the runs are left out: ${listed(leftOut)}; a mapping of their names takes them as hyperparameters`,
    });
  const rows = table.rows.map((row) => trialOf(row, metric, hyperparameters, reader, reader.trial(row, metric, table)));
  const trials = reader.isNumbered ? rows : byStart(rows);
  if (trials !== rows)
    notes.push({ name: '', text: 'the trials are numbered by their start, not in the order of the file' });
  return {
    format: reader.format,
    objective: { metric: labelOf(reader, metric), direction },
    trials,
    distributions: new Map(),
    folds: reader.folds?.(table, metric),
    notes: [
      ...notes,
      ...unreadTimes(reader, table),
      ...(reader.notes?.(table) ?? []),
      ...(reader.isNone ? [] : emptyCells(trials, hyperparameters)),
    ],
  };
}

function unreadTimes({ times = [] }: TableReader, { names, rows }: Table): readonly Note[] {
  return times
    .filter((column) => names.includes(column))
    .flatMap((column) => {
      const unread = rows.map((row) => row.cell(column)).filter((cell) => cell !== '' && timeIn(cell) === undefined);
      if (unread.length === 0) return [];
      const text = `${unread.length} of ${rows.length} times are ignored, since they are not like 2026-05-01 10:00:00, such as ${unread[0]!.slice(0, 40)}`;
      return [{ name: column, text }];
    });
}

/**
 * Tools list the newest run first, but a history needs the order in which they started. The file's own order, and that array, where this is it
 * already or a start is missing.
 */
function byStart(trials: readonly SourceTrial[]): readonly SourceTrial[] {
  const starts = trials.map(({ startedAt }) => startedAt ?? Number.NaN);
  if (!starts.every(Number.isFinite) || starts.every((start, i) => i === 0 || start >= starts[i - 1]!)) return trials;
  // Runs that started in the same second keep their order, which is reversed in a file with the newest first.
  const oldestFirst = starts[0]! > starts.at(-1)! ? trials.toReversed() : [...trials];
  return oldestFirst.sort((a, b) => a.startedAt! - b.startedAt!);
}

/** Programs write None and what a trial does not have alike. */
function emptyCells(
  trials: readonly SourceTrial[],
  hyperparameters: readonly (readonly [name: string, column: string])[],
): readonly Note[] {
  const ended = trials.filter(({ state }) => state === 'complete' || state === 'pruned');
  return hyperparameters.flatMap(([name]) => {
    const empty = ended.filter(({ point }) => !point.has(name)).length;
    if (empty === 0 || empty === ended.length) return [];
    const text = `has no value in ${empty} of ${ended.length} trials that ended: they are read as not having it, also if it was None`;
    return [{ name, text }];
  });
}

function metricOf(reader: TableReader, table: Table, { metric }: Asked): string {
  const candidates = reader.objectives(table);
  const [only] = candidates;
  if (only === undefined)
    throw refusedFile('metric', 'the file has no column with numbers that could be the objective');
  if (metric === undefined && candidates.length === 1) return only;
  const found =
    candidates.find((column) => column === metric) ?? candidates.find((column) => labelOf(reader, column) === metric);
  if (found !== undefined) return found;
  throw refusedFile('metric', `must be the column of the objective, one of ${listed(candidates)}${gotText(metric)}`);
}

function labelOf(reader: TableReader, column: string): string {
  return reader.label?.(column) ?? column;
}

function directionOf(reader: TableReader, metric: string, notes: Note[]): Direction {
  if (reader.direction !== undefined) return reader.direction;
  const own = ownMetric(labelOf(reader, metric));
  if (own === undefined) throw unknownDirection(labelOf(reader, metric));
  const direction = { ...metrics.regression, ...metrics.classification }[own];
  notes.push({ name: metric, text: `the file has no direction; to ${direction} is usual for it` });
  return direction;
}

function trialOf(
  row: Row,
  metric: string,
  hyperparameters: readonly (readonly [name: string, column: string])[],
  reader: TableReader,
  { state, why, ...facts }: TrialOfRow,
): SourceTrial {
  const value = numberIn(row, metric);
  const point = new Map<string, Value>();
  for (const [name, column] of hyperparameters) {
    const cell = row.cell(column);
    const own = cell === '' && reader.isNone?.(row, name) ? 'None' : valueIn(cell);
    if (own !== undefined) point.set(name, own);
  }
  const isLacking = state === 'complete' && value === undefined;
  return {
    ...facts,
    ...(facts.notes !== undefined && { notes: facts.notes.slice(0, MAX_TEXT).replace(/[\ud800-\udbff]$/, '') }),
    place: `line ${row.line}`,
    point,
    state: isLacking ? 'failed' : state,
    value: state === 'complete' || state === 'pruned' ? (value ?? null) : null,
    ...(isLacking ? { reason: `it ended, but has no ${metric}` } : why !== undefined && { reason: why }),
  };
}
