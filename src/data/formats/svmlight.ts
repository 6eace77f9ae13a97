/** svmlight (LIBSVM): `label 1:0.5 7:2 # comment`, https://www.cs.cornell.edu/people/tj/svm_light/. */
import { datasetLimits } from '../csv-table.ts';
import { shortened } from '../faults.ts';
import { type Hint, hint, leaveOut } from '../hint.ts';
import { type CellValue, type ConvertedTable, invalid, TableWriter } from './converted-table.ts';

const SAMPLE_LINES = 50;
const number = /^[+-]?[\d.][\d.eE+-]*$/;
const pair = /^\d+:[+-]?[\d.][\d.eE+-]*$/;

/** The share of the first lines that must look like it: damaged lines are reported as such. */
const LIKELY = 0.8;

/** Whether most of the first lines are a number and pairs whose places increase. */
export function looksLikeSvmlight(text: string): boolean {
  const lines = text
    .split('\n', SAMPLE_LINES)
    .map(withoutComment)
    .filter((line) => line !== '');
  const like = lines.filter((line) => pairsIn(line) !== undefined);
  return like.some((line) => pairsIn(line)! > 0) && like.length >= LIKELY * lines.length;
}

/** How many pairs a line has; undefined if it is something else. Word by word: an expression for a line of a million overflows the stack. */
function pairsIn(line: string): number | undefined {
  const [label = '', ...words] = line.split(/\s+/);
  const features = /^qid:\d+$/.test(words[0] ?? '') ? words.slice(1) : words;
  const places = features.map((feature) => (pair.test(feature) ? Number.parseInt(feature, 10) : Number.NaN));
  const fits = number.test(label) && places.every((place, i) => place > (places[i - 1] ?? -1));
  return fits ? places.length : undefined;
}

interface Row {
  readonly place: number;
  readonly label: string;
  readonly query: string | undefined;
  readonly values: ReadonlyMap<number, string>;
}

/** `base`: the number of the first feature; by default 0 if there is a feature 0, otherwise 1, as the format says. */
export function readSvmlight(text: string, base: 0 | 1 | undefined): ConvertedTable & { readonly base: 0 | 1 } {
  const rows = rowsOf(text);
  let [low, high] = [Number.POSITIVE_INFINITY, 0];
  for (const { values } of rows) {
    for (const index of values.keys()) {
      low = Math.min(low, index);
      high = Math.max(high, index);
    }
  }
  if (low === 0 && base === 1) throw invalid('base', 'must be 0: the file has a feature 0');
  const first = base ?? (low === 0 ? 0 : 1);
  const width = high - first + 1;
  if (width > datasetLimits.columns) throw invalid('', `has ${width} features; the limit is ${datasetLimits.columns}`);
  if (width * rows.length > datasetLimits.cells)
    throw invalid('', `has ${width * rows.length} numbers, with zeros; the limit is ${datasetLimits.cells}`);
  const queries = rows.some(({ query }) => query !== undefined);
  const names = Array.from({ length: width }, (_, i) => `f${first + i}`);
  const writer = new TableWriter([...(queries ? ['qid'] : []), ...names, 'target'], 'line');
  for (const { place, label, query, values } of rows) {
    const cells: CellValue[] = Array.from({ length: width }, (_, i) => values.get(first + i) ?? 0);
    writer.add(place, [...(queries ? [query] : []), ...cells, label]);
  }
  return { ...writer.finish([], hintsOf(base, first, queries)), base: first };
}

function hintsOf(asked: 0 | 1 | undefined, first: 0 | 1, queries: boolean): Hint[] {
  const hints: Hint[] = [];
  if (asked === undefined && first === 1) {
    const message =
      'no feature has the number 0, so numbers are taken to start at 1; scikit-learn starts at 0 by default, and then a first feature that is always 0 is left out here';
    hints.push(hint('format', null, message, [{ label: 'they start at 0', option: 'base', values: ['0'] }]));
  }
  if (queries) {
    const qid = { name: 'qid' };
    const message = 'numbers the queries of a ranking, which says nothing about other rows; ignore=qid leaves it out';
    hints.push(hint('format', qid, message, [leaveOut(qid)]));
  }
  return hints;
}

function withoutComment(line: string): string {
  return line.replace(/#.*/, '').trim();
}

function rowsOf(text: string): Row[] {
  const rows: Row[] = [];
  text.split(/\r\n|\n|\r/).forEach((line, i) => {
    const content = withoutComment(line);
    if (content !== '') rows.push(rowOf(content, i + 1));
  });
  return rows;
}

function rowOf(line: string, place: number): Row {
  const [label = '', ...features] = line.split(/\s+/);
  const path = `line ${place}`;
  if (label.includes(',')) throw invalid(path, `has several labels, ${shortened(label)}; one is needed`);
  if (!isNumeric(label)) throw invalid(path, `must begin with a number, the label, got ${shortened(label)}`);
  const values = new Map<number, string>();
  let query: string | undefined;
  for (const feature of features) {
    const [index = '', value = '', ...more] = feature.split(':');
    if (more.length > 0 || !isNumeric(value)) throw invalid(path, `${shortened(feature)} must be NUMBER:VALUE`);
    if (index === 'qid') query = value;
    else if (!/^\d{1,9}$/.test(index))
      throw invalid(path, `${shortened(feature)} must begin with the number of a feature`);
    else if (values.has(Number(index))) throw invalid(path, `has the feature ${index} twice`);
    else values.set(Number(index), value);
  }
  return { place, label, query, values };
}

function isNumeric(text: string): boolean {
  return /^[+-]?(\d|\.\d|nan|inf)/i.test(text) && !/[^\d.eE+\-nainfty]/i.test(text);
}
