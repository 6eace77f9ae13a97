/** A CSV of trials as a table: every row one trial. */
import type { Value } from '../../algorithms/space/space.ts';
import { parseCsv } from '../../data/csv.ts';
import { IssueList, shortened } from '../../data/faults.ts';
import { sniffDialect } from '../../data/sniff.ts';
import { Problem } from '../../errors.ts';
import { MAX_TRIALS, refusedFile } from './source-trials.ts';

const limits = { records: MAX_TRIALS + 1, fields: 5000, field: 100_000 } as const;
const MAX_ISSUES = 20;

export interface Table {
  /** Those that have a name. */
  readonly names: readonly string[];
  readonly rows: readonly Row[];
}

export interface Row {
  readonly line: number;
  /** Trimmed; empty where it has none. */
  cell(name: string): string;
}

export function tableIn(text: string): Table {
  // The programs that write such files write commas and points; spreadsheets save them with other delimiters.
  const dialect = sniffDialect(text, {
    ...{ quote: 'double', comment: 'none', skip: 0, decimal: 'point', thousands: 'none', header: true },
  });
  const issues = new IssueList(MAX_ISSUES);
  const [header, ...records] = parseCsv(text, { ...dialect, lenient: true }, limits, issues);
  if (header === undefined || records.length === 0) issues.add('', 'the file has a header, but no trials');
  if (records.length > MAX_TRIALS)
    issues.add(`line ${records.at(-1)!.line}`, `exceeds the limit of ${MAX_TRIALS} trials`);
  const names = (header?.fields ?? []).map((name) => name.trim());
  const places = new Map(names.map((name, k) => [name, k]));
  const twice = names.find((name, k) => name !== '' && places.get(name) !== k);
  if (twice !== undefined) {
    const levels = isHeader(records[0]?.fields ?? [])
      ? ': lines 1 and 2 look like the header of a pandas table with several levels; write it with one, such as study.trials_dataframe(multi_index=False)'
      : '';
    issues.add('line 1', `has the column ${shortened(twice)} twice${levels}`);
  }
  for (const { line, fields } of records) {
    if (fields.length !== names.length)
      issues.add(`line ${line}`, `has ${fields.length} fields, but the header has ${names.length}`);
  }
  const [first] = issues.issues;
  if (first !== undefined) {
    const detail = [first.path, first.message].filter(Boolean).join(': ');
    throw new Problem('invalidRequest', detail, issues.issues);
  }
  return {
    names: names.filter((name) => name !== ''),
    rows: records.map(({ line, fields }) => ({ line, cell: (name) => fields[places.get(name) ?? -1]?.trim() ?? '' })),
  };
}

/** Whether a line may be a second header: words, and no number. */
function isHeader(fields: readonly string[]): boolean {
  return fields.some((field) => field.trim() !== '') && !fields.some((field) => number.test(field.trim()));
}

const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const notFinite = /^[+-]?(?:nan|inf|infinity)$/i;
const booleans: Readonly<Record<string, boolean>> = { True: true, true: true, False: false, false: false };

/** The value of a hyperparameter; undefined for an empty cell. */
export function valueIn(cell: string): Value | undefined {
  if (cell === '' || notFinite.test(cell)) return undefined;
  if (number.test(cell) && Number.isFinite(Number(cell))) return Number(cell);
  return Object.hasOwn(booleans, cell) ? booleans[cell] : cell;
}

/** The number in a cell: null if it is not finite, undefined if there is none. */
export function numberIn(row: Row, name: string): number | null | undefined {
  const cell = row.cell(name);
  if (cell === '') return undefined;
  if (notFinite.test(cell)) return null;
  if (!number.test(cell))
    throw refusedFile(`line ${row.line}, column ${shortened(name)}`, `must be a number, got ${shortened(cell)}`);
  const value = Number(cell);
  return Number.isFinite(value) ? value : null;
}

/** Whether all its cells are numbers or empty, and at least one is a number. */
export function isNumeric({ rows }: Table, name: string): boolean {
  let isAny = false;
  for (const row of rows) {
    const cell = row.cell(name);
    if (number.test(cell)) isAny = true;
    else if (cell !== '' && !notFinite.test(cell)) return false;
  }
  return isAny;
}

/** Milliseconds since 1970; a time without a zone is one of UTC. Undefined if it is none. */
export function timeIn(cell: string): number | undefined {
  const iso = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})(\.\d+)?\s*(Z|[+-]\d{2}:?\d{2})?$/.exec(cell);
  if (iso === null) return undefined;
  const [, date, time, fraction = '', zone = 'Z'] = iso;
  const milliseconds = Date.parse(`${date}T${time}${fraction.slice(0, 4)}${zone}`);
  return Number.isFinite(milliseconds) ? milliseconds : undefined;
}
