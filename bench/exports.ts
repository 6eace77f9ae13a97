/**
 * npm run bench:exports: how long the exports of a large search take, and how much more memory the API needs for them. A small search is run and its
 * trials are copied in Postgres, so that every trial has curves of real training. The API is a process of its own.
 *
 *   npm run bench:exports -- [--trials 100000] [--json] [FORMAT …]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { createClient } from '../src/cli/api-client.ts';
import { readConfig } from '../src/config.ts';
import { type ExportFormat, exportFormats } from '../src/contract/trials.ts';
import { startEmbeddedPostgres } from '../src/embedded-postgres/embedded-postgres.ts';
import { createLog } from '../src/log.ts';
import { projectRoot } from '../src/paths.ts';
import { startService } from '../src/service.ts';
import { type Cell, countFrom, rounded, runBench, tableOf } from './parts/report.ts';
import { residentOf } from './parts/resident.ts';
import { temporarily } from './parts/temporary.ts';
import { runToCompletion } from './parts/through-service.ts';

/** Trained ones; the others are copies of them. */
const TRAINED = 200;
const SAMPLE_MS = 20;

const trained = (trials: number) => ({
  name: 'exports',
  dataset: 'iris',
  hyperparameters: {
    learningRate: { distribution: 'float', low: 1e-4, high: 1e-1, scale: 'log' },
    l2: { distribution: 'float', low: 1e-6, high: 1e-2, scale: 'log' },
    hiddenUnits: { distribution: 'int', low: 2, high: 16 },
    activation: { distribution: 'categorical', choices: ['relu', 'tanh'] },
    batchNorm: { distribution: 'categorical', choices: [true, false] },
    epochs: { distribution: 'int', low: 5, high: 15 },
  },
  sampler: { type: 'random', seed: 1 },
  budget: { trials },
});

/** Copies the trials of a search until there are so many, each time a minute later; the epochs of a trial, on average. */
async function copyTrials(url: string, id: string, trials: number): Promise<number> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const { fields } = await client.query('SELECT * FROM trials LIMIT 0');
    const names = fields.map(({ name }) => name);
    const columns = names.map((name) => `"${name}"`).join(', ');
    const copied = names
      .map((name) =>
        name === 'number'
          ? 'copy'
          : name.endsWith('ed_at')
            ? `t."${name}" + copy / $2::int * interval '1 minute'`
            : `t."${name}"`,
      )
      .join(', ');
    const had = await client.query('SELECT count(*)::int AS count FROM trials WHERE search_id = $1', [id]);
    await client.query(
      `INSERT INTO trials (${columns}) SELECT ${copied} FROM generate_series($2::int, $3::int - 1) copy
       JOIN trials t ON t.search_id = $1 AND t.number = copy % $2::int`,
      [id, had.rows[0].count, trials],
    );
    await client.query('UPDATE searches SET total = $2, planned = $2, complete = $2 WHERE id = $1', [id, trials]);
    await client.query('ANALYZE trials');
    const all = await client.query('SELECT avg(epochs)::float8 AS epochs FROM trials WHERE search_id = $1', [id]);
    return all.rows[0].epochs;
  } finally {
    await client.end();
  }
}

interface Measured {
  readonly seconds: number;
  readonly bytes: number;
  /** Resident memory of the API before it and at its highest, in MB. */
  readonly before: number;
  readonly highest: number;
}

async function download(url: string, pid: number): Promise<Measured> {
  const before = residentOf(pid);
  let highest = before;
  const timer = setInterval(() => {
    highest = Math.max(highest, residentOf(pid));
  }, SAMPLE_MS);
  try {
    const begun = performance.now();
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
    let bytes = 0;
    for await (const chunk of response.body!) bytes += chunk.length;
    return { seconds: (performance.now() - begun) / 1000, bytes, before, highest };
  } finally {
    clearInterval(timer);
  }
}

/** An API in a process of its own. */
async function withApi<T>(databaseUrl: string, use: (url: string, pid: number) => Promise<T>): Promise<T> {
  const api = spawn(process.execPath, [join(projectRoot, 'dist', 'src', 'cli', 'main.js'), 'api'], {
    env: { ...process.env, DATABASE_URL: databaseUrl, HYPERSEARCH_PORT: '0', HYPERSEARCH_LOG: 'error' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(api, 'exit');
  try {
    for await (const line of createInterface({ input: api.stdout })) {
      const url = /http:\/\/[\w.[\]:]+/.exec(line)?.[0];
      if (url !== undefined) {
        api.stdout.resume();
        return await use(url, api.pid!);
      }
    }
    throw new Error(`the API ended with code ${(await exited)[0]}`);
  } finally {
    api.kill();
    await exited;
  }
}

async function measure(
  trials: number,
  formats: readonly ExportFormat[],
  report: (format: ExportFormat, measured: Measured, epochs: number) => void,
): Promise<void> {
  await temporarily(async (dataDirectory) => {
    const config = { ...readConfig(), dataDirectory, port: 0, threads: 1, logLevel: 'silent' as const };
    const postgres = await startEmbeddedPostgres({ directory: dataDirectory, log: createLog(config), durable: false });
    try {
      const service = await startService({ ...config, databaseUrl: postgres.url }, 'both');
      let id: string;
      try {
        ({ id } = await runToCompletion(createClient(service.url!), trained(Math.min(TRAINED, trials))));
      } finally {
        await service.close();
      }
      const epochs = await copyTrials(postgres.url, id, trials);
      for (const format of formats) {
        // A process for each: what one needed, the next one would not need anew.
        await withApi(postgres.url, async (url, pid) => {
          // What is loaded and compiled with the first export is not of this one.
          await (await fetch(`${url}/v1/searches/${id}/trials?limit=50`)).text();
          report(format, await download(`${url}/v1/searches/${id}/export?format=${format}`, pid), epochs);
        });
      }
    } finally {
      await postgres.stop();
    }
  });
}

await runBench(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { trials: { type: 'string', default: '100000' }, json: { type: 'boolean' } },
  });
  const trials = countFrom('trials', values.trials);
  const unknown = positionals.filter((name) => !exportFormats.some((format) => format === name));
  if (unknown.length > 0) throw new Error(`there is no format ${unknown[0]}; there are ${exportFormats.join(', ')}`);
  const formats = exportFormats.filter((format) => positionals.length === 0 || positionals.includes(format));
  let names: string[] = [];
  const rows: Cell[][] = [];
  await measure(trials, formats, (format, { seconds, bytes, before, highest }, epochs) => {
    const row = {
      format,
      trials,
      'epochs a trial': rounded(epochs, 1),
      seconds: rounded(seconds, 2),
      MB: rounded(bytes / 1e6, 1),
      'more memory, MB': Math.round(highest - before),
    };
    if (values.json) console.log(JSON.stringify(row));
    rows.push(Object.values(row));
    names = Object.keys(row);
  });
  if (values.json) return;
  console.log(`${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, Node ${process.version}`);
  console.log(tableOf(names, rows));
});
