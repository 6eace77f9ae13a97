/** Whatever is sent, the answer is a problem document that says what and where; never a 5xx, never a stack. */
import { get } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { lasting } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
let id: string;
beforeAll(async () => {
  service = await startTestService();
  id = (await service.client.create(lasting(1, 2))).id;
});
afterAll(() => service?.close());

interface Document {
  status: number;
  code: string;
  detail: string;
  faults: { path: string; message: string }[];
}

async function send(method: string, path: string, body?: string, headers: Record<string, string> = {}) {
  const init = body === undefined ? {} : { body };
  const response = await fetch(`${service.url}${path}`, { method, ...init, headers });
  return { response, document: (await response.json()) as Document };
}

function expectProblem({ response, document }: Awaited<ReturnType<typeof send>>, path: string): void {
  expect(response.status, JSON.stringify(document)).toBeGreaterThanOrEqual(400);
  expect(response.status, JSON.stringify(document)).toBeLessThan(500);
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(document.status).toBe(response.status);
  expect(JSON.stringify(document)).not.toMatch(/node_modules|\.ts:|\.js:\d/);
  if (path !== '') expect(document.faults.map((fault) => fault.path)).toContain(path);
}

const json = { 'content-type': 'application/json' };
const h = (hyperparameters: object) => ({ dataset: 'digits', hyperparameters });
const float = (more: object) => ({ distribution: 'float', low: 0.1, high: 0.9, ...more });
const int = (more: object) => ({ distribution: 'int', low: 8, high: 64, ...more });

/** [what is sent as the body of POST /v1/searches, the path that must be named] */
const specifications: [unknown, string][] = [
  [null, ''],
  [[], ''],
  [42, ''],
  ['digits', ''],
  [{}, 'dataset'],
  [{ dataset: 7 }, 'dataset'],
  [{ dataset: '' }, 'dataset'],
  [{ dataset: 'x'.repeat(101) }, 'dataset'],
  [{ dataset: 'nothing' }, 'dataset'],
  [{ dataset: 'digits', colour: 'red' }, 'colour'],
  [{ dataset: 'digits', name: '' }, 'name'],
  [{ dataset: 'digits', name: 5 }, 'name'],
  [{ dataset: 'digits', name: 'x'.repeat(201) }, 'name'],
  [{ dataset: 'digits', hyperparameters: [] }, 'hyperparameters'],
  [{ dataset: 'digits', hyperparameters: 'all' }, 'hyperparameters'],
  [h({ depth: 3 }), 'hyperparameters.depth'],
  [h({ learningRate: null }), 'hyperparameters.learningRate'],
  [h({ learningRate: 'fast' }), 'hyperparameters.learningRate'],
  [h({ learningRate: 0 }), 'hyperparameters.learningRate'],
  [h({ learningRate: -0.1 }), 'hyperparameters.learningRate'],
  [h({ learningRate: [0.1, 0.2] }), 'hyperparameters.learningRate'],
  [h({ learningRate: {} }), 'hyperparameters.learningRate.distribution'],
  [h({ learningRate: { distribution: 'gaussian' } }), 'hyperparameters.learningRate.distribution'],
  [h({ learningRate: { distribution: 'float' } }), 'hyperparameters.learningRate.low'],
  [h({ learningRate: float({ low: 'a' }) }), 'hyperparameters.learningRate.low'],
  [h({ learningRate: float({ low: 0, scale: 'log' }) }), 'hyperparameters.learningRate.low'],
  [h({ l2: float({ low: 0, scale: 'log' }) }), 'hyperparameters.l2.low'],
  [h({ l2: float({ low: -1 }) }), 'hyperparameters.l2.low'],
  [h({ l2: float({ low: 0.95 }) }), 'hyperparameters.l2.low'],
  [h({ l2: float({ high: 1e300 }) }), 'hyperparameters.l2.high'],
  [h({ l2: float({ scale: 'cubic' }) }), 'hyperparameters.l2.scale'],
  [h({ l2: float({ step: 0 }) }), 'hyperparameters.l2.step'],
  [h({ l2: float({ step: -0.1 }) }), 'hyperparameters.l2.step'],
  [h({ l2: float({ points: 0 }) }), 'hyperparameters.l2.points'],
  [h({ l2: float({ points: 2.5 }) }), 'hyperparameters.l2.points'],
  [h({ l2: float({ lo: 0.1 }) }), 'hyperparameters.l2.lo'],
  [h({ hiddenUnits: 12.5 }), 'hyperparameters.hiddenUnits'],
  [h({ hiddenUnits: 0 }), 'hyperparameters.hiddenUnits'],
  [h({ hiddenUnits: 1e9 }), 'hyperparameters.hiddenUnits'],
  [h({ hiddenUnits: int({ low: 8.5 }) }), 'hyperparameters.hiddenUnits.low'],
  [h({ hiddenUnits: { ...int({}), distribution: 'float' } }), 'hyperparameters.hiddenUnits.distribution'],
  [h({ hiddenLayers: -1 }), 'hyperparameters.hiddenLayers'],
  [h({ hiddenUnits: [8, 'wide'] }), 'hyperparameters.hiddenUnits[1]'],
  [h({ hiddenUnits: [8, null] }), 'hyperparameters.hiddenUnits[1]'],
  [h({ hiddenUnits: [[8]] }), 'hyperparameters.hiddenUnits[0]'],
  [h({ hiddenUnits: [8, { distribution: 'gaussian' }] }), 'hyperparameters.hiddenUnits[1].distribution'],
  [h({ hiddenUnits: [int({ low: 0 })] }), 'hyperparameters.hiddenUnits[0].low'],
  [
    h({ hiddenUnits: [8, int({ when: { hiddenUnits1: [9] } })] }),
    'hyperparameters.hiddenUnits[1].when.hiddenUnits1[0]',
  ],
  [h({ hiddenUnits: Array(30).fill(8) }), 'hyperparameters.hiddenUnits'],
  [h({ hiddenUnits: [8, 8], hiddenLayers: 1 }), 'hyperparameters.hiddenLayers'],
  [h({ hiddenUnits: [8, 8], hiddenUnits3: 8 }), 'hyperparameters.hiddenUnits3'],
  [h({ hiddenUnits2: 8 }), 'hyperparameters.hiddenUnits2'],
  [h({ hiddenUnits1: [8] }), 'hyperparameters.hiddenUnits1'],
  [h({ hiddenUnits0: 8 }), 'hyperparameters.hiddenUnits0'],
  [h({ epochs: [1, 2] }), 'hyperparameters.epochs'],
  [h({ hiddenLayers: 20, hiddenUnits: 4096 }), 'hyperparameters.hiddenUnits'],
  [h({ activation: 'swish' }), 'hyperparameters.activation'],
  [h({ activation: { distribution: 'categorical', choices: [] } }), 'hyperparameters.activation.choices'],
  [h({ activation: { distribution: 'categorical', choices: ['swish'] } }), 'hyperparameters.activation.choices[0]'],
  [h({ activation: { distribution: 'categorical', choices: 'relu' } }), 'hyperparameters.activation.choices'],
  [h({ activation: { distribution: 'categorical', choices: ['relu', 'relu'] } }), 'hyperparameters.activation.choices'],
  [h({ batchNorm: 1 }), 'hyperparameters.batchNorm'],
  [h({ momentum: float({ when: {} }), optimizer: 7 }), 'hyperparameters.optimizer'],
  [h({ momentum: float({ when: { optimizer: [] } }) }), 'hyperparameters.momentum.when.optimizer'],
  [h({ momentum: float({ when: { optimizer: 'sgd' } }) }), 'hyperparameters.momentum.when.optimizer'],
  [h({ momentum: float({ when: { optimizer: ['sgd'] } }) }), 'hyperparameters.momentum.when.optimizer[0]'],
  [h({ momentum: float({ when: { momentum: [0.5] } }) }), 'hyperparameters.momentum.when.momentum'],
  [
    h({ momentum: float({ when: { hiddenUnits: [12.5] } }), hiddenUnits: int({}) }),
    'hyperparameters.momentum.when.hiddenUnits[0]',
  ],
  [
    h({ momentum: float({ when: { hiddenUnits: [8, 9] } }), hiddenUnits: int({ step: 8 }) }),
    'hyperparameters.momentum.when.hiddenUnits[1]',
  ],
  [
    h({ momentum: float({ when: { hiddenUnits: [128] } }), hiddenUnits: int({}) }),
    'hyperparameters.momentum.when.hiddenUnits[0]',
  ],
  [h({ momentum: float({ when: { l2: [0.35] } }), l2: float({ step: 0.1 }) }), 'hyperparameters.momentum.when.l2[0]'],
  [
    { ...h({ momentum: float({ when: { l2: [0.1, 0.2] } }), l2: float({ points: 3 }) }), sampler: { type: 'grid' } },
    'hyperparameters.momentum.when.l2[1]',
  ],
  [h({ momentum: float({ when: { weather: ['fine'] } }) }), 'hyperparameters.momentum.when.weather'],
  [
    h({ momentum: float({ when: { l2: [0.5] } }), l2: float({ when: { momentum: [0.5] } }) }),
    'hyperparameters.l2.when',
  ],
  [h({ epochs: 10_001 }), 'hyperparameters.epochs'],
  [{ dataset: 'digits', enqueue: {} }, 'enqueue'],
  [{ dataset: 'digits', enqueue: ['first'] }, 'enqueue[0]'],
  [{ dataset: 'digits', enqueue: [{}, { learningRate: {} }] }, 'enqueue[1].learningRate'],
  [{ dataset: 'digits', enqueue: [{ learningRate: 7 }] }, 'enqueue[0].learningRate'],
  [{ dataset: 'digits', enqueue: [{ learningRate: [0.1] }] }, 'enqueue[0].learningRate'],
  [{ dataset: 'digits', enqueue: [{ constructor: 1 }] }, 'enqueue[0].constructor'],
  [{ dataset: 'digits', enqueue: [{ epochs: 3 }] }, 'enqueue[0].epochs'],
  [{ dataset: 'digits', enqueue: [{ hiddenUnits: [32, 64] }] }, 'enqueue[0].hiddenUnits[1]'],
  [{ dataset: 'digits', enqueue: [{ hiddenUnits: ['wide'] }] }, 'enqueue[0].hiddenUnits[0]'],
  [{ dataset: 'digits', sampler: { type: 'annealing' } }, 'sampler.type'],
  [{ dataset: 'digits', sampler: { seed: -1 } }, 'sampler.seed'],
  [{ dataset: 'digits', sampler: { seed: 1.5 } }, 'sampler.seed'],
  [{ dataset: 'digits', sampler: { seed: 2 ** 60 } }, 'sampler.seed'],
  [{ dataset: 'digits', sampler: 'random' }, 'sampler'],
  [{ dataset: 'digits', validation: { fraction: 0 } }, 'validation.fraction'],
  [{ dataset: 'digits', validation: { fraction: 1 } }, 'validation.fraction'],
  [{ dataset: 'digits', validation: { type: 'none' } }, 'validation.type'],
  [{ dataset: 'digits', objective: { metric: 'beauty' } }, 'objective.metric'],
  [{ dataset: 'digits', objective: { metric: 'validationRmse' } }, 'objective.metric'],
  [{ dataset: 'digits', objective: { direction: 'up' } }, 'objective.direction'],
  [{ dataset: 'digits', budget: { trials: 0 } }, 'budget.trials'],
  [{ dataset: 'digits', budget: { trials: 1e12 } }, 'budget.trials'],
  [{ dataset: 'digits', budget: 50 }, 'budget'],
  [{ dataset: 'digits', limits: { trialSeconds: 0 } }, 'limits.trialSeconds'],
  [{ dataset: 'digits', limits: { attempts: 99 } }, 'limits.attempts'],
  [{ dataset: 'digits', pruner: { type: 'shears' } }, 'pruner.type'],
];

describe('POST /v1/searches', () => {
  it.each(specifications)('%j: names %s', async (body, path) => {
    expectProblem(await send('POST', '/v1/searches', JSON.stringify(body), json), path);
  });

  it.each<[string, string, Record<string, string>]>([
    ['no JSON', '{"dataset": digits}', json],
    ['half a document', '{"dataset": "digits"', json],
    ['a bare NaN', '{"dataset":"digits","validation":{"fraction":NaN}}', json],
    ['Infinity', '{"dataset":"digits","validation":{"fraction":Infinity}}', json],
    ['nothing', '', json],
    ['another kind of body', 'dataset=digits', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['XML', '<dataset>digits</dataset>', { 'content-type': 'application/xml' }],
    ['a prototype', '{"dataset":"digits","__proto__":{"x":1}}', json],
    ['a body above the limit', JSON.stringify({ dataset: 'x'.repeat(2_000_000) }), json],
    ['JSON 100,000 deep', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, json],
    ['objects 20,000 deep', `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`, json],
    ['an empty idempotency key', '{"dataset":"digits"}', { ...json, 'idempotency-key': ' ' }],
    ['an endless idempotency key', '{"dataset":"digits"}', { ...json, 'idempotency-key': 'x'.repeat(201) }],
  ])('refuses %s', async (_, body, headers) => {
    expectProblem(await send('POST', '/v1/searches', body, headers), '');
  });

  it('1e999 is no number either', async () => {
    expectProblem(
      await send('POST', '/v1/searches', '{"dataset":"digits","validation":{"fraction":1e999}}', json),
      'validation.fraction',
    );
  });

  it('refuses whatever else a machine thinks of', async () => {
    const key = fc.constantFrom(
      'dataset',
      'hyperparameters',
      'sampler',
      'budget',
      'validation',
      'low',
      'high',
      'when',
      'learningRate',
      'x',
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        fc.constantFrom('digits', 'float', 'categorical', '', null, true, 0, -1, 1e308, 0.5),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(key, tie('tree'), { maxKeys: 5 }),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(tree, async (body) => {
        const response = await fetch(`${service.url}/v1/searches/dry-run`, {
          method: 'POST',
          body: JSON.stringify(body),
          headers: json,
        });
        expect(response.status).toBeLessThan(500);
        const document = (await response.json()) as Document;
        if (response.status >= 400) expect(document.detail.length).toBeGreaterThan(0);
      }),
      { numRuns: 300 },
    );
  });
});

describe('everything else', () => {
  const missing = '00000000-0000-4000-8000-000000000000';
  it.each<[string, string, string]>([
    ['GET', '/v1/searches/not-an-id', 'id'],
    ['GET', `/v1/searches/${missing}`, ''],
    ['DELETE', `/v1/searches/${missing}`, ''],
    ['POST', `/v1/searches/${missing}/pause`, ''],
    ['POST', `/v1/searches/${missing}/explode`, ''],
    ['GET', '/v1/searches?limit=0', 'limit'],
    ['GET', '/v1/searches?limit=many', 'limit'],
    ['GET', '/v1/searches?limit=501', 'limit'],
    ['GET', '/v1/searches?state=asleep', 'state'],
    ['GET', '/v1/searches?colour=red', 'colour'],
    ['GET', '/v1/searches?cursor=rubbish', 'cursor'],
    ['GET', '/v1/searches?cursor=eyJ0IjoxfQ', 'cursor'],
    ['GET', '/v1/searches/ID/trials?sort=colour', 'sort'],
    ['GET', '/v1/searches/ID/trials?cursor=bnVsbA', 'cursor'],
    ['GET', '/v1/searches/ID/trials?cursor=eyJzIjoidmFsdWUiLCJuIjoxLCJ2IjoxfQ', 'cursor'],
    ['GET', '/v1/searches/ID/trials/-1', 'number'],
    ['GET', '/v1/searches/ID/trials/two', 'number'],
    ['GET', '/v1/searches/ID/trials/99999999999', 'number'],
    ['GET', '/v1/searches/ID/trials/5000', ''],
    ['GET', '/v1/searches/ID/best?limit=-3', 'limit'],
    ['GET', '/v1/searches/ID/events?after=-1', 'after'],
    ['GET', '/v1/searches/ID/events?after=soon', 'after'],
    ['GET', '/v1/searches/ID/events?after=1.5', 'after'],
    ['GET', '/v1/searches/ID/events?after=1e99', 'after'],
    ['GET', '/v1/searches/ID/events?after=2000000', 'after'],
    ['GET', '/v1/searches/ID/export?format=xlsx', 'format'],
    ['GET', '/v1/datasets/nothing', ''],
    ['GET', '/v1/datasets/..%2F..%2Fetc%2Fpasswd', ''],
    ['GET', '/nowhere', ''],
    ['GET', `/v1/searches/${'x'.repeat(201)}`, ''],
    ['POST', `/v1/searches/${'%E1%B9%B0'.repeat(201)}/cancel`, ''],
    ['GET', '/v1/datasets/%E0%A4%A', 'params'],
    ['PUT', '/v1/searches', ''],
  ])('%s %s', async (method, path, fault) => {
    expectProblem(await send(method, path.replace('ID', id)), fault);
  });

  it.each([
    ['PUT', '/v1/searches', 'HEAD, GET, POST'],
    ['PUT', '/v1/searches/?limit=5', 'HEAD, GET, POST'],
    // A path of its own, and not a search with this id.
    ['PATCH', '/v1/searches/dry-run', 'POST'],
    ['OPTIONS', '/v1/datasets/preview', 'POST'],
    ['DELETE', '/v1/searches/ID/trials/0', 'HEAD, GET, PATCH'],
    ['QUERY', '/v1/usage', 'HEAD, GET'],
  ])('%s %s: its methods are said', async (method, path, allowed) => {
    const answer = await send(method, path.replace('ID', id));
    expect(answer.document.code).toBe('methodNotAllowed');
    expect(answer.response.headers.get('allow')!.split(', ').toSorted()).toEqual(allowed.split(', ').toSorted());
    expectProblem(answer, '');
  });

  it.each([
    [`GET /v1/searches HTTP/1.1\r\nhost: localhost\r\nx-long: ${'x'.repeat(300_000)}\r\n\r\n`, 431, 'headersTooLarge'],
    ['not HTTP\r\n\r\n', 400, 'invalidRequest'],
  ])('%#: a request that cannot be parsed', async (request, status, code) => {
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(request);
    const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} .*\r\n(.*\r\n)*Content-Type: application/problem\\+json`));
    expect(JSON.parse(body)).toMatchObject({ status, code });
  });

  it.each<[unknown, string]>([
    [{}, ''],
    [{ name: '' }, 'name'],
    [{ budget: { trials: 1 } }, 'budget.trials'],
    [{ budget: {} }, 'budget'],
    [{ state: 'complete' }, 'state'],
    [{ notes: 'x'.repeat(10_001) }, 'notes'],
    [{ notes: 'a\u0007b' }, 'notes'],
    [{ tags: ['two words'] }, 'tags[0]'],
    [{ tags: ['ok', ''] }, 'tags[1]'],
    [{ tags: ['x'.repeat(51)] }, 'tags[0]'],
    [{ tags: Array.from({ length: 21 }, (_, i) => `t${i}`) }, 'tags'],
    [{ tags: 'good' }, 'tags'],
    [[], ''],
  ])('PATCH %j', async (body, path) => {
    expectProblem(await send('PATCH', `/v1/searches/${id}`, JSON.stringify(body), json), path);
  });

  const csv = { 'content-type': 'text/csv' };
  it.each<[string, string, string, Record<string, string>]>([
    ['?name=a b', 'x,y\n1,2\n', 'name', csv],
    ['', 'x,y\n1,2\n', 'name', csv],
    ['?name=ok', '', 'body', csv],
    ['?name=ok', 'x\n1\n2\n', 'line 1', csv],
    ['?name=ok', 'x,y\n1,2\n', '', csv],
    ['?name=ok&target=z', 'x,y\n1,2\n', 'target', csv],
    ['?name=ok', '{"x":1}', '', json],
    ['?name=ok', 'x,y\n1,2\n', 'content-type', { 'content-type': 'multipart/form-data' }],
    ['?name=ok&task=poetry', 'x,y\n1,2\n', 'task', csv],
  ])('POST /v1/datasets%s %j', async (query, body, path, headers) => {
    expectProblem(await send('POST', `/v1/datasets${query}`, body, headers), path === 'body' ? '' : path);
  });

  it('names the line and the column of what is wrong in a CSV', async () => {
    const rows = Array.from({ length: 12 }, (_, i) => (i === 4 ? 'a,,1' : `${i},${i * 2},${i % 2}`));
    const { document } = await send('POST', '/v1/datasets?name=holes', `a,b,c\n${rows.join('\n')}\n`, csv);
    expect(document.faults.some(({ path }) => /line 6.*column b|column b.*line 6/.test(path))).toBe(true);
  });
});

describe('text that cannot be stored', () => {
  const nul = 'a\u0000b';
  const half = 'a\ud800b';
  const filled = (text: string): [method: string, path: string, body: unknown, fault: string][] => [
    ['POST', '/v1/searches', { dataset: 'iris', name: text }, 'name'],
    ['POST', '/v1/searches', { dataset: text }, 'dataset'],
    [
      'POST',
      '/v1/searches',
      h({ activation: { distribution: 'categorical', choices: ['relu', text] } }),
      'hyperparameters.activation.choices[1]',
    ],
    ['POST', '/v1/searches', { ...h({}), enqueue: [{}, { activation: text }] }, 'enqueue[1].activation'],
    ['POST', '/v1/searches', h({ [text]: 1 }), `hyperparameters.${text}`],
    [
      'POST',
      '/v1/searches',
      h({ momentum: float({ when: { optimizer: [text] } }) }),
      'hyperparameters.momentum.when.optimizer[0]',
    ],
    ['POST', '/v1/searches', { dataset: 'iris', warmStart: { search: text } }, 'warmStart.search'],
    ['POST', '/v1/searches/dry-run', { dataset: text }, 'dataset'],
    ['POST', '/v1/searches/preflight', { dataset: text }, 'dataset'],
    ['POST', '/v1/searches/ID/refine', { apply: [text] }, 'apply[0]'],
    ['PATCH', '/v1/searches/ID', { name: text }, 'name'],
  ];

  it.each([...filled(nul), ...filled(half)])('%s %s %j is refused', async (method, path, body, fault) => {
    const answer = await send(method, path.replace('ID', id), JSON.stringify(body), json);
    expect(answer.response.status).toBe(400);
    expectProblem(answer, fault);
  });

  it.each([
    ['/v1/searches?q=%00', 'q'],
    ['/v1/searches?q=a%00b', 'q'],
    ['/v1/searches?dataset=%00', 'dataset'],
    ['/v1/searches?cursor=%00', 'cursor'],
    ['/v1/searches?%00=1', '\0'],
    ['/v1/searches/%00', 'id'],
    ['/v1/searches/ID/trials?cursor=a%00', 'cursor'],
    ['/v1/searches/ID/export?format=%00', 'format'],
    ['/v1/datasets/a%00b', 'name'],
    ['/v1/datasets/a%00b/csv', 'name'],
  ])('GET %s is refused', async (path, fault) => {
    const answer = await send('GET', path.replace('ID', id));
    expect(answer.response.status).toBe(400);
    expectProblem(answer, fault);
  });

  it('is refused in a cursor that is well-formed otherwise', async () => {
    for (const key of [
      { t: '0000-01-01T00:00:00Z', i: id },
      { t: '2026-01-01T00:00:00Z', i: nul },
      { s: nul, n: 1, v: null },
    ]) {
      const cursor = Buffer.from(JSON.stringify(key)).toString('base64url');
      for (const list of ['/v1/searches', `/v1/searches/${id}/trials`]) {
        expectProblem(await send('GET', `${list}?cursor=${cursor}`), 'cursor');
      }
    }
  });

  it('is refused in an upload’s name, target and columns', async () => {
    for (const query of ['name=a%00', 'name=ok&target=a%00', 'name=ok&category=a%00', 'name=ok&ignore=x&ignore=%00']) {
      const answer = await send('POST', `/v1/datasets?${query}`, 'x,y\n1,2\n', { 'content-type': 'text/csv' });
      expect(answer.response.status).toBe(400);
    }
  });

  it('is found however deep it lies', async () => {
    for (const text of ['"\\u0000"', '"a"']) {
      const deep = `${'['.repeat(100_000)}${text}${']'.repeat(100_000)}`;
      for (const body of [`{"dataset": ${deep}}`, `{"dataset": "iris", "enqueue": ${deep}}`, deep]) {
        expect((await send('POST', '/v1/searches', body, json)).response.status).toBe(400);
      }
    }
  });

  it('is refused before a websocket opens', async () => {
    const socket = new WebSocket(`${service.url.replace('http', 'ws')}/v1/searches/${id}/events?after=%00`);
    const status = await new Promise((resolve) => {
      socket.on('unexpected-response', (_, response) => resolve(response.statusCode));
      socket.on('open', () => resolve(101));
      socket.on('error', () => undefined);
    });
    expect(status).toBe(400);
  });
});

describe('another name for this machine', () => {
  const ask = (host: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      get(`${service.url}/v1/searches`, { headers: { host } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on('error', reject);
    });
  it('is not answered: a site that points its own name here gets nothing', async () => {
    expect(await ask('evil.example')).toBe(403);
    expect(await ask('evil.example:3000')).toBe(403);
    expect(await ask('127.0.0.1.evil.example')).toBe(403);
  });
  it('its own names are', async () => {
    expect(await ask('localhost:1234')).toBe(200);
    expect(await ask('127.0.0.1')).toBe(200);
    expect(await ask('[::1]:80')).toBe(200);
  });
});

describe('rubbish on the websocket', () => {
  const open = (path: string, headers: Record<string, string> = {}) =>
    new Promise<{ status: number; messages: { type: string }[]; code: number }>((resolve) => {
      const socket = new WebSocket(`${service.url.replace('http', 'ws')}${path}`, { headers });
      const messages: { type: string }[] = [];
      socket.on('unexpected-response', (_, response) =>
        resolve({ status: response.statusCode ?? 0, messages, code: 0 }),
      );
      socket.on('message', (data) => messages.push(JSON.parse(String(data)) as { type: string }));
      socket.on('error', () => undefined);
      socket.on('open', () => sendRubbish(socket));
      socket.on('close', (code) => resolve({ status: 101, messages, code }));
    });
  let sendRubbish: (socket: WebSocket) => void = () => undefined;

  it.each<[string, string | Buffer, number]>([
    ['no JSON', 'hello', 1007],
    ['something unknown', '{"type":"shutdown"}', 1008],
    ['a list', '[]', 1008],
    ['bytes', Buffer.from([1, 2, 3]), 1003],
    ['too much', 'x'.repeat(10_000), 1009],
  ])('%s is answered with an error and a close code', async (_, message, expected) => {
    sendRubbish = (socket) => socket.send(message);
    const { code, messages } = await open(`/v1/searches/${id}/events`);
    expect(code).toBe(expected);
    if (expected !== 1009) expect(messages.some(({ type }) => type === 'error')).toBe(true);
  });

  it.each<[string, number]>([
    ['/v1/searches/ID/events?after=abc', 400],
    ['/v1/searches/ID/events?after=999999', 400],
    ['/v1/searches/nope/events', 400],
    ['/v1/searches/00000000-0000-4000-8000-000000000000/events', 404],
  ])('%s is refused before the upgrade', async (path, expected) => {
    sendRubbish = (socket) => socket.close();
    expect((await open(path.replace('ID', id))).status).toBe(expected);
  });

  it('a page of another site is refused', async () => {
    const { status } = await open(`/v1/searches/${id}/events`, { origin: 'https://elsewhere.example' });
    expect(status).toBe(403);
  });

  it('and the service is still there', async () => {
    expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
  });
});
