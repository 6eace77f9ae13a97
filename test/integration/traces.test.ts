/** Traces: from a request to the API over a worker process to its threads, as a receiver gets them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient } from '../../src/cli/api-client.ts';
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '../support/otlp-receiver.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import {
  eventually,
  type RunningApi,
  type RunningProcess,
  startApi,
  startWorkerProcess,
} from '../support/processes.ts';
import { ended, lasting } from '../support/searches.ts';

let database: TestDatabase;
let receiver: OtlpReceiver;
let api: RunningApi;
let worker: RunningProcess;
beforeAll(async () => {
  [database, receiver] = await Promise.all([createTestDatabase(), startOtlpReceiver()]);
  const environment = {
    DATABASE_URL: database.url,
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_SERVICE_NAME: 'traced',
    HYPERSEARCH_THREADS: '2',
  };
  [api, worker] = await Promise.all([startApi(environment), startWorkerProcess(environment)]);
});
afterAll(async () => {
  await Promise.all([api?.end(), worker?.end()]);
  await receiver?.close();
  await database?.drop();
});

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';

function create(body: object, traceparent?: string) {
  return fetch(`${api.url}/v1/searches`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(traceparent !== undefined && { traceparent }) },
    body: JSON.stringify(body),
  });
}

/** The spans of a search that are named so, when there are as many. */
function spansOf(traceId: string, name: string, count: number): Promise<readonly ReceivedSpan[]> {
  return eventually(
    async () => {
      const found = receiver.spans.filter((span) => span.traceId === traceId && span.name === name);
      return found.length >= count ? found : undefined;
    },
    20_000,
    `${count} spans ${name}`,
  );
}

const QUEUE = { 'messaging.system': 'bullmq', 'messaging.destination.name': 'trials' };

/** The way of a search through the queue, below its request: who added its jobs, and who did each of them. */
async function expectDelivery(id: string, request: ReceivedSpan, trials: number): Promise<void> {
  const added = await spansOf(request.traceId, 'send trials', 1);
  const [addition] = added;
  expect(addition).toMatchObject({
    parentSpanId: request.spanId,
    kind: 4,
    attributes: { ...QUEUE, 'messaging.operation.name': 'send', 'messaging.operation.type': 'send' },
    process: { 'service.instance.id': expect.stringMatching(`:${api.child.pid}$`) },
  });
  const count = Number(addition!.attributes['messaging.batch.message_count'] ?? 1);
  const processed = await spansOf(request.traceId, 'process trials', count);
  expect(processed).toHaveLength(count);
  for (const job of processed) {
    expect(job).toMatchObject({
      parentSpanId: addition!.spanId,
      kind: 5,
      attributes: {
        ...QUEUE,
        ...{ 'messaging.operation.name': 'process', 'messaging.operation.type': 'process' },
        'messaging.message.id': expect.stringMatching(`^${id}_`),
      },
      process: { 'service.instance.id': expect.stringMatching(`:${worker.child.pid}$`) },
    });
    expect(job.startTimeUnixNano).toBeGreaterThanOrEqual(addition!.startTimeUnixNano);
  }
  const jobs = new Set(processed.map(({ spanId }) => spanId));
  const claims = receiver.spans.filter(({ traceId, name }) => traceId === request.traceId && name === 'claim');
  expect(claims.reduce((sum, { attributes }) => sum + Number(attributes['trials']), 0)).toBe(trials);
  for (const { links } of claims) {
    expect(links).toHaveLength(1);
    expect(jobs.has(links[0]!.spanId)).toBe(true);
  }
}

describe('a trace', () => {
  it('leads from the request of a caller to the epochs in the threads of a worker', async () => {
    const body = { ...lasting(1, 3), validation: { type: 'kFold', folds: 2 } };
    const response = await create(body, `00-${TRACE}-${CALLER}-01`);
    const { id } = (await response.json()) as { id: string };
    await ended(createClient(api.url), id);

    const [request] = await spansOf(TRACE, 'POST /v1/searches', 1);
    expect(request).toMatchObject({
      parentSpanId: CALLER,
      kind: 2,
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/v1/searches',
        'http.response.status_code': 201,
        'http.request.id': response.headers.get('x-request-id'),
      },
      process: { 'service.name': 'traced', 'service.instance.id': expect.stringMatching(`:${api.child.pid}$`) },
    });
    const [creation] = await spansOf(TRACE, 'create search', 1);
    expect(creation).toMatchObject({ parentSpanId: request!.spanId, attributes: { 'search.id': id } });

    await expectDelivery(id, request!, 3);
    const trials = await spansOf(TRACE, 'trial', 3);
    const claims = receiver.spans.filter(({ traceId, name }) => traceId === TRACE && name === 'claim');
    for (const claim of claims) {
      expect(claim).toMatchObject({
        parentSpanId: creation!.spanId,
        process: { 'service.instance.id': expect.stringMatching(`:${worker.child.pid}$`) },
      });
    }
    const claimed = new Set(claims.map(({ spanId }) => spanId));
    expect(trials.map(({ attributes }) => Number(attributes['trial.number'])).sort()).toEqual([0, 1, 2]);
    const threads = await spansOf(TRACE, 'train', 6);
    const written = await spansOf(TRACE, 'write result', 3);
    for (const trial of trials) {
      expect(claimed.has(trial.parentSpanId!)).toBe(true);
      expect(trial.attributes).toMatchObject({ 'search.id': id, 'trial.attempt': 1, 'trial.end': 'result' });
      const own = threads.filter(({ parentSpanId }) => parentSpanId === trial.spanId);
      expect(own.map(({ attributes }) => Number(attributes['fold'])).sort()).toEqual([0, 1]);
      for (const run of own) {
        expect(run.attributes['thread.id']).toBeGreaterThan(0);
        expect(run.events).toHaveLength(Math.min(100, Number(run.attributes['epochs'])));
        expect(run.events.length).toBeGreaterThan(0);
        for (const { timeUnixNano } of run.events) {
          // Clocks of threads and processes are read in milliseconds.
          expect(timeUnixNano).toBeGreaterThanOrEqual(run.startTimeUnixNano - 2_000_000n);
          expect(timeUnixNano).toBeLessThanOrEqual(run.endTimeUnixNano + 2_000_000n);
        }
      }
      expect(written.filter(({ parentSpanId }) => parentSpanId === trial.spanId)).toHaveLength(1);
    }
  });

  it('begins with the request if its caller has none, and is not sent if the caller does not want it', async () => {
    const unwanted = await create(lasting(1, 1), `00-${'ab'.repeat(16)}-${CALLER}-00`);
    const own = await create(lasting(1, 1), 'no trace');
    const { id, traceparent } = (await own.json()) as { id: string; traceparent: string };
    const [, traceId] = /^00-([0-9a-f]{32})-[0-9a-f]{16}-01$/.exec(traceparent)!;
    await ended(createClient(api.url), ((await unwanted.json()) as { id: string }).id);
    await ended(createClient(api.url), id);
    const [request] = await spansOf(traceId!, 'POST /v1/searches', 1);
    expect(request!.parentSpanId ?? '').toBe('');
    await spansOf(traceId!, 'write result', 1);
    expect(receiver.spans.filter((span) => span.traceId === 'ab'.repeat(16))).toEqual([]);
  });

  it('says which trial failed, and why', async () => {
    const { id, traceparent } = (await (
      await create({ ...lasting(3000, 1), limits: { trialSeconds: 0.05, attempts: 1 } })
    ).json()) as { id: string; traceparent: string };
    await ended(createClient(api.url), id);
    const [trial] = await spansOf(traceparent.split('-')[1]!, 'trial', 1);
    expect(trial).toMatchObject({ status: { code: 2 }, attributes: { 'trial.end': 'returned' } });
  });
});

describe('without a receiver', () => {
  it('nothing of it is loaded, and searches have no trace', async () => {
    const untraced = await startApi({ DATABASE_URL: database.url, NODE_DEBUG: 'esm' });
    try {
      const response = await fetch(`${untraced.url}/v1/searches?limit=1`, {
        headers: { traceparent: `00-${TRACE}-${CALLER}-01` },
      });
      expect(response.status).toBe(200);
      const created = await fetch(`${untraced.url}/v1/searches`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ dataset: 'iris', hyperparameters: { epochs: 1 }, budget: { trials: 1 } }),
      });
      expect(await created.json()).not.toHaveProperty('traceparent');
    } finally {
      await untraced.end();
    }
    // Node says which files it reads; the packages are in one of their own.
    expect(untraced.output()).toMatch(/parts\/serve\.js/);
    expect(untraced.output()).not.toMatch(/parts\/tracing\.js/);
  });
});
