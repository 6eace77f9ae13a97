/** The page of the queue at /queues: for admins alone, on both backends, and only to look at. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findRedis, startRedis, type TestRedis } from '../support/processes.ts';
import { lasting, reached } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

const redisServer = findRedis();
let redis: TestRedis | undefined;
let service: TestService | undefined;
beforeAll(async () => {
  if (redisServer !== undefined) redis = await startRedis(redisServer);
});
afterEach(async () => {
  await service?.close();
  service = undefined;
});
afterAll(() => redis?.close());

interface Queues {
  readonly queues: readonly {
    readonly name: string;
    readonly readOnlyMode: boolean;
    readonly counts: Readonly<Record<string, number>>;
    readonly jobs: readonly { readonly id: string; readonly data: { readonly searchId: string } }[];
  }[];
}

const ADMIN = 'a'.repeat(40);
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

describe.each([
  { backend: 'Postgres', skip: false },
  { backend: 'Redis', skip: redisServer === undefined },
])('on $backend', ({ backend, skip }) => {
  it.skipIf(skip)('shows what waits and what runs', async () => {
    service = await startTestService(backend === 'Redis' ? { redisUrl: redis!.url } : {});
    const { id } = await service.client.create(lasting(60_000, 9));
    await reached(service.client, id, 'running', 2);
    const response = await fetch(`${service.url}/queues/api/queues?activeQueue=trials&status=waiting&page=1`);
    expect(response.status).toBe(200);
    const { queues } = (await response.json()) as Queues;
    expect(queues).toMatchObject([{ name: 'trials', readOnlyMode: true }]);
    const { counts, jobs } = queues[0]!;
    expect(counts['active']).toBeGreaterThanOrEqual(2);
    expect(counts['waiting']).toBeGreaterThan(0);
    expect(jobs.length).toBeGreaterThan(0);
    expect(new Set(jobs.map(({ data }) => data.searchId))).toEqual(new Set([id]));

    const job = jobs[0]!.id;
    for (const [method, path] of [
      ['PUT', `trials/${job}/clean`],
      ['PUT', 'trials/pause'],
      ['PUT', 'trials/empty'],
      ['POST', 'trials/add'],
    ] as const) {
      const refused = await fetch(`${service.url}/queues/api/queues/${path}`, { method });
      expect([path, refused.status]).toEqual([path, 405]);
    }
    const page = await fetch(`${service.url}/queues`, { headers: { accept: 'text/html' } });
    expect(page.headers.get('content-security-policy')).toMatch(
      /^default-src 'self'; style-src 'self' 'unsafe-inline';/,
    );
    const [, script] = /src="(static\/js\/main[^"]+)"/.exec(await page.text())!;
    expect((await fetch(`${service.url}/queues/${script}`)).status).toBe(200);
  });
});

describe('with keys', () => {
  it('is for admins of the whole service', async () => {
    service = await startTestService({ adminKey: ADMIN });
    const { url } = service;
    const keyFor = async (role: string, project?: string) => {
      const response = await fetch(`${url}/v1/keys`, {
        method: 'POST',
        headers: { ...bearer(ADMIN), 'content-type': 'application/json' },
        body: JSON.stringify({ name: role, role, project }),
      });
      return ((await response.json()) as { secret: string }).secret;
    };
    const [submitter, ofProject] = [await keyFor('submitter'), await keyFor('admin', 'default')];
    for (const path of [
      '/queues',
      '/queues/',
      '/queues/queue/trials',
      '/queues/api/queues',
      '/queues/static/images/logo.svg',
    ]) {
      const statusFor = async (headers: Record<string, string>) => {
        const response = await fetch(`${url}${path}`, { headers });
        const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json');
        expect([path, isProblem]).toEqual([path, response.status >= 400]);
        return response.status;
      };
      expect([path, await statusFor({})]).toEqual([path, 401]);
      expect([path, await statusFor(bearer(submitter))]).toEqual([path, 403]);
      expect([path, await statusFor(bearer(ofProject))]).toEqual([path, 403]);
      expect([path, await statusFor(bearer(ADMIN))]).toEqual([path, 200]);
    }
  });
});
