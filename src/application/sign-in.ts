/** Signing a browser in with an identity provider: it ends in a session as that of a key, whose rights follow from the groups of the user. */
import { createHash, randomBytes } from 'node:crypto';
import { type OidcSettings, roleOf, type SignedInUser } from '../domain/signed-in-user.ts';
import { Problem } from '../errors.ts';
import type { IdentityProvider, KeyStore, ProjectStore } from './ports.ts';

/** What is allowed is asked of the provider again after this time: it does not tell of changes. */
export const USER_SESSION_SECONDS = 12 * 3600;
/** From the start of a sign-in to its end. */
export const SIGN_IN_SECONDS = 600;

export interface SignIn {
  /** Where to send the browser, and a token for its cookie. `path`: of the page, to which it comes back. */
  begin(redirectUri: string, path: string): Promise<{ readonly url: string; readonly token: string }>;
  /** `callback`: the address with which the browser comes back. Returns the token of a session, valid for `USER_SESSION_SECONDS`. */
  finish(token: string | undefined, callback: string): Promise<{ readonly session: string; readonly path: string }>;
}

export interface SignInDependencies {
  readonly provider: IdentityProvider;
  readonly keys: Pick<KeyStore, 'beginSignIn' | 'takeSignIn' | 'beginUserSession'>;
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
      const user = userOf(await provider.finish(callback, attempt.secrets), settings);
      if (user.project !== null && !(await projects.exists(user.project))) {
        throw new Problem('forbidden', `there is no project ${user.project}, which the groups of ${user.name} are for`);
      }
      const session = randomBytes(32).toString('base64url');
      await keys.beginUserSession(hashOf(session), user, USER_SESSION_SECONDS);
      return { session, path: attempt.path };
    },
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
