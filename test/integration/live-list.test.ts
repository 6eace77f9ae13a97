/** The list of searches: its filters, what it shows of each, and its stream. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { type ListMessage, listMessageSchema } from '../../src/contract/stream.ts';
import type { Search } from '../../src/domain/search.ts';
import { eventually, startWorkerProcess } from '../support/processes.ts';
import { ended, expectSound, lasting, reached } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service?.close());

async function list(query: string): Promise<Search[]> {
  const response = await fetch(`${service.url}/v1/searches?limit=500&${query}`);
  return ((await response.json()) as { items: Search[] }).items;
}

async function listen() {
  const socket = new WebSocket(`${service.url.replace('http', 'ws')}/v1/events`);
  const messages: (ListMessage & { at: number })[] = [];
  socket.on('message', (data) =>
    messages.push({ ...listMessageSchema.parse(JSON.parse(String(data))), at: performance.now() } as never),
  );
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const of = (id: string) =>
    messages.flatMap((message) =>
      message.type === 'search' && message.search.id === id ? [{ ...message.search, at: message.at }] : [],
    );
  return { socket, messages, of };
}

describe('filters', () => {
  it('find what is contained, whatever the case, and take % and _ as they are', async () => {
    const names = ['Wide 100%_sure', 'wide 100 xsure', 'narrow'];
    const made = await Promise.all(names.map((name) => service.client.create(lasting(1, 1, { name }))));
    const named = async (q: string) => (await list(`q=${encodeURIComponent(q)}`)).map(({ name }) => name).sort();
    expect(await named('WIDE')).toEqual([names[1], names[0]].sort());
    expect(await named('100%_s')).toEqual([names[0]]);
    expect(await named('%')).toEqual([names[0]]);
    expect(await named('\\')).toEqual([]);
    expect(await named("' OR true --")).toEqual([]);
    expect(await named('iris')).toEqual(names.toSorted());
    expect(await list('dataset=digits')).toEqual([]);
    expect(await list('dataset=iris')).toHaveLength(3);
    await Promise.all(made.map(({ id }) => ended(service.client, id)));
    const refined = await fetch(`${service.url}/v1/searches/${made[0]!.id}/refine`, { method: 'POST' });
    const { id } = (await refined.json()) as Search;
    expect((await list(`parent=${made[0]!.id}`)).map((search) => search.id)).toEqual([id]);
    await service.client.cancel(id).catch(() => undefined);
  });
});

describe('what a search shows of its trials', () => {
  it('is what its rows say, with pruning, divergence and a worker that was killed', async () => {
    const own = await startTestService({ leaseSeconds: 1.5 }, 'api');
    const environment = {
      DATABASE_URL: own.databaseUrl,
      HYPERSEARCH_LEASE_SECONDS: '1.5',
      HYPERSEARCH_SWEEP_SECONDS: '0.3',
      HYPERSEARCH_THREADS: '2',
    };
    try {
      const doomed = await startWorkerProcess(environment);
      const { id } = await own.client.create(
        lasting(60, 30, {
          hyperparameters: {
            learningRate: { distribution: 'float', low: 1e-5, high: 1e4, scale: 'log' },
            hiddenUnits: 32,
            batchSize: 16,
            epochs: 81,
          },
          pruner: { type: 'hyperband' },
        }),
      );
      await reached(own.client, id, 'running', 1);
      await eventually(async () => (await own.client.search(id)).trials.diverged > 0, 60_000, 'a trial that diverged');
      await doomed.end('SIGKILL');
      const worker = await startWorkerProcess(environment);
      const done = await ended(own.client, id);
      await worker.end();
      expect(done.trials.pruned).toBeGreaterThan(0);
      expect(done.improvements.at(-1)).toEqual(done.best);
      expect(done.found.diverged).toBeGreaterThan(0);
      // Counts and improvements against rows and events.
      await expectSound(own.databaseUrl, id);
    } finally {
      await own.close();
    }
  });
});

describe('the stream of all searches', () => {
  it('tells every search as it changes, not too often, at last as it ended, and that it was deleted', async () => {
    const { socket, messages, of } = await listen();
    const { id } = await service.client.create(lasting(20, 60));
    const done = await ended(service.client, id);
    await eventually(async () => of(id).at(-1)?.state === 'complete', 10_000, 'the end in the list');
    expect(messages[0]!.type).toBe('ready');
    const received = of(id);
    expect(received.length).toBeGreaterThan(1);
    // Four a second, and one each for a beginning and an end.
    expect(received.length).toBeLessThanOrEqual(((received.at(-1)!.at - received[0]!.at) / 1000) * 4 + 2);
    const { at: _, ...last } = received.at(-1)!;
    expect(last).toEqual(done);
    await fetch(`${service.url}/v1/searches/${id}`, { method: 'DELETE' });
    await eventually(async () => messages.some((message) => message.type === 'removed' && message.id === id));
    socket.send('{"type":"ping"}');
    await eventually(async () => messages.some(({ type }) => type === 'pong'));
    socket.close();
  });

  it('tells a client that did not read for a while how things are now, not all that happened', async () => {
    const { socket, of } = await listen();
    socket.pause();
    const { id } = await service.client.create(lasting(5, 200));
    const done = await ended(service.client, id);
    socket.resume();
    await eventually(async () => of(id).at(-1)?.seq === done.seq, 10_000, 'the newest state');
    socket.close();
  });

  it('is a websocket alone, and not for pages of other sites', async () => {
    const plain = await fetch(`${service.url}/v1/events`);
    expect([plain.status, ((await plain.json()) as { code: string }).code]).toEqual([426, 'upgradeRequired']);
    const foreign = new WebSocket(`${service.url.replace('http', 'ws')}/v1/events`, {
      headers: { origin: 'https://elsewhere.example' },
    });
    const status = await new Promise((resolve) => {
      foreign.on('unexpected-response', (_, response) => resolve(response.statusCode));
      foreign.on('error', () => undefined);
    });
    expect(status).toBe(403);
  });
});
