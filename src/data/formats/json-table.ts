/**
 * JSON as programs write tables: an object per line (JSON lines), a list of objects, and what pandas' `to_json` writes with
 * orient `records`, `columns`, `index`, `split`, `values` and `table`.
 */
import { shortened } from '../faults.ts';
import { type Hint, hint } from '../hint.ts';
import { type ConvertedTable, invalid } from './converted-table.ts';
import { isObject, type PlacedRecord, tableOfRecords } from './flatten.ts';
import { jsonPlace } from './json-place.ts';

/** Whether a text begins like such a file. */
export function looksLikeJson(text: string): boolean {
  const [first = ''] = text.trimStart().split('\n', 1);
  return /^\{\s*("|\}|$)/.test(first) || /^\[\s*([[{]|$)/.test(first);
}

export function readJson(text: string, ignore: readonly string[]): ConvertedTable {
  const whole = parsedWhole(text);
  if (whole === undefined) return tableOfRecords(jsonLines(text), 'line', ignore);
  const table = tableOfRecords(recordsOf(whole.value), 'row', ignore, namesOfSchema(whole.value));
  return isAmbiguous(whole.value) ? { ...table, hints: [...table.hints, byColumnHint()] } : table;
}

/** Undefined if the text is not one JSON value, or is an object in a single line: those are JSON lines. */
function parsedWhole(text: string): { readonly value: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isRecord = isObject(value) && !Object.values(value).some((one) => typeof one === 'object' && one !== null);
    return isRecord ? undefined : { value };
  } catch (error) {
    // A list is no line of JSON lines.
    if (text.trimStart().startsWith('['))
      throw invalid(jsonPlace(text, error), `is not valid JSON: ${reasonOf(error)}`);
    return undefined;
  }
}

/** Objects in an object, with numbers for names of both. */
function isAmbiguous(value: unknown): boolean {
  if (!isObject(value)) return false;
  const outer = Object.entries(value);
  const isNumbered = (row: unknown) => isObject(row) && Object.keys(row).every(isNumber);
  return outer.length > 0 && outer.every(([key, row]) => isNumber(key) && isNumbered(row));
}

function byColumnHint(): Hint {
  const message =
    'the names of columns and rows are numbers: the outer ones are taken to be columns, as pandas writes them by default; if they are rows (orient="index"), write them with orient="split"';
  return hint('format', null, message);
}

function isNumber(key: string): boolean {
  return /^-?\d+$/.test(key);
}

function* jsonLines(text: string): Generator<PlacedRecord> {
  const mark = text.includes('\n') ? '\n' : '\r';
  let place = 0;
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf(mark, from);
    const line = text.slice(from, end < 0 ? undefined : end).trim();
    from = end < 0 ? text.length : end + 1;
    place++;
    if (line === '') continue;
    const record = parsedLine(line, place);
    if (!isObject(record)) throw invalid(`line ${place}`, `must be a JSON object, got ${shortened(line)}`);
    yield { place, record };
  }
}

function parsedLine(line: string, place: number): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw invalid(`line ${place}`, `is not valid JSON: ${reasonOf(error)}, in ${shortened(line)}`);
  }
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  // Python's json module writes them.
  return /\b(NaN|Infinity|N|I)\b/.test(message.slice(0, 60))
    ? 'NaN and Infinity are not JSON; write null'
    : shortened(message.replace(/ is not valid JSON$/, ''), 120);
}

function recordsOf(value: unknown): Iterable<PlacedRecord> {
  if (Array.isArray(value)) return fromList(value);
  const table = value as Readonly<Record<string, unknown>>;
  if (Array.isArray(table['data'])) {
    const { columns, data } = table;
    if (Array.isArray(columns)) return fromList(data as unknown[], distinctNames(columns.map(String)));
    return fromList(data as unknown[]);
  }
  return fromColumns(table);
}

/** A repeated name gets a number, as in delimited text: a record would keep only one of them. */
function distinctNames(names: readonly string[]): string[] {
  const seen = new Set<string>();
  return names.map((name) => {
    let own = name;
    for (let count = 2; seen.has(own); count++) own = `${name} (${count})`;
    seen.add(own);
    return own;
  });
}

/** Of orient `table`: the order of its columns. */
function namesOfSchema(value: unknown): string[] {
  if (!isObject(value) || !isObject(value['schema']) || !Array.isArray(value['data'])) return [];
  const { fields } = value['schema'];
  const [first] = value['data'] as unknown[];
  if (!Array.isArray(fields) || !isObject(first)) return [];
  const names = fields.filter(isObject).map(({ name }) => String(name));
  return names.filter((name) => Object.hasOwn(first, name) && !isObject(first[name]));
}

/** Objects, or lists of cells. */
function* fromList(rows: readonly unknown[], names?: readonly string[]): Generator<PlacedRecord> {
  for (const [i, row] of rows.entries()) {
    if (isObject(row)) yield { place: i + 1, record: row };
    else if (Array.isArray(row)) {
      const cells = row.map((cell, k): [string, unknown] => [names?.[k] ?? `column${k + 1}`, cell]);
      yield { place: i + 1, record: Object.fromEntries(cells) };
    } else throw invalid(`row ${i + 1}`, `must be an object or a list, got ${shortened(JSON.stringify(row))}`);
  }
}

/** `{"a": {"0": 1}}` or `{"a": [1]}` by columns; by rows if the keys of the outer object are numbers and those inside are not. */
function* fromColumns(table: Readonly<Record<string, unknown>>): Generator<PlacedRecord> {
  const outer = Object.entries(table);
  const column = outer.find(([, cells]) => typeof cells !== 'object' || cells === null);
  if (column !== undefined) throw invalid(column[0], 'must be the values of a column: a list, or an object by row');
  const isByRow = outer.every(([key, row]) => isNumber(key) && isObject(row) && !Object.keys(row).every(isNumber));
  if (isByRow) {
    yield* fromList(outer.map(([, row]) => row));
    return;
  }
  const rows = new Map<string, Map<string, unknown>>();
  for (const [name, cells] of outer) {
    for (const [key, cell] of Object.entries(cells as object)) {
      const row = rows.get(key) ?? new Map<string, unknown>();
      rows.set(key, row.set(name, cell));
    }
  }
  let place = 0;
  for (const row of rows.values()) yield { place: ++place, record: Object.fromEntries(row) };
}
