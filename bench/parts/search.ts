/** One search through the whole service: REST in, Postgres out, and how long the event loop was held up meanwhile. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { ApiClient } from '../../src/cli/api-client.ts';
import { createClient } from '../../src/cli/api-client.ts';
import type { KernelsName } from '../../src/compute/kernels-names.ts';
import { readConfig } from '../../src/config.ts';
import { isOpen } from '../../src/domain/search.ts';
import { startService } from '../../src/service.ts';
import { temporarily } from './temporary.ts';
import type { TrialList } from './trials.ts';
import type { Rows } from './workloads.ts';

export interface Pass {
  readonly seconds: number;
  readonly meanAccuracy: number;
  readonly kernels: string;
  /** The longest delay of the event loop in the process of the worker. */
  readonly loopDelayMs: number;
}

/** A service in this process (API, worker with `threads` threads that train on `kernels`, embedded Postgres) that has the rows as a data set. */
export async function withService<T>(
  { threads, kernels }: { readonly threads: number; readonly kernels: KernelsName },
  rows: Rows,
  use: (pass: (trials: TrialList, seed: number) => Promise<Pass>) => Promise<T>,
): Promise<T> {
  return temporarily(async (dataDirectory) => {
    const own = { databaseUrl: undefined, dataDirectory, threads, kernels, port: 0, logLevel: 'silent' } as const;
    const service = await startService({ ...readConfig(), ...own }, 'both');
    try {
      await upload(service.url!, rows);
      const client = createClient(service.url!);
      return await use((trials, seed) => pass(client, trials, seed));
    } finally {
      await service.close();
    }
  });
}

const DATASET = 'rows';

async function upload(url: string, { x, y }: Rows): Promise<void> {
  const features = x.length / y.length;
  const header = [...Array.from({ length: features }, (_, k) => `x${k}`), 'class'];
  const lines = Array.from(y, (label, row) => [...x.subarray(row * features, (row + 1) * features), label].join(','));
  const response = await fetch(`${url}/v1/datasets?name=${DATASET}&task=classification`, {
    method: 'POST',
    headers: { 'content-type': 'text/csv' },
    body: [header.join(','), ...lines, ''].join('\n'),
  });
  if (!response.ok) throw new Error(`the data set was refused: ${await response.text()}`);
}

/** A search with only enqueued trials. */
function specificationOf(trials: TrialList, seed: number) {
  const range = (values: readonly number[]) => ({ low: Math.min(...values), high: Math.max(...values) });
  const whole = (values: readonly number[]) => ({ distribution: 'int', ...range(values) });
  const layers = trials.map(({ hidden }) => hidden.length);
  const units = Array.from({ length: Math.max(...layers) }, (_, place) => {
    const values = trials.flatMap(({ hidden }) => hidden[place] ?? []);
    return [`hiddenUnits${place + 1}`, whole(values)];
  });
  return {
    name: `${trials.length} given trials`,
    dataset: DATASET,
    hyperparameters: {
      learningRate: { distribution: 'float', ...range(trials.map(({ lr }) => lr)), scale: 'log' },
      hiddenLayers: whole(layers),
      ...Object.fromEntries(units),
      batchSize: whole(trials.map(({ batch }) => batch)),
      epochs: whole(trials.map(({ epochs }) => epochs)),
      activation: 'relu',
      optimizer: 'adam',
      initializer: 'he',
      preprocessing: 'none',
      l2: 0,
    },
    enqueue: trials.map(({ hidden, lr, batch, epochs }) => {
      return { hiddenUnits: hidden, learningRate: lr, batchSize: batch, epochs };
    }),
    sampler: { type: 'random', seed },
    validation: { type: 'holdout', fraction: 0.2 },
    budget: { trials: trials.length },
  };
}

/** From the request that begins the search to the event that ends it. */
async function pass(client: ApiClient, trials: TrialList, seed: number): Promise<Pass> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const begun = performance.now();
  const { id } = await client.create(specificationOf(trials, seed));
  for await (const message of client.stream(id)) {
    if (message.type === 'snapshot' ? !isOpen(message.search.state) : message.type === 'search.complete') break;
    if (message.type === 'search.failed') throw new Error(`the search failed: ${message.data.failure}`);
  }
  const seconds = (performance.now() - begun) / 1000;
  delay.disable();
  const accuracies = (await client.best(id, trials.length)).items.map(({ value }) => value ?? 0);
  if (accuracies.length !== trials.length)
    throw new Error(`${accuracies.length} of ${trials.length} trials have a value`);
  return {
    seconds,
    meanAccuracy: accuracies.reduce((sum, value) => sum + value, 0) / accuracies.length,
    kernels: (await client.trial(id, 0)).kernels ?? 'unknown',
    // Nanoseconds, of which one millisecond is the resolution itself.
    loopDelayMs: Math.max(0, delay.max / 1e6 - 1),
  };
}
