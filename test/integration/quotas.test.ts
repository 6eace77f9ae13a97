/** Limits of projects and keys through REST: what waits, what is refused, and what the refusal says. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { createClient } from '../../src/cli/api-client.ts';
import type { ProblemDocument } from '../../src/contract/problem.ts';
import type { ApiKey } from '../../src/domain/api-key.ts';
import type { SearchEvent } from '../../src/domain/events.ts';
import type { ModelRecord } from '../../src/domain/model-record.ts';
import type { Project, ProjectLimitsChange } from '../../src/domain/project.ts';
import type { Search } from '../../src/domain/search.ts';
import { eventually, findRedis, startRedis, type TestRedis } from '../support/processes.ts';
import { ended, lasting, reached } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
let admin: string;
beforeAll(async () => {
  // More threads than any limit here.
  service = await startTestService({ threads: 4 });
  admin = (await service.client.createKey({ name: 'admin', role: 'admin' })).secret;
});
afterAll(() => service?.close());

async function send(method: string, path: string, body?: unknown, key = admin, csv?: string) {
  const content = csv ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await fetch(`${service.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(content !== undefined && { 'content-type': csv === undefined ? 'application/json' : 'text/csv' }),
    },
    ...(content !== undefined && { body: content }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, json: <T = ProblemDocument>() => JSON.parse(text) as T };
}

let projects = 0;
async function createProject(limits: object): Promise<string> {
  const name = `project-${projects++}`;
  expect((await send('POST', '/v1/projects', { name, limits })).status).toBe(201);
  return name;
}
const used = async (name: string) => (await send('GET', `/v1/projects/${name}`)).json<Project>().used;
const limit = (name: string, limits: ProjectLimitsChange) => send('PATCH', `/v1/projects/${name}`, { limits });
const create = async (project: string, more: object = {}): Promise<Search> => {
  const answer = await send('POST', '/v1/searches', { ...lasting(50, 8), project, ...more });
  expect(answer.status).toBe(201);
  return answer.json<Search>();
};

/** The most trials of a search that ran at the same moment, by the order of its events. */
async function mostAtOnce(id: string): Promise<number> {
  const { events } = (await send('GET', `/v1/searches/${id}/events?limit=5000`)).json<{ events: SearchEvent[] }>();
  const running = new Set<number>();
  let most = 0;
  for (const event of events) {
    if (event.type === 'trial.started') running.add(event.data.number);
    else if (event.type.startsWith('trial.') && 'number' in event.data) running.delete(event.data.number);
    most = Math.max(most, running.size);
  }
  return most;
}

type Refused = { status: number | undefined; problem: ProblemDocument };

function openSocket({ url }: TestService, secret: string): Promise<WebSocket | Refused> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/events`, {
      headers: { authorization: `Bearer ${secret}` },
    });
    socket.on('open', () => resolve(socket));
    socket.on('unexpected-response', (_, response) => {
      let text = '';
      response.on('data', (part: Buffer) => {
        text += part.toString();
      });
      response.on('end', () => resolve({ status: response.statusCode, problem: JSON.parse(text) as ProblemDocument }));
    });
    socket.on('error', reject);
  });
}

describe('trials that run at the same time', () => {
  const client = () => createClient(service.url, admin);

  it('are no more than the project may have, over its searches; the others wait, and all come to their end', async () => {
    const project = await createProject({ runningTrials: 2 });
    // One whose trials are planned ahead, one whose sampler learns, and one with rungs.
    const searches = [
      await create(project),
      await create(project, { sampler: { type: 'tpe', seed: 1 } }),
      await create(project, { pruner: { type: 'successiveHalving', minEpochs: 1, bracketSize: 4 } }),
    ];
    let most = 0;
    const watching = eventually(
      async () => {
        const { runningTrials, openSearches } = await used(project);
        most = Math.max(most, runningTrials);
        return openSearches === 0;
      },
      60_000,
      'the ends of the searches',
    );
    for (const { id } of searches) await ended(client(), id);
    await watching;
    expect(most).toBe(2);
    for (const { id } of searches) {
      expect(await mostAtOnce(id)).toBeLessThanOrEqual(2);
      const { trials, state } = await client().search(id);
      expect([state, trials.complete + trials.pruned]).toEqual(['complete', 8]);
    }
  });

  it('do not stop those of another project, which take the threads that are free', async () => {
    const [narrow, wide] = [await createProject({ runningTrials: 1 }), await createProject({})];
    const slow = await create(narrow, lasting(100, 30));
    await reached(client(), slow.id, 'complete', 1);
    const fast = await create(wide, lasting(100, 20));
    await ended(client(), fast.id);
    const { trials } = await client().search(slow.id);
    await send('POST', `/v1/searches/${slow.id}/cancel`);
    expect(await mostAtOnce(slow.id)).toBe(1);
    expect(await mostAtOnce(fast.id)).toBeGreaterThan(1);
    expect(trials.complete).toBeLessThan(20);
    expect(trials.complete).toBeGreaterThan(2);
  });

  it('are more once the limit is raised', async () => {
    const project = await createProject({ runningTrials: 1 });
    const { id } = await create(project, lasting(120, 200));
    await reached(client(), id, 'complete', 2);
    expect(await mostAtOnce(id)).toBe(1);
    await limit(project, { runningTrials: null });
    await eventually(async () => (await used(project)).runningTrials > 1, 20_000, 'several trials');
    await send('POST', `/v1/searches/${id}/cancel`);
  });
});

describe('searches that have not ended', () => {
  it('are refused beyond the limit, however they begin', async () => {
    const project = await createProject({ openSearches: 1 });
    const begin = () => send('POST', '/v1/searches', { ...lasting(100, 300), project });
    const answers = await Promise.all([begin(), begin(), begin()]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 429, 429]);
    const refused = answers.find(({ status }) => status === 429)!.json();
    expect(refused).toMatchObject({
      code: 'searchLimit',
      detail: `the project ${project} may have 1 searches that have not ended, and has 1: wait until one ends, or cancel one`,
    });
    const { id } = answers.find(({ status }) => status === 201)!.json<Search>();
    await send('POST', `/v1/searches/${id}/cancel`);
    const short = await create(project, { budget: { trials: 1 } });
    await ended(createClient(service.url, admin), short.id);
    const other = await create(project, lasting(100, 300));
    // To go on, and to refine, is to begin.
    expect((await send('PATCH', `/v1/searches/${short.id}`, { budget: { trials: 3 } })).json().code).toBe(
      'searchLimit',
    );
    expect((await send('POST', `/v1/searches/${short.id}/refine`, {})).json().code).toBe('searchLimit');
    expect((await send('PATCH', `/v1/searches/${short.id}`, { name: 'renamed' })).status).toBe(200);
    await send('POST', `/v1/searches/${other.id}/cancel`);
    expect((await send('PATCH', `/v1/searches/${short.id}`, { budget: { trials: 3 } })).status).toBe(200);
    await ended(createClient(service.url, admin), short.id);
  });

  it('a repeated request with the same key is answered at the limit', async () => {
    const project = await createProject({ openSearches: 1 });
    const once = async () =>
      fetch(`${service.url}/v1/searches`, {
        method: 'POST',
        headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json', 'idempotency-key': 'mine' },
        body: JSON.stringify({ ...lasting(100, 300), project }),
      });
    const [first, second] = [await once(), await once()];
    const [{ id }, again] = [(await first.json()) as Search, (await second.json()) as Search];
    expect(again.id).toBe(id);
    await send('POST', `/v1/searches/${id}/cancel`);
  });
});

describe('stored bytes', () => {
  const csvOf = (rows: number) =>
    ['length,width,kind', ...Array.from({ length: rows }, (_, i) => `${i % 7},${i % 5},${i % 2}`)].join('\n');
  const upload = (project: string, name: string, csv: string) =>
    send('POST', `/v1/datasets?name=${name}&project=${project}`, undefined, admin, csv);

  it('of data sets are refused beyond the limit, with what is used; nothing is stored then', async () => {
    const csv = csvOf(100);
    const project = await createProject({ storedBytes: csv.length + 100 });
    expect((await upload(project, 'fits', csv)).status).toBe(201);
    expect(await used(project)).toMatchObject({ storedBytes: csv.length });
    const refused = await upload(project, 'too-much', csvOf(50));
    expect(refused.status).toBe(403);
    expect(refused.json()).toMatchObject({
      code: 'storageLimit',
      detail: `the project ${project} may store ${csv.length + 100} bytes in data sets and models, and stores ${csv.length}, and this has ${csvOf(50).length} bytes: delete some of them first`,
    });
    expect((await send('GET', '/v1/datasets/too-much')).status).toBe(404);
    // A version that is there already needs nothing more.
    expect((await upload(project, 'fits', csv)).status).toBe(201);
    await send('DELETE', '/v1/datasets/fits');
    expect((await upload(project, 'too-much', csvOf(50))).status).toBe(201);
  });

  it('of models are refused where nothing is left, and a model that turns out too large fails', async () => {
    const project = await createProject({ storedBytes: 500 });
    const { id } = await create(project, { budget: { trials: 1 } });
    await ended(createClient(service.url, admin), id);
    const make = () => send('POST', `/v1/searches/${id}/models`, { trial: 0 });
    const settled = async () => {
      const model = (await make()).json<ModelRecord>();
      return eventually(
        async () => {
          const now = (await send('GET', `/v1/models/${model.id}`)).json<ModelRecord>();
          return ['ready', 'failed'].includes(now.state) ? now : undefined;
        },
        20_000,
        'the model',
      );
    };
    expect(await settled()).toMatchObject({
      state: 'failed',
      failure: expect.stringMatching(/may store 500 bytes .* stores 0, and this has \d+ bytes/),
    });
    expect(await used(project)).toMatchObject({ storedBytes: 0 });
    await limit(project, { storedBytes: 1_000_000 });
    expect(await settled()).toMatchObject({ state: 'ready' });
    const { storedBytes } = await used(project);
    expect(storedBytes).toBeGreaterThan(500);
    await limit(project, { storedBytes });
    expect((await make()).json()).toMatchObject({ status: 403, code: 'storageLimit' });
  });
});

const redisBinary = findRedis();
if (redisBinary === undefined)
  console.warn('no redis-server is installed: limits over two API processes are not tested');

describe('a key', () => {
  const createKey = async (more: object) =>
    (await send('POST', '/v1/keys', { name: 'busy', role: 'reader', ...more })).json<ApiKey & { secret: string }>()
      .secret;

  it('may send as many requests in a minute as it may, to any endpoint, whatever others at its address send', async () => {
    const [key, other] = [await createKey({ limits: { requestsPerMinute: 5 } }), await createKey({})];
    const statuses: number[] = [];
    for (let i = 0; i < 5; i++)
      statuses.push((await send('GET', i % 2 ? '/v1/models' : '/v1/searches', undefined, key)).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200]);
    const refused = await send('GET', '/v1/examples', undefined, key);
    expect(refused.status).toBe(429);
    const seconds = Number(refused.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(30);
    expect(seconds).toBeLessThanOrEqual(60);
    expect(refused.json()).toMatchObject({
      code: 'tooManyRequests',
      detail: expect.stringMatching(/^busy has reached its limit of 5 requests in a minute; try again in \d+ s$/),
    });
    expect((await send('GET', '/v1/examples', undefined, other)).status).toBe(200);
  });

  it('has the limits of its project where it has none of its own', async () => {
    const project = await createProject({ requestsPerMinute: 2 });
    const key = await createKey({ project });
    for (const status of [200, 200, 429])
      expect((await send('GET', '/v1/searches', undefined, key)).status).toBe(status);
    const own = await createKey({ project, limits: { requestsPerMinute: 4 } });
    for (const status of [200, 200, 200, 200, 429])
      expect((await send('GET', '/v1/searches', undefined, own)).status).toBe(status);
  });

  it('may have as many websockets open as it may', async () => {
    const key = await createKey({ limits: { websockets: 2 } });
    const open = (secret: string) => openSocket(service, secret);
    const sockets = [await open(key), await open(key)] as WebSocket[];
    expect(await open(key)).toMatchObject({
      status: 429,
      problem: {
        code: 'connectionLimit',
        detail: 'busy may have 2 websockets open at the same time, and has 2: close one first',
      },
    });
    ((await open(admin)) as WebSocket).close();
    sockets[0]!.close();
    const again = await eventually(
      async () => {
        const socket = await open(key);
        return socket instanceof WebSocket ? socket : undefined;
      },
      10_000,
      'room for another one',
    );
    again.close();
    sockets[1]!.close();
  });
});

describe.skipIf(redisBinary === undefined)('two API processes with Redis', () => {
  let redis: TestRedis;
  let one: TestService;
  let other: TestService;
  let ownAdmin: string;
  beforeAll(async () => {
    redis = await startRedis(redisBinary!);
    one = await startTestService({ redisUrl: redis.url }, 'api');
    other = await startTestService({ redisUrl: redis.url, databaseUrl: one.databaseUrl }, 'api');
  });
  afterAll(async () => {
    await other?.close();
    await one?.close();
    await redis?.close();
  });

  const ask = ({ url }: TestService, key?: string) =>
    fetch(`${url}/v1/searches`, { headers: key === undefined ? {} : { authorization: `Bearer ${key}` } });
  const remaining = async (service: TestService) => Number((await ask(service)).headers.get('x-ratelimit-remaining'));

  it('count requests together: by address', async () => {
    const first = await remaining(one);
    expect([await remaining(one), await remaining(other), await remaining(one)]).toEqual([
      first - 1,
      first - 2,
      first - 3,
    ]);
  });

  /** Both need keys from here on. */
  it('by key, and the second refuses what the first has counted; each its own part while Redis is away', async () => {
    ownAdmin = (await one.client.createKey({ name: 'admin', role: 'admin' })).secret;
    await eventually(async () => (await ask(other)).status === 401, 10_000, 'the other process asking for keys');
    const { createKey } = createClient(one.url, ownAdmin);
    const limits = { requestsPerMinute: 5, websockets: 2 };
    const { secret: key } = await createKey({ name: 'busy', role: 'reader', limits });
    const statuses: number[] = [];
    for (const service of [one, one, one, other, other, other, one]) statuses.push((await ask(service, key)).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429]);
    const refused = await ask(other, key);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(30);
    expect(await refused.json()).toMatchObject({
      detail: expect.stringMatching(/^busy has reached its limit of 5 requests in a minute/),
    });

    const { secret: next } = await createKey({ name: 'next', role: 'reader', limits });
    await redis.stop();
    const later: number[] = [];
    for (const service of [one, one, one, one, one, one, other, other]) later.push((await ask(service, next)).status);
    expect(later).toEqual([200, 200, 200, 200, 200, 429, 200, 200]);
    await redis.start();
  });

  it('count websockets together, until they are closed', async () => {
    const { secret: key } = await createClient(one.url, ownAdmin).createKey({
      name: 'watcher',
      role: 'reader',
      limits: { websockets: 2 },
    });
    // Redis is back, for both.
    const left = async (service: TestService) => Number((await ask(service, key)).headers.get('x-ratelimit-remaining'));
    await eventually(async () => (await left(one)) > (await left(other)), 10_000, 'counting together');
    await eventually(async () => (await left(other)) > (await left(one)), 10_000, 'counting together');
    const sockets = [await openSocket(one, key), await openSocket(other, key)] as WebSocket[];
    for (const service of [one, other]) {
      expect(await openSocket(service, key)).toMatchObject({
        status: 429,
        problem: { detail: 'watcher may have 2 websockets open at the same time, and has 2: close one first' },
      });
    }
    sockets[0]!.close();
    const again = await eventually(async () => {
      const socket = await openSocket(other, key);
      return socket instanceof WebSocket ? socket : undefined;
    }, 10_000);
    expect(await openSocket(one, key)).toMatchObject({ status: 429 });
    for (const socket of [again, sockets[1]!]) socket.close();
  });
});
