/** A real provider of OpenID Connect on a port of this machine, and a browser's part of signing in: redirects, cookies, two forms. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import Provider from 'oidc-provider';

export interface TestProvider {
  readonly issuer: string;
  /** Accounts by the name that they sign in with, and their groups. */
  readonly groups: Map<string, readonly string[]>;
  /** A token that it could have sent, signed with its key. */
  sign(claims: JWTPayload): Promise<string>;
  /** Must be called before anybody signs in. */
  register(client: { readonly id: string; readonly secret: string; readonly redirectUri: string }): void;
  close(): Promise<void>;
}

/** `hasSignOut`: whether it has a page to sign out at. */
export async function startIdentityProvider({ hasSignOut = true } = {}): Promise<TestProvider> {
  const groups = new Map<string, readonly string[]>();
  let answer: ReturnType<Provider['callback']> | undefined;
  const server = createServer((request, response) => void answer?.(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const key = { ...(await exportJWK(privateKey)), kid: 'of a test', alg: 'RS256', use: 'sig' };
  return {
    issuer,
    groups,
    sign: (claims) => new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: key.kid }).sign(privateKey),
    register: ({ id, secret, redirectUri }) => {
      const provider = new Provider(issuer, {
        clients: [
          {
            client_id: id,
            client_secret: secret,
            redirect_uris: [redirectUri],
            backchannel_logout_uri: new URL('/v1/session/oidc/logout', redirectUri).href,
            backchannel_logout_session_required: true,
            ...(hasSignOut && { post_logout_redirect_uris: [new URL('/', redirectUri).href] }),
          },
        ],
        jwks: { keys: [key] },
        features: { backchannelLogout: { enabled: true }, rpInitiatedLogout: { enabled: hasSignOut } },
        // By itself it reaches no address of this machine.
        fetch: (url, options) => {
          const { dispatcher: _, ...allowed } = options as RequestInit & { dispatcher?: unknown };
          return fetch(url, allowed);
        },
        claims: { openid: ['sub'], email: ['email'], groups: ['groups'] },
        scopes: ['openid', 'email', 'groups'],
        pkce: { required: () => true },
        cookies: { keys: ['of a test'] },
        findAccount: (_, accountId) => ({
          accountId,
          claims: async () => ({
            sub: accountId,
            email: `${accountId}@example.org`,
            groups: [...(groups.get(accountId) ?? [])],
          }),
        }),
      });
      answer = provider.callback();
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A browser: keeps the cookies of each origin, and follows redirects one by one. */
export class Browser {
  readonly #jars = new Map<string, Map<string, string>>();

  /** The header for requests to this address. */
  cookies(url: string): string {
    return [...(this.#jars.get(new URL(url).origin) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  async request(url: string, form?: Record<string, string>): Promise<Response> {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: this.cookies(url) },
      ...(form !== undefined && { method: 'POST', body: new URLSearchParams(form) }),
    });
    const { origin } = new URL(url);
    const jar = this.#jars.get(origin) ?? new Map<string, string>();
    this.#jars.set(origin, jar);
    for (const set of response.headers.getSetCookie()) {
      const [pair = ''] = set.split(';');
      const at = pair.indexOf('=');
      if (/expires=Thu, 01 Jan 1970/i.test(set)) jar.delete(pair.slice(0, at));
      else jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return response;
  }

  /** What somebody does at the page of the provider on which they sign out. Returns where that leads. */
  async signOutAtProvider(url: string): Promise<string | null> {
    const page = await (await this.request(url)).text();
    const [, action] = /action="([^"]+)"/.exec(page) ?? [];
    const [, xsrf] = /name="xsrf" value="([^"]+)"/.exec(page) ?? [];
    if (action === undefined || xsrf === undefined) throw new Error(`no form at ${url}: ${page.slice(0, 500)}`);
    return (await this.request(new URL(action, url).href, { xsrf, logout: 'yes' })).headers.get('location');
  }

  /** From the address of a sign-in to the address with which the provider sends it back to the service, which is not asked yet. */
  async signInAtProvider(url: string, account: string): Promise<string> {
    const { origin } = new URL(url);
    let at = url;
    for (let steps = 0; steps < 20; steps++) {
      const response = await this.request(at);
      const next = response.headers.get('location');
      if (next !== null) {
        at = new URL(next, at).href;
        if (at.startsWith(`${origin}/`)) return at;
        continue;
      }
      const page = await response.text();
      const action = /action="([^"]+)"/.exec(page)?.[1];
      if (action === undefined) throw new Error(`no form at ${at}: ${response.status} ${page.slice(0, 500)}`);
      const prompt = /name="prompt" value="(\w+)"/.exec(page)![1]!;
      const sent = await this.request(new URL(action, at).href, { prompt, login: account, password: 'any' });
      at = new URL(sent.headers.get('location')!, at).href;
    }
    throw new Error('the provider does not come to an end');
  }
}
