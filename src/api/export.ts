/** Exports all trials of a search as text, page by page, with constant memory. */
import { optunaJournal } from '../application/optuna-journal.ts';
import type { SearchQueries } from '../application/ports.ts';
import type { ExportFormat } from '../contract/trials.ts';
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

/** `csv` and `ndjson`: a line per trial. `optuna-journal`: a study of Optuna. */
export async function* exportTrials(
  queries: SearchQueries,
  search: Search,
  format: ExportFormat,
): AsyncGenerator<string> {
  const { head, write } = writers[format](queries, search);
  yield head;
  let cursor: string | undefined;
  do {
    const page = await queries.trials(search, { sort: 'number', limit: PAGE, cursor });
    yield await write(page.items);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
}

interface Writer {
  readonly head: string;
  /** `trials`: the next ones, by number. */
  readonly write: (trials: readonly TrialSummary[]) => string | Promise<string>;
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
