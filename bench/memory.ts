/**
 * npm run bench:memory: whether a worker's memory grows. Trials of mixed sizes run through the whole service: an API and the embedded Postgres in
 * this process, and a worker in a process of its own, whose resident memory is read after every tenth of the trials.
 *
 *   npm run bench:memory -- [--trials 20000] [--threads 2] [--json]
 *
 * Ends with code 1 if the memory at the end is more than 10 % above that after the first twentieth of the trials.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type ApiClient, createClient } from '../src/cli/api-client.ts';
import { ended } from '../src/cli/format.ts';
import { readConfig } from '../src/config.ts';
import { startEmbeddedPostgres } from '../src/embedded-postgres/embedded-postgres.ts';
import { createLog } from '../src/log.ts';
import { projectRoot } from '../src/paths.ts';
import { startService } from '../src/service.ts';
import { countFrom, runBench, tableOf } from './parts/report.ts';
import { residentOf } from './parts/resident.ts';
import { temporarily } from './parts/temporary.ts';

/** Networks from two units to three layers of 256, on batches of 16 to 256 rows. */
const mixedTrials = (trials: number) => ({
  name: 'memory',
  dataset: 'iris',
  hyperparameters: {
    learningRate: { distribution: 'float', low: 1e-4, high: 1e-1, scale: 'log' },
    hiddenUnits: { distribution: 'int', low: 2, high: 256, scale: 'log' },
    hiddenLayers: { distribution: 'int', low: 1, high: 3 },
    batchSize: { distribution: 'int', low: 16, high: 256, scale: 'log' },
    activation: { distribution: 'categorical', choices: ['relu', 'tanh', 'maxout'] },
    optimizer: { distribution: 'categorical', choices: ['sgd', 'adam'] },
    batchNorm: { distribution: 'categorical', choices: [true, false] },
    epochs: 1,
  },
  sampler: { type: 'random', seed: 1 },
  budget: { trials },
});

interface Reading {
  readonly trials: number;
  readonly mb: number;
}

/** Runs the search; the memory of process `pid` when each of `at` trials was finished. */
async function readings(client: ApiClient, pid: number, trials: number, at: readonly number[]): Promise<Reading[]> {
  const { id } = await client.create(mixedTrials(trials));
  const found: Reading[] = [];
  while (found.length < at.length) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const done = ended((await client.search(id)).trials);
    if (done >= at[found.length]!) found.push({ trials: done, mb: Math.round(residentOf(pid)) });
  }
  return found;
}

async function withWorker<T>(threads: number, use: (client: ApiClient, pid: number) => Promise<T>): Promise<T> {
  return temporarily(async (dataDirectory) => {
    const config = { ...readConfig(), dataDirectory, port: 0, logLevel: 'silent' as const };
    const postgres = await startEmbeddedPostgres({ directory: dataDirectory, log: createLog(config) });
    const service = await startService({ ...config, databaseUrl: postgres.url }, 'api');
    const worker = spawn(process.execPath, [join(projectRoot, 'dist', 'service', 'trial-worker.js')], {
      env: {
        ...process.env,
        DATABASE_URL: postgres.url,
        HYPERSEARCH_THREADS: String(threads),
        HYPERSEARCH_LOG: 'error',
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const exited = once(worker, 'exit');
    try {
      const failed = exited.then(([code]) => Promise.reject(new Error(`the worker ended with code ${code}`)));
      return await Promise.race([use(createClient(service.url!), worker.pid!), failed]);
    } finally {
      worker.kill();
      await exited;
      await service.close();
      await postgres.stop();
    }
  });
}

await runBench(async () => {
  const { values } = parseArgs({
    options: {
      trials: { type: 'string', default: '20000' },
      threads: { type: 'string', default: '2' },
      json: { type: 'boolean' },
    },
  });
  const [trials, threads] = [countFrom('trials', values.trials), countFrom('threads', values.threads)];
  const first = Math.ceil(trials / 20);
  const at = [first, ...Array.from({ length: 10 }, (_, i) => Math.ceil(((i + 1) * trials) / 10))];
  const all = await withWorker(threads, (client, pid) => readings(client, pid, trials, at));
  const growth = all.at(-1)!.mb / all[0]!.mb - 1;
  if (values.json) {
    for (const { trials, mb } of all) console.log(JSON.stringify({ measure: 'worker memory', threads, trials, mb }));
    console.log(JSON.stringify({ measure: 'growth', from: first, to: trials, share: Number(growth.toFixed(3)) }));
  } else {
    console.log(
      tableOf(
        ['finished trials', 'MB resident'],
        all.map(({ trials, mb }) => [trials, mb]),
      ),
    );
    console.log(`\n${(100 * growth).toFixed(1)} % from ${first} trials to ${trials}`);
  }
  if (growth > 0.1) process.exitCode = 1;
});
