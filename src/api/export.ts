/** All trials of a search as text, page by page: a million trials need no more memory than a thousand. */

import type { SearchQueries } from '../application/ports.ts';
import type { Search, TrialSummary } from '../domain/records.ts';
import { variedOf } from '../domain/specification/hyperparameters.ts';

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
] as const satisfies readonly (keyof TrialSummary)[];

export async function* exportTrials(
  queries: SearchQueries,
  search: Search,
  format: 'csv' | 'ndjson',
): AsyncGenerator<string> {
  const varied = variedOf(search.specification.hyperparameters);
  if (format === 'csv') yield `${[...columns, ...varied].join(',')}\n`;
  let cursor: string | undefined;
  do {
    const page = await queries.trials(search, { sort: 'number', limit: PAGE, cursor });
    yield page.items.map((trial) => (format === 'csv' ? csvLine(trial, varied) : JSON.stringify(trial))).join('\n') +
      (page.items.length > 0 ? '\n' : '');
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
}

/** A hyperparameter that is inactive is an empty cell. */
function csvLine(trial: TrialSummary, varied: readonly string[]): string {
  const cells = [...columns.map((column) => trial[column]), ...varied.map((name) => trial.hyperparameters[name])];
  return cells.map(cell).join(',');
}

function cell(value: string | number | boolean | readonly string[] | null | undefined): string {
  const text = Array.isArray(value) ? value.join(' ') : String(value ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
