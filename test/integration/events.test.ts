/** The log and the live stream: gap-free, once each, across processes, for slow clients and returning ones. */

import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { createClient } from '../../src/cli/api-client.ts';
import type { SearchMessage } from '../../src/contract/stream.ts';
import type { Epoch, SearchEvent } from '../../src/domain/events.ts';
import { eventually, type RunningApi, startApi } from '../support/processes.ts';
import { ended, lasting, reached } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
let other: RunningApi;
beforeAll(async () => {
  service = await startTestService();
  // A second API process on the same database.
  other = await startApi({ DATABASE_URL: service.databaseUrl });
});
afterAll(async () => {
  await other?.end();
  await service?.close();
});

interface Listener {
  readonly messages: SearchMessage[];
  readonly events: SearchEvent[];
  readonly socket: WebSocket;
  until(condition: (messages: readonly SearchMessage[]) => boolean): Promise<void>;
}

function isEvent(message: SearchMessage): message is SearchEvent {
  return 'seq' in message && message.type !== 'snapshot';
}

async function listen(url: string, id: string, after?: number): Promise<Listener> {
  const query = after === undefined ? '' : `?after=${after}`;
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/searches/${id}/events${query}`);
  const messages: SearchMessage[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data)) as SearchMessage));
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return {
    messages,
    get events() {
      return messages.filter(isEvent);
    },
    socket,
    until: async (condition) => {
      await eventually(async () => condition(messages), 30_000, 'the message');
    },
  };
}

function epochsIn(messages: readonly SearchMessage[]): Epoch[] {
  return messages.flatMap((message) => (message.type === 'epochs' ? message.epochs : []));
}

/** The training losses of trial 0, epoch by epoch, out of the snapshot and what came after it. */
function curveSeenBy({ messages }: Listener): (number | null)[] {
  const curve: (number | null)[] = [];
  for (const message of messages) {
    if (message.type === 'snapshot') curve.push(...(message.running[0]?.folds[0]?.trainLoss ?? []));
    for (const { epoch, trainLoss } of epochsIn([message])) curve[epoch - 1] = trainLoss;
  }
  return Array.from(curve, (loss) => loss ?? null);
}

const isOver = (messages: readonly SearchMessage[]) => messages.some(({ type }) => type === 'search.complete');
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

async function log(url: string, id: string, after = 0, limit = 1000) {
  const response = await fetch(`${url}/v1/searches/${id}/events?after=${after}&limit=${limit}`);
  return (await response.json()) as { events: SearchEvent[]; next: number };
}

describe('the stream', () => {
  it('gives a snapshot, then every change in order, and epochs as they end', async () => {
    const { id } = await service.client.create(lasting(80, 6));
    const listener = await listen(service.url, id);
    await listener.until(isOver);
    const [snapshot] = listener.messages;
    if (snapshot?.type !== 'snapshot') throw new Error(`the first message was ${snapshot?.type}`);
    const seqs = listener.events.map(({ seq }) => seq);
    const { seq } = await service.client.search(id);
    expect(seqs).toEqual(upTo(seq).filter((n) => n > snapshot.seq));
    expect(epochsIn(listener.messages).length).toBeGreaterThan(20);
    listener.socket.close();
  });

  it('is the same from another API process, and the same as the log', async () => {
    const { id } = await service.client.create(lasting(40, 5));
    const here = await listen(service.url, id, 1);
    const there = await listen(other.url, id, 1);
    await Promise.all([here.until(isOver), there.until(isOver)]);
    expect(there.events).toEqual(here.events);
    expect((await log(other.url, id)).events.slice(1)).toEqual(here.events);
    expect(epochsIn(there.messages)).not.toEqual([]);
    here.socket.close();
    there.socket.close();
  });

  it('has changes that are too long for a notification, whose limit is in bytes', async () => {
    const { id } = await service.client.create(lasting(5000, 1));
    const listener = await listen(other.url, id, 1);
    const sizes = [10, 3_700, 3_800, 4_000, 7_000, 7_800, 9_000];
    for (const size of sizes) {
      const body = JSON.stringify({ notes: 'ä'.repeat(size) });
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${service.url}/v1/searches/${id}`, { method: 'PATCH', headers, body });
      expect(response.status).toBe(200);
    }
    await service.client.cancel(id);
    await listener.until((messages) => messages.some(({ type }) => type === 'search.cancelled'));
    expect(listener.events).toEqual((await log(other.url, id)).events.slice(1));
    const changes = listener.events.filter(({ type }) => type === 'search.changed');
    expect(changes.map(({ data }) => ('notes' in data ? data.notes?.length : 0))).toEqual(sizes);
    listener.socket.close();
  });

  it('lost and taken up again with after=, it misses nothing and repeats nothing', async () => {
    const { id } = await service.client.create(lasting(50, 12));
    const seen: number[] = [0];
    let over = false;
    while (!over) {
      const listener = await listen(seen.length % 2 === 0 ? service.url : other.url, id, seen.at(-1)!);
      await listener.until((messages) => messages.filter(isEvent).length >= 3 || isOver(messages));
      over = isOver(listener.messages);
      listener.socket.terminate();
      seen.push(...listener.events.map(({ seq }) => seq));
    }
    expect(seen.slice(1)).toEqual(upTo((await service.client.search(id)).seq));
  });

  it('shows who comes late what is running, with its curve so far', async () => {
    const { id } = await service.client.create(lasting(15_000, 2));
    await reached(service.client, id, 'running', 2);
    // The curve is stored with every renewal of the lease.
    await eventually(async () => (await service.client.trial(id, 0)).epochs > 0, 10_000, 'a stored curve');
    const listener = await listen(other.url, id);
    await listener.until((messages) => messages.length > 0);
    const [snapshot] = listener.messages;
    if (snapshot?.type !== 'snapshot') throw new Error('no snapshot');
    expect(snapshot.running.map(({ number }) => number)).toEqual([0, 1]);
    expect(snapshot.running[0]!.folds[0]!.trainLoss.length).toBeGreaterThan(0);
    await service.client.cancel(id);
    await listener.until((messages) => messages.some(({ type }) => type === 'search.cancelled'));
    listener.socket.close();
  });

  it('shows who comes late the same curve as who was there from the start', async () => {
    const { id } = await service.client.create(lasting(5000, 1));
    const early = await listen(service.url, id);
    await early.until(() => curveSeenBy(early).length >= 300);
    const late = await listen(service.url, id);
    await late.until(() => curveSeenBy(late).length >= 500);
    const [whole, pieced] = [curveSeenBy(early).slice(0, 450), curveSeenBy(late).slice(0, 450)];
    expect(whole.every((loss) => typeof loss === 'number')).toBe(true);
    expect(pieced).toEqual(whole);
    await service.client.cancel(id);
    early.socket.close();
    late.socket.close();
  });

  it('spares a client that does not read the epochs, and says how many, but no change', async () => {
    const { id } = await service.client.create(lasting(5, 200));
    const listener = await listen(service.url, id, 0);
    listener.socket.pause();
    // More epochs than the sockets between us can hold, as if from a thousand networks.
    const epoch = { number: 0, attempt: 1, fold: 0, epoch: 1, epochs: 1 };
    const payload = JSON.stringify({ kind: 'epochs', searchId: id, epochs: Array.from({ length: 90 }, () => epoch) });
    const notifier = new pg.Client({ connectionString: service.databaseUrl });
    await notifier.connect();
    for (let i = 0; i < 2500; i++) await notifier.query('SELECT pg_notify($1, $2)', ['hypersearch', payload]);
    await notifier.end();
    const { seq } = await ended(service.client, id);
    listener.socket.resume();
    await listener.until(isOver);
    await service.client.create(lasting(1, 1));
    expect(listener.events.map((event) => event.seq)).toEqual(upTo(seq));
    expect(epochsIn(listener.messages).length).toBeLessThan(2500 * 90);
    listener.socket.close();
  });

  it('says goodbye when its search is deleted', async () => {
    const { id } = await service.client.create(lasting(1, 1));
    await ended(service.client, id);
    const listener = await listen(other.url, id);
    await listener.until((messages) => messages.length > 0);
    const closed = new Promise((resolve) => listener.socket.once('close', resolve));
    await fetch(`${service.url}/v1/searches/${id}`, { method: 'DELETE' });
    await expect(closed).resolves.toBe(1000);
    expect(listener.messages.at(-1)?.type).toBe('removed');
  });

  it('answers a ping', async () => {
    const { id } = await service.client.create(lasting(1, 1));
    const listener = await listen(service.url, id);
    listener.socket.send('{"type":"ping"}');
    await listener.until((messages) => messages.some(({ type }) => type === 'pong'));
    listener.socket.close();
  });
});

describe('the log', () => {
  it('pages by after, and ends where the search is', async () => {
    const { id } = await service.client.create(lasting(1, 20));
    const { seq } = await ended(service.client, id);
    const seen: number[] = [];
    let after = 0;
    for (;;) {
      const page = await log(service.url, id, after, 7);
      seen.push(...page.events.map((event) => event.seq));
      if (page.events.length === 0) break;
      after = page.next;
    }
    expect(seen).toEqual(upTo(seq));
  });

  it('has the results of a stream in few transactions', async () => {
    // Each takes longer than a transaction, and a hundred of them do not fill a batch.
    const { id } = await service.client.create({
      dataset: 'iris',
      hyperparameters: { learningRate: { distribution: 'float', low: 1e-3, high: 1e-1, scale: 'log' }, epochs: 100 },
      sampler: { type: 'random', seed: 1 },
      budget: { trials: 60 },
    });
    await ended(service.client, id);
    const answer = await fetch(`${service.url}/v1/searches/${id}/events?limit=1000`);
    const { events } = (await answer.json()) as { events: SearchEvent[] };
    const results = events.filter(({ type }) => type === 'trial.complete');
    expect(results).toHaveLength(60);
    // Events of one transaction have one time.
    const times = [...new Set(results.map(({ at }) => Date.parse(at)))];
    const gaps = times.slice(1).map((time, i) => time - times[i]!);
    expect(gaps.toSorted((a, b) => a - b)[gaps.length >> 1]).toBeGreaterThan(120);
  });

  it('the client of the command line sees the end over a restart of its API', async () => {
    const api = await startApi({ DATABASE_URL: service.databaseUrl });
    const port = new URL(api.url).port;
    const client = createClient(api.url);
    const { id } = await client.create(lasting(60, 50));
    const seqs: number[] = [];
    const following = (async () => {
      for await (const message of client.stream(id)) {
        if ('seq' in message) seqs.push(message.seq);
        if (message.type === 'search.complete') return;
      }
    })();
    // A client that comes after the end is sent the end, and no other event.
    await eventually(async () => seqs.length > 0, 30_000, 'the first message');
    await reached(service.client, id, 'complete', 4);
    await api.end('SIGKILL');
    const again = await startApi({ DATABASE_URL: service.databaseUrl, HYPERSEARCH_PORT: port });
    await following;
    await again.end();
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
    expect(new Set(seqs).size).toBe(seqs.length);
    expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, i) => seqs[0]! + i));
  });
});
