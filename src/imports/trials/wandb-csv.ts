/** Runs of Weights & Biases, as the table of runs on its page exports them: `Name`, `State`, then columns of config and summary, mixed. */
import { refusedFile } from './source-trials.ts';
import { isNumeric, numberIn, timeIn } from './table.ts';
import { numbersIn, stateIn, type TableReader, undeclared } from './table-reader.ts';

const states = {
  finished: 'complete',
  crashed: 'failed',
  failed: 'failed',
  killed: 'cancelled',
  preempted: 'cancelled',
  preempting: 'cancelled',
  pending: 'cancelled',
  running: 'cancelled',
} as const;

const facts = [
  ...['Name', 'State', 'Notes', 'User', 'Tags', 'Created', 'Runtime', 'Sweep', 'ID', 'Group', 'Job Type', 'Updated'],
  ...['End Time', 'Hostname', 'Host', 'GPU Type', 'GPU Count', 'Commit', 'GitHub', 'Github', 'Heartbeat', 'Artifacts'],
];

export const wandbRuns: TableReader = {
  format: 'wandb-csv',
  times: ['Created'],
  is: ({ names }) => names.includes('Name') && names.includes('State'),
  objectives: (table) => numbersIn(table, facts),
  hyperparameters: (table, metric, named) => undeclared(table, { metric, named, facts }),
  trial: (row, _, table) => {
    const state = stateIn(row.cell('State'), states, 'W&B');
    if (state === undefined)
      throw refusedFile(
        `line ${row.line}, column State`,
        `must be a state of W&B such as finished, crashed, failed or killed, got ${row.cell('State').slice(0, 40)}`,
      );
    const runtime =
      table.names.includes('Runtime') && isNumeric(table, 'Runtime') ? numberIn(row, 'Runtime') : undefined;
    const name = row.cell('Name');
    return {
      ...state,
      startedAt: timeIn(row.cell('Created')),
      ...(typeof runtime === 'number' && { durationMs: runtime * 1000 }),
      ...(name !== '' && { notes: `W&B run ${name}` }),
    };
  },
};
