/** API keys through REST, websockets and cookies: who may do what, and what an attacker gets. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { createClient } from '../../src/cli/api-client.ts';
import { readConfig } from '../../src/config.ts';
import { endpoints } from '../../src/contract/http.ts';
import { roleFor } from '../../src/contract/roles.ts';
import type { ApiKey, Role } from '../../src/domain/api-key.ts';
import { startService } from '../../src/service.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { ended } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

const tiny = {
  dataset: 'iris',
  hyperparameters: { learningRate: { distribution: 'float', low: 1e-3, high: 1e-1, scale: 'log' }, epochs: 2 },
  budget: { trials: 2 },
};
type Created = ApiKey & { secret: string };

let service: TestService;
const keys = new Map<Role, Created>();
const secretOf = (role: Role) => keys.get(role)!.secret;

async function send(method: string, path: string, more: { key?: string; body?: unknown; headers?: object } = {}) {
  const { key, body, headers } = more;
  return fetch(`${service.url}${path}`, {
    method,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

/** The status of the upgrade, or 101. */
function upgrade(path: string, headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${service.url.replace('http', 'ws')}${path}`, { headers });
    socket.on('open', () => {
      resolve(101);
      socket.terminate();
    });
    // It is left open: the service must close what it has refused.
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0));
    socket.on('error', reject);
  });
}

beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service?.close());

describe('without keys', () => {
  it('a service on loopback is open, and says so', async () => {
    expect(await (await send('GET', '/v1/session')).json()).toEqual({ name: null, role: 'admin', project: null });
    expect((await send('GET', '/v1/searches')).status).toBe(200);
  });

  it('the first key must be an admin’s', async () => {
    const refused = await send('POST', '/v1/keys', { body: { name: 'first', role: 'reader' } });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ faults: [{ path: 'role' }] });
    expect((await send('GET', '/v1/searches')).status).toBe(200);
  });
});

describe('with keys', () => {
  beforeAll(async () => {
    for (const role of ['admin', 'submitter', 'reader'] as const) {
      const key = keys.get('admin')?.secret;
      const response = await send('POST', '/v1/keys', { body: { name: `the ${role}`, role }, ...(key && { key }) });
      expect(response.status).toBe(201);
      expect(response.headers.get('cache-control')).toBe('no-store');
      keys.set(role, (await response.json()) as Created);
    }
  });

  it('every endpoint but the probes and the sign-in refuses who has none', async () => {
    const open: string[] = [];
    for (const name of Object.keys(endpoints)) {
      const [method = '', template = ''] = name.split(' ');
      const path = template
        .replace(':id', '5b3f9a80-2d1e-4c55-8f5f-0d3c1a1b2c3d')
        .replace(':number', '0')
        .replace(':name', 'iris')
        .replace(':file', 'model.json');
      const response = await send(method, path, method === 'GET' ? {} : { body: {} });
      if (response.status !== 401) open.push(name);
      else {
        expect(response.headers.get('www-authenticate')).toBe('Bearer');
        expect(await response.json()).toMatchObject({ code: 'unauthorized' });
      }
    }
    expect(open.sort()).toEqual([
      ...['DELETE /v1/session', 'GET /healthz', 'GET /readyz'],
      ...['GET /v1/session/methods', 'GET /v1/session/oidc', 'GET /v1/session/oidc/callback'],
      ...['POST /v1/session', 'POST /v1/session/oidc/logout'],
    ]);
    // Wrong keys, too.
    const signIn = await send('POST', '/v1/session', { body: { key: 'hs_wrong' } });
    expect(signIn.status).toBe(401);
    expect(signIn.headers.get('set-cookie')).toBeNull();
  });

  it.each([
    '/docs',
    '/docs/json',
    '/openapi.json',
    '/metrics',
    '/v1/searches/',
    '//v1/searches',
    '/%76%31/searches',
    '/v1/nothing',
  ])('%s gives nothing away', async (path) => {
    const response = await send('GET', path);
    expect([401, 404]).toContain(response.status);
    expect(await response.text()).not.toMatch(/items|hypersearch_|operationId/);
  });

  it('the page itself is served, so that people can sign in', async () => {
    const response = await send('GET', '/', { headers: { accept: 'text/html' } });
    expect(response.status).toBe(200);
  });

  it.each(['hs_', 'Bearer', secretShape(), `${secretShape()}x`, 'a'.repeat(201)])(
    'a wrong key %s is refused',
    async (key) => {
      expect((await send('GET', '/v1/searches', { key })).status).toBe(401);
    },
  );

  it('a role may do what it is for, and what the roles below it may', async () => {
    const create = (role: Role) => send('POST', '/v1/searches', { key: secretOf(role), body: tiny });
    expect((await send('GET', '/v1/searches', { key: secretOf('reader') })).status).toBe(200);
    const refused = await create('reader');
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ code: 'forbidden', detail: expect.stringContaining('the reader') });
    expect((await send('POST', '/v1/searches/dry-run', { key: secretOf('reader'), body: tiny })).status).toBe(200);
    expect((await create('submitter')).status).toBe(201);
    expect((await send('GET', '/v1/keys', { key: secretOf('submitter') })).status).toBe(403);
    expect((await send('GET', '/v1/usage', { key: secretOf('submitter') })).status).toBe(403);
    expect((await send('GET', '/v1/usage', { key: secretOf('admin') })).status).toBe(200);
    expect((await create('admin')).status).toBe(201);
    const { items } = (await (await send('GET', '/v1/keys', { key: secretOf('admin') })).json()) as { items: ApiKey[] };
    expect(items.map(({ name }) => name)).toEqual(['the reader', 'the submitter', 'the admin']);
    expect(items.every(({ lastUsedAt }) => lastUsedAt !== null)).toBe(true);
    expect(JSON.stringify(items)).not.toContain('hs_');
  });

  it('every endpoint needs the role that its effect asks for', () => {
    const byRole = (role: Role | undefined) => Object.keys(endpoints).filter((name) => roleFor(name) === role);
    expect(byRole('reader').filter((name) => !name.startsWith('GET '))).toEqual([
      'POST /v1/searches/dry-run',
      'POST /v1/searches/:id/refine/dry-run',
      'POST /v1/searches/preflight',
      'POST /v1/datasets/preview',
      'POST /v1/imports',
      'POST /v1/models/:id/predict',
    ]);
    expect(byRole('admin')).toEqual([
      ...['POST /v1/keys', 'GET /v1/keys', 'DELETE /v1/keys/:id', 'GET /v1/sessions', 'DELETE /v1/sessions/:id'],
      ...['POST /v1/projects', 'PATCH /v1/projects/:name', 'DELETE /v1/projects/:name'],
      'GET /v1/usage',
    ]);
  });

  it('events say whose key asked for a change, and nobody for what workers do', async () => {
    const client = createClient(service.url, secretOf('submitter'));
    const { id } = await client.create(tiny);
    await ended(client, id);
    await send('PATCH', `/v1/searches/${id}`, { key: secretOf('admin'), body: { name: 'renamed' } });
    const { events } = (await (await send('GET', `/v1/searches/${id}/events`, { key: secretOf('reader') })).json()) as {
      events: { type: string; by?: string }[];
    };
    const by = (type: string) => events.filter((event) => event.type === type).map((event) => event.by);
    expect(by('search.created')).toEqual(['the submitter']);
    expect(by('search.changed')).toEqual(['the admin']);
    expect(by('trial.started')).toEqual([undefined, undefined]);
    expect(by('trial.complete')).toEqual([undefined, undefined]);
  });

  it('websockets need a key', async () => {
    expect(await upgrade('/v1/events')).toBe(401);
    expect(await upgrade('/v1/events', { authorization: 'Bearer hs_wrong' })).toBe(401);
    expect(await upgrade('/v1/events', { authorization: `Bearer ${secretOf('reader')}` })).toBe(101);
  });

  it('a browser signs in with a cookie that scripts and other sites cannot use', async () => {
    const origin = service.url;
    const signedIn = await send('POST', '/v1/session', { body: { key: secretOf('submitter') }, headers: { origin } });
    expect(await signedIn.json()).toEqual({ name: 'the submitter', role: 'submitter', project: null });
    const set = signedIn.headers.get('set-cookie')!;
    expect(set).toMatch(/HttpOnly/);
    expect(set).toMatch(/SameSite=Strict/);
    expect(set).not.toContain(secretOf('submitter'));
    const [cookie = ''] = set.split(';');
    expect((await send('GET', '/v1/searches', { headers: { cookie } })).status).toBe(200);
    expect(await upgrade('/v1/events', { cookie, origin })).toBe(101);
    // From our page, from another site, and from a form that sends no origin.
    const create = (headers: object) => send('POST', '/v1/searches', { body: tiny, headers: { cookie, ...headers } });
    expect((await create({ origin })).status).toBe(201);
    expect((await create({ origin: 'http://elsewhere.example' })).status).toBe(403);
    expect((await create({})).status).toBe(401);
    expect(await upgrade('/v1/events', { cookie, origin: 'http://elsewhere.example' })).toBe(403);
    expect((await send('DELETE', '/v1/session', { headers: { cookie, origin } })).status).toBe(204);
    expect((await send('GET', '/v1/searches', { headers: { cookie } })).status).toBe(401);
  });

  it('a revoked key is refused at once, and its sessions end', async () => {
    const key = secretOf('admin');
    const created = (await (
      await send('POST', '/v1/keys', { key, body: { name: 'short', role: 'reader' } })
    ).json()) as Created;
    const signedIn = await send('POST', '/v1/session', { body: { key: created.secret } });
    const [cookie = ''] = signedIn.headers.get('set-cookie')!.split(';');
    expect((await send('GET', '/v1/searches', { key: created.secret })).status).toBe(200);
    expect((await send('DELETE', `/v1/keys/${created.id}`, { key })).status).toBe(204);
    expect((await send('GET', '/v1/searches', { key: created.secret })).status).toBe(401);
    expect((await send('GET', '/v1/searches', { headers: { cookie } })).status).toBe(401);
    expect((await send('DELETE', '/v1/keys/5b3f9a80-2d1e-4c55-8f5f-0d3c1a1b2c3d', { key })).status).toBe(404);
  });

  it('guesses are counted by address, whatever key they try, and not against those who have one', async () => {
    const left = async (key: string) => {
      const response = await send('GET', '/v1/session', { key });
      return { status: response.status, left: Number(response.headers.get('x-ratelimit-remaining') ?? Number.NaN) };
    };
    const [first, second, known] = [await left('hs_one'), await left('hs_two'), await left(secretOf('reader'))];
    expect([first.status, second.status, known.status]).toEqual([401, 401, 200]);
    expect(second.left).toBeLessThan(first.left);
    expect(known.left).toBeGreaterThan(second.left);
  });

  it('the database has no secret, and keys outlive a restart', async () => {
    const database = new pg.Client({ connectionString: service.databaseUrl });
    await database.connect();
    const { rows } = await database.query(
      'SELECT k::text AS row FROM api_keys k UNION ALL SELECT s::text FROM sessions s',
    );
    await database.end();
    expect(rows.length).toBeGreaterThan(3);
    for (const { secret } of keys.values()) expect(JSON.stringify(rows)).not.toContain(secret);
    service = await service.restart();
    expect((await send('GET', '/v1/searches')).status).toBe(401);
    expect((await send('GET', '/v1/searches', { key: secretOf('reader') })).status).toBe(200);
  });
});

function secretShape(): string {
  return `hs_${'A'.repeat(43)}`;
}

describe('a service that listens beyond loopback', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database?.drop());

  const start = (more: object) =>
    startService(
      { ...readConfig({}), databaseUrl: database.url, host: '0.0.0.0', port: 0, logLevel: 'silent', ...more },
      'api',
    );
  const statusOf = async (url: string, headers: Record<string, string> = {}) =>
    (await fetch(`${url}/v1/searches`, { headers })).status;

  it('does not start without keys, and says what to do', async () => {
    await expect(start({})).rejects.toThrow(
      /keys create NAME --role admin.*HYPERSEARCH_ADMIN_KEY.*HYPERSEARCH_INSECURE=1/s,
    );
  });

  it('starts where it is told to all the same, with the names that are allowed', async () => {
    const insecure = await start({ insecure: true, hosts: ['searches.example'] });
    expect(await statusOf(insecure.url!)).toBe(200);
    // What a browser sends after another site has pointed its name at this machine.
    const { port } = new URL(insecure.url!);
    const rebound = await promisify(execFile)(process.execPath, [
      '-e',
      `require('http').get({ port: ${port}, path: '/v1/searches', headers: { host: 'elsewhere.example' } }, (r) => console.log(r.statusCode, r.resume() && ''))`,
    ]);
    expect(rebound.stdout).toContain('403');
    await insecure.close();
  });

  it('starts with the key of the settings', async () => {
    const adminKey = 'k'.repeat(40);
    const withKey = await start({ adminKey });
    expect(await statusOf(withKey.url!)).toBe(401);
    expect(await statusOf(withKey.url!, { authorization: `Bearer ${adminKey}` })).toBe(200);
    const { secret } = await createClient(withKey.url!, adminKey).createKey({ name: 'r', role: 'reader' });
    await withKey.close();
    const withoutIt = await start({});
    expect(await statusOf(withoutIt.url!, { authorization: `Bearer ${adminKey}` })).toBe(401);
    expect(await statusOf(withoutIt.url!, { authorization: `Bearer ${secret}` })).toBe(200);
    await withoutIt.close();
  });

  it('keys in the environment are never printed', () => {
    expect(() => readConfig({ HYPERSEARCH_ADMIN_KEY: 'short secret' })).toThrow(/HYPERSEARCH_ADMIN_KEY: must have 32/);
    expect(() => readConfig({ HYPERSEARCH_ADMIN_KEY: 'short secret' })).not.toThrow(/short secret/);
  });
});
