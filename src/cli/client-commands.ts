/** The client commands: submit, watch, list, show, best, findings, what-if, preflight, cancel, export, replay, du; those for models are in model-commands.ts. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { parseArgs } from 'node:util';
import { exportFormats } from '../contract/trials.ts';
import type { Search } from '../domain/search.ts';
import { formatNumber, plural } from '../format.ts';
import type { ApiClient } from './api-client.ts';
import { datasets } from './dataset-commands.ts';
import {
  bestLines,
  bestTable,
  findingLines,
  pointLine,
  preflightLines,
  searchLines,
  searchTable,
  warningLines,
  whatIfNotes,
  whatIfTable,
} from './format.ts';
import { importFile } from './import-command.ts';
import { keys, sessions } from './key-commands.ts';
import { listModels, makeModel, predict } from './model-commands.ts';
import { projects } from './project-commands.ts';
import { replayed } from './replay.ts';
import { UsageError } from './usage.ts';
import { usageTables } from './usage-tables.ts';
import { watch } from './watch.ts';

type Command = (client: ApiClient, args: string[]) => Promise<number>;

const clientCommands: Readonly<Record<string, Command>> = {
  submit: async (client, args) => {
    const { values, positionals } = parseArgs({
      args,
      options: { watch: { type: 'boolean' }, project: { type: 'string' } },
      allowPositionals: true,
    });
    const file = one(positionals, 'submit FILE [--watch] [--project PROJECT]');
    const specification = await specificationIn(file);
    const { project } = values;
    const search = await client.create(
      project === undefined ? specification : { ...(specification as object), project },
    );
    console.log(
      [`${search.id}  ${search.name}: ${plural(search.trials.total, 'trial')}`, ...warningLines(search)].join('\n'),
    );
    return values.watch ? watchToEnd(client, search) : 0;
  },
  watch: async (client, args) => watchToEnd(client, one(args, 'watch ID')),
  list: async (client, args) => {
    const { values } = parseArgs({ args, options: { project: { type: 'string' } } });
    console.log(searchTable((await client.list(values.project)).items));
    return 0;
  },
  show: async (client, args) => {
    const search = await client.search(one(args, 'show ID'));
    console.log(searchLines(search));
    return 0;
  },
  best: async (client, args) => {
    const { values, positionals } = parseArgs({
      args,
      options: { limit: { type: 'string', default: '10' } },
      allowPositionals: true,
    });
    const id = one(positionals, 'best ID [--limit N]');
    const [search, best] = await Promise.all([client.search(id), client.best(id, Number(values.limit))]);
    console.log(bestTable(search, best.items));
    console.log(['', ...bestLines(best)].join('\n'));
    return 0;
  },
  findings: async (client, args) => {
    console.log(findingLines(await client.findings(one(args, 'findings ID'))));
    return 0;
  },
  'what-if': async (client, args) => {
    const id = one(args, 'what-if ID');
    const [search, whatIf] = await Promise.all([client.search(id), client.whatIf(id)]);
    if (whatIf.rules.some(({ options }) => options.length > 0)) console.log(`${whatIfTable(search, whatIf)}\n`);
    console.log(whatIfNotes(whatIf));
    return 0;
  },
  preflight: async (client, args) => {
    const given = one(args, 'preflight FILE or preflight ID');
    const of = existsSync(given) ? { specification: await specificationIn(given) } : { id: given };
    const answer = await client.preflight(of);
    console.log(preflightLines(answer));
    return answer.families.some(({ checks }) => checks.some(({ passed }) => !passed)) ? 1 : 0;
  },
  cancel: async (client, args) => {
    const search = await client.cancel(one(args, 'cancel ID'));
    console.log(searchLines(search));
    return 0;
  },
  export: async (client, args) => {
    const { values, positionals } = parseArgs({
      args,
      options: { format: { type: 'string', default: 'csv' } },
      allowPositionals: true,
    });
    const response = await client.export(
      one(positionals, `export ID [--format ${exportFormats.join('|')}]`),
      values.format,
    );
    await print(response);
    return 0;
  },
  rows: async (client, args) => {
    const { values, positionals } = parseArgs({
      args,
      options: { format: { type: 'string', default: 'csv' } },
      allowPositionals: true,
    });
    const [of, number, ...more] = positionals;
    if (of === undefined || more.length > 0)
      throw new UsageError('rows DATASET or rows ID NUMBER [--format csv|parquet]');
    await print(
      number === undefined
        ? await client.rows(of, values.format)
        : await client.trialRows(of, Number(number), values.format),
    );
    return 0;
  },
  du: async (client, args) => {
    if (args.length > 0) throw new UsageError('du');
    console.log(usageTables(await client.usage()));
    return 0;
  },
  replay,
  datasets,
  import: importFile,
  model: makeModel,
  keys,
  sessions,
  projects,
  models: listModels,
  predict,
};

export function clientCommand(name: string): Command | undefined {
  return clientCommands[name];
}

async function print({ body }: Response): Promise<void> {
  if (body !== null) await pipeline(Readable.fromWeb(body as ReadableStream), process.stdout, { end: false });
}

async function watchToEnd(client: ApiClient, from: string | Search): Promise<number> {
  const search = await watch(client, from);
  const best = await client.best(search.id, 5);
  console.log(bestTable(search, best.items));
  console.log(bestLines(best).join('\n'));
  console.log(searchLines(search));
  return search.state === 'complete' ? 0 : 1;
}

async function replay(client: ApiClient, args: string[]): Promise<number> {
  const [id, given] = args;
  if (id === undefined || given === undefined || args.length > 2) throw new UsageError('replay ID NUMBER');
  const { trial, result, hash, same } = await replayed(client, id, Number(given));
  console.log(`trial ${trial.number}: ${pointLine(trial.hyperparameters)}`);
  console.log(`stored   ${trial.resultHash}  ${formatNumber(trial.value)}  (${trial.kernels} kernels)`);
  console.log(`replayed ${hash}  ${formatNumber(result.value)}  (${result.kernels} kernels)`);
  console.log(same ? 'the same, bit for bit' : 'NOT the same');
  return same ? 0 : 1;
}

function one(args: readonly string[], usage: string): string {
  const [only] = args;
  if (only === undefined || args.length > 1) throw new UsageError(usage);
  return only;
}

/** Reads a specification from a file: either directly or from an example (examples/). */
async function specificationIn(file: string): Promise<unknown> {
  const read = parseJson(await readFile(file, 'utf8'), file);
  return typeof read === 'object' && read !== null && 'specification' in read ? read.specification : read;
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
