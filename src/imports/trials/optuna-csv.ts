/** `study.trials_dataframe().to_csv()` of Optuna 5. */
import { violationNotes } from './optuna-study.ts';
import { type Note, refusedFile } from './source-trials.ts';
import { type Row, type Table, timeIn } from './table.ts';
import { prefixed, stateIn, type TableReader } from './table-reader.ts';

const value = /^values?(?:_.*)?$/;
/** What Optuna writes besides; an index of pandas may come first. */
const facts = /^(?:number|state|datetime_start|datetime_complete|duration|index|Unnamed: 0|(?:user|system)_attrs_.*)$/;
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
    // Other programs have a state, a number and a value, too.
    names.some((name) => name === 'datetime_start' || name.startsWith('params_')),
  objectives: ({ names }) => names.filter((name) => value.test(name)),
  // `value_error` of a named objective; `values_0` has no name.
  label: (column) => column.replace(/^values?_(?!\d+$)/, ''),
  hyperparameters: (table, _, named) => {
    const others = table.names.filter((name) => !facts.test(name) && !value.test(name) && !name.startsWith('params_'));
    const asked = others.filter((name) => named.includes(name)).map((name) => [name, name] as const);
    return {
      hyperparameters: [...prefixed(table, 'params_'), ...asked],
      leftOut: others.filter((name) => !named.includes(name)),
    };
  },
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
  notes: (table) => [
    ...(table.rows.every((row, i) => Number(row.cell('number')) === i)
      ? []
      : [{ name: 'number', text: 'the numbers in the file are not 0, 1, …: the trials are numbered in its order' }]),
    ...constraintNotes(table),
  ],
};

const number = /[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?/gi;

/** A list of numbers, or one: a trial is feasible where all are at most 0. */
function constraintNotes({ names, rows }: Table): readonly Note[] {
  const columns = names.filter((name) => /^system_attrs_constraints(?::|$)/.test(name));
  const isViolated = (row: Row) =>
    columns.some(
      (name) =>
        row
          .cell(name)
          .match(number)
          ?.some((one) => Number(one) > 0) === true,
    );
  return violationNotes(rows.filter(isViolated).length, rows.length);
}
