/**
 * npm run bench:fleet: many workers that train nothing. Each claims trials, reports epochs, renews its leases and writes results as a real one does,
 * over the real queue and Postgres, from one process that shares its connections between them; the API runs in another, with a client that follows
 * the searches. All of it shares the cores of this machine. Set REDIS_URL for the queue on Redis.
 *
 *   npm run bench:fleet -- [--workers 1000] [--searches 50] [--trial-seconds 20] [--epochs 20] [--seconds 60] [--json]
 *
 * The delay of an event is the time from its transaction to its receipt by the client. Ends with code 1 if the client misses an event or gets one
 * twice, or if a trial had to be tried again.
 */
import { readdir, readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import WebSocket from 'ws';
import { createQueueWorker } from '../src/adapters/bullmq/trial-queue.ts';
import type { SearchStore } from '../src/application/ports/search-store.ts';
import { createTrialRunner, type TrialRunner } from '../src/application/run-trials.ts';
import { type Assembly, assemble, queueConnection } from '../src/assembly.ts';
import type { ApiClient } from '../src/cli/api-client.ts';
import { type Config, readConfig } from '../src/config.ts';
import { startEmbeddedPostgres } from '../src/embedded-postgres/embedded-postgres.ts';
import { createLog } from '../src/log.ts';
import { withService } from './parts/own-service.ts';
import { type Cell, countFrom, rounded, runBench, tableOf } from './parts/report.ts';
import { simulatedCore } from './parts/simulated-core.ts';
import { temporarily } from './parts/temporary.ts';

interface Options {
  readonly workers: number;
  readonly searches: number;
  readonly trialSeconds: number;
  readonly epochs: number;
  readonly seconds: number;
}

/** Searches that are followed by a client of their own. */
const FOLLOWED = 10;
/** Until most workers have a trial. */
const PATIENCE_MS = 120_000;
/** Connections to Postgres that all workers share, as through a pooler; those of BullMQ and of the API are apart. */
const CONNECTIONS = 20;

/** How long calls took, in milliseconds, since `reset`. */
class Times {
  #all: number[] = [];
  add(ms: number): void {
    this.#all.push(ms);
  }
  reset(): void {
    this.#all = [];
  }
  get count(): number {
    return this.#all.length;
  }
  at(share: number): number {
    const sorted = this.#all.toSorted((a, b) => a - b);
    return rounded(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN, 1);
  }
}

function timed<Arguments extends unknown[], T>(times: Times, call: (...given: Arguments) => Promise<T>) {
  return async (...given: Arguments): Promise<T> => {
    const begun = performance.now();
    const result = await call(...given);
    times.add(performance.now() - begun);
    return result;
  };
}

/** Runs the fleet while it is used. */
async function withFleet<T>(
  { config, url, assembly }: { readonly config: Config; readonly url: string; readonly assembly: Assembly },
  { workers, trialSeconds }: Options,
  use: (times: { readonly claims: Times; readonly renewals: Times; readonly results: Times }) => Promise<T>,
): Promise<T> {
  const times = { claims: new Times(), renewals: new Times(), results: new Times() };
  const { dependencies } = assembly;
  const core = simulatedCore(trialSeconds);
  const store: SearchStore = {
    ...dependencies.store,
    claim: timed(times.claims, dependencies.store.claim),
    claimNext: timed(times.claims, dependencies.store.claimNext),
    renew: async (renewals, leaseSeconds) => {
      if (renewals.length === 0) return [];
      return timed(times.renewals, dependencies.store.renew)(renewals, leaseSeconds);
    },
  };
  const planner = { ...dependencies.planner, finish: timed(times.results, dependencies.planner.finish) };
  const runners = Array.from({ length: workers }, (_, i) =>
    createTrialRunner({
      ...dependencies,
      store,
      planner,
      handOff: assembly.handOff,
      core: core(),
      worker: `simulated-${i}`,
      leaseSeconds: config.leaseSeconds,
    }),
  );
  const idle: TrialRunner[] = [...runners];
  const queue = await createQueueWorker(
    queueConnection(config, url),
    { concurrency: workers, leaseSeconds: config.leaseSeconds },
    {
      trials: async (delivery) => {
        const runner = idle.pop()!;
        await runner.work(delivery).finally(() => idle.push(runner));
      },
      model: () => Promise.reject(new Error('no models are made here')),
    },
    dependencies.log,
  );
  try {
    return await use(times);
  } finally {
    const closing = queue.close();
    await Promise.all(runners.map((runner) => runner.stop()));
    await closing;
  }
}

interface Follower {
  readonly socket: WebSocket;
  seq: number | undefined;
  faults: number;
}

/** Follows a search, and adds the delay of each event. */
async function follow(client: ApiClient, id: string, delays: Times): Promise<Follower> {
  const socket = new WebSocket(`${client.url.replace('http', 'ws')}/v1/searches/${id}/events`);
  const follower: Follower = { socket, seq: undefined, faults: 0 };
  socket.on('message', (data) => {
    const received = Date.now();
    const message = JSON.parse(String(data)) as { readonly type: string; readonly seq?: number; readonly at?: string };
    if (message.type === 'snapshot') follower.seq = message.seq;
    else if (message.seq !== undefined) {
      if (message.seq !== follower.seq! + 1) follower.faults++;
      follower.seq = message.seq;
      delays.add(received - Date.parse(message.at!));
    }
  });
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  return follower;
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly commandLine: string;
  /** CPU time since it started, in seconds. */
  readonly seconds: number;
}

/** Linux only; elsewhere there are none. */
async function processes(): Promise<readonly Process[]> {
  const names = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  return Promise.all(
    names.map(async (name) => {
      const commandLine = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
      const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
      const [, parent, ...more] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const ticks = Number(more[9] ?? 0) + Number(more[10] ?? 0);
      return { pid: Number(name), parent: Number(parent), commandLine, seconds: ticks / 100 };
    }),
  );
}

/** CPU time of all that takes part, in seconds. */
async function usedBy(api: number, directory: string): Promise<Readonly<Record<string, number>>> {
  const all = await processes();
  const server = all.find(({ commandLine }) => /postgres/.test(commandLine) && commandLine.includes(directory));
  const sum = (isMeant: (one: Process) => boolean) =>
    all.filter(isMeant).reduce((total, { seconds }) => total + seconds, 0);
  return {
    Postgres: sum(({ parent }) => parent === server?.pid),
    'the API': sum(({ pid }) => pid === api),
    'the workers': sum(({ pid }) => pid === process.pid),
    Redis: sum(({ commandLine }) => commandLine.startsWith('redis-server')),
  };
}

interface Observed {
  readonly api: number;
  readonly directory: string;
  readonly times: Readonly<Record<string, Times>>;
}

async function measured(client: ApiClient, { api, directory, times }: Observed, options: Options) {
  const { workers, searches, trialSeconds, epochs, seconds } = options;
  const trials = Math.ceil((2 * workers * (seconds + PATIENCE_MS / 1000)) / trialSeconds / searches) + 10;
  const ids: string[] = [];
  for (let i = 0; i < searches; i++) {
    const { id } = await client.create({
      name: `fleet ${i}`,
      dataset: 'digits',
      // So long by the service's estimate that each trial is a job of its own.
      hyperparameters: {
        learningRate: { distribution: 'float', low: 1e-4, high: 1e-2, scale: 'log' },
        hiddenLayers: 2,
        hiddenUnits: 256,
        epochs,
      },
      sampler: { type: 'random', seed: i },
      budget: { trials },
    });
    ids.push(id);
  }
  const all = () => Promise.all(ids.map((id) => client.search(id)));
  const sum = (found: Awaited<ReturnType<typeof all>>, of: 'complete' | 'running') =>
    found.reduce((total, { trials: counts }) => total + counts[of], 0);
  const deadline = performance.now() + PATIENCE_MS;
  let running = 0;
  while (running < 0.95 * workers && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    running = sum(await all(), 'running');
  }
  // Until trials end as often as they begin.
  await new Promise((resolve) => setTimeout(resolve, 1500 * trialSeconds));
  const delays = new Times();
  const followers = await Promise.all(ids.slice(0, FOLLOWED).map((id) => follow(client, id, delays)));
  const before = { complete: sum(await all(), 'complete'), cpu: await usedBy(api, directory), at: performance.now() };
  for (const one of [...Object.values(times), delays]) one.reset();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const elapsed = (performance.now() - before.at) / 1000;
  const found = await all();
  const cpu = await usedBy(api, directory);
  const rows: [string, Cell][] = [
    ['workers', workers],
    ['of them with a trial', sum(found, 'running')],
    ['trials a second', rounded((sum(found, 'complete') - before.complete) / elapsed, 1)],
    ['if nothing took time, trials a second', rounded(workers / trialSeconds, 1)],
  ];
  for (const [name, one] of Object.entries({ ...times, 'delays of events': delays })) {
    rows.push(
      [`${name} a second`, rounded(one.count / elapsed, 1)],
      [`${name}: p50, p99, ms`, `${one.at(0.5)}, ${one.at(0.99)}`],
    );
  }
  for (const [name, used] of Object.entries(cpu)) {
    rows.push([`cores that ${name} kept busy`, rounded((used - before.cpu[name]!) / elapsed, 2)]);
  }
  const faults = followers.reduce((total, follower) => total + follower.faults, 0);
  for (const { socket } of followers) socket.terminate();
  const retried = (await Promise.all(ids.map((id) => client.export(id, 'ndjson').then((answer) => answer.text()))))
    .join('\n')
    .split('\n')
    .filter((line) => line !== '' && (JSON.parse(line) as { attempt: number }).attempt > 1).length;
  rows.push(['events that were missed or doubled', faults], ['trials that were tried again', retried]);
  for (const id of ids) await client.cancel(id);
  return { rows, sound: faults === 0 && retried === 0 };
}

async function ofFleet(config: Config, url: string, options: Options) {
  const assembly = await assemble(config, url, createLog(config));
  try {
    return await withService('api', { DATABASE_URL: url }, (client, api) =>
      withFleet({ config, url, assembly }, options, (times) =>
        measured(client, { api, directory: config.dataDirectory, times }, options),
      ),
    );
  } finally {
    await assembly.close();
  }
}

await runBench(async () => {
  const { values } = parseArgs({
    options: {
      workers: { type: 'string', default: '1000' },
      searches: { type: 'string', default: '50' },
      'trial-seconds': { type: 'string', default: '20' },
      epochs: { type: 'string', default: '20' },
      seconds: { type: 'string', default: '60' },
      json: { type: 'boolean' },
    },
  });
  const options: Options = {
    workers: countFrom('workers', values.workers),
    searches: countFrom('searches', values.searches),
    trialSeconds: countFrom('trial-seconds', values['trial-seconds']),
    epochs: countFrom('epochs', values.epochs),
    seconds: countFrom('seconds', values.seconds),
  };
  await temporarily(async (directory) => {
    const config: Config = { ...readConfig(), dataDirectory: directory, connections: CONNECTIONS, logLevel: 'error' };
    const log = createLog(config);
    const postgres = await startEmbeddedPostgres({ directory, log, onExit: (reason) => log.error(reason) });
    try {
      const { rows, sound } = await ofFleet(config, postgres.url, options);
      const about: [string, Cell][] = [
        ['machine', `${cpus().length} cores of ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`],
        ['queue', config.redisUrl === undefined ? 'BullMQ on Postgres' : 'BullMQ on Redis'],
      ];
      if (values.json) console.log(JSON.stringify(Object.fromEntries([...about, ...rows])));
      else console.log(tableOf(['measure', ''], [...about, ...rows]));
      if (!sound) process.exitCode = 1;
    } finally {
      await postgres.stop();
    }
  });
});
