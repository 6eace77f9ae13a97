/**
 * npm run bench:watchers: many clients watch one search. The service with its embedded Postgres runs in a process of its own; all clients are in
 * this process, some of which never read.
 *
 *   npm run bench:watchers -- [--watchers 1000] [--never-reading 50] [--trials 200] [--units 128] [--threads 1] [--json]
 *
 * Trials have 20 epochs; how many end a second follows from --units, the size of their networks, and is printed. The delay of an event is the
 * time from its transaction to its receipt by a client, by the clock of this machine. Ends with code 1 if a client misses an event or gets one
 * twice.
 */
import { parseArgs } from 'node:util';
import WebSocket from 'ws';
import type { ApiClient } from '../src/cli/api-client.ts';
import { isOpen } from '../src/domain/search.ts';
import { withService } from './parts/own-service.ts';
import { countFrom, runBench, tableOf } from './parts/report.ts';
import { residentOf } from './parts/resident.ts';
import { temporarily } from './parts/temporary.ts';

const PATIENCE_MS = 120_000;

interface Options {
  readonly watchers: number;
  readonly neverReading: number;
  readonly trials: number;
  readonly units: number;
  readonly threads: number;
}

/** What a client that reads has received. */
interface Watcher {
  seq: number | undefined;
  /** Of each event, in milliseconds. */
  readonly delays: number[];
  epochs: number;
  missedEpochs: number;
  fault: string | undefined;
}

interface Message {
  readonly type: string;
  readonly seq?: number;
  readonly at?: string;
  readonly count?: number;
  readonly epochs?: readonly unknown[];
}

let newest = { text: '', message: {} as Message };

/** All clients are in this process: a message that they all receive is parsed once, so that they keep up. */
function parsed(text: string): Message {
  if (text !== newest.text) newest = { text, message: JSON.parse(text) as Message };
  return newest.message;
}

function watch(url: string): Promise<{ watcher: Watcher; socket: WebSocket }> {
  const watcher: Watcher = { seq: undefined, delays: [], epochs: 0, missedEpochs: 0, fault: undefined };
  const socket = new WebSocket(url);
  socket.on('message', (data) => {
    const received = Date.now();
    const message = parsed(String(data));
    if (message.type === 'epochs') watcher.epochs += message.epochs!.length;
    else if (message.type === 'missedEpochs') watcher.missedEpochs += message.count!;
    else if (message.type === 'snapshot') watcher.seq = message.seq;
    else if (message.seq !== undefined) {
      if (message.seq !== watcher.seq! + 1) watcher.fault ??= `event ${message.seq} after ${watcher.seq}`;
      watcher.seq = message.seq;
      watcher.delays.push(received - Date.parse(message.at!));
    }
  });
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve({ watcher, socket }));
    socket.once('error', reject);
  });
}

async function measured(client: ApiClient, pid: number, { watchers, neverReading, trials, units }: Options) {
  const { id } = await client.create({
    name: 'watched',
    dataset: 'digits',
    hyperparameters: {
      learningRate: { distribution: 'float', low: 1e-4, high: 1e-2, scale: 'log' },
      hiddenUnits: units,
      hiddenLayers: 2,
      batchSize: 16,
      epochs: 20,
    },
    sampler: { type: 'random', seed: 1 },
    budget: { trials },
  });
  // It runs when all are connected.
  await fetch(`${client.url}/v1/searches/${id}/pause`, { method: 'POST' });
  const url = `${client.url.replace('http', 'ws')}/v1/searches/${id}/events`;
  const memory = residentOf(pid);
  const clients: Awaited<ReturnType<typeof watch>>[] = [];
  for (let i = 0; i < watchers; i++) {
    const one = await watch(url);
    if (i < neverReading) one.socket.pause();
    else clients.push(one);
  }
  const resumed = await fetch(`${client.url}/v1/searches/${id}/resume`, { method: 'POST' });
  if (!resumed.ok) throw new Error(`the search could not be resumed: ${await resumed.text()}`);
  const started = { at: performance.now(), ended: ended(await client.search(id)) };
  let largest = memory;
  let search = await client.search(id);
  while (isOpen(search.state)) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    search = await client.search(id);
    largest = Math.max(largest, residentOf(pid));
  }
  const seconds = (performance.now() - started.at) / 1000;
  const deadline = performance.now() + PATIENCE_MS;
  while (clients.some(({ watcher }) => watcher.seq !== search.seq) && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 50));
  const seen = clients.map(({ watcher }) => watcher);
  for (const watcher of seen)
    if (watcher.seq !== search.seq) watcher.fault ??= `ends with event ${watcher.seq} of ${search.seq}`;
  for (const { socket } of clients) socket.terminate();
  const delays = seen.flatMap((watcher) => watcher.delays).sort((a, b) => a - b);
  const at = (share: number) => delays[Math.min(delays.length - 1, Math.floor(share * delays.length))] ?? Number.NaN;
  const received = seen.reduce((sum, watcher) => sum + watcher.epochs, 0);
  const missed = seen.reduce((sum, watcher) => sum + watcher.missedEpochs, 0);
  return {
    watchers,
    neverReading,
    trialsPerSecond: Number(((ended(search) - started.ended) / seconds).toFixed(1)),
    events: delays.length,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    epochsReceived: Number((received / (received + missed)).toFixed(3)),
    memoryBefore: Math.round(memory),
    memoryLargest: Math.round(largest),
    faults: seen.flatMap(({ fault }) => fault ?? []),
  };
}

function ended({ trials }: Awaited<ReturnType<ApiClient['search']>>): number {
  return trials.complete + trials.pruned + trials.failed + trials.cancelled;
}

await runBench(async () => {
  const { values } = parseArgs({
    options: {
      watchers: { type: 'string', default: '1000' },
      'never-reading': { type: 'string', default: '50' },
      trials: { type: 'string', default: '200' },
      units: { type: 'string', default: '128' },
      threads: { type: 'string', default: '1' },
      json: { type: 'boolean' },
    },
  });
  const options = {
    watchers: countFrom('watchers', values.watchers),
    neverReading: Number(values['never-reading']),
    trials: countFrom('trials', values.trials),
    units: countFrom('units', values.units),
    threads: countFrom('threads', values.threads),
  };
  const { faults, ...result } = await temporarily((folder) =>
    withService('start', { HYPERSEARCH_DATA: folder, HYPERSEARCH_THREADS: String(options.threads) }, (client, pid) =>
      measured(client, pid, options),
    ),
  );
  if (values.json) console.log(JSON.stringify({ ...result, faults: faults.length }));
  else console.log(tableOf(['measure', ''], Object.entries(result)));
  for (const fault of faults.slice(0, 5)) console.error(fault);
  if (faults.length > 0) process.exitCode = 1;
});
