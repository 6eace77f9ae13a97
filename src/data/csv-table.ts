/** From CSV text to named columns: which one is to be predicted, which are inputs, which rows are left out. */
import { type Column, type ColumnKind, columnsOf } from './columns.ts';
import { type CsvLimits, type CsvRecord, parseCsv } from './csv.ts';
import type { Task } from './dataset.ts';
import { type FaultList, InvalidDataset } from './faults.ts';
import { missingInFaults } from './missing.ts';
import { type CsvReading, firstReading, withGiven } from './reading.ts';

/** What is read; above it a file is refused. A cell is one number of x, counted after words have become inputs. */
export const datasetLimits = {
  bytes: 64 * 1024 * 1024,
  minRows: 10,
  rows: 200_000,
  columns: 2_000,
  cells: 20_000_000,
  classes: 1_000,
  /** Characters of one field. */
  field: 100_000,
  faults: 20,
} as const;

/** What a file of today may hold; what was stored by the first rules had no limit on fields. */
export const csvLimits: CsvLimits = {
  // A header, and some lines above it.
  records: datasetLimits.rows + 100,
  fields: datasetLimits.columns,
  field: datasetLimits.field,
};

/** What is not given of how a file is read is `firstReading`. */
type GivenReading = { readonly [Name in keyof CsvReading]?: CsvReading[Name] | undefined };
export interface CsvOptions extends GivenReading {
  readonly name: string;
  /** The target's column; the last unless given. */
  readonly target?: string | undefined;
  /** Guessed unless given. */
  readonly task?: Task | undefined;
  readonly attribution?: string | undefined;
}

export function readingIn(options: CsvOptions): CsvReading {
  return withGiven(firstReading, options);
}

/** The columns of a file, and what becomes of each; rows that are left out are gone. */
export interface CsvTable {
  /** All of them, with all rows. */
  readonly columns: readonly Column[];
  readonly target: Column;
  /** In the order of the file, without the target and those that are left out. */
  readonly features: readonly { readonly column: Column; readonly kind: ColumnKind }[];
  /** Rows left out, because a value is missing. */
  readonly dropped: number;
  /** Columns that had no name, or that of another. */
  readonly renamed: readonly string[];
}

/** Adds what is wrong to `faults`; throws where the text is no table at all. */
export function tableFromCsv(text: string, options: CsvOptions, faults: FaultList): CsvTable {
  checkSize(text, faults);
  faults.throwIfAny();
  const reading = readingIn(options);
  const today = reading.rules > 1;
  const limits = today ? csvLimits : { ...csvLimits, field: Number.POSITIVE_INFINITY };
  const all = parseCsv(text, { ...reading, lenient: today }, limits, faults).slice(reading.skip);
  if (all.length === 0) faults.add('', 'the file is empty; a header and rows are needed');
  faults.throwIfAny();
  const { names, renamed, records } = namedRecords(all, reading);
  checkShape(names, records, all[0]!.line, reading, faults);
  checkChoices(names, options, faults);
  missingInFaults(reading, names, faults);
  const columns = columnsOf(names, records, reading);
  const used = columns.filter(({ name }) => !reading.ignore.includes(name));
  checkNames(used, all[0]!.line, today ? MAX_OF_A_NAME : Number.POSITIVE_INFINITY, faults);
  if (used.length < 2) faults.add(`line ${all[0]!.line}`, tooFew(names, reading));
  const target = used.find(({ name }) => name === options.target) ?? used.at(-1);
  if (target === undefined) throw new InvalidDataset(faults.faults);
  return { columns, renamed, ...withoutGaps(used, target, reading, faults) };
}

function tooFew(names: readonly string[], { delimiter }: CsvReading): string {
  const message = 'there is no feature: a target and at least one other column are needed';
  return names.length > 1 ? message : `${message}; fields are taken to be separated by ${delimiter}, see delimiter=`;
}

function withoutGaps(
  used: readonly Column[],
  target: Column,
  reading: CsvReading,
  faults: FaultList,
): Pick<CsvTable, 'target' | 'features' | 'dropped'> {
  const rows = target.texts.length;
  const judged = { refuse: [], fill: [target], drop: used }[reading.missing];
  const gaps = rowsWithGaps(judged, rows);
  const dropped = gaps.reduce((sum, one) => sum + one, 0);
  const kept = (column: Column) => (dropped === 0 ? column : withoutRows(column, gaps));
  if (dropped > 0 && rows - dropped < datasetLimits.minRows) {
    const what = reading.missing === 'fill' ? 'a target' : 'all their values';
    faults.add('', `${rows - dropped} of ${rows} rows have ${what}; at least ${datasetLimits.minRows} are needed`);
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

/** 1 for every row in which one of the columns has no value. */
function rowsWithGaps(columns: readonly Column[], rows: number): Uint8Array {
  const gaps = new Uint8Array(rows);
  for (const { missing } of columns) for (let row = 0; row < rows; row++) gaps[row]! |= missing[row]!;
  return gaps;
}

function withoutRows(column: Column, gaps: Uint8Array): Column {
  const kept = <T>(values: readonly T[]) => values.filter((_, row) => gaps[row] === 0);
  const missing = column.missing.filter((_, row) => gaps[row] === 0);
  return { ...column, texts: kept(column.texts), lines: kept(column.lines), missing };
}

interface NamedRecords {
  readonly names: readonly string[];
  readonly renamed: readonly string[];
  readonly records: readonly CsvRecord[];
}

/**
 * The header and the rows. R writes no name for its row names: where every row has one field more than the header, the first column
 * is nameless. Delimiters at the end of every line make no columns.
 */
function namedRecords(all: readonly CsvRecord[], { header, rules }: CsvReading): NamedRecords {
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

/** A name for those that have none, and another for those that have one that is taken. */
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

function checkSize(text: string, faults: FaultList): void {
  const bytes = Buffer.byteLength(text);
  if (bytes > datasetLimits.bytes) faults.add('', `has ${bytes} bytes; at most ${datasetLimits.bytes} are read`);
}

function shownOf(names: readonly string[]): string {
  return names.slice(0, 20).join(', ');
}

/** Whether every row has the columns of the header. */
function checkShape(
  names: readonly string[],
  records: readonly CsvRecord[],
  first: number,
  { delimiter }: CsvReading,
  faults: FaultList,
): void {
  const { columns, minRows, rows } = datasetLimits;
  if (names.length > columns) faults.add(`line ${first}`, `has ${names.length} columns; at most ${columns} are read`);
  if (records.length < minRows) faults.add('', `has ${records.length} rows; at least ${minRows} are needed`);
  if (records.length > rows) faults.add('', `has more than ${rows} rows; at most ${rows} are read`);
  for (const { line, fields } of records) {
    if (faults.full) return;
    if (fields.length !== names.length)
      faults.add(`line ${line}`, `has ${fields.length} fields separated by ${delimiter}, the header ${names.length}`);
  }
}

const NUL = '\u0000';
const MAX_OF_A_NAME = 200;

/** Names of columns that are used; those that are left out are not judged. */
function checkNames(used: readonly Column[], line: number, longest: number, faults: FaultList): void {
  const seen = new Set<string>();
  used.forEach(({ name }, k) => {
    if (name === '') faults.add(`line ${line}`, `column ${k + 1} has no name`);
    else if (seen.has(name)) faults.add(`line ${line}`, `two columns are named ${name}`);
    else if (name.includes(NUL))
      faults.add(`line ${line}`, `the name of column ${k + 1} has a NUL character, which is no text`);
    else if (name.length > longest) {
      faults.add(
        `line ${line}`,
        `the name of column ${k + 1} has ${name.length} characters; at most ${longest} are read`,
      );
    }
    seen.add(name);
  });
}

/** Columns that are asked for must be there. */
function checkChoices(names: readonly string[], options: CsvOptions, faults: FaultList): void {
  const there = new Set(names);
  const { target, ignore = [], category = [], frequent = [] } = options;
  if (target !== undefined && !there.has(target)) {
    faults.add('target', `there is no column ${target}; there are ${shownOf(names)}`);
  }
  for (const [parameter, asked] of Object.entries({ ignore, category, frequent })) {
    const unknown = asked.find((name) => !there.has(name));
    if (unknown !== undefined) faults.add(parameter, `there is no column ${unknown}; there are ${shownOf(names)}`);
  }
  if (target !== undefined && ignore.includes(target)) faults.add('ignore', `${target} is what is to be predicted`);
}
