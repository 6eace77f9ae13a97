/** ARFF, the format of Weka and OpenML: https://waikato.github.io/weka-wiki/formats_and_processing/arff_stable/ */
import { shortened } from '../faults.ts';
import { type Hint, hint } from '../hint.ts';
import { isBrace, type Token, tokensOf } from './arff-tokens.ts';
import { type CellValue, type ConvertedTable, invalid, TableWriter } from './converted-table.ts';

interface Attribute {
  readonly name: string;
  /** The labels of a nominal attribute. */
  readonly labels: ReadonlySet<string> | undefined;
  /** What a sparse row leaves out: 0, or the first label. */
  readonly omitted: CellValue;
  readonly isNumber: boolean;
}

const numberTypes = ['numeric', 'real', 'integer'];

export function looksLikeArff(text: string): boolean {
  // What OpenML and Weka tell about a data set stands above it, in hundreds of comment lines.
  for (let from = 0; from < text.length; ) {
    const end = text.slice(from).search(/[\r\n]/);
    const line = text.slice(from, end < 0 ? undefined : from + end);
    if (!/^\s*(%|$)/.test(line)) return /^\s*@(relation|attribute)\b/i.test(line);
    from += line.length + 1;
  }
  return false;
}

export function readArff(text: string): ConvertedTable {
  const lines = text.split(/\r\n|\n|\r/);
  const { attributes, dataFrom } = headerOf(lines);
  const writer = new TableWriter(
    attributes.map(({ name }) => name),
    'line',
  );
  let weighted = 0;
  for (let i = dataFrom; i < lines.length; i++) {
    const place = i + 1;
    const tokens = tokensOf(lines[i]!, place);
    if (tokens.length === 0) continue;
    const { cells, weight } = cellsOf(tokens, attributes, place);
    if (weight) weighted++;
    writer.add(place, cells);
  }
  const nominal = attributes.filter(({ labels }) => labels !== undefined).map(({ name }) => name);
  return writer.finish(nominal, weighted > 0 ? [weightHint(weighted)] : []);
}

function weightHint(count: number): Hint {
  const rows = count === 1 ? '1 row has' : `${count} rows have`;
  return hint('format', null, `${rows} a weight, which is not used: all rows count the same`);
}

function headerOf(lines: readonly string[]): { readonly attributes: readonly Attribute[]; readonly dataFrom: number } {
  const attributes: Attribute[] = [];
  for (const [i, line] of lines.entries()) {
    const place = i + 1;
    const tokens = tokensOf(line, place);
    const [keyword] = tokens;
    if (keyword === undefined) continue;
    const name = keyword.quoted ? '' : keyword.text.toLowerCase();
    if (name === '@data') {
      if (attributes.length === 0) throw invalid(`line ${place}`, 'there is no @attribute before @data');
      return { attributes, dataFrom: i + 1 };
    }
    if (name === '@attribute') attributes.push(attributeOf(tokens.slice(1), place));
    else if (name !== '@relation')
      throw invalid(`line ${place}`, `must begin with @relation, @attribute or @data, got ${shortened(line)}`);
  }
  throw invalid(`line ${lines.length}`, 'the file ends without @data: is it truncated?');
}

function attributeOf([named, type, ...more]: readonly Token[], place: number): Attribute {
  const path = `line ${place}`;
  if (named === undefined || type === undefined) throw invalid(path, 'must be @attribute NAME TYPE');
  const name = named.text;
  if (isBrace(type, '{')) {
    if (!isBrace(more.at(-1), '}')) throw invalid(path, `the labels of ${name} have no closing brace`);
    const labels = more.slice(0, -1).map(({ text }) => text);
    const distinct = new Set<string>();
    const twice = labels.find((label) => distinct.size === distinct.add(label).size);
    if (twice !== undefined) throw invalid(path, `${name} has the label ${shortened(twice)} twice`);
    if (labels.length === 0) throw invalid(path, `${name} has no labels`);
    return { name, labels: distinct, omitted: labels[0], isNumber: false };
  }
  const kind = type.text.toLowerCase();
  if (numberTypes.includes(kind)) return { name, labels: undefined, omitted: 0, isNumber: true };
  if (kind === 'string' || kind === 'date') return { name, labels: undefined, omitted: undefined, isNumber: false };
  const known = 'numeric, real, integer, string, date and {label, …}';
  throw invalid(path, `the type of ${name} is ${shortened(type.text)}; the types that can be read are ${known}`);
}

interface Row {
  readonly cells: readonly CellValue[];
  readonly weight: boolean;
}

function cellsOf(tokens: readonly Token[], attributes: readonly Attribute[], place: number): Row {
  if (isBrace(tokens[0], '{')) return sparseRow(tokens, attributes, place);
  const at = tokens.findIndex((token) => isBrace(token, '{'));
  const values = at < 0 ? tokens : tokens.slice(0, at);
  if (values.length !== attributes.length)
    throw invalid(`line ${place}`, `has ${values.length} values; there are ${attributes.length} attributes`);
  if (at >= 0) checkWeight(tokens.slice(at), place);
  return { cells: values.map((token, i) => cellOf(token, attributes[i]!, place)), weight: at >= 0 };
}

/** `{0 1.5, 3 yes}`: places and values; the others are 0 or the first label. */
function sparseRow(tokens: readonly Token[], attributes: readonly Attribute[], place: number): Row {
  const path = `line ${place}`;
  const end = tokens.findIndex((token) => isBrace(token, '}'));
  if (end < 0) throw invalid(path, 'the sparse row has no closing brace');
  if (end % 2 === 0) throw invalid(path, 'a sparse row must have pairs of a place and a value');
  const cells = attributes.map(({ omitted }) => omitted);
  let last = -1;
  for (let i = 1; i < end; i += 2) {
    const { text } = tokens[i]!;
    const index = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(index < attributes.length))
      throw invalid(path, `the place ${shortened(text)} must be a whole number from 0 to ${attributes.length - 1}`);
    if (index <= last) throw invalid(path, `the places must increase: ${index} comes after ${last}`);
    last = index;
    cells[index] = cellOf(tokens[i + 1]!, attributes[index]!, place);
  }
  const rest = tokens.slice(end + 1);
  if (rest.length > 0) checkWeight(rest, place);
  return { cells, weight: rest.length > 0 };
}

/** `{2}` after a row. */
function checkWeight(tokens: readonly Token[], place: number): void {
  const [open, weight, close, ...more] = tokens;
  const isWeight =
    isBrace(open, '{') && isBrace(close, '}') && more.length === 0 && !Number.isNaN(Number(weight?.text));
  if (!isWeight) throw invalid(`line ${place}`, 'after the values there can only be a weight such as {2}');
}

function cellOf({ text, quoted }: Token, { name, labels, isNumber }: Attribute, place: number): CellValue {
  if (text === '?' && !quoted) return undefined;
  const path = `line ${place}, column ${name}`;
  if (labels !== undefined && !labels.has(text))
    throw invalid(path, `${shortened(text)} is not one of its labels: ${shortened([...labels].join(', '), 100)}`);
  if (isNumber && (text.trim() === '' || Number.isNaN(Number(text))) && !/^[+-]?nan$/i.test(text))
    throw invalid(path, `must be a number or ?, got ${shortened(text)}`);
  return text;
}
