/** Projects through REST and websockets: for a key of one project nothing of another one exists, whatever the route. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { createClient } from '../../src/cli/api-client.ts';
import { endpoints } from '../../src/contract/http.ts';
import { reachOf } from '../../src/contract/reach.ts';
import type { ApiKey, BrowserSession } from '../../src/domain/api-key.ts';
import type { ModelRecord } from '../../src/domain/model-record.ts';
import type { Project } from '../../src/domain/project.ts';
import type { Search } from '../../src/domain/search.ts';
import { eventually } from '../support/processes.ts';
import { ended } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
/** Secrets of keys: of the whole service, and admins of one project each. */
let all: string;
let one: string;
let other: string;
/** What belongs to the project `other`. */
let search: Search;
let model: ModelRecord;
let key: ApiKey;
let session: string;
const DATASET = 'others-plants';
const NAME = 'search of others';

const csv = ['length,width,kind', ...Array.from({ length: 40 }, (_, i) => `${i % 7},${i % 5},${i % 2}`)].join('\n');
const tiny = (more: object = {}) => ({
  dataset: 'iris',
  hyperparameters: { learningRate: { distribution: 'float', low: 1e-3, high: 1e-1, scale: 'log' }, epochs: 2 },
  budget: { trials: 2 },
  ...more,
});

interface Sent {
  readonly key?: string;
  readonly body?: unknown;
  readonly file?: string;
  readonly headers?: Readonly<Record<string, string>>;
}
/** A request to an endpoint that is known. */
interface Named extends Sent {
  readonly query?: string;
}

async function send(method: string, path: string, { key: secret = all, body, file, headers }: Sent = {}) {
  const content = file ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await fetch(`${service.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${secret}`,
      ...(content !== undefined && { 'content-type': file === undefined ? 'application/json' : 'text/csv' }),
      ...headers,
    },
    ...(content !== undefined && { body: content }),
  });
  const text = await response.text();
  return { status: response.status, text, json: <T>() => JSON.parse(text) as T };
}

async function made<T>(path: string, sent: Sent): Promise<T> {
  const answer = await send('POST', path, sent);
  expect(answer).toMatchObject({ status: expect.toSatisfy((status) => [201, 202].includes(status), answer.text) });
  return answer.json<T>();
}

/** The status of the upgrade, or 101. */
function upgrade(path: string, secret: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${secret}` };
    const socket = new WebSocket(`${service.url.replace('http', 'ws')}${path}`, { headers });
    socket.on('open', () => {
      resolve(101);
      socket.terminate();
    });
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0));
    socket.on('error', reject);
  });
}

beforeAll(async () => {
  service = await startTestService();
  all = (await service.client.createKey({ name: 'of all', role: 'admin' })).secret;
  for (const name of ['one', 'other']) await made('/v1/projects', { body: { name } });
  const ofProject = (project: string) =>
    made<ApiKey & { secret: string }>('/v1/keys', { body: { name: `admin of ${project}`, role: 'admin', project } });
  one = (await ofProject('one')).secret;
  const created = await ofProject('other');
  key = created;
  other = created.secret;
  await send('POST', '/v1/session', { body: { key: other } });
  [{ id: session }] = (await send('GET', '/v1/sessions', { key: other })).json<{ items: [BrowserSession] }>().items;
  await made(`/v1/datasets?name=${DATASET}`, { key: other, file: csv });
  search = await made('/v1/searches', { key: other, body: tiny({ dataset: DATASET, name: NAME }) });
  await ended(createClient(service.url, other), search.id);
  model = await made(`/v1/searches/${search.id}/models`, { key: other, body: { trial: 'best' } });
  await eventually(
    async () => (await send('GET', `/v1/models/${model.id}`)).json<ModelRecord>().state === 'ready',
    20_000,
    'the model',
  );
});
afterAll(() => service?.close());

/** The path of an endpoint, with what belongs to the project `other`. */
function pathOf(template: string): string {
  const id = template.includes('/models/')
    ? model.id
    : template.includes('/keys/')
      ? key.id
      : template.includes('/sessions/')
        ? session
        : search.id;
  return template
    .replace(':id', id)
    .replace(':number', '0')
    .replace(':name', template.includes('/projects/') ? 'other' : DATASET)
    .replace(':file', 'model.json');
}

/** They answer a key of any project, without what belongs to another one. */
const filtered: readonly string[] = [
  ...['GET /v1/searches', 'GET /v1/models', 'GET /v1/datasets', 'GET /v1/projects', 'GET /v1/keys', 'GET /v1/sessions'],
  ...['GET /v1/examples', 'GET /v1/session', 'GET /v1/session/methods', 'GET /healthz', 'GET /readyz'],
];
/** They name things in the query or the body: requests that name those of the other project, or the other project itself. */
const specified: readonly Named[] = [
  { body: tiny({ dataset: DATASET }) },
  { body: tiny({ warmStart: { search: 'ID', trials: 1 } }) },
  { body: tiny({ project: 'other' }) },
];

describe('a key of another project', () => {
  const naming: Readonly<Record<string, readonly Named[]>> = {
    'POST /v1/searches': specified,
    'POST /v1/searches/dry-run': specified,
    'POST /v1/searches/preflight': specified,
    'POST /v1/keys': [{ body: { name: 'x', role: 'reader', project: 'other' } }],
    'POST /v1/imports': [
      { body: { text: 'method: random\nparameters:\n  lr: {min: 0.1, max: 0.2}', dataset: DATASET } },
    ],
    'POST /v1/imports/trials': [
      {
        file: 'number,value,params_lr,state\n0,0.5,0.1,COMPLETE',
        query: `?metric=value&direction=minimize&dataset=${DATASET}`,
      },
      {
        file: 'number,value,params_lr,state\n0,0.5,0.1,COMPLETE',
        query: '?metric=value&direction=minimize&project=other',
      },
    ],
    'POST /v1/datasets': [
      { file: csv, query: '?name=mine&project=other' },
      // The name is taken: names are unique in the service.
      { file: csv, query: `?name=${DATASET}` },
    ],
  };

  // What deletes comes last: without the check, it would hide what the others show.
  const inOrder = Object.keys(endpoints).toSorted(
    (a, b) => Number(a.startsWith('DELETE')) - Number(b.startsWith('DELETE')),
  );
  it.each(inOrder)('reaches nothing with %s', async (name) => {
    const [method = '', template = ''] = name.split(' ');
    const path = pathOf(template);
    const isMethodWithBody = ['POST', 'PATCH'].includes(method);
    if (
      ['POST /v1/session', 'POST /v1/session/oidc/logout', 'DELETE /v1/session', 'POST /v1/datasets/preview'].includes(
        name,
      )
    ) {
      // Nothing but what is sent itself.
      expect(reachOf(name)).toBe('everyone');
      return;
    }
    for (const { query = '', ...sent } of naming[name] ?? [isMethodWithBody ? { body: {} } : {}]) {
      const body = sent.body && (JSON.parse(JSON.stringify(sent.body).replace('"ID"', `"${search.id}"`)) as unknown);
      const answer = await send(method, `${path}${query}`, { ...sent, ...(body !== undefined && { body }), key: one });
      if (filtered.includes(name)) {
        expect(answer.status).toBe(200);
        for (const mark of [search.id, model.id, key.id, session, DATASET, NAME, '"other"'])
          expect(answer.text).not.toContain(mark);
        continue;
      }
      const isNamed = naming[name] !== undefined;
      const expected = name === 'GET /v1/events' ? [426] : isNamed ? [400, 404, 409] : [403, 404];
      expect({ name, status: answer.status, text: answer.text }).toEqual({
        name,
        status: expect.toSatisfy((status) => expected.includes(status)),
        text: expect.not.stringContaining(NAME),
      });
      if (isNamed) expect(answer.text).toMatch(/there is no (project|data set|search)|another project has a data set/);
    }
  });

  it.each(['', '/trials', '/export', '/events', '/trials/0'])('reaches nothing with HEAD …%s', async (path) => {
    expect((await send('HEAD', `/v1/searches/${search.id}${path}`, { key: one })).status).toBe(404);
    expect((await send('HEAD', `/v1/searches/${search.id}${path}`, { key: other })).status).toBe(200);
  });

  it('reaches nothing of the whole service either', async () => {
    for (const path of ['/v1/usage', '/metrics']) expect((await send('GET', path, { key: one })).status).toBe(403);
    expect((await send('PATCH', '/v1/projects/one', { key: one, body: { limits: { websockets: 1 } } })).status).toBe(
      403,
    );
    expect((await send('GET', '/openapi.json', { key: one })).status).toBe(200);
  });

  it('gets the answer of what is not there', async () => {
    const missing = '5b3f9a80-2d1e-4c55-8f5f-0d3c1a1b2c3d';
    for (const [path, id] of [
      ['/v1/searches/ID/table', search.id],
      ['/v1/models/ID', model.id],
    ] as const) {
      const foreign = await send('GET', path.replace('ID', id), { key: one });
      const none = await send('GET', path.replace('ID', missing), { key: one });
      expect(foreign.text.replace(id, missing)).toBe(none.text);
    }
    const [foreign, none] = await Promise.all(
      [DATASET, 'nowhere'].map((dataset) => send('POST', '/v1/searches', { key: one, body: tiny({ dataset }) })),
    );
    expect(foreign!.text.replaceAll(DATASET, 'nowhere')).toBe(none!.text);
  });

  it('does not change what it may not see', async () => {
    for (const [method, path] of [
      ['DELETE', `/v1/searches/${search.id}`],
      ['DELETE', `/v1/datasets/${DATASET}?force=true`],
      ['DELETE', `/v1/models/${model.id}`],
      ['DELETE', `/v1/keys/${key.id}`],
    ] as const) {
      expect((await send(method, path, { key: one })).status).toBe(404);
    }
    expect((await send('GET', `/v1/searches/${search.id}`, { key: other })).json<Search>().name).toBe(NAME);
    expect((await send('GET', `/v1/datasets/${DATASET}`, { key: other })).status).toBe(200);
    expect((await send('GET', `/v1/models/${model.id}`, { key: other })).status).toBe(200);
  });

  it('opens no websocket of it, and hears nothing of it', async () => {
    for (const path of [`/v1/searches/${search.id}/events`, `/v1/models/${model.id}/events`]) {
      expect(await upgrade(path, one)).toBe(404);
      expect(await upgrade(path, other)).toBe(101);
    }
    const heard: Record<string, { type: string; search?: Search; id?: string }[]> = {};
    const sockets = await Promise.all(
      Object.entries({ one, all, onlyOther: all }).map(async ([name, secret]) => {
        const query = name === 'onlyOther' ? '?project=other' : '';
        const socket = new WebSocket(`${service.url.replace('http', 'ws')}/v1/events${query}`, {
          headers: { authorization: `Bearer ${secret}` },
        });
        const messages: (typeof heard)[string] = [];
        heard[name] = messages;
        socket.on('message', (data) => messages.push(JSON.parse(String(data)) as (typeof messages)[number]));
        await eventually(async () => messages.some(({ type }) => type === 'ready'), 10_000, 'the stream');
        return socket;
      }),
    );
    const gone = await made<Search>('/v1/searches', { key: other, body: tiny({ name: 'short' }) });
    const mine = await made<Search>('/v1/searches', { key: one, body: tiny({ name: 'mine' }) });
    await ended(createClient(service.url, all), gone.id);
    await ended(createClient(service.url, all), mine.id);
    await send('DELETE', `/v1/searches/${gone.id}`);
    await send('DELETE', `/v1/searches/${mine.id}`);
    const ids = (name: string) => new Set(heard[name]!.map((message) => message.search?.id ?? message.id));
    const removed = (name: string, id: string) =>
      heard[name]!.some((message) => message.type === 'removed' && message.id === id);
    await eventually(
      async () =>
        removed('all', gone.id) && removed('all', mine.id) && removed('one', mine.id) && removed('onlyOther', gone.id),
      10_000,
      'both deletions',
    );
    for (const socket of sockets) socket.close();
    expect([ids('one').has(gone.id), ids('one').has(mine.id)]).toEqual([false, true]);
    expect([ids('onlyOther').has(gone.id), ids('onlyOther').has(mine.id)]).toEqual([true, false]);
  });
});

describe('projects', () => {
  it('what a key of a project makes belongs to it, and so does what follows from that', async () => {
    expect([search.project, model.project]).toEqual(['other', 'other']);
    const refined = await made<Search>(`/v1/searches/${search.id}/refine`, { body: { budget: { trials: 1 } } });
    expect(refined.project).toBe('other');
    const trials = 'number,value,params_lr,state\n0,0.5,0.1,COMPLETE';
    const imported = await made<{ search: Search }>('/v1/imports/trials?metric=value&direction=minimize', {
      key: other,
      file: trials,
    });
    expect(imported.search.project).toBe('other');
    const { project } = (await send('GET', '/v1/session', { key: other })).json<{ project: string }>();
    expect(project).toBe('other');
  });

  it('a key of all says to which project a search belongs, or it is the default one', async () => {
    expect((await made<Search>('/v1/searches', { body: tiny() })).project).toBe('default');
    expect((await made<Search>('/v1/searches', { body: tiny({ project: 'one' }) })).project).toBe('one');
    expect((await send('POST', '/v1/searches', { body: tiny({ project: 'none' }) })).status).toBe(404);
    expect((await send('POST', '/v1/searches', { body: tiny({ project: 'Not a slug' }) })).status).toBe(404);
    const lists = ['/v1/searches?project=other', '/v1/models?project=other', '/v1/datasets?project=other'];
    for (const path of lists) {
      const { items } = (await send('GET', path)).json<{ items: { project: string | null }[] }>();
      expect(new Set(items.map(({ project }) => project).filter((name) => name !== null))).toEqual(new Set(['other']));
    }
    expect((await send('GET', '/v1/searches?project=one', { key: other })).status).toBe(404);
  });

  it('a search and what it is made from are of one project, so that who sees it sees nothing of another', async () => {
    const mixed = await send('POST', '/v1/searches', { body: tiny({ dataset: DATASET }) });
    expect(mixed.status).toBe(400);
    expect(mixed.text).toContain(`must be of the project default, got ${DATASET}, which is of other`);
    const warm = await send('POST', '/v1/searches', { body: tiny({ warmStart: { search: search.id, trials: 1 } }) });
    expect(warm.json()).toMatchObject({ status: 400, faults: [{ path: 'warmStart.search' }] });
    const own = { dataset: DATASET, project: 'other', warmStart: { search: search.id, trials: 1 } };
    expect((await send('POST', '/v1/searches/dry-run', { body: tiny(own) })).status).toBe(200);
  });

  it('the name of a data set is unique in the service', async () => {
    const taken = await send('POST', `/v1/datasets?name=${DATASET}`, { file: csv });
    expect(taken.json()).toMatchObject({ status: 409, code: 'datasetExists' });
    expect((await send('POST', `/v1/datasets?name=${DATASET}&project=other`, { file: `${csv}\n1,2,1` })).status).toBe(
      201,
    );
  });

  it('the same idempotency key in two projects makes two searches', async () => {
    const headers = { 'idempotency-key': 'once' };
    const [first, second, again] = [
      await made<Search>('/v1/searches', { key: one, body: tiny(), headers }),
      await made<Search>('/v1/searches', { key: other, body: tiny({ budget: { trials: 1 } }), headers }),
      await made<Search>('/v1/searches', { key: one, body: tiny(), headers }),
    ];
    expect(again.id).toBe(first.id);
    expect(second.id).not.toBe(first.id);
  });

  it('an admin of a project manages its keys alone', async () => {
    const created = await made<ApiKey>('/v1/keys', { key: one, body: { name: 'colleague', role: 'submitter' } });
    expect(created.project).toBe('one');
    expect(
      (await send('POST', '/v1/keys', { key: one, body: { name: 'x', role: 'admin', project: null } })).json(),
    ).toMatchObject({
      project: 'one',
    });
    const { items } = (await send('GET', '/v1/keys', { key: one })).json<{ items: ApiKey[] }>();
    expect(items.map(({ name }) => name).toSorted()).toEqual(['admin of one', 'colleague', 'x']);
    const { items: every } = (await send('GET', '/v1/keys')).json<{ items: ApiKey[] }>();
    const ofAll = every.find(({ name }) => name === 'of all')!;
    expect((await send('DELETE', `/v1/keys/${ofAll.id}`, { key: one })).status).toBe(404);
    expect((await send('DELETE', `/v1/keys/${created.id}`, { key: one })).status).toBe(204);
  });

  it('are made, limited and deleted, once nothing belongs to them', async () => {
    const project = await made<Project>('/v1/projects', { body: { name: 'short-lived', limits: { openSearches: 2 } } });
    expect(project).toMatchObject({ limits: { openSearches: 2 }, searches: 0 });
    expect((await send('POST', '/v1/projects', { body: { name: 'short-lived' } })).json()).toMatchObject({
      code: 'projectExists',
    });
    expect((await send('POST', '/v1/projects', { body: { name: 'Short' } })).status).toBe(400);
    const limits = { openSearches: null, storedBytes: 1000 };
    const changed = await send('PATCH', '/v1/projects/short-lived', { body: { limits } });
    expect(changed.json<Project>().limits).toEqual({ storedBytes: 1000 });
    expect((await send('PATCH', '/v1/projects/short-lived', { body: { limits: {} } })).status).toBe(400);
    expect((await send('PATCH', '/v1/projects/nowhere', { body: { limits } })).status).toBe(404);
    const { id } = await made<ApiKey>('/v1/keys', { body: { name: 'k', role: 'reader', project: 'short-lived' } });
    const refused = await send('DELETE', '/v1/projects/short-lived');
    expect(refused.json()).toMatchObject({ code: 'projectInUse', detail: expect.stringContaining('1 keys') });
    await send('DELETE', `/v1/keys/${id}`);
    expect((await send('DELETE', '/v1/projects/short-lived')).status).toBe(204);
    expect((await send('DELETE', '/v1/projects/short-lived')).status).toBe(404);
    for (const name of ['default', 'other']) expect((await send('DELETE', `/v1/projects/${name}`)).status).toBe(409);
  });
});
