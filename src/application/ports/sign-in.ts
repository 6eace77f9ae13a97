/** Keys, sessions of browsers, and the identity provider. */
import type { ApiKey, BrowserSession, KeyLimits, Principal, Role } from '../../domain/api-key.ts';
import type { SignedInUser } from '../../domain/signed-in-user.ts';

/** What a browser must come back with from the identity provider. */
export interface SignInSecrets {
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string;
}

export interface SignInAttempt {
  readonly secrets: SignInSecrets;
  /** Of the page, to which the browser comes back. */
  readonly path: string;
}

export interface IdentityProvider {
  /** The address to send a browser to. */
  begin(redirectUri: string): Promise<{ readonly url: string; readonly secrets: SignInSecrets }>;
  /** A Problem `signInFailed` if anything is not as it began. */
  finish(callback: string, secrets: SignInSecrets): Promise<SignedIn>;
  /** Where a browser signs out there, to come back to `returnUri`; undefined if the provider has no such page. */
  signOutAddress(idToken: string | undefined, returnUri: string): Promise<string | undefined>;
  /** What a logout token says; a Problem `invalidRequest` if it is not one of this provider for this service, or too old. */
  readLogout(token: string): Promise<ProviderLogout>;
}

/** Someone who has signed in at the identity provider. */
export interface SignedIn {
  readonly claims: Readonly<Record<string, unknown>>;
  readonly idToken: string | undefined;
}

/** Whose sessions the identity provider ends: of a user, or those that belong to one of its own sessions. */
export interface ProviderLogout {
  /** Unique among the logout tokens of the provider. */
  readonly tokenId: string;
  readonly subject: string | undefined;
  readonly session: string | undefined;
}

/** What the provider calls a session, and what tells it later who signs out. */
export interface ProviderSession {
  readonly session: string | undefined;
  readonly idToken: string | undefined;
}

/** A session that has just ended. */
export interface EndedSession {
  /** Of the user of an identity provider; undefined for a key. */
  readonly userId: string | undefined;
  readonly idToken: string | undefined;
}

/** A session of the key of the settings, which is in no table, has no owner. */
export type ListedSession = Pick<BrowserSession, 'id' | 'startedAt' | 'expiresAt'> & {
  readonly owner: Pick<BrowserSession, 'name' | 'role' | 'project'> | { readonly keyHash: Uint8Array };
};

/** Secrets are known to it by their hashes. */
export interface KeyStore extends SessionStore {
  create(key: {
    readonly name: string;
    readonly role: Role;
    readonly project: string | null;
    readonly limits: KeyLimits;
    readonly hash: Uint8Array;
  }): Promise<ApiKey>;
  /** Newest first, with those that are revoked. */
  list(project?: string): Promise<readonly ApiKey[]>;
  /** Ends the sessions that began with it, too. Whether there is such a key. */
  revoke(id: string): Promise<boolean>;
  /** Whether there is a key, or was one. */
  isAny(): Promise<boolean>;
  /** Undefined if it is unknown or revoked. Records that it was used. */
  use(hash: Uint8Array): Promise<Principal | undefined>;
}

/** Sessions of browsers, known to it by the hashes of their tokens. */
export interface SessionStore {
  beginSession(hash: Uint8Array, keyHash: Uint8Array, seconds: number): Promise<void>;
  /** Who began a session that has not expired: the hash of a key, or a user. */
  session(hash: Uint8Array): Promise<{ readonly keyHash: Uint8Array } | { readonly principal: Principal } | undefined>;
  beginUserSession(hash: Uint8Array, user: SignedInUser, at: ProviderSession, seconds: number): Promise<void>;
  beginSignIn(hash: Uint8Array, attempt: SignInAttempt, seconds: number): Promise<void>;
  /** Once; undefined if it has expired. */
  takeSignIn(hash: Uint8Array): Promise<SignInAttempt | undefined>;
  /** Undefined if there is none. */
  endSession(hash: Uint8Array): Promise<EndedSession | undefined>;
  /** Newest first; those of the project, or all. */
  listSessions(project?: string): Promise<readonly ListedSession[]>;
  /** Whether there was such a session. */
  revokeSession(id: string): Promise<boolean>;
  /**
   * Ends those that a logout token of the issuer names, and returns how many; undefined if a token with this hash was used within `seconds`
   * before: it ends none again.
   */
  endSessionsOf(issuer: string, logout: ProviderLogout, hash: Uint8Array, seconds: number): Promise<number | undefined>;
}
