/**
 * API keys: creates, checks and revokes them. Secrets have 256 random bits, so that their plain hash is enough to store and to find them by:
 * neither can be guessed, nor does the time of a lookup say anything about them.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { NewKey } from '../contract/keys.ts';
import { type ApiKey, type BrowserSession, includes, type Principal } from '../domain/api-key.ts';
import { Problem } from '../errors.ts';
import type { EndedSession, KeyStore } from './ports/sign-in.ts';

export interface Keyring {
  /** Whether requests need a key: from the first one on, even if all are revoked. */
  isRequired(): Promise<boolean>;
  /** Undefined if the key is unknown or revoked. A revoked one may pass for `CACHE_MS` more in other processes. */
  principalOf(secret: string): Promise<Principal | undefined>;
  /** Of the token of a session. */
  principalOfSession(token: string): Promise<Principal | undefined>;
  /** A token for the cookie of a browser, valid for `SESSION_SECONDS`; undefined if the key is unknown. */
  signIn(secret: string): Promise<{ readonly token: string; readonly principal: Principal } | undefined>;
  /** What ended; undefined if there was no such session. */
  signOut(token: string): Promise<EndedSession | undefined>;
  create(key: NewKey): Promise<ApiKey & { readonly secret: string }>;
  /** Those of the project, or all. */
  list(project?: string): Promise<readonly ApiKey[]>;
  /** A Problem `notFound` if there is no such key. */
  revoke(id: string): Promise<void>;
  /** Those of the project, or all. */
  sessions(project?: string): Promise<readonly BrowserSession[]>;
  /** A Problem `notFound` if there is no such session. */
  endSession(id: string): Promise<void>;
}

const CACHE_MS = 2_000;
const MAX_CACHED = 10_000;
export const SESSION_SECONDS = 7 * 86_400;

const settingsPrincipal: Principal = {
  id: undefined,
  name: 'HYPERSEARCH_ADMIN_KEY',
  role: 'admin',
  project: null,
  limits: {},
};

/** `adminKey`: of the settings; an admin that is in no database. `hasSignIn`: whether there is an identity provider, so that requests need a key, or a sign-in. */
export function createKeyring(
  store: KeyStore,
  adminKey: string | undefined,
  hasSignIn: boolean,
  clock: () => number = Date.now,
): Keyring {
  const admin = adminKey === undefined ? undefined : hashOf(adminKey);
  const cache = new Map<string, { readonly principal: Principal; readonly until: number }>();
  let noneUntil = 0;
  let isAny = false;

  const principalOfHash = async (hash: Buffer): Promise<Principal | undefined> => {
    if (admin?.equals(hash)) return settingsPrincipal;
    const name = hash.toString('base64');
    const known = cache.get(name);
    if (known !== undefined && known.until > clock()) return known.principal;
    const principal = await store.use(hash);
    cache.delete(name);
    if (principal === undefined) return undefined;
    if (cache.size >= MAX_CACHED) cache.clear();
    cache.set(name, { principal, until: clock() + CACHE_MS });
    return principal;
  };

  return {
    isRequired: async () => {
      if (admin !== undefined || hasSignIn || isAny) return true;
      if (noneUntil > clock()) return false;
      isAny = await store.isAny();
      noneUntil = clock() + CACHE_MS;
      return isAny;
    },
    principalOf: (secret) => principalOfHash(hashOf(secret)),
    principalOfSession: async (token) => {
      const session = await store.session(hashOf(token));
      if (session === undefined) return undefined;
      return 'principal' in session ? session.principal : principalOfHash(Buffer.from(session.keyHash));
    },
    signIn: async (secret) => {
      const principal = await principalOfHash(hashOf(secret));
      if (principal === undefined) return undefined;
      const token = randomBytes(32).toString('base64url');
      await store.beginSession(hashOf(token), hashOf(secret), SESSION_SECONDS);
      return { token, principal };
    },
    signOut: (token) => store.endSession(hashOf(token)),
    create: async ({ name, role, project = null, limits = {} }) => {
      const isFirst = !isAny && admin === undefined && !(await store.isAny());
      if (isFirst && !includes(role, 'admin')) {
        const message = `the first key must be an admin's, got ${role}: nobody could create another one`;
        throw new Problem('invalidRequest', `role: ${message}`, [{ path: 'role', message }]);
      }
      if (isFirst && project !== null) {
        const message = `the first key must reach all projects, got ${project}: nobody could reach the others`;
        throw new Problem('invalidRequest', `project: ${message}`, [{ path: 'project', message }]);
      }
      const secret = `hs_${randomBytes(32).toString('base64url')}`;
      const key = await store.create({ name, role, project, limits, hash: hashOf(secret) });
      isAny = true;
      return { ...key, secret };
    },
    list: (project) => store.list(project),
    revoke: async (id) => {
      if (!(await store.revoke(id))) throw new Problem('notFound', `there is no key ${id}`);
      cache.clear();
    },
    sessions: async (project) =>
      (await store.listSessions(project)).flatMap(({ owner, ...session }) => {
        if (!('keyHash' in owner)) return [{ ...session, ...owner }];
        // Of an earlier key of the settings: it opens nothing any more.
        if (!admin?.equals(owner.keyHash)) return [];
        const { name, role, project: own } = settingsPrincipal;
        return [{ ...session, name, role, project: own }];
      }),
    endSession: async (id) => {
      if (!(await store.revokeSession(id))) throw new Problem('notFound', `there is no session ${id}`);
    },
  };
}

function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
