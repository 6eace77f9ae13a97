/** The text of a file as data, with the places of mistakes. YAML is read as PyYAML (YAML 1.1) reads it, and keeps how numbers are spelled. */
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  Scalar,
} from 'yaml';
import { jsonPlace, jsonReason } from '../data/formats/json-place.ts';
import { unreadable } from './imported-space.ts';

/** A number of a YAML file: tools tell 1 from 1.0. */
export class Spelled {
  readonly value: number;
  readonly isFloat: boolean;
  /** Of a number in base 60, such as `1:30`: as it is written. Other readers of YAML than PyYAML take it for a text. */
  readonly base60: string | undefined;
  constructor(value: number, isFloat: boolean, base60?: string) {
    this.value = value;
    this.isFloat = isFloat;
    this.base60 = base60;
  }
}

const MAX_DEPTH = 40;
const MAX_NODES = 200_000;
/** Reading YAML takes far longer than JSON, up to a second for so much, and the service waits for it; sweeps have a few kB. */
const MAX_YAML = 64 * 1024;
const MAX_ALIASES = 100;

/** Parsers are slow with deep nesting, that of YAML is recursive: so deep they do not get to see it. */
const MAX_BRACKETS = 200;

/** `strings`: brackets in double quotes are text. YAML has other quotes too, so all of its brackets count. */
function isNestedDeeply(text: string, strings: boolean): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const sign = text[i];
    if (strings && sign === '"') inString = !inString;
    else if (inString && sign === '\\') i += 1;
    else if (!inString && (sign === '[' || sign === '{')) depth += 1;
    else if (!inString && (sign === ']' || sign === '}') && depth > 0) depth -= 1;
    if (depth > MAX_BRACKETS) return true;
  }
  return false;
}

export function parseJson(text: string, place = ''): unknown {
  if (isNestedDeeply(text, true)) throw unreadable(place, `is nested more than ${MAX_DEPTH} levels deep`);
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    try {
      // Python writes numbers that are not finite bare.
      data = JSON.parse(
        text.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (one) => (one[0] === '"' ? one : 'null')),
      );
    } catch {
      throw unreadable(place || jsonPlace(text, error), `is not JSON: ${jsonReason(error)}`);
    }
  }
  checkSize(data);
  return data;
}

/** Not recursive: the nesting is what is checked. */
function checkSize(data: unknown): void {
  const pending: { value: unknown; depth: number }[] = [{ value: data, depth: 0 }];
  let count = 0;
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (typeof next.value !== 'object' || next.value === null) continue;
    if (next.depth >= MAX_DEPTH) throw unreadable('', `is nested more than ${MAX_DEPTH} levels deep`);
    const values = Object.values(next.value);
    count += values.length;
    if (count > MAX_NODES) throw unreadable('', `has more than ${MAX_NODES} values`);
    for (const value of values) pending.push({ value, depth: next.depth + 1 });
  }
}

export function parseYaml(text: string): unknown {
  if (text.length > MAX_YAML) throw unreadable('', `has ${text.length} characters, but YAML is read up to ${MAX_YAML}`);
  const lines = new LineCounter();
  if (isNestedDeeply(text, false) || /(?:[-?:][ \t]+){200}/.test(text))
    throw unreadable('', `is nested more than ${MAX_DEPTH} levels deep`);
  const read = parseAllDocuments(text, { schema: 'failsafe', version: '1.1', lineCounter: lines, prettyErrors: false });
  const documents = Array.isArray(read) ? (read as Document.Parsed[]) : [];
  const [document] = documents;
  if (document === undefined) throw unreadable('line 1, column 1', 'is empty');
  if (documents.length > 1) throw unreadable('', `has ${documents.length} YAML documents; one is read at a time`);
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw unreadable(`line ${line}, column ${col}`, `is not YAML: ${error.message.split('\n')[0]}`);
  }
  return dataOf(document);
}

function dataOf(document: Document.Parsed): unknown {
  let nodes = 0;
  let aliases = 0;
  const followed = (alias: Alias, depth: number): unknown => {
    aliases += 1;
    if (aliases > MAX_ALIASES) throw unreadable('', `has more than ${MAX_ALIASES} YAML aliases`);
    return visit(alias.resolve(document), depth);
  };
  const visit = (node: Node | null | undefined, depth: number): unknown => {
    nodes += 1;
    if (nodes > MAX_NODES) throw unreadable('', `has more than ${MAX_NODES} values`);
    if (depth > MAX_DEPTH) throw unreadable('', `is nested more than ${MAX_DEPTH} levels deep`);
    if (isAlias(node)) return followed(node, depth);
    if (isSeq(node)) return node.items.map((item) => visit(item as Node, depth + 1));
    if (isScalar(node)) return scalarOf(node);
    if (!isMap(node)) return null;
    const merged: [string, unknown][] = [];
    const own: [string, unknown][] = [];
    for (const { key, value } of node.items) {
      const read = visit(value as Node | null, depth + 1);
      const name = isScalar(key) ? String(key.source ?? key.value) : '';
      if (name === '<<' && typeof read === 'object' && read !== null) {
        for (const one of [read].flat().reverse()) merged.push(...Object.entries(one as object));
      } else own.push([name, read]);
    }
    return Object.fromEntries([...merged, ...own]);
  };
  return visit(document.contents as Node | null, 0);
}

function scalarOf(node: Scalar): unknown {
  const source = String(node.source ?? node.value ?? '');
  const tagged = taggedScalar(node.tag, source);
  if (tagged !== undefined) return tagged;
  return node.type === Scalar.PLAIN ? plainScalar(source) : source;
}

/** `!!float 1e-4` is a number, though 1e-4 is a text. */
function taggedScalar(tag: string | undefined, source: string): Spelled | string | undefined {
  if (tag === 'tag:yaml.org,2002:str') return source;
  if (tag !== 'tag:yaml.org,2002:float' && tag !== 'tag:yaml.org,2002:int') return undefined;
  const plain = plainScalar(source.trim());
  const read = plain instanceof Spelled ? plain : undefined;
  // PyYAML refuses what is none.
  if (tag.endsWith('int')) return read === undefined || read.isFloat ? source : read;
  if (read?.base60 !== undefined) return new Spelled(read.value, true, read.base60);
  const number = source.replaceAll('_', '').trim();
  return number !== '' && Number.isFinite(Number(number)) ? new Spelled(Number(number), true) : source;
}

/** A plain scalar as PyYAML resolves it: `1e-5` is a text, `012` is 10, `1:30` is 90, `yes` is true. */
function plainScalar(source: string): Spelled | string | boolean | null {
  if (/^(?:~|null|Null|NULL|)$/.test(source)) return null;
  if (/^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/.test(source)) return true;
  if (/^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/.test(source)) return false;
  return plainNumber(source) ?? source;
}

function plainNumber(source: string): Spelled | undefined {
  const digits = source.replaceAll('_', '');
  if (/^[-+]?(?:0|[1-9][0-9_]*)$/.test(source)) return new Spelled(Number(digits), false);
  const based = /^([-+]?)0(?:b([01]+)|x([0-9a-fA-F]+)|([0-7]*))$/.exec(digits);
  if (based !== null) {
    const [, sign, two, sixteen, eight] = based;
    const [number, base] = two !== undefined ? [two, 2] : sixteen !== undefined ? [sixteen, 16] : [`0${eight}`, 8];
    return new Spelled(Number.parseInt(`${sign}${number}`, base), false);
  }
  if (/^(?:[-+]?[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+][0-9]+)?$/.test(source))
    return new Spelled(Number(digits), true);
  const isFloat = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*$/.test(source);
  if (isFloat || /^[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+$/.test(source))
    return new Spelled(inBase60(digits), isFloat, source);
  if (/^[-+]?\.(?:inf|Inf|INF)$/.test(source))
    return new Spelled(source[0] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY, true);
  return /^\.(?:nan|NaN|NAN)$/.test(source) ? new Spelled(Number.NaN, true) : undefined;
}

function inBase60(digits: string): number {
  const parts = digits.replace(/^[-+]/, '').split(':');
  const value = parts.reduce((sum, part) => sum * 60 + Number(part), 0);
  return digits.startsWith('-') ? -value : value;
}

/** Numbers in base 60 as the texts that YAML 1.2 and the YAML of Go take them for. */
export function withoutBase60(data: unknown): unknown {
  if (data instanceof Spelled) return data.base60 ?? data;
  if (Array.isArray(data)) return data.map(withoutBase60);
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, withoutBase60(value)]));
}

/** The numbers in base 60, with their paths. */
export function base60In(data: unknown, path: readonly string[] = []): readonly (readonly [string, Spelled])[] {
  if (data instanceof Spelled) return data.base60 === undefined ? [] : [[path.join('.'), data]];
  if (typeof data !== 'object' || data === null) return [];
  return Object.entries(data).flatMap(([name, value]) => base60In(value, [...path, name]));
}
