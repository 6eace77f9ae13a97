/** Runs of MLflow: `mlflow.search_runs().to_csv()`, and the CSV of its page, whose columns have no prefixes. */
import { refusedFile } from './source-trials.ts';
import { isNumeric, type Row, timeIn } from './table.ts';
import { numbersIn, prefixed, stateIn, type TableReader, type TrialOfRow, undeclared } from './table-reader.ts';

const states = {
  finished: 'complete',
  failed: 'failed',
  killed: 'cancelled',
  running: 'cancelled',
  scheduled: 'cancelled',
} as const;

function runOf(row: Row, column: string, name: string): TrialOfRow {
  const state = stateIn(row.cell(column), states, 'MLflow');
  if (state === undefined)
    throw refusedFile(
      `line ${row.line}, column ${column}`,
      `must be FINISHED, FAILED, KILLED, RUNNING or SCHEDULED, got ${row.cell(column).slice(0, 40)}`,
    );
  return { ...state, ...(name !== '' && { notes: `MLflow run ${name}` }) };
}

export const mlflowRuns: TableReader = {
  format: 'mlflow-csv',
  times: ['start_time', 'end_time'],
  is: ({ names }) => names.includes('run_id') && names.includes('status'),
  objectives: (table) => table.names.filter((name) => name.startsWith('metrics.') && isNumeric(table, name)),
  label: (column) => column.slice('metrics.'.length),
  hyperparameters: (table) => ({ hyperparameters: prefixed(table, 'params.'), leftOut: [] }),
  trial: (row) => ({
    ...runOf(row, 'status', row.cell('tags.mlflow.runName') || row.cell('run_id')),
    startedAt: timeIn(row.cell('start_time')),
    finishedAt: timeIn(row.cell('end_time')),
  }),
};

const facts = [
  ...['Start Time', 'Duration', 'Run ID', 'Name', 'Source Type', 'Source Name', 'User', 'Status', 'Created', 'Dataset'],
  ...['Run Name', 'Source', 'Version', 'Models', 'Experiment ID', 'Experiment Name'],
];
const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** `1.2min` */
function durationIn(cell: string): number | undefined {
  const found = /^(\d+(?:\.\d+)?)\s*(ms|s|min|h|d)$/.exec(cell);
  return found === null ? undefined : Number(found[1]) * units[found[2]!]!;
}

export const mlflowPage: TableReader = {
  format: 'mlflow-csv',
  times: ['Start Time'],
  is: ({ names }) => names.includes('Run ID') && names.includes('Status'),
  objectives: (table) => numbersIn(table, facts),
  hyperparameters: (table, metric, named) => undeclared(table, { metric, named, facts }),
  trial: (row) => ({
    ...runOf(row, 'Status', row.cell('Name') || row.cell('Run Name') || row.cell('Run ID')),
    startedAt: timeIn(row.cell('Start Time')),
    durationMs: durationIn(row.cell('Duration')),
  }),
};
