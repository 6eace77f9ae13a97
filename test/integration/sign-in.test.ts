/** Signing in with a real provider of OpenID Connect: who gets what, and what an attacker gets. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import type { SearchEvent } from '../../src/domain/events.ts';
import type { Search } from '../../src/domain/search.ts';
import { Browser, startIdentityProvider, type TestProvider } from '../support/identity-provider.ts';
import { withPostgres } from '../support/postgres.ts';
import { startTestService, type TestService } from '../support/service.ts';

let provider: TestProvider;
let service: TestService;
const adminKey = 'k'.repeat(40);
beforeAll(async () => {
  provider = await startIdentityProvider();
  const { oidc } = readConfig({
    HYPERSEARCH_OIDC_ISSUER: provider.issuer,
    HYPERSEARCH_OIDC_CLIENT_ID: 'hypersearch',
    HYPERSEARCH_OIDC_CLIENT_SECRET: 'of the service',
    HYPERSEARCH_OIDC_ROLES: 'admins=admin, vision=submitter:vision, lost=reader:no-such-project, staff=reader',
    HYPERSEARCH_OIDC_SCOPE: 'openid email groups',
  });
  service = await startTestService({ oidc, adminKey });
  provider.register({
    id: 'hypersearch',
    secret: 'of the service',
    redirectUri: `${service.url}/v1/session/oidc/callback`,
  });
  const created = await send('POST', '/v1/projects', { name: 'vision' }, { authorization: `Bearer ${adminKey}` });
  expect(created.status).toBe(201);
});
afterAll(async () => {
  await service?.close();
  await provider?.close();
});

const send = (method: string, path: string, body: unknown, headers: Record<string, string>) =>
  fetch(`${service.url}${path}`, {
    method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
const begin = (path = '') => `${service.url}/v1/session/oidc${path}`;
/** Everything up to the answer of the service to the address with which the provider sends the browser back. */
async function signIn(account: string, groups: readonly string[], browser = new Browser()) {
  provider.groups.set(account, groups);
  const callback = await browser.signInAtProvider(begin(), account);
  const response = await browser.request(callback);
  return { browser, callback, response };
}
const asked = async (browser: Browser, method: string, path: string, body?: unknown) =>
  send(method, path, body, { cookie: browser.cookies(service.url), origin: service.url });

describe('a service with an identity provider', () => {
  it('needs a sign-in or a key, and says that there is a provider', async () => {
    expect((await send('GET', '/v1/searches', undefined, {})).status).toBe(401);
    expect(await (await send('GET', '/v1/session/methods', undefined, {})).json()).toEqual({ key: true, oidc: true });
  });

  it('signs in to the page that was asked for, with a cookie that scripts and other sites cannot use', async () => {
    provider.groups.set('ada', ['admins']);
    const browser = new Browser();
    const callback = await browser.signInAtProvider(begin('?path=/searches/x?view=table'), 'ada');
    const { searchParams } = new URL(callback);
    expect(searchParams.get('state')).toMatch(/.{20}/);
    const response = await browser.request(callback);
    expect(response.status).toBe(302);
    expect(response.headers.get('location')).toBe('/searches/x?view=table');
    const set = response.headers.getSetCookie().find((cookie) => cookie.startsWith('hypersearch_session='));
    expect(set).toMatch(/HttpOnly/);
    expect(set).toMatch(/SameSite=Strict/);
    const session = await (await asked(browser, 'GET', '/v1/session')).json();
    expect(session).toEqual({ name: 'oidc:ada@example.org', role: 'admin', project: null });
    expect((await asked(browser, 'GET', '/v1/keys')).status).toBe(200);
  });

  it('asks the provider with PKCE, a state and a nonce, each time others', async () => {
    const addresses = await Promise.all(
      [0, 1].map(async () => new URL((await new Browser().request(begin())).headers.get('location')!)),
    );
    const [first, second] = addresses.map(({ searchParams }) => Object.fromEntries(searchParams));
    expect(first).toMatchObject({ response_type: 'code', code_challenge_method: 'S256', client_id: 'hypersearch' });
    for (const name of ['state', 'nonce', 'code_challenge']) {
      expect(first![name]).toMatch(/^[\w-]{43}$/);
      expect(first![name]).not.toBe(second![name]);
    }
  });

  it('gives a group its role in its project, and writes who did what into the events', async () => {
    const { browser } = await signIn('vera', ['other', 'vision']);
    expect(await (await asked(browser, 'GET', '/v1/session')).json()).toMatchObject({
      role: 'submitter',
      project: 'vision',
    });
    const created = await asked(browser, 'POST', '/v1/searches', { dataset: 'iris', budget: { trials: 1 } });
    expect(created.status).toBe(201);
    const search = (await created.json()) as Search;
    expect(search.project).toBe('vision');
    const answer = await asked(browser, 'GET', `/v1/searches/${search.id}/events`);
    const { events } = (await answer.json()) as { events: SearchEvent[] };
    expect(events.find(({ type }) => type === 'search.created')).toMatchObject({ by: 'oidc:vera@example.org' });
    const other = await send(
      'POST',
      '/v1/searches',
      { dataset: 'iris', budget: { trials: 1 } },
      {
        authorization: `Bearer ${adminKey}`,
      },
    );
    const { id } = (await other.json()) as Search;
    expect((await asked(browser, 'GET', `/v1/searches/${id}`)).status).toBe(404);
    expect((await asked(browser, 'GET', '/v1/keys')).status).toBe(403);
  });

  it('signs nobody in whose groups allow nothing', async () => {
    for (const [account, groups, detail] of [
      ['eve', [], /no groups/],
      ['mallory', ['visitors'], /the groups visitors/],
      ['lou', ['lost'], /no project no-such-project/],
    ] as const) {
      const { browser, response } = await signIn(account, groups);
      expect(response.status).toBe(403);
      expect(((await response.json()) as { detail: string }).detail).toMatch(detail);
      expect(browser.cookies(service.url)).not.toContain('hypersearch_session');
    }
  });

  it('refuses an answer that another browser asked for, that was used, or that was changed', async () => {
    provider.groups.set('ada', ['admins']);
    const victim = new Browser();
    const attacker = new Browser();
    // The answer to the attacker's sign-in, opened by the victim (login CSRF), with and without a sign-in of its own.
    const stolen = await attacker.signInAtProvider(begin(), 'ada');
    expect((await victim.request(stolen)).status).toBe(401);
    await victim.request(begin());
    expect((await victim.request(stolen)).status).toBe(401);
    expect(victim.cookies(service.url)).not.toContain('hypersearch_session');
    const { browser, callback } = await signIn('ada', ['admins']);
    expect((await browser.request(callback)).status).toBe(401);
    const other = new Browser();
    const forged = new URL(await other.signInAtProvider(begin(), 'ada'));
    forged.searchParams.set('state', 'x'.repeat(43));
    const refused = await other.request(forged.href);
    expect(await refused.json()).toMatchObject({ status: 401, code: 'signInFailed' });
    const cancelled = new Browser();
    await cancelled.request(begin());
    const denied = await cancelled.request(`${service.url}/v1/session/oidc/callback?error=access_denied&state=x`);
    expect(denied.status).toBe(401);
  });

  it('comes back to no other site', async () => {
    for (const path of ['//elsewhere.example', '/\\elsewhere.example', 'https://elsewhere.example', '/a%0d%0ab']) {
      expect((await new Browser().request(begin(`?path=${path}`))).status).toBe(400);
    }
  });

  it('ends a session on signing out; its token is in no table', async () => {
    const { browser } = await signIn('vera', ['vision']);
    const cookie = browser.cookies(service.url);
    const rows = await withPostgres(service.databaseUrl, (client) =>
      client.query('SELECT s::text AS row FROM sessions s UNION ALL SELECT i::text FROM sign_ins i'),
    );
    const token = /hypersearch_session=([\w-]+)/.exec(cookie)![1]!;
    expect(JSON.stringify(rows.rows)).not.toContain(token);
    // What it answers: test/integration/sign-out.test.ts.
    expect((await asked(browser, 'DELETE', '/v1/session')).ok).toBe(true);
    expect((await send('GET', '/v1/searches', undefined, { cookie })).status).toBe(401);
  });

  it('has sign-ins that outlive a restart, and says when the provider does not answer', async () => {
    const { browser } = await signIn('ada', ['admins']);
    const cookie = browser.cookies(service.url);
    service = await service.restart({
      oidc: {
        ...readConfig({
          HYPERSEARCH_OIDC_ISSUER: 'http://127.0.0.1:1',
          HYPERSEARCH_OIDC_CLIENT_ID: 'hypersearch',
          HYPERSEARCH_OIDC_ROLES: '*=reader',
        }).oidc!,
      },
    });
    expect((await send('GET', '/v1/searches', undefined, { cookie })).status).toBe(200);
    const away = await new Browser().request(begin());
    expect(await away.json()).toMatchObject({ status: 503, code: 'unavailable' });
  });
});

describe('the settings of the provider', () => {
  const issuer = { HYPERSEARCH_OIDC_ISSUER: 'https://id.example.org' };
  it.each([
    [issuer, /HYPERSEARCH_OIDC_CLIENT_ID: must be set with HYPERSEARCH_OIDC_ISSUER.*HYPERSEARCH_OIDC_ROLES: must be/s],
    [
      { ...issuer, HYPERSEARCH_OIDC_CLIENT_ID: 'x', HYPERSEARCH_OIDC_ROLES: 'a=owner' },
      /must be one of reader.*got owner/,
    ],
    [{ ...issuer, HYPERSEARCH_OIDC_CLIENT_ID: 'x', HYPERSEARCH_OIDC_ROLES: 'a=reader:Not Slug' }, /lower-case letters/],
    [{ HYPERSEARCH_OIDC_ISSUER: 'ftp://id.example.org' }, /HYPERSEARCH_OIDC_ISSUER/],
  ])('%j are refused', (settings, message) => {
    expect(() => readConfig(settings)).toThrow(message);
  });
});
