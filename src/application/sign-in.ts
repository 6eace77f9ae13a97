/** Signing a browser in with an identity provider: it ends in a session as that of a key, whose rights follow from the groups of the user. */
import { createHash, randomBytes } from 'node:crypto';
import { type OidcSettings, roleOf, type SignedInUser } from '../domain/signed-in-user.ts';
import { Problem } from '../errors.ts';
import type { ProjectStore } from './ports/project-store.ts';
import type { EndedSession, IdentityProvider, KeyStore, ProviderSession, SignedIn } from './ports/sign-in.ts';

/** What is allowed is asked of the provider again after this time: it does not tell of changes. */
export const USER_SESSION_SECONDS = 12 * 3600;
/** From the start of a sign-in to its end. */
export const SIGN_IN_SECONDS = 600;

/** Since it was issued, a logout token counts no longer than this; so long it is remembered that it was used, and a little longer for clocks that differ. */
export const LOGOUT_TOKEN_SECONDS = 300;
const LOGOUT_REMEMBERED_SECONDS = 2 * LOGOUT_TOKEN_SECONDS;
/** It becomes a part of an address. */
const MAX_HINT = 6000;

export interface SignIn {
  /** Where to send the browser, and a token for its cookie. `path`: of the page, to which it comes back. */
  begin(redirectUri: string, path: string): Promise<{ readonly url: string; readonly token: string }>;
  /** `callback`: the address with which the browser comes back. Returns the token of a session, valid for `USER_SESSION_SECONDS`. */
  finish(token: string | undefined, callback: string): Promise<{ readonly session: string; readonly path: string }>;
  /** Where the browser of a session that has ended signs out at the provider, too; undefined if there is nothing to do there. */
  leave(session: EndedSession, returnUri: string): Promise<string | undefined>;
  /** The provider says that somebody has signed out. Returns how many sessions that ended. */
  endSessions(logoutToken: string): Promise<number>;
}

export interface SignInDependencies {
  readonly provider: IdentityProvider;
  readonly keys: Pick<KeyStore, 'beginSignIn' | 'takeSignIn' | 'beginUserSession' | 'endSessionsOf'>;
  readonly projects: Pick<ProjectStore, 'exists'>;
  readonly settings: OidcSettings;
}

export function createSignIn({ provider, keys, projects, settings }: SignInDependencies): SignIn {
  return {
    begin: async (redirectUri, path) => {
      const { url, secrets } = await provider.begin(redirectUri);
      const token = randomBytes(32).toString('base64url');
      await keys.beginSignIn(hashOf(token), { secrets, path }, SIGN_IN_SECONDS);
      return { url, token };
    },
    finish: async (token, callback) => {
      // Only once: a callback that is sent again signs nobody in.
      const attempt = token === undefined ? undefined : await keys.takeSignIn(hashOf(token));
      if (attempt === undefined) {
        throw new Problem('signInFailed', 'the sign-in did not begin in this browser, or too long ago; sign in again');
      }
      const { claims, idToken } = await provider.finish(callback, attempt.secrets);
      const user = userOf(claims, settings);
      if (user.project !== null && !(await projects.exists(user.project))) {
        throw new Problem('forbidden', `there is no project ${user.project}, which the groups of ${user.name} are for`);
      }
      const session = randomBytes(32).toString('base64url');
      await keys.beginUserSession(hashOf(session), user, providerSessionOf(claims, idToken), USER_SESSION_SECONDS);
      return { session, path: attempt.path };
    },
    leave: async ({ userId, idToken }, returnUri) =>
      // Of a provider that the settings no longer name there is nothing to sign out of.
      userId?.startsWith(`${settings.issuer} `) ? provider.signOutAddress(idToken, returnUri) : undefined,
    endSessions: async (token) => {
      const logout = await provider.readLogout(token);
      const { issuer } = settings;
      const hash = hashOf(`${issuer} ${logout.tokenId}`);
      const ended = await keys.endSessionsOf(issuer, logout, hash, LOGOUT_REMEMBERED_SECONDS);
      if (ended !== undefined) return ended;
      const message = 'it was used before';
      throw new Problem('invalidRequest', `the logout token is not accepted: ${message}`, [
        { path: 'logout_token', message },
      ]);
    },
  };
}

function providerSessionOf({ sid }: SignedIn['claims'], idToken: string | undefined): ProviderSession {
  return {
    session: typeof sid === 'string' && sid !== '' ? sid : undefined,
    idToken: idToken !== undefined && idToken.length <= MAX_HINT ? idToken : undefined,
  };
}

const MAX_NAME = 200;

function userOf(claims: Readonly<Record<string, unknown>>, { issuer, claim, roles }: OidcSettings): SignedInUser {
  const texts = ['email', 'preferred_username', 'name', 'sub'].map((name) => claims[name]);
  const known = texts.find((text) => typeof text === 'string' && text !== '') as string;
  const name = `oidc:${known.replaceAll(/[\p{Cc}\p{Cs}]/gu, ' ').slice(0, MAX_NAME)}`;
  const groups = [claims[claim]].flat().filter((group) => typeof group === 'string');
  const role = roleOf(groups, roles);
  if (role === undefined) {
    const has = groups.length === 0 ? `no ${claim}` : `the ${claim} ${groups.slice(0, 20).join(', ')}`;
    throw new Problem('forbidden', `${name} has ${has}, and none of those that may use this service`);
  }
  return { id: `${issuer} ${String(claims['sub'])}`, name, role: role.role, project: role.project };
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
