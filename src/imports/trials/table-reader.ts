/** What differs between the CSV files of tools. */
import type { Direction } from '../../algorithms/objective.ts';
import type { TrialFormat } from '../../domain/specification/observed.ts';
import type { Note, SourceTrial } from './source-trials.ts';
import { isNumeric, type Row, type Table } from './table.ts';

export interface TrialOfRow
  extends Pick<SourceTrial, 'state' | 'deviation' | 'startedAt' | 'finishedAt' | 'durationMs' | 'notes'> {
  /** Of a trial that has no result. */
  readonly why?: string | undefined;
}

export interface TableReader {
  readonly format: TrialFormat;
  is(table: Table): boolean;
  /** Columns that could be the objective. */
  objectives(table: Table): readonly string[];
  /** What the tool calls the objective in a column, if the column is called otherwise. */
  label?(column: string): string;
  /** If the tool has but one. */
  readonly direction?: Direction;
  /** `named`: names that the request maps. */
  hyperparameters(
    table: Table,
    metric: string,
    named: readonly string[],
  ): {
    readonly hyperparameters: readonly (readonly [name: string, column: string])[];
    readonly leftOut: readonly string[];
  };
  /** Whether the empty cell of a hyperparameter is a value None, where the file tells it from one that the trial lacks. */
  isNone?(row: Row, name: string): boolean;
  trial(row: Row, metric: string, table: Table): TrialOfRow;
  /** Columns of times. */
  readonly times?: readonly string[];
  /** Whether the tool numbers its trials, in the order of the file. */
  readonly isNumbered?: boolean;
  /** Over which values are means. */
  folds?(table: Table, metric: string): number | undefined;
  notes?(table: Table): readonly Note[];
}

/** Columns with a prefix that says what they are. */
export function prefixed(table: Table, prefix: string): (readonly [name: string, column: string])[] {
  return table.names.flatMap((column) =>
    column.startsWith(prefix) && column.length > prefix.length ? [[column.slice(prefix.length), column] as const] : [],
  );
}

const result =
  /(?:^|[._/ -])(?:loss|acc|accuracy|auc|f1|rmse|mae|mse|r2|score|error|precision|recall|perplexity|reward)(?:[._/ -](?:min|max|mean|std|best|last|\d+))?$/i;
const fact = /^(?:trainer\/)?(?:global_)?(?:step|epoch|iteration|runtime|timestamp|duration)$/i;

/** Of a table that does not say which columns are hyperparameters: all but `facts`, the objective, and numbers that are called like results. */
export function undeclared(
  table: Table,
  {
    metric,
    named,
    facts,
  }: { readonly metric: string; readonly named: readonly string[]; readonly facts: readonly string[] },
): ReturnType<TableReader['hyperparameters']> {
  const columns = table.names.filter((name) => name !== metric && !facts.includes(name));
  const isOther = (name: string) =>
    !named.includes(name) &&
    (name.startsWith('_') || (isNumeric(table, name) && (result.test(name) || fact.test(name))));
  return {
    hyperparameters: columns.filter((name) => !isOther(name)).map((name) => [name, name] as const),
    leftOut: columns.filter(isOther),
  };
}

/** Columns with numbers that are no facts of the run; those that are called like results come first. */
export function numbersIn(table: Table, facts: readonly string[]): readonly string[] {
  const columns = table.names.filter(
    (name) => !facts.includes(name) && !name.startsWith('_') && isNumeric(table, name),
  );
  return [...columns.filter((name) => result.test(name)), ...columns.filter((name) => !result.test(name))];
}

/** A state of the tool, or the error for one that it does not have. */
export function stateIn(
  cell: string,
  states: Readonly<Record<string, SourceTrial['state']>>,
  tool: string,
): Pick<TrialOfRow, 'state' | 'why'> | undefined {
  const key = cell.toLowerCase().replace(/^trialstate\./, '');
  if (!Object.hasOwn(states, key)) return undefined;
  const state = states[key]!;
  if (state === 'failed') return { state, why: `it ${key} in ${tool}` };
  return state === 'cancelled' ? { state, why: `it was ${key} in ${tool}` } : { state };
}
