/** Puts the parts together, for the composition roots alone: what a process is made of, in the order it is opened and closed. */
import { join } from 'node:path';
import type { Logger } from 'pino';
import { Piscina } from 'piscina';
import {
  createQueueWorker,
  createTrialQueue,
  prepareQueue,
  type QueueConnection,
} from './adapters/bullmq/trial-queue.ts';
import { connect } from './adapters/postgres/connection.ts';
import { createDatasetStore } from './adapters/postgres/dataset-store.ts';
import { applyMigrations } from './adapters/postgres/migrations.ts';
import { createPubSub } from './adapters/postgres/pub-sub.ts';
import { createSearchQueries } from './adapters/postgres/search-queries.ts';
import { createSearchStore } from './adapters/postgres/search-store.ts';
import type { ApiDependencies } from './api/dependencies.ts';
import { deliver } from './application/deliver.ts';
import { readExamples } from './application/examples.ts';
import { createHandOff, type HandOff } from './application/hand-off.ts';
import type { ImportanceTask } from './application/importance.ts';
import { createPlanner } from './application/planner.ts';
import type { PreflightTask } from './application/preflight.ts';
import type { ProposalAnswer, ProposalTask } from './application/proposals.ts';
import { startReconciling } from './application/reconcile.ts';
import { createTrialRunner } from './application/run-trials.ts';
import { compileKernels } from './compute/kernels.ts';
import { withSourceMaps } from './compute/source-maps.ts';
import { createThreadedCore } from './compute/threaded-core.ts';
import { createTrialMemory } from './compute/trial-memory.ts';
import type { Config } from './config.ts';
import type { Importance, Preflight } from './contract/analysis.ts';
import { createFileReader, type FileAnswer, type FileTask } from './data/file-work.ts';
import { projectRoot } from './paths.ts';

export interface Assembly {
  readonly parts: ApiDependencies;
  readonly handOff: HandOff;
  /** Lets go of Postgres and of the queue. */
  close(): Promise<void>;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

function queueConnection(config: Config, databaseUrl: string): QueueConnection {
  return config.redisUrl === undefined
    ? { kind: 'postgres', url: databaseUrl }
    : { kind: 'redis', url: config.redisUrl, prefix: config.queuePrefix };
}

const ANALYSIS_IDLE_MS = 10_000;
/** The proposing thread keeps the histories of searches: it is worth more the longer it stays. */
const PROPOSALS_IDLE_MS = 60_000;

/** Brings the database up to date, opens every store, and keeps sweeping until it is closed. */
export async function assemble(config: Config, databaseUrl: string, log: Logger): Promise<Assembly> {
  await applyMigrations(databaseUrl, join(projectRoot, 'prisma', 'migrations'));
  const connection = queueConnection(config, databaseUrl);
  await prepareQueue(connection);
  const database = connect(databaseUrl, config.connections);
  const board = await createPubSub(databaseUrl, log);
  const fileThread = new Piscina<FileTask, FileAnswer>({
    ...withSourceMaps,
    filename: new URL('dist/workers/file-thread.js', `file://${projectRoot}/`).href,
    minThreads: 0,
    // One may be busy with a large file that somebody looks at while a worker waits for its rows.
    maxThreads: 2,
    idleTimeout: ANALYSIS_IDLE_MS,
  });
  const files = createFileReader((task) => fileThread.run(task));
  const datasets = createDatasetStore(database, join(projectRoot, 'datasets'), files);
  const queue = await createTrialQueue(connection, log);
  // One thread, begun when it is first needed and let go when it no longer is.
  const analysis = new Piscina<ImportanceTask, Importance>({
    ...withSourceMaps,
    filename: new URL('dist/workers/analysis-thread.js', `file://${projectRoot}/`).href,
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: ANALYSIS_IDLE_MS,
  });
  const preflight = new Piscina<PreflightTask, Preflight>({
    ...withSourceMaps,
    filename: new URL('dist/workers/preflight-thread.js', `file://${projectRoot}/`).href,
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: ANALYSIS_IDLE_MS,
    workerData: compileKernels(config.kernels),
  });
  const proposals = new Piscina<ProposalTask, ProposalAnswer>({
    ...withSourceMaps,
    filename: new URL('dist/workers/proposal-thread.js', `file://${projectRoot}/`).href,
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: PROPOSALS_IDLE_MS,
  });
  const store = createSearchStore(database);
  const handOff = createHandOff({ worker: config.processName, leaseSeconds: config.leaseSeconds }, (deliveries) =>
    deliver(queue, deliveries, log),
  );
  const queries = createSearchQueries(database);
  const planner = createPlanner({
    store,
    queries,
    handOff,
    facts: datasets.find,
    propose: (task) => proposals.run(task),
    log,
  });
  const parts: ApiDependencies = {
    store,
    queries,
    planner,
    datasets,
    files,
    facts: datasets.find,
    queue,
    board,
    log,
    threads: config.threads,
    memory: createTrialMemory(config.kernels, config.trialMemoryBytes),
    web: join(projectRoot, 'dist', 'web'),
    loopback: isLoopback(config.host),
    importance: (task) => analysis.run(task),
    examples: readExamples(join(projectRoot, 'examples')),
    preflight: (task) => preflight.run(task),
    ping: async () => {
      await database.$queryRaw`SELECT 1`;
    },
  };
  const sweeping = startReconciling(parts, config.sweepSeconds);
  return {
    parts,
    handOff,
    close: async () => {
      await sweeping.stop();
      const planned = planner.close();
      await proposals.destroy();
      await planned;
      await analysis.destroy();
      await preflight.destroy();
      await fileThread.destroy();
      await queue.close();
      await board.close();
      await database.$disconnect();
    },
  };
}

/** Takes trials from the queue and trains them in threads, until it is closed; what runs then is given back. */
export async function startWorker(
  config: Config,
  databaseUrl: string,
  { parts, handOff }: Assembly,
): Promise<{ close(): Promise<void> }> {
  const entry = new URL('dist/workers/compute-thread.js', `file://${projectRoot}/`);
  const core = createThreadedCore(config.threads, entry, config.kernels, config.trialMemoryBytes);
  const runner = createTrialRunner({
    ...parts,
    handOff,
    core,
    worker: config.processName,
    leaseSeconds: config.leaseSeconds,
  });
  // One more than there are threads: while a job's results are written, its thread has the next one's trials to train.
  const concurrency = config.threads + 1;
  const worker = await createQueueWorker(queueConnection(config, databaseUrl), concurrency, runner.work, parts.log);
  return {
    close: async () => {
      const closing = worker.close();
      await runner.stop();
      await closing;
      await core.close();
    },
  };
}
