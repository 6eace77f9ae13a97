/** The contract, held against the running service: every answer and every message of a stream is as the OpenAPI document says. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { requestLine, type Target } from '../../src/client/request.ts';
import { type Answer, type EndpointName, endpoints } from '../../src/contract/http.ts';
import { type ModelFile, modelFiles } from '../../src/contract/models.ts';
import { changeSchema } from '../../src/domain/events.ts';
import { type Checker, checkerOf, holesIn, type OpenApi } from '../support/openapi.ts';
import { eventually } from '../support/processes.ts';
import { ended, lasting, reached } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
let document: OpenApi;
let checker: Checker;
beforeAll(async () => {
  service = await startTestService();
  document = (await (await fetch(`${service.url}/openapi.json`)).json()) as OpenApi;
  checker = checkerOf(document);
});
afterAll(() => service?.close());

/** The API key that requests carry, once there is one. */
let key: string | undefined;

/** Routes that answered as they are meant to, and not only with a refusal. */
const answered = new Set<string>();

interface Sent {
  readonly body?: unknown;
  readonly csv?: string;
  readonly form?: URLSearchParams;
  /** That is expected; of success unless given. */
  readonly status?: number;
}

/** Asks, and holds the answer against the document. */
async function ask<Name extends EndpointName>(
  name: Name,
  target: Target<Name>,
  { body, csv, form, status: expected }: Sent = {},
): Promise<Answer<Name>> {
  const { method, path } = requestLine(name, target);
  const type = csv === undefined ? 'application/json' : 'text/csv';
  const response = await fetch(`${service.url}${path}`, {
    method,
    headers: {
      ...((body !== undefined || csv !== undefined) && { 'content-type': type }),
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
    },
    ...((body !== undefined || csv !== undefined) && { body: csv ?? JSON.stringify(body) }),
    ...(form !== undefined && { body: form }),
  });
  const text = await response.text();
  const answerType = response.headers.get('content-type') ?? '';
  const answer: unknown =
    text === '' ? undefined : answerType.includes('json;') || answerType.endsWith('+json') ? JSON.parse(text) : text;
  expect({ name, status: response.status, faults: checker.answer(name, response.status, answerType, answer) }).toEqual({
    name,
    status: expected ?? expect.toSatisfy((status: number) => status < 300),
    faults: [],
  });
  if (response.ok) answered.add(name);
  return answer as Answer<Name>;
}

const create = (body: unknown) => ask('POST /v1/searches', {}, { body });

const types = new Set<string>();
/** Every message of a websocket, each held against the document, until one is the last. */
async function follow(
  path: string,
  component: 'SearchMessage' | 'ListMessage' | 'ModelMessage',
  isLast: (message: { readonly type: string }) => boolean,
  onOpen: (socket: WebSocket) => void = () => undefined,
): Promise<Set<string>> {
  const socket = new WebSocket(`${service.url.replace('http', 'ws')}${path}`);
  const heard = new Set<string>();
  await new Promise<void>((resolve, reject) => {
    socket.on('open', () => onOpen(socket));
    socket.on('error', reject);
    socket.on('close', () => resolve());
    socket.on('message', (data) => {
      const message = JSON.parse(String(data)) as { readonly type: string };
      const faults = checker.component(component, message);
      if (faults.length > 0) reject(new Error(`${JSON.stringify(message).slice(0, 300)}\n${faults.join('\n')}`));
      heard.add(message.type);
      types.add(message.type);
      if (isLast(message)) resolve();
    });
  });
  socket.close();
  return heard;
}

describe('the OpenAPI document', () => {
  it('describes all of every answer and of every request', () => {
    expect(holesIn(document)).toEqual([]);
  });

  it.each([
    [['paths', '/v1/searches/{id}/best', 'get', 'responses', '200', 'content', 'application/json', 'schema'], {}],
    [['components', 'schemas', 'Search', 'properties', 'specification'], { description: 'As sent' }],
    [['components', 'schemas', 'Settings', 'additionalProperties'], {}],
  ])('is found out where %j is a hole', (place, hole) => {
    const copy = structuredClone(document);
    const keys = [...place];
    const last = keys.pop()!;
    const above = keys.reduce<Record<string, unknown>>(
      (inner, key) => inner[key] as Record<string, unknown>,
      copy as unknown as Record<string, unknown>,
    );
    expect(above[last]).toBeDefined();
    above[last] = hole;
    expect(holesIn(copy)).toHaveLength(1);
  });

  it.each(['/v1/datasets', '/v1/datasets/preview', '/v1/imports/trials'])(
    'lists the content types that POST %s takes, and no others',
    async (path) => {
      const { requestBody } = (document.paths[path] as unknown as { post: { requestBody: { content: object } } }).post;
      const types = Object.keys(requestBody.content);
      expect(types).toContain('application/octet-stream');
      for (const type of [...types, 'text/tab-separated-values', 'application/zip']) {
        const response = await fetch(`${service.url}${path}?name=types`, {
          method: 'POST',
          headers: { 'content-type': type },
          body: '?',
        });
        expect([type, response.status === 415]).toEqual([type, !types.includes(type)]);
      }
    },
  );

  it('says that texts of requests have no U+0000, and what its tuples have without prefixItems', async () => {
    const { patch } = document.paths['/v1/models/{id}'] as unknown as {
      patch: { requestBody: { content: { 'application/json': { schema: { properties: { name: object } } } } } };
    };
    const { name } = patch.requestBody.content['application/json'].schema.properties;
    const { pattern } = name as { readonly pattern: string };
    expect(['a', 'a\u0000', 'two\nlines'].map((text) => new RegExp(pattern).test(text))).toEqual([true, false, true]);
    expect(JSON.stringify(document)).not.toContain('prefixItems');
    const { interval } = (
      document.components.schemas['Best'] as { properties: { test: { anyOf: [{ properties: { interval: object } }] } } }
    ).properties.test.anyOf[0].properties;
    expect(interval).toMatchObject({
      anyOf: [{ items: { type: 'number' }, minItems: 2, maxItems: 2 }, { type: 'null' }],
    });
  });

  it('has the routes of the contract and no others', () => {
    const published = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    );
    expect(published.filter((name) => !name.startsWith('GET /metrics')).sort()).toEqual(Object.keys(endpoints).sort());
  });
});

const csv = [
  'length;width;kind',
  ...Array.from({ length: 60 }, (_, i) => `${i % 11};${(i % 13) + (i % 2)};${i % 2 ? 'tall' : 'small'}`),
].join('\n');
/** Trials that diverge, that learn, that are pruned, in stages, with folds. */
const varied = {
  dataset: 'iris',
  hyperparameters: {
    learningRate: { distribution: 'float', low: 1e-4, high: 100, scale: 'log' },
    activation: { distribution: 'categorical', choices: ['relu', 'sigmoid'] },
    optimizer: { distribution: 'categorical', choices: ['sgd', 'momentum'] },
    momentum: { distribution: 'float', low: 0.5, high: 0.9, when: { optimizer: ['momentum'] } },
    hiddenUnits: [{ distribution: 'int', low: 4, high: 8, step: 4 }, 4],
  },
  enqueue: [{ learningRate: 0.01 }],
  validation: { type: 'kFold', folds: 3 },
  pruner: { type: 'hyperband' },
  stages: [
    { epochs: 3, trials: 17 },
    { epochs: 9, trials: 20, quantile: 0.5 },
  ],
  confirm: { trials: 4, repeats: 2 },
};

describe('every answer', () => {
  it('about searches and trials is as it was published', async () => {
    await ask('POST /v1/searches/dry-run', {}, { body: varied });
    await ask('POST /v1/searches/preflight', {}, { body: { ...varied, validation: {} } });
    const { id } = await create(varied);
    const search = await ended(service.client, id);
    expect(search).toMatchObject({ state: 'complete', stages: [{ from: 0 }, { from: 17 }] });
    const params = { id };
    await ask('GET /v1/searches', { query: { q: 'iris', limit: 5 } });
    for (const name of Object.keys(endpoints) as EndpointName[]) {
      if (name.startsWith('GET /v1/searches/:id')) await ask(name, { params: { id, number: 0 } } as never);
    }
    await ask('GET /v1/searches/:id/trials', { params, query: { sort: '-value', state: 'complete' } });
    for (const state of ['complete', 'pruned'] as const) {
      const { items } = await ask('GET /v1/searches/:id/trials', { params, query: { state } });
      for (const { number } of items.slice(0, 5)) {
        await ask('GET /v1/searches/:id/trials/:number', { params: { id, number } });
      }
    }
    await ask('GET /v1/searches/:id/best', { params, query: { limit: 3 } });
    await ask('GET /v1/searches/:id/curves', { params, query: { points: 3 } });
    await ask('GET /v1/searches/:id/export', { params, query: { format: 'ndjson' } });
    await ask('GET /v1/searches/:id/trials/:number/rows', { params: { ...params, number: 0 } });
    for (const type of (await events(id)).map(({ type: one }) => one)) types.add(type);
    await ask('POST /v1/searches/:id/refine/dry-run', { params }, { body: { quantile: 0.5 } });
    const refined = await ask('POST /v1/searches/:id/refine', { params }, { body: { budget: { trials: 2 } } });
    await ended(service.client, refined.id);
    await ask('DELETE /v1/searches/:id', { params: { id: refined.id } });
    const problem = await ask('GET /v1/searches/:id', { params: { id: refined.id } }, { status: 404 });
    expect(problem).toMatchObject({ code: 'notFound' });
  });

  it('about models is as it was published', async () => {
    const { id } = await create({ dataset: 'iris', hyperparameters: { epochs: 4 }, budget: { trials: 3 } });
    await ended(service.client, id);
    for (const body of [{ trial: 'best' }, { trial: 1, refit: true }, { ensemble: 3 }]) {
      const params = { id: (await ask('POST /v1/searches/:id/models', { params: { id } }, { body })).id };
      const ready = await eventually(async () => {
        const model = await ask('GET /v1/models/:id', { params });
        return model.facts === null ? undefined : model;
      });
      const rows = [{}, Object.fromEntries(ready.facts!.columns.map(({ name }, i) => [name, i + 1])), { hat: 'red' }];
      await ask('POST /v1/models/:id/predict', { params }, { body: { rows } });
      for (const file of Object.keys(modelFiles) as ModelFile[]) {
        await ask('GET /v1/models/:id/files/:file', { params: { ...params, file } });
      }
      await ask('PATCH /v1/models/:id', { params }, { body: { notes: 'good' } });
      await ask('GET /v1/models', { query: { search: id } });
      // The model may be sent more than once: the change of its notes was announced a moment ago.
      let deletion: Promise<unknown> | undefined;
      const heard = await follow(`/v1/models/${params.id}/events`, 'ModelMessage', ({ type }) => {
        if (type === 'model') deletion ??= ask('DELETE /v1/models/:id', { params });
        return type === 'removed';
      });
      await deletion;
      expect([...heard]).toContain('removed');
    }
    await ask('POST /v1/searches/:id/models', { params: { id } }, { body: { trial: 99 }, status: 404 });
    answered.add('GET /v1/models/:id/events');
  });

  it('to a change is as it was published', async () => {
    const { id } = await create(lasting(400, 12));
    const params = { id };
    await reached(service.client, id, 'running', 1);
    await ask(
      'PATCH /v1/searches/:id',
      { params },
      { body: { name: 'another', budget: { trials: 14, seconds: 1000 } } },
    );
    await ask('PATCH /v1/searches/:id', { params }, { body: { notes: 'for the talk', tags: ['talk'] } });
    await ask('POST /v1/searches/:id/pause', { params });
    await ask('POST /v1/searches/:id/resume', { params });
    const number = 13;
    await eventually(
      () => ask('GET /v1/searches/:id', { params }).then(({ trials }) => trials.planned === 14 || undefined),
      30_000,
      'all trials',
    );
    await ask('POST /v1/searches/:id/trials/:number/pause', { params: { id, number } });
    await ask('POST /v1/searches/:id/trials/:number/resume', { params: { id, number } });
    await ask('POST /v1/searches/:id/trials/:number/cancel', { params: { id, number } });
    await ask('POST /v1/searches/:id/trials/:number/resume', { params: { id, number } }, { status: 409 });
    await ask('PATCH /v1/searches/:id/trials/:number', { params: { id, number } }, { body: { tags: ['odd'] } });
    await ask('PATCH /v1/searches/:id/trials', { params }, { body: { numbers: [0, 1], addTags: ['odd'] } });
    await ask('POST /v1/searches/:id/cancel', { params });
    await ask('PATCH /v1/searches/:id', { params }, { body: { budget: { trials: -1, target: 'high' } }, status: 400 });
    for (const { type } of await events(id)) types.add(type);

    const slow = await create({ ...lasting(3000, 1), limits: { trialSeconds: 0.05, attempts: 1 } });
    expect(await ended(service.client, slow.id)).toMatchObject({ state: 'failed' });
    await ask('POST /v1/searches/:id/trials/:number/retry', { params: { id: slow.id, number: 0 } });
    await ended(service.client, slow.id);
    for (const { type } of await events(slow.id)) types.add(type);

    const confirm = { trials: 2, repeats: 2 };
    const confirmed = await create({ ...lasting(30, 2), confirm });
    await ended(service.client, confirmed.id);
    await ask('PATCH /v1/searches/:id', { params: { id: confirmed.id } }, { body: { budget: { trials: 3 } } });
    await ended(service.client, confirmed.id);
    for (const { type } of await events(confirmed.id)) types.add(type);
  });

  it('about data sets, examples and health is as it was published', async () => {
    await ask('POST /v1/datasets/preview', { query: { target: 'kind' } }, { csv });
    const sweep =
      'method: random\nmetric: {name: val_loss, goal: minimize}\nparameters:\n  lr: {min: 0.1, max: 0.2}\n  x: {value: 1}';
    await ask('POST /v1/imports', {}, { body: { text: sweep, dataset: 'iris' } });
    await ask('POST /v1/imports', {}, { body: { text: '{' }, status: 400 });
    const trials = 'number,value,params_lr,state\n0,0.5,0.1,COMPLETE\n1,,0.2,FAIL';
    const query = { metric: 'value', direction: 'minimize', file: 'a.csv', names: 'lr=l2' } as const;
    const { search } = await ask('POST /v1/imports/trials', { query }, { csv: trials });
    expect(search).toMatchObject({ state: 'complete', best: { number: 0, value: 0.5 }, dataset: { name: '' } });
    await ask('POST /v1/imports/trials', {}, { csv: trials, status: 400 });
    await ask('POST /v1/datasets/preview', {}, { csv: `${csv}\n1;2` });
    await ask('POST /v1/datasets', { query: { name: 'plants' } }, { csv });
    await ask('POST /v1/datasets', { query: { name: 'plants' } }, { csv: 'a', status: 400 });
    const params = { name: 'plants' };
    const { items } = await ask('GET /v1/datasets', {});
    expect(items.map(({ name }) => name)).toContain('plants');
    await ask('GET /v1/datasets/:name', { params });
    await ask('GET /v1/datasets/:name', { params: { name: 'digits' } });
    await ask('GET /v1/datasets/:name/csv', { params });
    await ask('GET /v1/datasets/:name/rows', { params, query: { format: 'parquet' } });
    await ask('DELETE /v1/datasets/:name', { params });
    await ask('GET /v1/examples', {});
    await ask('GET /healthz', {});
    await ask('GET /readyz', {});
    expect(await ask('GET /v1/usage', {})).toMatchObject({ bytes: expect.any(Number) });
    await ask('POST /v1/projects', {}, { body: { name: 'vision', limits: { runningTrials: 3 } } });
    const vision = { params: { name: 'vision' } };
    await ask('PATCH /v1/projects/:name', vision, { body: { limits: { storedBytes: 1, runningTrials: null } } });
    expect(await ask('GET /v1/projects/:name', vision)).toMatchObject({ limits: { storedBytes: 1 }, searches: 0 });
    await ask('GET /v1/projects', {});
    expect(await ask('GET /v1/session/methods', {})).toEqual({ key: true, oidc: false });
    // With a provider they redirect: test/integration/sign-in.test.ts.
    for (const name of ['GET /v1/session/oidc', 'GET /v1/session/oidc/callback'] as const) {
      await ask(name, {}, { status: 404 });
      answered.add(name);
    }
    const form = new URLSearchParams({ logout_token: 'x' });
    await ask('POST /v1/session/oidc/logout', {}, { form, status: 404 });
    answered.add('POST /v1/session/oidc/logout');
    await ask('DELETE /v1/projects/:name', vision);
    await ask('GET /v1/projects/:name', vision, { status: 404 });
  });
});

/** The whole log of a search, held against the document. */
async function events(id: string) {
  return (await ask('GET /v1/searches/:id/events', { params: { id }, query: { limit: 5000 } })).events;
}

describe('every message', () => {
  it('of the stream of a search is as it was published', async () => {
    const running = await create(lasting(300, 6));
    const path = `/v1/searches/${running.id}/events`;
    await reached(service.client, running.id, 'running', 1);
    const heard = await follow(
      path,
      'SearchMessage',
      ({ type }) => type === 'search.complete',
      (socket) => socket.send('{"type":"ping"}'),
    );
    expect([...heard]).toEqual(
      expect.arrayContaining(['snapshot', 'epochs', 'pong', 'trial.complete', 'search.complete']),
    );
    const refused = await follow(
      path,
      'SearchMessage',
      () => false,
      (socket) => socket.send('{"type":"hello"}'),
    );
    expect([...refused]).toContain('error');
    const removed = await follow(path, 'SearchMessage', ({ type }) => {
      // Who has the snapshot follows the search; a socket that is only open may be closed for want of a search.
      if (type === 'snapshot') void ask('DELETE /v1/searches/:id', { params: { id: running.id } });
      return type === 'removed';
    });
    expect([...removed]).toContain('removed');
    answered.add('GET /v1/searches/:id/events');
  });

  it('of the stream of all searches is as it was published', async () => {
    let id = '';
    const heard = await follow(
      '/v1/events',
      'ListMessage',
      ({ type }) => type === 'removed',
      (socket) => {
        socket.send('{"type":"ping"}');
        void create({ dataset: 'iris', budget: { trials: 2 }, hyperparameters: { epochs: 1 } }).then(async (search) => {
          ({ id } = search);
          await ended(service.client, id);
          await ask('DELETE /v1/searches/:id', { params: { id } });
        });
      },
    );
    expect([...heard]).toEqual(expect.arrayContaining(['ready', 'search', 'removed', 'pong']));
    await ask('GET /v1/events', {}, { status: 426 });
    answered.add('GET /v1/events');
  });

  it('of API keys and sessions', async () => {
    await ask('GET /v1/session', {});
    const created = await ask('POST /v1/keys', {}, { body: { name: 'contract', role: 'admin' } });
    await ask('GET /v1/keys', {}, { status: 401 });
    key = created.secret;
    await ask('GET /v1/keys', {});
    await ask('POST /v1/session', {}, { body: { key } });
    await ask('POST /v1/session', {}, { body: { key: 'unknown' }, status: 401 });
    await ask('DELETE /v1/session', {});
    const { items } = await ask('GET /v1/sessions', {});
    expect(items).toEqual([expect.objectContaining({ name: 'contract', role: 'admin' })]);
    await ask('DELETE /v1/sessions/:id', { params: { id: items[0]!.id } });
    await ask('DELETE /v1/sessions/:id', { params: { id: items[0]!.id } }, { status: 404 });
    await ask('DELETE /v1/keys/:id', { params: { id: created.id } });
    await ask('GET /v1/session', {}, { status: 401 });
  });

  it('and every kind of event was seen', () => {
    const kinds = changeSchema.options.map(({ shape }) => shape.type.value);
    expect(kinds.filter((kind) => !types.has(kind))).toEqual([]);
  });

  it('and every route has answered', () => {
    expect(Object.keys(endpoints).filter((name) => !answered.has(name))).toEqual([]);
  });
});
