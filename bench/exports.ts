/**
 * npm run bench:exports: how long the exports of a large search take, and how much more memory the API needs for them. A small search is run and its
 * trials are copied in Postgres, so that every trial has curves of real training. The API is a process of its own.
 *
 *   npm run bench:exports -- [--trials 100000] [--json] [FORMAT …]
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { createClient } from '../src/cli/api-client.ts';
import { readConfig } from '../src/config.ts';
import { type ExportFormat, exportFormats } from '../src/contract/trials.ts';
import { startEmbeddedPostgres } from '../src/embedded-postgres/embedded-postgres.ts';
import { createLog } from '../src/log.ts';
import { startService } from '../src/service.ts';
import { copyTrials, trainedTrials } from './parts/copied-trials.ts';
import { withService } from './parts/own-service.ts';
import { type Cell, countFrom, rounded, runBench, tableOf } from './parts/report.ts';
import { residentOf } from './parts/resident.ts';
import { temporarily } from './parts/temporary.ts';
import { runToCompletion } from './parts/through-service.ts';

/** Trained ones; the others are copies of them. */
const TRAINED = 200;
const SAMPLE_MS = 20;

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
        ({ id } = await runToCompletion(createClient(service.url!), trainedTrials(Math.min(TRAINED, trials))));
      } finally {
        await service.close();
      }
      const epochs = await copyTrials(postgres.url, id, trials);
      for (const format of formats) {
        // A process for each: what one needed, the next one would not need anew.
        await withService('api', { DATABASE_URL: postgres.url }, async ({ url }, pid) => {
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
