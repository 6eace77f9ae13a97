/** `hypersearch import FILE`: the search space of a file of another tool. The specification goes to standard output, what became of it to standard error. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import type { Import } from '../contract/imports.ts';
import type { Setting } from '../imports/imported-space.ts';
import { words } from '../imports/supports.ts';
import type { ApiClient } from './api-client.ts';
import { UsageError } from './usage.ts';

const usage = 'import FILE [--dataset NAME] [--format FORMAT] [--name THEIRS=OURS]…';

export async function importFile(client: ApiClient, args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    options: {
      dataset: { type: 'string' },
      format: { type: 'string' },
      name: { type: 'string', multiple: true, default: [] },
    },
    allowPositionals: true,
  });
  const [file] = positionals;
  if (file === undefined || positionals.length > 1) throw new UsageError(usage);
  const { dataset, format } = values;
  const imported = await client.importSpace({
    text: await readFile(file, 'utf8'),
    file: basename(file),
    names: Object.fromEntries(values.name.map(nameIn)),
    ...(dataset !== undefined && { dataset }),
    // The service validates it.
    ...(format !== undefined && { format: format as Import['format'] }),
  });
  console.error(importLines(imported));
  console.log(JSON.stringify(imported.specification, null, 2));
  return 0;
}

/** `lr=learningRate`; `lr=` leaves it out. */
function nameIn(text: string): [string, string | null] {
  const at = text.lastIndexOf('=');
  if (at < 1) throw new UsageError(usage);
  return [text.slice(0, at), text.slice(at + 1) || null];
}

function importLines({ format, mapped, settings, unmapped, notes }: Import): string {
  const lines = [
    `recognised as ${format}`,
    ...mapped.flatMap(({ source, hyperparameter, setting, alternatives }) => [
      `  ${source} → ${hyperparameter}: ${settingWords(setting)}`,
      ...alternatives.map(({ about, setting: other }) => `      or, ${about}: ${settingWords(other)}`),
    ]),
    ...settings.map(({ source, part }) => `  ${source} → ${part}`),
    ...(unmapped.length > 0 ? ['not taken over:'] : []),
    ...unmapped.map(({ name, why }) => `  ${name}: ${why}`),
    ...(notes.length > 0 ? ['notes:'] : []),
    ...notes.map(({ name, text }) => `  ${name === '' ? '' : `${name}: `}${text}`),
  ];
  return lines.join('\n');
}

function settingWords(setting: Setting): string {
  const when = typeof setting === 'object' ? Object.entries(setting.when ?? {}) : [];
  return [words(setting), ...when.map(([name, values]) => `where ${name} is ${values.join(' or ')}`)].join(' ');
}
