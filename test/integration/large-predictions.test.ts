/** Many rows to predict: answered fast, without delaying small requests, and within the limits of memory. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PredictionsAnswer } from '../../src/contract/models.ts';
import { predictLimits } from '../../src/models/read-cells.ts';
import { eventually, type RunningApi, startApi } from '../support/processes.ts';
import { ended } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
/** A process of its own, whose memory is its own. */
let api: RunningApi;
let id: string;
let lines: string[];
beforeAll(async () => {
  service = await startTestService();
  api = await startApi({ DATABASE_URL: service.databaseUrl });
  const hyperparameters = { learningRate: { distribution: 'float', low: 0.01, high: 0.02 }, epochs: 2 };
  const search = await service.client.create({ dataset: 'iris', hyperparameters, budget: { trials: 1 } });
  await ended(service.client, search.id);
  ({ id } = await service.client.createModel(search.id, { trial: 'best' }));
  await eventually(async () => (await service.client.model(id)).state === 'ready');
  lines = (await service.client.csv('iris')).trim().split('\n');
});
afterAll(async () => {
  await api?.end();
  await service?.close();
});

/** Of the data set, again from its start where it ends. */
function csv(rows: number): Buffer {
  const [header, ...own] = lines;
  const some = `${own.join('\n')}\n`;
  const whole = Math.floor(rows / own.length);
  return Buffer.from(`${header}\n${some.repeat(whole)}${own.slice(0, rows - whole * own.length).join('\n')}`);
}

function json(rows: number): Buffer {
  const [header, ...own] = lines;
  const names = header!.split(',');
  const row = (line: string) => `{${line.split(',').map((text, k) => `"${names[k]}":${JSON.stringify(text)}`)}}`;
  return Buffer.from(`{"rows":[${Array.from({ length: rows }, (_, i) => row(own[i % own.length]!)).join(',')}]}`);
}

interface Posted {
  /** Resolves when the whole body was given to the network. */
  readonly sent: Promise<unknown>;
  readonly answer: Promise<{ readonly status: number; readonly text: string }>;
}

/** On a connection of its own: the service closes that of a body that is too large. */
function begin(body: Buffer, type: string): Posted {
  const headers = { 'content-type': type, 'content-length': body.length };
  const sending = request(`${api.url}/v1/models/${id}/predict`, { method: 'POST', agent: false, headers });
  const answer = (async () => {
    const [response] = (await once(sending, 'response')) as [IncomingMessage];
    return { status: response.statusCode!, text: await text(response) };
  })();
  const sent = once(sending, 'finish');
  sending.end(body);
  return { sent, answer };
}

function post(body: Buffer, type: string): Posted['answer'] {
  return begin(body, type).answer;
}

/** The most resident memory that the process has had. */
async function megabytes(what: 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${api.child.pid}/status`, 'utf8');
  return Number(new RegExp(`${what}:\\s+(\\d+)`).exec(status)![1]) / 1024;
}

it('answers the most rows that a request may have, as JSON and as CSV, alike', async () => {
  const [fromCsv, fromJson] = await Promise.all([
    post(csv(predictLimits.rows), 'text/csv'),
    post(json(predictLimits.rows), 'application/json'),
  ]);
  const [one, other] = [fromCsv, fromJson].map(({ text }) => JSON.parse(text) as PredictionsAnswer);
  expect(one!.predictions).toHaveLength(predictLimits.rows);
  expect(one!.failed).toBe(0);
  expect(other!.predictions).toEqual(one!.predictions);
});

it('answers a small request before a large one that was sent earlier', async () => {
  const over: string[] = [];
  const body = json(predictLimits.rows);
  const warm = Buffer.from(csv(1));
  await post(warm, 'text/csv');
  const large = [1, 2].map(() => begin(body, 'application/json'));
  await Promise.all(large.map(({ sent }) => sent));
  const small = post(warm, 'text/csv').then(() => over.push('small'));
  await Promise.all([small, ...large.map(({ answer }) => answer.then(() => over.push('large')))]);
  expect(over[0]).toBe('small');
});

it('needs a few times as long as reading and writing JSON does', async () => {
  const rows = 10_000;
  const bodies = { 'application/json': json(rows), 'text/csv': csv(rows) };
  const times = async (work: () => unknown) => {
    const took: number[] = [];
    for (let i = 0; i < 9; i++) {
      const begun = performance.now();
      await work();
      took.push(performance.now() - begun);
    }
    return Math.min(...took);
  };
  const answer = await post(bodies['application/json'], 'application/json');
  const least = await times(() => {
    JSON.parse(bodies['application/json'].toString());
    JSON.stringify(JSON.parse(answer.text));
  });
  for (const [type, body] of Object.entries(bodies))
    expect(await times(() => post(body, type))).toBeLessThan(8 * least);
}, 60_000);

it.skipIf(process.platform !== 'linux')(
  'refuses a million rows, says the limit, and does not grow',
  async () => {
    const header = lines[0]!.split(',').slice(0, -1).join(',');
    const million = Buffer.from(`${header}\n${'5.1,3.5,1.4,0.2\n'.repeat(1_000_000)}`);
    const tooLarge = json(1_000_000);
    const round = async () => {
      const rows = await post(million, 'text/csv');
      expect(rows.status).toBe(400);
      expect(JSON.parse(rows.text)).toMatchObject({
        code: 'invalidRequest',
        detail: 'has more than 100000 rows, which is the limit; send them in parts',
      });
      const bytes = await post(tooLarge, 'application/json');
      expect(bytes.status).toBe(413);
      expect(JSON.parse(bytes.text)).toMatchObject({
        code: 'bodyTooLarge',
        detail: 'the body has more than 67108864 bytes, which is the limit',
      });
      expect((await post(csv(predictLimits.rows), 'text/csv')).status).toBe(200);
    };
    for (let i = 0; i < 3; i++) await round();
    const before = await megabytes('VmHWM');
    for (let i = 0; i < 4; i++) await round();
    expect(await megabytes('VmHWM')).toBeLessThan(1.5 * before);
    expect(before).toBeLessThan(1000);
  },
  120_000,
);

it('refuses large bodies while eight others wait, and goes on answering small ones', async () => {
  const body = csv(predictLimits.rows);
  expect(body.length).toBeGreaterThan(1_000_000);
  const large = Array.from({ length: 24 }, () => post(body, 'text/csv'));
  const refused = await Promise.any(
    large.map(async (answer) => {
      const { status, text } = await answer;
      if (status !== 429) throw new Error(`answered ${status}`);
      return JSON.parse(text) as unknown;
    }),
  );
  expect(refused).toMatchObject({
    code: 'tooManyRequests',
    detail: '8 large requests for models are waiting; try again later',
  });
  expect((await post(csv(1), 'text/csv')).status).toBe(200);
  const statuses = (await Promise.all(large)).map(({ status }) => status);
  expect([...new Set(statuses)].toSorted()).toEqual([200, 429]);
  // One that is answered, and eight that wait.
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(9);
  expect((await post(body, 'text/csv')).status).toBe(200);
}, 60_000);
