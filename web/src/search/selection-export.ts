/** Selected trials as CSV and JSON. Pure. */
import { cellOfText } from '../../../src/free-text.ts';
import type { TrialRow } from './model.ts';
import type { Column } from './trial-columns.ts';

/** The columns of the table with all digits; problems are separated by spaces. */
export function selectedCsv(trials: readonly TrialRow[], columns: readonly Column[]): string {
  const cell = (trial: TrialRow, { name, of }: Column) => {
    const text = name === 'found' ? trial.found.join(' ') : String(of(trial) ?? '');
    return quoted(typeof of(trial) === 'string' ? cellOfText(text) : text);
  };
  return [
    columns.map(({ name }) => quoted(cellOfText(name))).join(','),
    ...trials.map((trial) => columns.map((column) => cell(trial, column)).join(',')),
    '',
  ].join('\n');
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function selectedJson(trials: readonly TrialRow[]): string {
  const items = trials.map(
    ({ number, state, outcome, value, deviation, stage, epochs, durationMs, found, reason, notes, tags, point }) => ({
      ...{ number, state, outcome, value, deviation, stage, epochs, durationMs, found, reason, notes, tags },
      hyperparameters: point,
    }),
  );
  return JSON.stringify(items, null, 2);
}
