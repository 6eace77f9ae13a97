/** The one entry to search spaces of other tools: recognises the format of a text and maps it to a specification. Pure. */

import type { Task } from '../domain/specification/objectives.ts';
import { Problem } from '../errors.ts';
import { isConfigSpace, readConfigSpace } from './configspace.ts';
import { field, isFields, listOf, shown } from './fields.ts';
import { type Format, formats, type SourceSpace, unreadable } from './imported-space.ts';
import { repeatedKey } from './json-keys.ts';
import { isKatib, readKatib } from './katib.ts';
import { isKerasTuner, readKerasTuner } from './keras-tuner.ts';
import type { NameMapping } from './names.ts';
import { isNni, readNni } from './nni.ts';
import { isJournal, readJournal } from './optuna.ts';
import { isOwn, readOwn } from './own-space.ts';
import { base60In, parseJson, parseYaml, Spelled, withoutBase60 } from './source-text.ts';
import { type ImportedSpace, toSpecification } from './to-specification.ts';
import { isVizier, readVizier } from './vizier.ts';
import { isWandb, readWandb } from './wandb.ts';

export interface SpaceRequest {
  readonly text: string;
  /** Name of the file; decides whether it is read as JSON or YAML. */
  readonly file?: string | undefined;
  /** Recognised from the content if not given. */
  readonly format?: Format | undefined;
  readonly names?: NameMapping | undefined;
  readonly dataset?: { readonly name: string; readonly task: Task } | undefined;
}

/** Throws a Problem for a text that is damaged, or whose format is not known. */
export function readSpace({ text, file, format, names = {}, dataset }: SpaceRequest): ImportedSpace {
  const space = readSource(text, file, format);
  const found = [...space.parameters, ...space.leftOut.filter(({ kind }) => kind === 'hyperparameter')].map(
    ({ name }) => name,
  );
  // A format that was asked for is not recognised: this is what another one comes to.
  if (found.length === 0) throw unreadable('', `has no hyperparameter, read as ${space.format}`);
  const strange = Object.keys(names).find((name) => !found.includes(name));
  if (strange !== undefined) throw strangeName(strange, found);
  return toSpecification(space, { names, dataset });
}

function strangeName(name: string, found: readonly string[]): Problem {
  const some = found.slice(0, 10).join(', ');
  const message = `the file has no hyperparameter of this name; it has ${some}${found.length > 10 ? ', …' : ''}`;
  return new Problem('invalidRequest', `names.${name}: ${message}`, [{ path: `names.${name}`, message }]);
}

interface Reader {
  readonly is: (data: unknown) => boolean;
  readonly read: (data: unknown) => SourceSpace;
}

/** In the order in which they are tried. */
const readers: Readonly<Record<Exclude<Format, 'optuna-journal'>, Reader>> = {
  'wandb-sweep': { is: isWandb, read: readWandb },
  'katib-experiment': { is: isKatib, read: readKatib },
  'hypersearch-space': { is: isOwn, read: readOwn },
  configspace: { is: isConfigSpace, read: readConfigSpace },
  'vizier-study': { is: isVizier, read: readVizier },
  'keras-tuner': { is: isKerasTuner, read: readKerasTuner },
  'nni-search-space': { is: isNni, read: readNni },
};

function readSource(text: string, file: string | undefined, format: Format | undefined): SourceSpace {
  const content = text.replace(/^\uFEFF/, '');
  if (content.trim() === '') throw unreadable('', 'is empty');
  if (format === 'optuna-journal' || (format === undefined && isJournal(content))) return readJournal(content);
  const looksLikeJson = /^\s*[[{]/.test(content) && !/\.ya?ml$/i.test(file ?? '');
  const isJson = looksLikeJson || /\.json$/i.test(file ?? '');
  const parsed = isJson ? parseJson(content) : parseYaml(content);
  const twice = isJson ? repeatedKey(content) : undefined;
  if (twice !== undefined) throw unreadable(twice.place, `has the key ${shown(twice.key)} twice in an object`);
  if (!isFields(parsed))
    throw unreadable('', 'must be an object (a map of names), as the search spaces of all tools are');
  const data = parsed;
  const known = Object.entries(readers).find(([name, { is }]) => (format === undefined ? is(data) : name === format));
  if (known === undefined)
    throw unreadable('', `is not a search space of ${formats.join(', ')}: it has ${keysOf(data)}`);
  const [name, { read }] = known;
  // Programs in Go, such as Kubernetes, have no numbers in base 60.
  if (name === 'katib-experiment') return read(withoutBase60(data));
  // A sweep tells 1 from 1.0, which JSON.parse does not; JSON is YAML too.
  const isSweepInJson = name === 'wandb-sweep' && isJson;
  const { spelled, notes } = isSweepInJson ? spelledInJson(data, parseYaml(content)) : { spelled: data, notes: [] };
  const space = read(spelled);
  return { ...space, notes: [...space.notes, ...notes, ...base60Notes(spelled)] };
}

const MAX_LISTED = 10;
const MAX_SHOWN = 40;
const MAX_TEXT = 200;

function listed(all: readonly string[]): string {
  const more = all.length > MAX_LISTED ? ` and ${all.length - MAX_LISTED} more` : '';
  const some = all.slice(0, MAX_LISTED).map((one) => (one.length > MAX_TEXT ? `${one.slice(0, MAX_TEXT)}…` : one));
  return some.join(', ') + more;
}

function brief(number: string): string {
  return number.length > MAX_SHOWN ? `${number.slice(0, MAX_SHOWN)}…` : number;
}

type Notes = SourceSpace['notes'];

/** What PyYAML takes for a text is a number nonetheless where JSON has one, such as the 1e-05 that Python writes. */
function spelledInJson(data: unknown, yaml: unknown): { readonly spelled: unknown; readonly notes: Notes } {
  const numbers: string[] = [];
  const visit = (json: unknown, read: unknown, path: readonly string[]): unknown => {
    if (typeof json === 'number' && typeof read === 'string') {
      numbers.push(`${path.join('.')} (${brief(read)})`);
      return new Spelled(json, true);
    }
    if (Array.isArray(read)) return read.map((one, i) => visit(listOf(json)[i], one, [...path, String(i)]));
    if (!isFields(read)) return read;
    const entries = Object.entries(read);
    return Object.fromEntries(entries.map(([name, one]) => [name, visit(field(json, name), one, [...path, name])]));
  };
  const spelled = visit(data, yaml, []);
  const text = `numbers of JSON that are texts where W&B reads the file as YAML (wandb sweep FILE), since they have an exponent without a dot or a sign: ${listed(numbers)}`;
  return { spelled, notes: numbers.length === 0 ? [] : [{ name: '', text }] };
}

function base60Notes(data: unknown): Notes {
  const found = base60In(data).map(([name, { base60 = '', value }]) => `${name}: ${brief(base60)} is ${value}`);
  if (found.length === 0) return [];
  return [{ name: '', text: `PyYAML reads digits with colons in base 60; in quotes they are texts: ${listed(found)}` }];
}

function keysOf(data: unknown): string {
  const keys = Object.keys(isFields(data) ? data : {}).slice(0, 8);
  return keys.length === 0
    ? 'no fields'
    : `the fields ${keys.map((key) => (field(data, key) === undefined ? key : key.slice(0, 40))).join(', ')}`;
}
