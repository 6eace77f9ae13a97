/** Signing out of a real provider of OpenID Connect, being signed out by it, and sessions that an admin ends. */
import { randomUUID } from 'node:crypto';
import { generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { type Config, readConfig } from '../../src/config.ts';
import type { ApiKey, BrowserSession } from '../../src/domain/api-key.ts';
import { Browser, startIdentityProvider, type TestProvider } from '../support/identity-provider.ts';
import { startTestService, type TestService } from '../support/service.ts';

type Claims = Readonly<Record<string, unknown>>;
const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const adminKey = 'k'.repeat(40);
const authorization = `Bearer ${adminKey}`;

function settingsOf({ issuer }: { readonly issuer: string }): Partial<Config> {
  const { oidc } = readConfig({
    HYPERSEARCH_OIDC_ISSUER: issuer,
    HYPERSEARCH_OIDC_CLIENT_ID: 'hypersearch',
    HYPERSEARCH_OIDC_CLIENT_SECRET: 'of the service',
    HYPERSEARCH_OIDC_ROLES: 'admins=admin, vision=admin:vision, *=reader',
    HYPERSEARCH_OIDC_SCOPE: 'openid email groups',
  });
  return { oidc };
}

let provider: TestProvider;
let service: TestService;
beforeAll(async () => {
  provider = await startIdentityProvider();
  service = await startTestService({ ...settingsOf(provider), adminKey });
  register(provider);
  await fetch(`${service.url}/v1/projects`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization },
    body: '{"name":"vision"}',
  });
});
afterAll(async () => {
  await service?.close();
  await provider?.close();
});

function register(at: TestProvider): void {
  const redirectUri = `${service.url}/v1/session/oidc/callback`;
  at.register({ id: 'hypersearch', secret: 'of the service', redirectUri });
}

/** A browser in which an account is signed in. */
async function signedIn(account: string, groups: readonly string[] = [], at = provider): Promise<Browser> {
  at.groups.set(account, groups);
  const browser = new Browser();
  await browser.request(await browser.signInAtProvider(`${service.url}/v1/session/oidc`, account));
  expect(await statusOf(browser)).toBe(200);
  return browser;
}
const asked = (browser: Browser, method: string, path: string) =>
  fetch(`${service.url}${path}`, {
    method,
    headers: { cookie: browser.cookies(service.url), origin: service.url },
  });
const statusOf = async (browser: Browser) => (await asked(browser, 'GET', '/v1/searches')).status;
/** What the provider would send. */
const logOut = (token: string) =>
  fetch(`${service.url}/v1/session/oidc/logout`, {
    method: 'POST',
    body: new URLSearchParams({ logout_token: token }),
  });
const now = () => Math.floor(Date.now() / 1000);
const claimsOf = (more: Claims): JWTPayload => ({
  ...{ iss: provider.issuer, aud: 'hypersearch', iat: now(), exp: now() + 120, jti: randomUUID() },
  ...{ events: { [EVENT]: {} }, ...more },
});
const sessionsAt = async (headers: Record<string, string>) => {
  const response = await fetch(`${service.url}/v1/sessions`, { headers });
  return ((await response.json()) as { items: BrowserSession[] }).items;
};

describe('signing out', () => {
  it('leads to the provider, which ends its own session and sends the browser back', async () => {
    const browser = await signedIn('ada');
    const response = await asked(browser, 'DELETE', '/v1/session');
    expect(response.status).toBe(200);
    expect(await statusOf(browser)).toBe(401);
    const { url } = (await response.json()) as { url: string };
    const { origin, searchParams } = new URL(url);
    expect(origin).toBe(provider.issuer);
    expect(Object.fromEntries(searchParams)).toEqual({
      client_id: 'hypersearch',
      id_token_hint: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      post_logout_redirect_uri: `${service.url}/`,
    });
    // Until then, whoever has the browser is signed in again without being asked.
    const begin = async () => (await browser.request((await at(browser)).href)).headers.get('location')!;
    expect(await begin()).toContain('/v1/session/oidc/callback?code=');
    expect(await browser.signOutAtProvider(url)).toBe(`${service.url}/`);
    expect(await begin()).toContain('/interaction/');
  });

  it('with a key leads nowhere', async () => {
    const browser = new Browser();
    const response = await fetch(`${service.url}/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ key: adminKey }),
    });
    const cookie = response.headers.getSetCookie()[0]!.split(';')[0]!;
    expect(browser.cookies(service.url)).toBe('');
    const headers = { cookie, origin: service.url };
    expect((await fetch(`${service.url}/v1/session`, { method: 'DELETE', headers })).status).toBe(204);
  });

  it('ends the session here where the provider has no page for it, or does not answer', async () => {
    const plain = await startIdentityProvider({ hasSignOut: false });
    // At the same port, so that browsers keep their cookies.
    const port = Number(new URL(service.url).port);
    service = await service.restart({ ...settingsOf(plain), port });
    register(plain);
    const [first, second] = [await signedIn('ada', [], plain), await signedIn('ada', [], plain)];
    expect((await asked(first, 'DELETE', '/v1/session')).status).toBe(204);
    expect(await statusOf(first)).toBe(401);
    await plain.close();
    service = await service.restart({ port });
    expect((await asked(second, 'DELETE', '/v1/session')).status).toBe(204);
    expect(await statusOf(second)).toBe(401);
    service = await service.restart(settingsOf(provider));
    register(provider);
  });
});

/** The address of the provider to which a sign-in of this browser leads. */
async function at(browser: Browser): Promise<URL> {
  return new URL((await browser.request(`${service.url}/v1/session/oidc`)).headers.get('location')!);
}

describe('back-channel logout', () => {
  it('ends the session of the browser that signed out at the provider, and no other one', async () => {
    const [here, elsewhere, other] = [await signedIn('ada'), await signedIn('ada'), await signedIn('vera')];
    await here.signOutAtProvider(`${provider.issuer}/session/end`);
    expect([await statusOf(here), await statusOf(elsewhere), await statusOf(other)]).toEqual([401, 200, 200]);
  });

  it('ends all sessions of a user that a token names without a session of the provider', async () => {
    const [first, second, other] = [await signedIn('ada'), await signedIn('ada'), await signedIn('vera')];
    const response = await logOut(await provider.sign(claimsOf({ sub: 'ada' })));
    expect([response.status, response.headers.get('cache-control')]).toEqual([204, 'no-store']);
    expect([await statusOf(first), await statusOf(second), await statusOf(other)]).toEqual([401, 401, 200]);
  });

  it('takes a token once: one that somebody kept ends no later session', async () => {
    await signedIn('ada');
    const token = await provider.sign(claimsOf({ sub: 'ada' }));
    expect((await logOut(token)).status).toBe(204);
    const again = await signedIn('ada');
    const replayed = await logOut(token);
    expect(await replayed.json()).toMatchObject({ status: 400, detail: expect.stringContaining('used before') });
    expect(await statusOf(again)).toBe(200);
  });

  it('takes no token of a session that is not of its user', async () => {
    const [ada, vera] = [await signedIn('ada'), await signedIn('vera')];
    const { url } = (await (await asked(vera, 'DELETE', '/v1/session')).json()) as { url: string };
    const hint = new URL(url).searchParams.get('id_token_hint')!;
    const { sid } = JSON.parse(Buffer.from(hint.split('.')[1]!, 'base64url').toString()) as { sid: string };
    expect(sid).toMatch(/.{10}/);
    expect((await logOut(await provider.sign(claimsOf({ sub: 'ada', sid })))).status).toBe(204);
    expect(await statusOf(ada)).toBe(200);
    // An ID token is signed by the provider for this service, too.
    const refused = await logOut(hint);
    expect(await refused.json()).toMatchObject({ status: 400, faults: [{ path: 'logout_token' }] });
  });

  it.each<[string, Claims, RegExp]>([
    ['of another provider', { iss: 'https://elsewhere.example' }, /iss/],
    ['for another service', { aud: 'another' }, /aud/],
    ['for nobody', { aud: undefined }, /aud/],
    ['without an event', { events: undefined }, /event/],
    ['with another event', { events: { 'http://schemas.openid.net/event/other': {} } }, /event/],
    ['with an event that is no object', { events: { [EVENT]: true } }, /event/],
    ['with a nonce', { nonce: 'x' }, /nonce/],
    ['without a time', { iat: undefined }, /iat/],
    ['that is old', { iat: now() - 3600, exp: now() + 3600 }, /iat/],
    ['of the future', { iat: now() + 3600, exp: now() + 7200 }, /iat/],
    ['that has expired', { exp: now() - 60 }, /exp/],
    ['without an id', { jti: undefined }, /jti/],
    ['with an id that is no text', { jti: 7 }, /jti/],
    ['of nobody', { sub: undefined }, /neither sub nor sid/],
    ['of a user that is no text', { sub: 7 }, /sub/],
  ])('takes no token %s', async (_, more, reason) => {
    const ada = await signedIn('ada');
    const refused = await logOut(await provider.sign(claimsOf({ sub: 'ada', ...more })));
    const problem = (await refused.json()) as { detail: string };
    expect(problem).toMatchObject({ status: 400, code: 'invalidRequest', faults: [{ path: 'logout_token' }] });
    expect(problem.detail).toMatch(reason);
    expect(await statusOf(ada)).toBe(200);
  });

  it('takes no token that the provider did not sign', async () => {
    const ada = await signedIn('ada');
    const claims = claimsOf({ sub: 'ada' });
    const stranger = await generateKeyPair('RS256');
    const header = { alg: 'RS256', kid: 'of a test' };
    const [head, , signature] = (await provider.sign(claimsOf({ sub: 'vera' }))).split('.');
    const changed = `${head}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;
    for (const token of [
      await new SignJWT(claims).setProtectedHeader(header).sign(stranger.privateKey),
      await new SignJWT(claims).setProtectedHeader({ ...header, kid: 'unknown' }).sign(stranger.privateKey),
      await new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256' })
        .sign(new TextEncoder().encode('of the service'.padEnd(32))),
      new UnsecuredJWT(claims).encode(),
      changed,
      'no token',
    ]) {
      expect((await logOut(token)).status).toBe(400);
    }
    expect(await statusOf(ada)).toBe(200);
  });

  it('takes forms alone, and says what is missing', async () => {
    const send = (type: string, body: string) =>
      fetch(`${service.url}/v1/session/oidc/logout`, { method: 'POST', headers: { 'content-type': type }, body });
    expect((await send('application/json', '{"logout_token":"x"}')).status).toBe(415);
    const empty = await send('application/x-www-form-urlencoded', 'token=x');
    expect(await empty.json()).toMatchObject({ status: 400, faults: [{ path: 'logout_token' }] });
  });
});

describe('an admin', () => {
  it('sees who is signed in, and ends a session, with its websockets', async () => {
    const [ada, vera] = [await signedIn('ada'), await signedIn('vera', ['vision'])];
    const items = await sessionsAt({ authorization });
    expect(items.slice(0, 2)).toEqual([
      expect.objectContaining({ name: 'oidc:vera@example.org', role: 'admin', project: 'vision' }),
      expect.objectContaining({ name: 'oidc:ada@example.org', role: 'reader', project: null }),
    ]);
    expect(Date.parse(items[0]!.expiresAt) - Date.parse(items[0]!.startedAt)).toBe(12 * 3_600_000);
    const headers = { cookie: ada.cookies(service.url), origin: service.url };
    const socket = new WebSocket(`${service.url.replace('http', 'ws')}/v1/events`, { headers });
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    const end = (id: string, more: Record<string, string> = { authorization }) =>
      fetch(`${service.url}/v1/sessions/${id}`, { method: 'DELETE', headers: more });
    expect((await end(items[1]!.id)).status).toBe(204);
    expect([await statusOf(ada), await statusOf(vera)]).toEqual([401, 200]);
    expect((await end(items[1]!.id)).status).toBe(404);
    // Of its project alone, by the admin of a project.
    const own = { cookie: vera.cookies(service.url), origin: service.url };
    const stranger = await signedIn('eve');
    const [eve] = await sessionsAt({ authorization });
    expect((await sessionsAt(own)).every(({ project }) => project === 'vision')).toBe(true);
    expect((await end(eve!.id, own)).status).toBe(404);
    expect(await statusOf(stranger)).toBe(200);
    expect((await end((await sessionsAt(own))[0]!.id, own)).status).toBe(204);
    expect(await statusOf(vera)).toBe(401);
    await closed;
  }, 30_000);

  it('sees sessions of keys by the name of the key', async () => {
    const signIn = async (key: string) => {
      const headers = { 'content-type': 'application/json' };
      await fetch(`${service.url}/v1/session`, { method: 'POST', headers, body: JSON.stringify({ key }) });
    };
    const created = await fetch(`${service.url}/v1/keys`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization },
      body: '{"name":"Grace","role":"submitter","project":"vision"}',
    });
    const { secret } = (await created.json()) as ApiKey & { secret: string };
    await signIn(adminKey);
    await signIn(secret);
    const items = await sessionsAt({ authorization });
    expect(items.slice(0, 2)).toEqual([
      expect.objectContaining({ name: 'Grace', role: 'submitter', project: 'vision' }),
      expect.objectContaining({ name: 'HYPERSEARCH_ADMIN_KEY', role: 'admin', project: null }),
    ]);
    expect((await fetch(`${service.url}/v1/sessions`, { headers: { authorization: `Bearer ${secret}` } })).status).toBe(
      403,
    );
    // The key of the settings is another one now.
    service = await service.restart({ adminKey: 'x'.repeat(40), ...settingsOf(provider) });
    const left = await sessionsAt({ authorization: `Bearer ${'x'.repeat(40)}` });
    expect(left.map(({ name }) => name)).toContain('Grace');
    expect(left.map(({ name }) => name)).not.toContain('HYPERSEARCH_ADMIN_KEY');
  });
});
