/** Metrics of the service for Prometheus, besides those of requests and of the process. */
import type { FastifyInstance } from 'fastify';
import type { ServiceTotals } from '../application/ports/search-queries.ts';
import { messageOf } from '../errors.ts';
import type { ApiDependencies } from './dependencies.ts';

/** Metrics of one scrape share one read. */
const SHARED_MS = 500;
const DELAY_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export interface ServiceMetrics {
  /** Events came, announced or read, that were written at these times. */
  readonly eventsSeen: (times: readonly string[]) => void;
}

/** Gauges are read from Postgres and the queue when Prometheus asks; without an answer they are absent, and `hypersearch_up` is 0. */
export function registerServiceMetrics(
  { metrics, websocketServer }: FastifyInstance,
  { queries, queue, log, addMetrics }: Pick<ApiDependencies, 'queries' | 'queue' | 'log' | 'addMetrics'>,
): ServiceMetrics {
  const { Gauge, Histogram, register } = metrics.client;
  addMetrics(register);
  const read = {
    postgres: shared(() => queries.totals()),
    queue: shared(() => queue.depth()),
  };
  const answer = <T>(part: keyof typeof read, reading: Promise<T>): Promise<T | undefined> =>
    reading.catch((error: unknown) => {
      log.warn(`metrics: ${part} does not answer: ${messageOf(error)}`);
      return undefined;
    });
  new Gauge({
    name: 'hypersearch_up',
    help: 'Whether a part of the service answers',
    labelNames: ['part'],
    async collect() {
      for (const part of ['postgres', 'queue'] as const)
        this.set({ part }, (await answer<unknown>(part, read[part]())) === undefined ? 0 : 1);
    },
  });
  const ofTotals = (
    name: string,
    help: string,
    valuesOf: (totals: ServiceTotals) => Readonly<Record<string, number>>,
  ) =>
    new Gauge({
      name,
      help,
      labelNames: ['state'],
      async collect() {
        const totals = await answer('postgres', read.postgres());
        this.reset();
        if (totals !== undefined)
          for (const [state, value] of Object.entries(valuesOf(totals))) this.set(state === '' ? {} : { state }, value);
      },
    });
  ofTotals('hypersearch_searches', 'Searches by state', ({ searches }) => searches);
  ofTotals('hypersearch_trials', 'Trials of all searches by state', ({ trials }) => trials);
  ofTotals('hypersearch_epochs', 'Epochs trained by all searches', ({ epochs }) => ({ '': epochs }));
  ofTotals('hypersearch_database_bytes', 'Size of the database', ({ bytes }) => ({ '': bytes }));
  new Gauge({
    name: 'hypersearch_queue_depth',
    help: 'Deliveries that are queued or in progress',
    async collect() {
      const depth = await answer('queue', read.queue());
      if (depth === undefined) this.remove();
      else this.set(depth);
    },
  });
  new Gauge({
    name: 'hypersearch_websockets',
    help: 'Open websockets',
    collect() {
      this.set(websocketServer.clients.size);
    },
  });
  const delay = new Histogram({
    name: 'hypersearch_event_delay_seconds',
    help: 'From the transaction of an event until the API has it for its clients',
    buckets: DELAY_BUCKETS,
  });
  return {
    eventsSeen: (times) => {
      for (const time of times) delay.observe(Math.max(0, Date.now() - Date.parse(time)) / 1000);
    },
  };
}

/** Calls within SHARED_MS share one result. */
function shared<T>(read: () => Promise<T>): () => Promise<T> {
  let last: { readonly at: number; readonly result: Promise<T> } | undefined;
  return () => {
    if (last === undefined || performance.now() - last.at > SHARED_MS) last = { at: performance.now(), result: read() };
    return last.result;
  };
}
