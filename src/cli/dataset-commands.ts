/** `hypersearch datasets`: stores a file, or what is at an address, as a data set. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { nameOf, nameOfUrl } from '../client/dataset-name.ts';
import type { Query } from '../contract/http.ts';
import { plural } from '../format.ts';
import type { ApiClient } from './api-client.ts';
import { UsageError } from './usage.ts';

const usage = `datasets add FILE|URL [--name NAME] [--project PROJECT] [--target COLUMN] [--task classification|regression]
                    [--missing refuse|fill|drop] [--ignore COLUMN]…`;

export async function datasets(client: ApiClient, args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    options: {
      name: { type: 'string' },
      project: { type: 'string' },
      target: { type: 'string' },
      task: { type: 'string' },
      missing: { type: 'string' },
      ignore: { type: 'string', multiple: true },
    },
    allowPositionals: true,
  });
  const [verb, from, ...more] = positionals;
  if (verb !== 'add' || from === undefined || more.length > 0) throw new UsageError(usage);
  const isUrl = /^https?:\/\//i.test(from);
  const name = values.name ?? (isUrl ? nameOfUrl(from) : nameOf(basename(from)));
  // The service validates them.
  const query = { ...values, name } as Query<'POST /v1/datasets'>;
  const added = await client.addDataset(query, isUrl ? from : await readFile(from));
  for (const { column, message } of added.hints) console.error(column === null ? message : `${column}: ${message}`);
  const dropped = added.dropped > 0 ? `, ${added.dropped} dropped` : '';
  console.error(
    `${plural(added.rows, 'row')}${dropped}, ${plural(added.features, 'input')}; the target is ${added.target} (${added.task})`,
  );
  console.log(added.name);
  return 0;
}
