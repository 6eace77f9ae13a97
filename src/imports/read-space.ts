/** The one entry to search spaces of other tools: recognises the format of a text and maps it to a specification. Pure. */

import type { Task } from '../domain/specification/objectives.ts';
import { Problem } from '../errors.ts';
import { isConfigSpace, readConfigSpace } from './configspace.ts';
import { field, isFields } from './fields.ts';
import { type Format, formats, type SourceSpace, unreadable } from './imported-space.ts';
import { isKatib, readKatib } from './katib.ts';
import { isKerasTuner, readKerasTuner } from './keras-tuner.ts';
import type { NameMapping } from './names.ts';
import { isNni, readNni } from './nni.ts';
import { isJournal, readJournal } from './optuna.ts';
import { isOwn, readOwn } from './own-space.ts';
import { parseJson, parseYaml } from './source-text.ts';
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
  if (!isFields(parsed))
    throw unreadable('', 'must be an object (a map of names), as the search spaces of all tools are');
  const data = parsed;
  const known = Object.entries(readers).find(([name, { is }]) => (format === undefined ? is(data) : name === format));
  if (known === undefined)
    throw unreadable('', `is not a search space of ${formats.join(', ')}: it has ${keysOf(data)}`);
  const [name, { read }] = known;
  // A sweep tells 1 from 1.0, which JSON.parse does not; JSON is YAML too.
  return read(name === 'wandb-sweep' && isJson ? parseYaml(content) : data);
}

function keysOf(data: unknown): string {
  const keys = Object.keys(isFields(data) ? data : {}).slice(0, 8);
  return keys.length === 0
    ? 'no fields'
    : `the fields ${keys.map((key) => (field(data, key) === undefined ? key : key.slice(0, 40))).join(', ')}`;
}
