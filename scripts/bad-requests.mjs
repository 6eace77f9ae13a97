// Requests that nobody should send, to every endpoint of the contract: valid ones in which parts of the path, the query, the headers or the body
// are replaced, removed, added or cut off.

import { Agent, request } from 'node:http';
import fc from 'fast-check';

const IN_FLIGHT = 32;
const BATCH = 500;
const SAMPLES = 20;
/** Of the first half to the second: what the heap of a service grows by that keeps nothing. */
const MAX_GROWTH = 1.3;

const specification = {
  dataset: 'iris',
  hyperparameters: {
    learningRate: { distribution: 'float', low: 1e-4, high: 0.1, scale: 'log' },
    optimizer: { distribution: 'categorical', choices: ['sgd', 'momentum'] },
    momentum: { distribution: 'float', low: 0.5, high: 0.9, when: { optimizer: ['momentum'] } },
    hiddenUnits: [8, { distribution: 'int', low: 4, high: 8, step: 4 }],
    epochs: 2,
  },
  sampler: { type: 'tpe', seed: 1 },
  pruner: { type: 'median' },
  validation: { type: 'kFold', folds: 3 },
  enqueue: [{ learningRate: 0.01 }],
  budget: { trials: 2, seconds: 5 },
};

/** Valid bodies by endpoint; the others have none. */
const bodies = {
  'POST /v1/searches': specification,
  'POST /v1/searches/dry-run': specification,
  'POST /v1/searches/preflight': specification,
  'POST /v1/searches/:id/refine': { quantile: 0.5, budget: { trials: 2 }, apply: ['epochs'] },
  'POST /v1/searches/:id/refine/dry-run': { quantile: 0.5, epochs: 3, name: 'finer' },
  'PATCH /v1/searches/:id': { name: 'another', tags: ['a'], budget: { trials: 3, target: 0.5 }, share: 2 },
  'PATCH /v1/searches/:id/trials': { numbers: [0, 1], addTags: ['odd'], notes: 'seen' },
  'PATCH /v1/searches/:id/trials/:number': { tags: ['odd'], notes: 'seen' },
  'POST /v1/searches/:id/models': { trial: 'best', refit: true, name: 'first' },
  'PATCH /v1/models/:id': { name: 'second', notes: 'good' },
  'POST /v1/models/:id/predict': { rows: [{ a: 1, b: 'x' }, {}] },
  'POST /v1/imports': { text: 'parameters:\n  lr: {min: 0.1, max: 0.2}', dataset: 'iris' },
  'POST /v1/keys': { name: 'bad', role: 'reader', project: 'default', limits: { websockets: 3 } },
  'POST /v1/session': { key: 'hypersearch_0123456789' },
  'POST /v1/projects': { name: 'bad-requests', limits: { runningTrials: 3 } },
  'PATCH /v1/projects/:name': { limits: { openSearches: 10, storedBytes: null } },
};
const table = 'length;width;kind\n1;2;a\n3;4;b\n5;6;a\n7;8;b\n';
const files = {
  'POST /v1/datasets': table,
  'POST /v1/datasets/preview': table,
  'POST /v1/session/oidc/logout': 'logout_token=eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl',
  'POST /v1/imports/trials': 'number,value,params_lr,state\n0,0.5,0.1,COMPLETE\n1,,0.2,FAIL',
};
const queryNames = (
  'limit cursor sort state finding tag q dataset parent project epochs trials points format after name target task delimiter ' +
  'encoding header explain version force search batchNorm metric direction names file path code rows'
).split(' ');

const hostile = [
  ...[
    null,
    true,
    '',
    ' ',
    '\0',
    '\ud800',
    '\u202e',
    'x'.repeat(100_000),
    '__proto__',
    'constructor',
    "'; DROP TABLE searches; --",
  ],
  ...[
    '<script>alert(1)</script>',
    '../../etc/passwd',
    '%00',
    '{{7*7}}',
    '=1+1',
    'NaN',
    '-Infinity',
    '1e999',
    '0000-01-01T00:00:00Z',
  ],
  ...[0, -0, -1, 0.1, 1e308, -1e308, 5e-324, 2 ** 31, 2 ** 53, -(2 ** 63)],
  ...[
    [],
    {},
    [[[[[[[[]]]]]]]],
    Array.from({ length: 3000 }, () => 1),
    Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k${i}`, i])),
  ],
];
const junk = fc.oneof(
  fc.constantFrom(...hostile),
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.double(),
);
const mutation = fc.record({ at: fc.nat(), how: fc.constantFrom('replace', 'replace', 'remove', 'add'), junk });
const inPath = fc.oneof(
  fc.constantFrom(
    '00000000-0000-4000-8000-000000000000',
    '0',
    '-1',
    '1e9',
    '2147483648',
    '..',
    '%2e%2e',
    '%00',
    '%',
    '%ff',
    'null',
    ' ',
    'a/b',
  ),
  fc.string({ maxLength: 20 }).map(encodeURIComponent),
);
const oneRequest = (names) =>
  fc.record({
    name: fc.constantFrom(...names),
    method: fc.oneof(
      { weight: 19, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.constantFrom('PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'POST') },
    ),
    known: fc.boolean(),
    parameters: fc.array(inPath, { minLength: 2, maxLength: 2 }),
    query: fc.array(
      fc.tuple(fc.oneof(fc.constantFrom(...queryNames), fc.string({ maxLength: 8 })), fc.oneof(inPath, junk)),
      { maxLength: 3 },
    ),
    mutations: fc.array(mutation, { minLength: 1, maxLength: 3 }),
    type: fc.oneof(
      { weight: 9, arbitrary: fc.constant('application/json') },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          'text/csv',
          'text/plain',
          'application/xml',
          'application/octet-stream',
          'application/x-www-form-urlencoded',
          'x',
          'application/json; charset=utf-99',
        ),
      },
    ),
    cut: fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.nat(200) }),
    bytes: fc.oneof(
      { weight: 19, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }) },
    ),
  });

/** All containers of a JSON value. */
function containersIn(value, found = []) {
  if (typeof value !== 'object' || value === null) return found;
  found.push(value);
  for (const inner of Object.values(value)) containersIn(inner, found);
  return found;
}

function mutated(body, mutations) {
  const copy = { whole: structuredClone(body) };
  for (const { at, how, junk: shared } of mutations) {
    const value = structuredClone(shared);
    const places = containersIn(copy).flatMap((container) => Object.keys(container).map((key) => [container, key]));
    const [container, key] = places[at % places.length] ?? [copy, 'whole'];
    if (how === 'add' && !Array.isArray(container) && container !== copy) container[`${key}2`] = value;
    else if (how === 'remove' && container !== copy) delete container[key];
    else container[key] = value;
  }
  return copy.whole;
}

function textOf(value) {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

function bodyOf({ name, mutations, cut, bytes }) {
  if (bytes !== undefined) return Buffer.from(bytes);
  const file = files[name];
  if (file !== undefined) {
    const [{ at, junk: value }] = mutations;
    const place = at % file.length;
    return Buffer.from(`${file.slice(0, place)}${textOf(value)}${file.slice(place + (cut ?? 0))}`);
  }
  if (bodies[name] === undefined) return undefined;
  const text = JSON.stringify(mutated(bodies[name], mutations)) ?? '';
  return Buffer.from(cut === undefined ? text : text.slice(0, cut));
}

function pathOf({ name, known, parameters, query }, things) {
  const rest = [...parameters];
  const path = name.slice(name.indexOf(' ') + 1).replace(/:(\w+)/g, (_, parameter) => {
    const thing = name.includes('/models/') ? things.model : things.search;
    if (known && parameter === 'id' && thing !== undefined) return thing;
    if (known && parameter === 'name' && name.startsWith('GET')) return 'iris';
    return known && parameter === 'number' ? '0' : rest.pop();
  });
  const pairs = query.map(([key, value]) => `${encoded(key)}=${encoded(textOf(value).slice(0, 5000))}`);
  return pairs.length === 0 ? path : `${path}?${pairs.join('&')}`;
}

function encoded(text) {
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'));
}

/** The status and the body of an answer; the status is 0 if the connection broke. */
function send(agent, url, method, path, headers, body) {
  return new Promise((resolve) => {
    // As it is: an URL would take the dots out of the path.
    const { hostname, port } = new URL(url);
    let sent;
    try {
      sent = request({ agent, hostname, port, method, path: path.replace(/[^\x21-\x7e]/g, '%20'), headers });
    } catch (error) {
      resolve({ status: 0, text: String(error) });
      return;
    }
    sent.on('error', (error) => resolve({ status: 0, text: String(error) }));
    sent.on('upgrade', (_, socket) => socket.destroy());
    sent.on('response', (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', (error) => resolve({ status: 0, text: String(error) }));
      response.on('end', () => resolve({ status: response.statusCode, text: Buffer.concat(chunks).toString() }));
    });
    sent.end(body);
  });
}

/**
 * Sends `count` of them, and prints how they were answered and what memory the service had meanwhile. The answer: whether none was answered 5xx,
 * no connection broke, and the memory did not grow. `names`: of the endpoints.
 */
export async function sendBadRequests({ url, key: adminKey, names, count, seed }) {
  const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT });
  const json = { 'content-type': 'application/json' };
  const ask = async (method, path, body, key = adminKey) => {
    const headers = { ...json, authorization: `Bearer ${key}` };
    const { status, text } = await send(agent, url, method, path, headers, body && JSON.stringify(body));
    if (status >= 300 || status === 0) throw new Error(`${method} ${path}: ${status} ${text}`);
    return text.startsWith('{') ? JSON.parse(text) : text;
  };
  // Keys have limits of their own: without, most requests would be refused before they are read.
  const { secret } = await ask('POST', '/v1/keys', {
    name: 'bad requests',
    role: 'admin',
    limits: { requestsPerMinute: 1_000_000 },
  });
  const memory = async () => Number(/^process_resident_memory_bytes (\S+)$/m.exec(await ask('GET', '/metrics'))[1]);
  const things = {};
  const renew = async () => {
    things.search = (
      await ask('POST', '/v1/searches', { ...specification, budget: { trials: 3, seconds: 60 } }, secret)
    ).id;
  };
  await renew();
  const statuses = new Map();
  const faults = [];
  const rss = [await memory()];
  const one = async (sample) => {
    const method = sample.method ?? sample.name.split(' ')[0];
    const path = pathOf(sample, things);
    const body = method === 'GET' || method === 'HEAD' ? undefined : bodyOf(sample);
    const headers = {
      authorization: `Bearer ${secret}`,
      ...(body && { 'content-type': sample.type, 'content-length': body.length }),
    };
    const { status, text } = await send(agent, url, method, path, headers, body);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (status === 0 || status >= 500)
      faults.push(`${method} ${path.slice(0, 200)} → ${status} ${text.slice(0, 300)}\n  ${String(body).slice(0, 500)}`);
    if (status === 201 || status === 202) await removeMade(sample.name, text);
    if (method === 'DELETE' && path.includes(things.search)) await renew();
  };
  /** What was accepted after all would train. */
  const removeMade = async (name, text) => {
    const made = JSON.parse(text);
    const id = made.search?.id ?? made.id;
    const list = /^POST (\/v1\/\w+)/.exec(name)[1].replace('/imports', '/searches');
    const kind = name.endsWith('/models') ? '/v1/models' : list;
    const thing = kind === '/v1/datasets' || kind === '/v1/projects' ? encodeURIComponent(made.name) : id;
    await ask('DELETE', `${kind}/${thing}`, undefined, secret).catch(() => undefined);
  };
  const begun = performance.now();
  for (let done = 0, batch = 0; done < count; done += BATCH, batch++) {
    const samples = fc.sample(oneRequest(names), { numRuns: Math.min(BATCH, count - done), seed: seed + batch });
    const queue = samples[Symbol.iterator]();
    await Promise.all(
      Array.from({ length: IN_FLIGHT }, async () => {
        for (const sample of queue) await one(sample);
      }),
    );
    if (Math.floor(((done + BATCH) * SAMPLES) / count) > Math.floor((done * SAMPLES) / count)) rss.push(await memory());
  }
  agent.destroy();
  return report(statuses, faults, rss, (performance.now() - begun) / 1000);
}

function report(statuses, faults, rss, seconds) {
  const megabytes = rss.map((bytes) => Math.round(bytes / 2 ** 20));
  const middle = Math.floor(rss.length / 2);
  const sum = [...statuses.values()].reduce((total, number) => total + number, 0);
  console.log(`${sum} requests in ${seconds.toFixed(0)} s (${(sum / seconds).toFixed(0)} a second)`);
  for (const [status, number] of [...statuses].sort(([a], [b]) => a - b))
    console.log(`  ${status || 'no answer'}  ${number}`);
  console.log(
    `memory of the service in MB: at first ${megabytes[0]}, in the middle ${megabytes[middle]}, at the end ${megabytes.at(-1)} (${megabytes.join(' ')})`,
  );
  for (const fault of faults.slice(0, 20)) console.log(fault);
  const most = (part) => Math.max(...part);
  const grows = rss.length > 4 && most(rss.slice(middle)) > MAX_GROWTH * most(rss.slice(1, middle + 1));
  if (grows) console.log('its memory has grown');
  if (faults.length > 0) console.log(`${faults.length} were answered 5xx or not at all`);
  return faults.length === 0 && !grows;
}
