/** Logout tokens of OpenID Connect Back-Channel Logout 1.0, with which a provider tells that somebody has signed out. */
import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { ProviderLogout } from '../../application/ports/sign-in.ts';
import { LOGOUT_TOKEN_SECONDS } from '../../application/sign-in.ts';
import { messageOf, Problem, Unavailable } from '../../errors.ts';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
/** How far the clocks of the provider and of this service may differ. */
const CLOCK_TOLERANCE_SECONDS = 30;

export interface LogoutTokenIssuer {
  readonly issuer: string;
  readonly clientId: string;
  /** With which it signs ID tokens, and so these. */
  readonly algorithms: readonly string[];
  readonly keys: JWTVerifyGetKey;
}

/** Checks what section 2.6 of the specification asks for, except that the token is new (`ProviderLogout.tokenId`). */
export async function readLogoutToken(token: string, issuer: LogoutTokenIssuer): Promise<ProviderLogout> {
  const { jti, sub, sid, events, nonce } = await verified(token, issuer);
  const event = typeof events === 'object' && events !== null ? (events as Record<string, unknown>)[EVENT] : undefined;
  if (typeof event !== 'object' || event === null) throw refused(`it has no event ${EVENT}`);
  // An ID token has one: it must not pass for this.
  if (nonce !== undefined) throw refused('it has a nonce');
  const [subject, session] = [textOrNone('sub', sub), textOrNone('sid', sid)];
  if (subject === undefined && session === undefined) throw refused('it has neither sub nor sid');
  return { tokenId: textOrNone('jti', jti)!, subject, session };
}

async function verified(
  token: string,
  { issuer, clientId, algorithms, keys }: LogoutTokenIssuer,
): Promise<JWTPayload & { readonly sid?: unknown; readonly events?: unknown; readonly nonce?: unknown }> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      audience: clientId,
      algorithms: [...algorithms],
      requiredClaims: ['iat', 'jti'],
      maxTokenAge: LOGOUT_TOKEN_SECONDS,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
    });
    return payload;
  } catch (error) {
    // What the token itself is refused for has a class of its own; the others say that the keys could not be read.
    const isOfToken =
      error instanceof errors.JOSEError && !['ERR_JWKS_TIMEOUT', 'ERR_JOSE_GENERIC'].includes(error.code);
    throw isOfToken ? refused(messageOf(error)) : new Unavailable('the identity provider', error);
  }
}

function textOrNone(name: string, value: unknown): string | undefined {
  if (value === undefined || (typeof value === 'string' && value !== '')) return value;
  throw refused(`its ${name} is no text`);
}

function refused(reason: string): Problem {
  return new Problem('invalidRequest', `the logout token is not accepted: ${reason}`, [
    { path: 'logout_token', message: reason },
  ]);
}
