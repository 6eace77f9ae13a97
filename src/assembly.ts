/** Wires a process together for the composition roots: creates all dependencies, and closes them in order. */
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import type { Logger } from 'pino';
import { Piscina } from 'piscina';
import {
  createQueueWorker,
  createTrialQueue,
  prepareQueue,
  type QueueConnection,
} from './adapters/bullmq/trial-queue.ts';
import { createFileFetcher } from './adapters/http/file-fetcher.ts';
import { createIdentityProvider } from './adapters/oidc/identity-provider.ts';
import { connect } from './adapters/postgres/connection.ts';
import { createDatasetStore } from './adapters/postgres/dataset-store.ts';
import { createKeyStore } from './adapters/postgres/key-store.ts';
import { applyMigrations } from './adapters/postgres/migrations.ts';
import { createModelStore } from './adapters/postgres/model-store.ts';
import { createObservedStore } from './adapters/postgres/observed-store.ts';
import { createProjectStore } from './adapters/postgres/project-store.ts';
import { createPubSub } from './adapters/postgres/pub-sub.ts';
import { startRetention } from './adapters/postgres/retention.ts';
import { createSearchQueries } from './adapters/postgres/search-queries.ts';
import { createSearchStore } from './adapters/postgres/search-store.ts';
import { storageUsageOf } from './adapters/postgres/storage-usage.ts';
import { createWorkMetrics, type WorkMetrics } from './adapters/prometheus/work-metrics.ts';
import { createSharedCounts } from './adapters/redis/shared-counts.ts';
import type { ApiDependencies } from './api/dependencies.ts';
import type { SplitTask } from './application/dataset-rows.ts';
import { deliver } from './application/deliver.ts';
import { readExamples } from './application/examples.ts';
import type { MlflowTask } from './application/exports/mlflow.ts';
import { createHandOff, type HandOff } from './application/hand-off.ts';
import type { SpaceAnswer } from './application/import-space.ts';
import type { ImportanceShares, ImportanceTask } from './application/importance.ts';
import { createKeyring } from './application/keyring.ts';
import { rememberedSlowness } from './application/measure-slowness.ts';
import { createModelWork } from './application/models/make-model.ts';
import { isLarge, type ModelUseAnswer, type ModelUseTask } from './application/models/use-model.ts';
import { createPlanner } from './application/planner.ts';
import type { PreflightTask } from './application/preflight.ts';
import type { ProposalAnswer, ProposalTask } from './application/proposals.ts';
import { startReconciling } from './application/reconcile.ts';
import { createRowWork, type RowAnswer, type RowTask } from './application/row-work.ts';
import { createTrialRunner } from './application/run-trials.ts';
import type { CoverageTask } from './application/search-coverage.ts';
import type { SuggestionsTask } from './application/search-findings.ts';
import { createSignIn } from './application/sign-in.ts';
import { type Tracing, untraced } from './application/tracing.ts';
import type { WhatIfTask } from './application/what-if.ts';
import { createFileThreads } from './compute/file-threads.ts';
import { compileKernels } from './compute/kernels.ts';
import { createLimitedThreads } from './compute/limited-threads.ts';
import { threadOptions } from './compute/thread-options.ts';
import { createThreadedCore } from './compute/threaded-core.ts';
import { createTrialMemory } from './compute/trial-memory.ts';
import type { Config } from './config.ts';
import type { Preflight, SearchCoverage } from './contract/analysis.ts';
import type { Slowness } from './domain/estimate.ts';
import type { Suggestion } from './domain/suggestions.ts';
import type { Replays } from './domain/what-if/what-if.ts';
import { Problem } from './errors.ts';
import type { SpaceRequest } from './imports/read-space.ts';
import type { TrialsAnswer, TrialsTask } from './imports/trials/read-trials.ts';
import { projectRoot, workerScript } from './paths.ts';

export interface Assembly {
  readonly tracing: Tracing;
  readonly dependencies: ApiDependencies;
  readonly handOff: HandOff;
  readonly metrics: WorkMetrics;
  /** Disconnects from Postgres and the queue. */
  close(): Promise<void>;
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

export function queueConnection(config: Config, databaseUrl: string): QueueConnection {
  return config.redisUrl === undefined
    ? { kind: 'postgres', url: databaseUrl }
    : { kind: 'redis', url: config.redisUrl, prefix: config.queuePrefix };
}

const ANALYSIS_IDLE_MS = 10_000;
/** Longer, because the proposal thread caches the histories of searches. */
const PROPOSALS_IDLE_MS = 60_000;

/** Requests for the thread of large ones that may wait: their bodies are in memory. */
const MAX_LARGE_WAITING = 8;

/** The cells and texts of a large request are short-lived: fewer collections copy them. */
const MODEL_YOUNG_HEAP_MEGABYTES = 192;

/** A journal of 32 MB with 100,000 trials is read within them. */
const TRIAL_FILE_LIMITS = { heapMegabytes: 2048, seconds: 120 };
/** A text of a megabyte is read within them. */
const SPACE_LIMITS = { heapMegabytes: 1024, seconds: 60 };
/** Of a thread that writes a store for MLflow: of 1,000,000 trials in some minutes. Pages of SQLite are not in its heap. */
const STORE_LIMITS = { heapMegabytes: 512, youngHeapMegabytes: 12, seconds: 3600 };

/** Two threads, so that a small request does not wait for large ones. */
function createModelThreads() {
  const [small, large] = ['small', 'large'].map(
    () =>
      new Piscina<ModelUseTask, ModelUseAnswer>({
        ...threadOptions,
        filename: workerScript('model-thread').href,
        minThreads: 0,
        maxThreads: 1,
        idleTimeout: PROPOSALS_IDLE_MS,
        resourceLimits: { maxYoungGenerationSizeMb: MODEL_YOUNG_HEAP_MEGABYTES },
      }),
  ) as [ModelThread, ModelThread];
  return {
    answer: async (task: ModelUseTask): Promise<ModelUseAnswer> => {
      if (!isLarge(task)) return small.run(task);
      if (large.queueSize >= MAX_LARGE_WAITING) {
        throw new Problem(
          'tooManyRequests',
          `${MAX_LARGE_WAITING} large requests for models are waiting; try again later`,
        );
      }
      return large.run(task, { transferList: task.use.kind === 'file' ? [] : ownBuffers(task.use.body) });
    },
    close: async () => {
      await Promise.all([small.destroy(), large.destroy()]);
    },
  };
}

/** The buffer of a body that has one to itself is moved to the thread and not copied. */
function ownBuffers({ buffer, byteLength }: Uint8Array): ArrayBuffer[] {
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [];
}

type ModelThread = Piscina<ModelUseTask, ModelUseAnswer>;

/** The packages are only read where traces are sent. */
async function createTracingOf({ tracesUrl, serviceName, processName }: Config, log: Logger): Promise<Tracing> {
  if (tracesUrl === undefined) return untraced;
  const { createTracing } = await import('./adapters/opentelemetry/tracing.ts');
  return createTracing({ endpoint: tracesUrl, serviceName, processName }, log);
}

/** Migrates the database, opens the stores, and reconciles until it is closed. */
export async function assemble(config: Config, databaseUrl: string, log: Logger): Promise<Assembly> {
  await applyMigrations(databaseUrl, join(projectRoot, 'prisma', 'migrations'));
  const connection = queueConnection(config, databaseUrl);
  await prepareQueue(connection);
  const tracing = await createTracingOf(config, log);
  const metrics = createWorkMetrics();
  const database = connect(databaseUrl, config.connections, metrics.meter);
  const pubSub = await createPubSub(databaseUrl, log);
  const files = createFileThreads();
  const datasets = createDatasetStore(database, join(projectRoot, 'datasets'), files);
  const queue = await createTrialQueue(connection, log);
  // One thread each, started when needed and stopped when idle.
  const analysis = new Piscina<
    ImportanceTask | WhatIfTask | SplitTask,
    ImportanceShares | Replays | readonly Uint8Array[]
  >({
    ...threadOptions,
    filename: workerScript('analysis-thread').href,
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: ANALYSIS_IDLE_MS,
  });
  // Apart: a search is not created before its rows are read, and importance takes seconds.
  const quick = new Piscina<RowTask | CoverageTask | SuggestionsTask, RowAnswer | SearchCoverage | Suggestion[]>({
    ...threadOptions,
    filename: workerScript('analysis-thread').href,
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: ANALYSIS_IDLE_MS,
  });
  const kernels = compileKernels(config.kernels);
  const preflight = new Piscina<PreflightTask, Preflight>({
    ...threadOptions,
    filename: workerScript('preflight-thread').href,
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: ANALYSIS_IDLE_MS,
    workerData: kernels,
  });
  const speed = new Piscina<undefined, Slowness>({
    ...threadOptions,
    filename: workerScript('preflight-thread').href,
    name: 'slowness',
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: ANALYSIS_IDLE_MS,
    workerData: kernels,
  });
  const proposals = new Piscina<ProposalTask, ProposalAnswer>({
    ...threadOptions,
    filename: workerScript('proposal-thread').href,
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: PROPOSALS_IDLE_MS,
  });
  const trialFiles = createLimitedThreads<TrialsTask, TrialsAnswer>(
    'import-thread',
    1,
    TRIAL_FILE_LIMITS,
    (message) => new Problem('invalidRequest', `the file ${message}`, [{ path: '', message }]),
  );
  const spaces = createLimitedThreads<SpaceRequest, SpaceAnswer>(
    'import-thread',
    1,
    SPACE_LIMITS,
    (message) => new Problem('invalidRequest', `the text ${message}`, [{ path: 'text', message }]),
    'space',
  );
  const stores = createLimitedThreads<MlflowTask, void>(
    'mlflow-thread',
    1,
    STORE_LIMITS,
    (message) => new Error(`the store ${message}`),
  );
  const models = createModelThreads();
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
  const sharedUse = config.redisUrl === undefined ? undefined : createSharedCounts(config.redisUrl, config.queuePrefix);
  const keys = createKeyStore(database);
  const projects = createProjectStore(database);
  const dependencies: ApiDependencies = {
    store,
    queries,
    planner,
    datasets,
    models: createModelStore(database),
    projects,
    observed: createObservedStore(database),
    readSpace: (request) => spaces.run(request),
    readTrials: (task) => trialFiles.run(task, ownBuffers(task.bytes)),
    writeMlflowStore: (task) => stores.run(task, [task.pages]),
    answerUse: models.answer,
    files,
    fetcher: createFileFetcher(config.fetch),
    facts: datasets.find,
    queue,
    queueBoard: queue.board,
    pubSub,
    log,
    kernels,
    memory: createTrialMemory(kernels, config.trialMemoryBytes),
    web: join(projectRoot, 'dist', 'web'),
    hosts: config.hosts ?? (isLoopback(config.host) ? [] : undefined),
    sharedUse,
    keyring: createKeyring(keys, config.adminKey, config.oidc !== undefined),
    signIn:
      config.oidc &&
      createSignIn({ provider: createIdentityProvider(config.oidc), keys, projects, settings: config.oidc }),
    publicUrl: config.publicUrl,
    trustedProxies: config.trustedProxies,
    importance: async (task) => (await analysis.run(task)) as ImportanceShares,
    split: async (task) => (await analysis.run(task, { name: 'split' })) as readonly Uint8Array[],
    coverage: async (task) => (await quick.run(task, { name: 'coverage' })) as SearchCoverage,
    suggest: async (task) => (await quick.run(task, { name: 'suggestions' })) as Suggestion[],
    rowWork: createRowWork(async (task) => (await quick.run(task, { name: 'rows' })) as RowAnswer),
    whatIf: async (task) => (await analysis.run(task, { name: 'whatIf' })) as Replays,
    examples: readExamples(join(projectRoot, 'examples')),
    preflight: (task) => preflight.run(task),
    threads: config.threads,
    slowness: rememberedSlowness(() => speed.run(undefined)),
    usage: () => storageUsageOf(database),
    ping: database.$check,
    addMetrics: metrics.addTo,
    tracing,
  };
  const reconciling = startReconciling(dependencies, config.reconcileSeconds);
  const retention = startRetention(database, config.retention, log);
  return {
    dependencies,
    handOff,
    metrics,
    tracing,
    close: async () => {
      await reconciling.stop();
      await retention.stop();
      const planned = planner.close();
      await proposals.destroy();
      await planned;
      await analysis.destroy();
      await quick.destroy();
      await preflight.destroy();
      await speed.destroy();
      await models.close();
      await files.close();
      await trialFiles.close();
      await spaces.close();
      await stores.close();
      await queue.close();
      sharedUse?.close();
      await pubSub.close();
      await database.$disconnect();
      await tracing.close();
    },
  };
}

/**
 * How far V8 lets the heap grow beyond what was alive at the last collection. By itself it chooses up to four times as much: a worker would then
 * grow for minutes, although what is alive in it does not (bench:memory).
 */
const HEAP_GROWTH_PERCENT = 50;

/** Takes trials from the queue and trains them in threads until it is closed, when running trials are released. */
export async function startWorker(
  config: Config,
  databaseUrl: string,
  { dependencies, handOff, metrics }: Assembly,
): Promise<{ close(): Promise<void> }> {
  const { kernels, log } = dependencies;
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
  const entry = workerScript('compute-thread');
  const core = createThreadedCore(config.threads, entry, kernels, config.trialMemoryBytes);
  metrics.watchThreads(core.load);
  const runner = createTrialRunner({
    ...dependencies,
    handOff,
    core,
    worker: config.processName,
    leaseSeconds: config.leaseSeconds,
    threads: config.threads,
  });
  const work = createModelWork({
    ...dependencies,
    core,
    worker: config.processName,
    leaseSeconds: config.leaseSeconds,
  });
  log.info(`${config.threads} compute threads, kernels ${kernels.family} (${kernels.implementation})`);
  // One more than the threads, which is claimed while they are busy.
  const concurrency = config.threads + 1;
  const worker = await createQueueWorker(
    queueConnection(config, databaseUrl),
    { concurrency, leaseSeconds: config.leaseSeconds },
    { trials: runner.work, model: work.make },
    log,
    dependencies.tracing,
  );
  return {
    close: async () => {
      const closing = worker.close();
      await Promise.all([runner.stop(), work.stop()]);
      await closing;
      await core.close();
    },
  };
}
