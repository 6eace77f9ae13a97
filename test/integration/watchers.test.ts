/** Many clients that watch one search, or all: what they see is read from Postgres once for all of them. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import WebSocket from 'ws';
import type { ListMessage, SearchMessage } from '../../src/contract/stream.ts';
import type { SearchEvent } from '../../src/domain/events.ts';
import { eventually } from '../support/processes.ts';
import { startTestService, type TestService } from '../support/service.ts';

const WATCHERS = 150;
const CHANGES = 60;
/** One scan per watcher to catch up, and a few per change; one per watcher and change would be 9,000. */
const MAX_SCANS = 5 * WATCHERS + 10 * CHANGES;

let service: TestService;
beforeAll(async () => {
  service = await startTestService({}, 'api');
});
afterAll(() => service?.close());

it('read the events of a search once for all', async () => {
  const { id } = await service.client.create({ dataset: 'iris', budget: { trials: 3 } });
  const send = (method: string, path: string, body: object) =>
    fetch(`${service.url}/v1/searches/${id}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  await send('POST', '/pause', {});
  const { seq } = await service.client.search(id);
  const url = `${service.url.replace('http', 'ws')}/v1/searches/${id}/events?after=${seq}`;
  const seen: SearchMessage[][] = [];
  const sockets = Array.from({ length: WATCHERS }, (_, i) => {
    const own: SearchMessage[] = [];
    seen.push(own);
    // Some know nothing of the search and catch up.
    const socket = new WebSocket(i % 10 === 0 ? url.replace(/\d+$/, '0') : url);
    socket.on('message', (data) => own.push(JSON.parse(String(data))));
    return socket;
  });
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('open', resolve))));
  const scans = await scansOf('events');
  for (let change = 1; change <= CHANGES; change++) await send('PATCH', '', { name: `name ${change}` });
  await eventually(async () => seen.every((messages) => lastSeq(messages) === seq + CHANGES), 20_000, 'the last');
  const expected = (
    (await (await fetch(`${service.url}/v1/searches/${id}/events?limit=500`)).json()) as { events: SearchEvent[] }
  ).events;
  expect(expected.map((event) => event.seq)).toEqual(Array.from({ length: seq + CHANGES }, (_, i) => i + 1));
  seen.forEach((messages, i) => {
    expect(messages.filter((message) => 'seq' in message)).toEqual(i % 10 === 0 ? expected : expected.slice(seq));
  });
  for (const socket of sockets) socket.close();
  await reportStatistics();
  expect((await scansOf('events')) - scans).toBeLessThan(MAX_SCANS);
});

it('read changed searches once for all', async () => {
  const { id } = await service.client.create({ dataset: 'iris', budget: { trials: 3 } });
  const names: (string | undefined)[] = [];
  const sockets = Array.from({ length: WATCHERS }, (_, i) => {
    const socket = new WebSocket(`${service.url.replace('http', 'ws')}/v1/events`);
    socket.on('message', (data) => {
      const message = JSON.parse(String(data)) as ListMessage;
      if (message.type === 'search' && message.search.id === id) names[i] = message.search.name;
    });
    return socket;
  });
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('open', resolve))));
  const scans = await scansOf('searches');
  for (const name of ['one', 'two', 'three', 'four']) {
    await fetch(`${service.url}/v1/searches/${id}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name }),
    });
    await eventually(async () => sockets.every((_, i) => names[i] === name), 20_000, `the name ${name}`);
  }
  for (const socket of sockets) socket.close();
  await reportStatistics();
  // One per client and change would be 600.
  expect((await scansOf('searches')) - scans).toBeLessThan(2 * WATCHERS);
});

it('are answered on every ping of the protocol, once', async () => {
  const socket = new WebSocket(`${service.url.replace('http', 'ws')}/v1/events`);
  const pongs: string[] = [];
  socket.on('pong', (data) => pongs.push(String(data)));
  await new Promise((resolve) => socket.once('message', resolve));
  for (const text of ['one', 'two']) socket.ping(text);
  await eventually(async () => pongs.length >= 2, 10_000, 'two pongs');
  const answered = new Promise((resolve) => socket.once('message', resolve));
  socket.send('{"type":"ping"}');
  await answered;
  expect(pongs).toEqual(['one', 'two']);
  socket.close();
});

/** Backends report their statistics at the latest ten seconds after they became idle, or when they end. */
async function reportStatistics(): Promise<void> {
  service = await service.restart();
}

function lastSeq(messages: readonly SearchMessage[]): number | undefined {
  const last = messages.at(-1);
  return last !== undefined && 'seq' in last ? last.seq : undefined;
}

async function scansOf(table: string): Promise<number> {
  const client = new pg.Client({ connectionString: service.databaseUrl });
  await client.connect();
  const { rows } = await client.query(
    'SELECT coalesce(seq_scan, 0) + coalesce(idx_scan, 0) AS scans FROM pg_stat_user_tables WHERE relname = $1',
    [table],
  );
  await client.end();
  return Number(rows[0].scans);
}

it('leave nothing behind when they are closed in the handshake', async () => {
  const { id } = await service.client.create({ dataset: 'iris', budget: { trials: 3 } });
  const before = timers();
  const paths = [`/v1/searches/${id}/events`, '/v1/events'];
  const begun = Array.from({ length: 1000 }, (_, i) => closeInHandshake(paths[i % 2]!, moments[i % moments.length]!));
  await Promise.all(begun);
  await eventually(async () => (await openSockets()) === 0, 20_000, 'the end of all websockets');
  // Heartbeats run every 15 seconds: one that is left is there.
  await eventually(async () => timers() - before < 10, 5000, 'the end of their timers');
  const answered = await fetch(`${service.url}/v1/searches/${id}`);
  expect(answered.status).toBe(200);
});

/** When a client closes its connection: as soon as it has asked, turns of the event loop later, or with the first byte of the answer. */
const moments: readonly ('asked' | number | 'answered')[] = ['asked', 1, 3, 10, 'answered'];

async function closeInHandshake(path: string, moment: (typeof moments)[number]): Promise<void> {
  const { port } = new URL(service.url);
  const socket = connect(Number(port), '127.0.0.1');
  const ended = once(socket, 'close');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const head = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
  const key = `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`;
  const request = [`GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, ...head, key, '', ''].join('\r\n');
  await new Promise((resolve) => socket.write(request, resolve));
  if (moment === 'answered') await once(socket, 'data');
  for (let turn = 0; turn < Number(moment); turn++) await setImmediate();
  socket.destroy();
  await ended;
}

function timers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
}

async function openSockets(): Promise<number> {
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  return Number(/^hypersearch_websockets (\d+)$/m.exec(metrics)![1]);
}
