/** `study.trials_dataframe().to_csv()` of Optuna 5. */
import { refusedFile } from './source-trials.ts';
import { timeIn } from './table.ts';
import { prefixed, stateIn, type TableReader } from './table-reader.ts';

const value = /^values?(?:_.*)?$/;
const states = {
  complete: 'complete',
  pruned: 'pruned',
  fail: 'failed',
  running: 'cancelled',
  waiting: 'cancelled',
} as const;

export const optunaTable: TableReader = {
  format: 'optuna-csv',
  isNumbered: true,
  times: ['datetime_start', 'datetime_complete'],
  is: ({ names }) =>
    names.includes('state') &&
    names.includes('number') &&
    names.some((name) => value.test(name) || name.startsWith('params_')),
  objectives: ({ names }) => names.filter((name) => value.test(name)),
  // `value_error` of a named objective; `values_0` has no name.
  label: (column) => column.replace(/^values?_(?!\d+$)/, ''),
  hyperparameters: (table) => ({ hyperparameters: prefixed(table, 'params_'), leftOut: [] }),
  trial: (row) => {
    const state = stateIn(row.cell('state'), states, 'Optuna');
    if (state === undefined)
      throw refusedFile(
        `line ${row.line}, column state`,
        `must be COMPLETE, PRUNED, FAIL, RUNNING or WAITING, got ${row.cell('state').slice(0, 40)}`,
      );
    return {
      ...state,
      startedAt: timeIn(row.cell('datetime_start')),
      finishedAt: timeIn(row.cell('datetime_complete')),
    };
  },
  notes: ({ rows }) =>
    rows.every((row, i) => Number(row.cell('number')) === i)
      ? []
      : [{ name: 'number', text: 'the numbers in the file are not 0, 1, …: the trials are numbered in its order' }],
};
