/**
 * `hypersearch import FILE`: the search space of a file of another tool. The specification goes to standard output, what became of it to standard error.
 * With `--trials`, its finished trials: they are stored as a search that has ended, and its id goes to standard output.
 */

import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import type { Import, ImportedTrials } from '../contract/imports.ts';
import { datasetLimits } from '../data/csv-table.ts';
import { decodeFile } from '../data/decode.ts';
import { formatNumber } from '../format.ts';
import type { Setting } from '../imports/imported-space.ts';
import { words } from '../imports/supports.ts';
import type { ApiClient } from './api-client.ts';
import { UsageError } from './usage.ts';

const usage = `import FILE [--dataset NAME] [--format FORMAT] [--name THEIRS=OURS]…
       npm run hypersearch -- import FILE --trials [--dataset NAME] [--format FORMAT] [--name THEIRS=OURS]… [--metric NAME] [--direction minimize|maximize] [--study NAME]`;
type Values = Pick<
  ReturnType<typeof argumentsIn>['values'],
  'dataset' | 'format' | 'name' | 'metric' | 'direction' | 'study'
>;

function argumentsIn(args: string[]) {
  return parseArgs({
    args,
    options: {
      dataset: { type: 'string' },
      format: { type: 'string' },
      name: { type: 'string', multiple: true, default: [] },
      trials: { type: 'boolean', default: false },
      metric: { type: 'string' },
      direction: { type: 'string' },
      study: { type: 'string' },
    },
    allowPositionals: true,
  });
}

export async function importFile(client: ApiClient, args: string[]): Promise<number> {
  const { values, positionals } = argumentsIn(args);
  const [file] = positionals;
  if (file === undefined || positionals.length > 1) throw new UsageError(usage);
  const { trials, dataset, format, metric, direction, study } = values;
  if (trials) return importTrials(client, file, values);
  if (metric !== undefined || direction !== undefined || study !== undefined) throw new UsageError(usage);
  const imported = await client.importSpace({
    // PowerShell writes UTF-16.
    text: decodeFile(await readFile(file), undefined, datasetLimits.bytes).text,
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

async function importTrials(
  client: ApiClient,
  file: string,
  { name, dataset, format, metric, direction, study }: Values,
): Promise<number> {
  // The service validates it.
  const query = { dataset, format, metric, direction, study, names: name, file: basename(file) } as Parameters<
    ApiClient['importTrials']
  >[1];
  const imported = await client.importTrials(await readFile(file), query);
  console.error(trialLines(imported));
  console.log(imported.search.id);
  return 0;
}

function trialLines({ format, search, mapped, kept, notes }: ImportedTrials): string {
  const { complete, pruned, failed, cancelled, diverged } = search.trials;
  const { observed, objective } = search.specification;
  const best = search.best === null ? 'none' : `${formatNumber(search.best.value)} (trial ${search.best.number})`;
  const lines = [
    `detected format ${format}: ${complete} complete trials (${diverged} diverged), ${pruned} pruned, ${failed} failed, ${cancelled} unfinished`,
    `${objective.direction} ${observed?.metric ?? objective.metric}, the best is ${best}`,
    ...[...mapped, ...kept].map(
      ({ source, hyperparameter, setting }) =>
        `  ${source}${source === hyperparameter ? '' : ` → ${hyperparameter}`}: ${settingWords(setting)}`,
    ),
    ...noteLines(notes),
  ];
  return lines.join('\n');
}

function noteLines(notes: Import['notes']): readonly string[] {
  if (notes.length === 0) return [];
  return ['notes:', ...notes.map(({ name, text }) => `  ${name === '' ? '' : `${name}: `}${text}`)];
}

/** `lr=learningRate`; `lr=` leaves it out. */
function nameIn(text: string): [string, string | null] {
  const at = text.lastIndexOf('=');
  if (at < 1) throw new UsageError(usage);
  return [text.slice(0, at), text.slice(at + 1) || null];
}

function importLines({ format, mapped, settings, unmapped, notes }: Import): string {
  const lines = [
    `detected format ${format}`,
    ...mapped.flatMap(({ source, hyperparameter, setting, alternatives }) => [
      `  ${source} → ${hyperparameter}: ${settingWords(setting)}`,
      ...alternatives.map(({ about, setting: other }) => `      or, ${about}: ${settingWords(other)}`),
    ]),
    ...settings.map(({ source, part }) => `  ${source} → ${part}`),
    ...(unmapped.length > 0 ? ['not imported:'] : []),
    ...unmapped.map(({ name, why }) => `  ${name}: ${why}`),
    ...noteLines(notes),
  ];
  return lines.join('\n');
}

function settingWords(setting: Setting): string {
  const when = typeof setting === 'object' ? Object.entries(setting.when ?? {}) : [];
  return [words(setting), ...when.map(([name, values]) => `where ${name} is ${values.join(' or ')}`)].join(' ');
}
