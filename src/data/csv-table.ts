/** Converts CSV text, or a table of a typed format, to named columns: the target, the inputs, and which rows are dropped. */
import { type Column, type ColumnKind, columnsOf, columnsOfTable, withoutRows } from './column.ts';
import { type CsvLimits, type CsvRecord, parseCsv } from './csv.ts';
import type { Task } from './dataset.ts';
import { InvalidDataset, type IssueList } from './faults.ts';
import { missingInIssues } from './missing.ts';
import { type CsvReading, firstReading, withGiven } from './reading.ts';
import type { TableSource, TypedTable } from './typed-table.ts';

/** Limits of files. A cell is one number of x, counted after one-hot encoding. */
export const datasetLimits = {
  bytes: 64 * 1024 * 1024,
  minRows: 10,
  rows: 200_000,
  columns: 2_000,
  cells: 20_000_000,
  classes: 1_000,
  /** Characters of one field. */
  field: 100_000,
  issues: 20,
} as const;

/** Limits for new files; files stored by the first rules had no limit on fields. */
export const csvLimits: CsvLimits = {
  // Including a header and some lines above it.
  records: datasetLimits.rows + 100,
  fields: datasetLimits.columns,
  field: datasetLimits.field,
};

/** Settings that are not given default to `firstReading`. */
type GivenReading = { readonly [Name in keyof CsvReading]?: CsvReading[Name] | undefined };
export interface CsvOptions extends GivenReading {
  readonly name: string;
  /** The target column; by default the last. */
  readonly target?: string | undefined;
  /** Detected by default. */
  readonly task?: Task | undefined;
  readonly attribution?: string | undefined;
}

export function readingIn(options: CsvOptions): CsvReading {
  return withGiven(firstReading, options);
}

/** The columns of a file and their roles, without dropped rows. */
export interface CsvTable {
  /** All columns with all rows. */
  readonly columns: readonly Column[];
  readonly target: Column;
  /** In file order, without the target and ignored columns. */
  readonly features: readonly { readonly column: Column; readonly kind: ColumnKind }[];
  /** Rows dropped because a value is missing. */
  readonly dropped: number;
  /** Columns that had no name or a duplicate name. */
  readonly renamed: readonly string[];
}

interface NamedColumns extends Pick<CsvTable, 'columns' | 'renamed'> {
  /** The line of the names. */
  readonly line: number;
}

/** Adds to `issues`; throws if the source is not a table at all. */
export function tableFrom(source: TableSource, options: CsvOptions, issues: IssueList): CsvTable {
  const reading = readingIn(options);
  const { columns, renamed, line } =
    typeof source === 'string' ? fromText(source, options, issues) : fromTable(source, options, issues);
  const used = columns.filter(({ name }) => !reading.ignore.includes(name));
  checkNames(used, line, reading.rules > 1 ? MAX_OF_A_NAME : Number.POSITIVE_INFINITY, issues);
  const names = columns.map(({ name }) => name);
  if (used.length < 2) issues.add(`line ${line}`, tooFew(names, reading));
  const target = used.find(({ name }) => name === options.target) ?? used.at(-1);
  if (target === undefined) throw new InvalidDataset(issues.issues);
  return { columns, renamed, ...withoutGaps(used, target, reading, issues) };
}

function fromText(text: string, options: CsvOptions, issues: IssueList): NamedColumns {
  checkSize(text, issues);
  issues.throwIfAny();
  const reading = readingIn(options);
  const today = reading.rules > 1;
  const limits = today ? csvLimits : { ...csvLimits, field: Number.POSITIVE_INFINITY };
  const all = parseCsv(text, { ...reading, lenient: today }, limits, issues).slice(reading.skip);
  if (all.length === 0) issues.add('', 'the file is empty; a header and rows are needed');
  issues.throwIfAny();
  const { names, renamed, records } = namedRecords(all, reading);
  const { line } = all[0]!;
  checkShape(names, records.length, line, issues);
  checkFields(names, records, reading, issues);
  checkChoices(names, options, issues);
  missingInIssues(reading, names, issues);
  return { columns: columnsOf(names, records, reading), renamed, line };
}

function fromTable(table: TypedTable, options: CsvOptions, issues: IssueList): NamedColumns {
  const reading = readingIn(options);
  const names = table.columns.map(({ name }) => name);
  checkShape(names, table.rows, 1, issues);
  checkChoices(names, options, issues);
  missingInIssues(reading, names, issues);
  return { columns: columnsOfTable(table, reading), renamed: [], line: 1 };
}

function tooFew(names: readonly string[], { delimiter }: CsvReading): string {
  const message = 'there is no feature: a target and at least one other column are needed';
  return names.length > 1 ? message : `${message}; the delimiter is ${delimiter}, set another with delimiter=`;
}

function withoutGaps(
  used: readonly Column[],
  target: Column,
  reading: CsvReading,
  issues: IssueList,
): Pick<CsvTable, 'target' | 'features' | 'dropped'> {
  const { rows } = target;
  const checked = { refuse: [], fill: [target], drop: used }[reading.missing];
  const gaps = rowsWithGaps(checked, rows);
  const dropped = gaps.reduce((sum, one) => sum + one, 0);
  const kept = (column: Column) => (dropped === 0 ? column : withoutRows(column, gaps));
  if (dropped > 0 && rows - dropped < datasetLimits.minRows) {
    const what = reading.missing === 'fill' ? 'a target' : 'all their values';
    issues.add('', `${rows - dropped} of ${rows} rows have ${what}; at least ${datasetLimits.minRows} are needed`);
  }
  return {
    target: kept(target),
    features: used
      .filter((column) => column !== target)
      .map((column) => ({
        column: kept(column),
        kind: reading.category.includes(column.name) ? 'category' : column.kind,
      })),
    dropped,
  };
}

/** 1 for every row with a missing value in one of the columns. */
function rowsWithGaps(columns: readonly Column[], rows: number): Uint8Array {
  const gaps = new Uint8Array(rows);
  for (const { missing } of columns) for (let row = 0; row < rows; row++) gaps[row]! |= missing[row]!;
  return gaps;
}

interface NamedRecords {
  readonly names: readonly string[];
  readonly renamed: readonly string[];
  readonly records: readonly CsvRecord[];
}

/**
 * Splits header and rows. R writes no name for row names, so if every row has one more field than the header, the first column gets no
 * name. Delimiters at the end of every line are ignored.
 */
export function namedRecords(
  all: readonly CsvRecord[],
  { header, rules }: Pick<CsvReading, 'header' | 'rules'>,
): NamedRecords {
  const first = all[0]!.fields;
  let records = header ? all.slice(1) : all;
  let given = header ? first.map((name) => name.trim()) : first.map(() => '');
  if (rules === 1) return { names: given, renamed: [], records };
  const width = given.length;
  const sample = records[0]?.fields.length ?? width;
  if (records.length > 0 && records.every(({ fields }) => fields.length === sample)) {
    const isEmpty = (k: number) => records.every(({ fields }) => fields[k]!.trim() === '');
    if (sample === width - 1 && given[0] === '#') given = given.slice(1);
    else if (sample === width - 1 && given.at(-1) === '') given = given.slice(0, -1);
    else if (sample === width + 1) given = isEmpty(width) ? [...given, ''] : ['', ...given];
    while (given.length > 1 && given.length <= sample && given.at(-1) === '' && isEmpty(given.length - 1)) {
      given = given.slice(0, -1);
    }
    if (given.length < sample)
      records = records.map(({ line, fields }) => ({ line, fields: fields.slice(0, given.length) }));
  }
  return { ...uniqueNames(given.map((name, k) => (k === 0 ? name.replace(/^#\s*/, '') || name : name))), records };
}

/** Names unnamed columns and renames duplicates. */
function uniqueNames(given: readonly string[]): { names: readonly string[]; renamed: readonly string[] } {
  const taken = new Set(given);
  const seen = new Set<string>();
  const renamed: string[] = [];
  const headless = given.every((name) => name === '');
  const names = given.map((name, k) => {
    if (name !== '' && !seen.has(name)) {
      seen.add(name);
      return name;
    }
    let free = name === '' ? `column${k + 1}` : `${name} (2)`;
    for (let n = 3; seen.has(free) || taken.has(free); n++) free = `${name === '' ? `column${k + 1}` : name} (${n})`;
    seen.add(free);
    if (!headless) renamed.push(free);
    return free;
  });
  return { names, renamed };
}

function checkSize(text: string, issues: IssueList): void {
  const bytes = Buffer.byteLength(text);
  if (bytes > datasetLimits.bytes) issues.add('', `has ${bytes} bytes; the limit is ${datasetLimits.bytes}`);
}

function shownOf(names: readonly string[]): string {
  return names.slice(0, 20).join(', ');
}

function checkShape(names: readonly string[], count: number, first: number, issues: IssueList): void {
  const { columns, minRows, rows } = datasetLimits;
  if (names.length > columns) issues.add(`line ${first}`, `has ${names.length} columns; the limit is ${columns}`);
  if (count < minRows) issues.add('', `has ${count} rows; at least ${minRows} are needed`);
  if (count > rows) issues.add('', `has more than ${rows} rows, which is the limit`);
}

/** Every row has as many fields as the header. */
function checkFields(
  names: readonly string[],
  records: readonly CsvRecord[],
  { delimiter }: CsvReading,
  issues: IssueList,
): void {
  for (const { line, fields } of records) {
    if (issues.full) return;
    if (fields.length !== names.length)
      issues.add(`line ${line}`, `has ${fields.length} fields separated by ${delimiter}, the header ${names.length}`);
  }
}

const NUL = '\u0000';
const MAX_OF_A_NAME = 200;

/** Checks the names of used columns; ignored ones may have any name. */
function checkNames(used: readonly Column[], line: number, maxLength: number, issues: IssueList): void {
  const seen = new Set<string>();
  used.forEach(({ name }, k) => {
    if (name === '') issues.add(`line ${line}`, `column ${k + 1} has no name`);
    else if (seen.has(name)) issues.add(`line ${line}`, `two columns are named ${name}`);
    else if (name.includes(NUL))
      issues.add(`line ${line}`, `the name of column ${k + 1} has a NUL character, which cannot be stored`);
    else if (name.length > maxLength) {
      issues.add(
        `line ${line}`,
        `the name of column ${k + 1} has ${name.length} characters; the limit is ${maxLength}`,
      );
    }
    seen.add(name);
  });
}

/** Checks that the columns in options exist. */
function checkChoices(names: readonly string[], options: CsvOptions, issues: IssueList): void {
  const there = new Set(names);
  const { target, ignore = [], category = [], frequent = [] } = options;
  if (target !== undefined && !there.has(target)) {
    issues.add('target', `there is no column ${target}; the columns are ${shownOf(names)}`);
  }
  for (const [parameter, asked] of Object.entries({ ignore, category, frequent })) {
    const unknown = asked.find((name) => !there.has(name));
    if (unknown !== undefined)
      issues.add(parameter, `there is no column ${unknown}; the columns are ${shownOf(names)}`);
  }
  if (target !== undefined && ignore.includes(target))
    issues.add('ignore', `${target} is the target and cannot be ignored`);
}
