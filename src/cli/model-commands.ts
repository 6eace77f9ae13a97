/** The commands for models: make one and download its files, list them, predict with one. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { type ModelFile, modelFiles } from '../contract/models.ts';
import { datasetLimits } from '../data/csv-table.ts';
import { decodeFile } from '../data/decode.ts';
import type { ModelImportance, ModelRecord } from '../domain/model-record.ts';
import { formatNumber, formatTest, plural } from '../format.ts';
import { parseModel } from '../models/parse-model.ts';
import { createModelPredictor } from '../models/predict.ts';
import type { Predictions } from '../models/predictions.ts';
import { writeCsv } from '../write-csv.ts';
import type { ApiClient } from './api-client.ts';
import { plain } from './format.ts';
import { UsageError } from './usage.ts';

const POLL_MS = 250;

/** Makes a model, waits for it, and writes its files into a folder. */
export async function makeModel(client: ApiClient, args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    options: {
      trial: { type: 'string' },
      ensemble: { type: 'string' },
      refit: { type: 'boolean' },
      name: { type: 'string' },
      out: { type: 'string' },
    },
    allowPositionals: true,
  });
  const [id] = positionals;
  const { trial = 'best', ensemble, refit, name, out } = values;
  if (id === undefined || positionals.length > 1 || (ensemble !== undefined && (refit || values.trial !== undefined))) {
    throw new UsageError('model ID|best [--trial NUMBER [--refit] | --ensemble COUNT] [--name NAME] [--out FOLDER]');
  }
  const asked =
    ensemble === undefined
      ? { trial: trial === 'best' ? ('best' as const) : Number(trial), refit, name }
      : { ensemble: Number(ensemble), name };
  let model = await client.createModel(id === 'best' ? await newestSearch(client) : id, asked);
  while (model.state === 'waiting' || model.state === 'running') {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    model = await client.model(model.id);
  }
  console.log(modelLines(model));
  if (model.state === 'failed') return 1;
  if (out !== undefined) await download(client, model.id, out);
  return 0;
}

/** The newest search that has a best trial. */
async function newestSearch(client: ApiClient): Promise<string> {
  const found = (await client.list()).items.find(({ best }) => best !== null);
  if (found === undefined) throw new Error('no search has a complete trial yet; npm run demo makes one');
  return found.id;
}

async function download(client: ApiClient, id: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const file of Object.keys(modelFiles) as ModelFile[]) {
    await writeFile(join(folder, file), await client.modelFile(id, file));
    console.log(join(folder, file));
  }
}

function modelLines({ id, name, state, failure, origin, facts }: ModelRecord): string {
  const lines = [`${id}  ${name}: ${state}`];
  if (failure !== null) lines.push(failure);
  const value = formatNumber(origin.value);
  if (facts?.ensemble) {
    const { trials, judgedOn } = facts.ensemble;
    const [only, ...others] = trials;
    const mean = `the mean of trials ${trials.map(({ trial, weight }) => `${trial} (${formatNumber(weight)})`).join(', ')}`;
    lines.push(
      only !== undefined && others.length === 0 ? `trial ${only.trial} alone: no other trial improves it` : mean,
    );
    lines.push(
      `${origin.metric} ${formatNumber(judgedOn.ensemble)} on ${plural(judgedOn.rows, 'row')} that were not used to select the trials; the best trial alone ${formatNumber(judgedOn.single)}`,
    );
  } else {
    const rows = facts?.test ? 'all rows but the test rows' : 'all rows';
    const how = origin.refit === null ? '' : `, trained on ${rows} for ${plural(origin.refit.epochs, 'epoch')}`;
    lines.push(`trial ${origin.trial}${how}; its ${origin.metric} was ${value}`);
  }
  if (facts?.test) {
    const validation = facts.ensemble === null ? origin.value : facts.ensemble.judgedOn.ensemble;
    lines.push(`${origin.metric}: ${formatTest(validation, facts.test)}`);
  }
  if (facts !== null) lines.push(importanceLine(facts.importance));
  return lines.join('\n');
}

const TOP_COLUMNS = 5;

function importanceLine(importance: ModelImportance): string {
  if ('unavailable' in importance) return `column importance is not available: ${importance.unavailable}`;
  const top = importance.columns
    .toSorted((a, b) => (b.value?.mean ?? 0) - (a.value?.mean ?? 0))
    .slice(0, TOP_COLUMNS)
    .map(({ column, value }) => `${column} (${formatNumber(value?.mean)} ± ${formatNumber(value?.deviation, 2)})`);
  return `most important columns: ${top.join(', ')}`;
}

export async function listModels(client: ApiClient, args: string[]): Promise<number> {
  const [search] = args;
  if (args.length > 1) throw new UsageError('models [SEARCH]');
  const table = new Table({ head: ['model', 'name', 'state', 'trial', 'metric', 'validation', 'test'], ...plain });
  for (const { id, name, state, origin, facts } of (await client.models(search)).items) {
    const of = origin.ensemble === null ? origin.trial : `${origin.ensemble.length} candidates`;
    table.push([id, name, state, of, origin.metric, formatNumber(origin.value), formatNumber(facts?.test?.value)]);
  }
  console.log(table.toString());
  return 0;
}

/** Writes predictions for the rows of a CSV file as CSV to standard output; errors and warnings go to standard error. */
export async function predict(client: ApiClient, args: string[]): Promise<number> {
  const [model, file] = args;
  if (model === undefined || file === undefined || args.length > 2) {
    throw new UsageError('predict MODEL FILE.csv, where MODEL is an id or a model.json');
  }
  const bytes = await readFile(file);
  const answer = existsSync(model)
    ? createModelPredictor(parseModel(JSON.parse(await readFile(model, 'utf8')))).csv(
        decodeFile(bytes, undefined, datasetLimits.bytes).text,
      )
    : await client.predict(model, bytes);
  process.stdout.write(writeCsv(recordsOf(answer)));
  for (const { message } of answer.warnings) console.error(`warning: ${message}`);
  for (const { path, message } of answer.errors) console.error(`error: ${path}: ${message}`);
  if (answer.failed > answer.errors.length)
    console.error(`and ${plural(answer.failed - answer.errors.length, 'more error')}`);
  return answer.failed === 0 ? 0 : 1;
}

/** A header and a record per row; a row with an error has empty fields. */
function recordsOf({ predictions }: Predictions): (string | number | null)[][] {
  const first = predictions.find((one) => one !== null) ?? null;
  if (first === null || !('label' in first)) {
    return [
      ['value', 'spread'],
      ...predictions.map((one) => (one && 'value' in one ? [one.value, one.spread] : [null, null])),
    ];
  }
  const classes = Object.keys(first.probabilities);
  const header = ['label', ...classes.map((name) => `probability of ${name}`), 'spread'];
  return [
    header,
    ...predictions.map((one) =>
      one && 'label' in one
        ? [one.label, ...classes.map((name) => one.probabilities[name]!), one.spread]
        : header.map(() => null),
    ),
  ];
}
