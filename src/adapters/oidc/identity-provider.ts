/** Signing in and out with an identity provider by OpenID Connect: authorization code with PKCE, state and nonce. */
import { createRemoteJWKSet, type JWTVerifyGetKey } from 'jose';
import * as oidc from 'openid-client';
import type { IdentityProvider } from '../../application/ports/sign-in.ts';
import type { OidcSettings } from '../../domain/signed-in-user.ts';
import { messageOf, Problem, Unavailable } from '../../errors.ts';
import { readLogoutToken } from './logout-token.ts';

const TIMEOUT_SECONDS = 10;
/** What the provider says of itself is read again after this time; its signing keys are read again when an unknown one is used. */
const KEPT_MS = 3_600_000;

export function createIdentityProvider(settings: OidcSettings, clock: () => number = Date.now): IdentityProvider {
  let known: { readonly configuration: Promise<oidc.Configuration>; readonly until: number } | undefined;
  const configured = async (): Promise<oidc.Configuration> => {
    if (known === undefined || known.until < clock()) {
      known = { configuration: discovered(settings), until: clock() + KEPT_MS };
    }
    try {
      return await known.configuration;
    } catch (error) {
      known = undefined;
      throw new Unavailable('the identity provider', error);
    }
  };
  let keys: { readonly uri: string; readonly get: JWTVerifyGetKey } | undefined;
  /** Kept by address: an unknown key makes them be read again, though not with every token. */
  const keysOf = (metadata: oidc.ServerMetadata): JWTVerifyGetKey => {
    const uri = keysAddress(metadata);
    if (keys?.uri !== uri.href) {
      keys = { uri: uri.href, get: createRemoteJWKSet(uri, { timeoutDuration: TIMEOUT_SECONDS * 1000 }) };
    }
    return keys.get;
  };
  return {
    begin: async (redirectUri) => {
      const configuration = await configured();
      const [verifier, state, nonce] = [oidc.randomPKCECodeVerifier(), oidc.randomState(), oidc.randomNonce()];
      const url = oidc.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri,
        scope: settings.scope,
        response_type: 'code',
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state,
        nonce,
      });
      return { url: url.href, secrets: { verifier, state, nonce } };
    },
    finish: async (callback, { verifier, state, nonce }) => {
      const configuration = await configured();
      try {
        const tokens = await oidc.authorizationCodeGrant(configuration, new URL(callback), {
          pkceCodeVerifier: verifier,
          expectedState: state,
          expectedNonce: nonce,
          idTokenExpected: true,
        });
        const claims = tokens.claims()!;
        const { userinfo_endpoint: endpoint } = configuration.serverMetadata();
        // Many providers say the groups there alone.
        const more =
          claims[settings.claim] === undefined && endpoint !== undefined
            ? await oidc.fetchUserInfo(configuration, tokens.access_token, claims.sub)
            : {};
        return { claims: { ...more, ...claims }, idToken: tokens.id_token };
      } catch (error) {
        throw new Problem('signInFailed', `the sign-in at the identity provider was not accepted: ${messageOf(error)}`);
      }
    },
    signOutAddress: async (idToken, returnUri) => {
      const configuration = await configured();
      if (configuration.serverMetadata().end_session_endpoint === undefined) return undefined;
      return oidc.buildEndSessionUrl(configuration, {
        ...(idToken !== undefined && { id_token_hint: idToken }),
        post_logout_redirect_uri: returnUri,
      }).href;
    },
    readLogout: async (token) => {
      const metadata = (await configured()).serverMetadata();
      return readLogoutToken(token, {
        issuer: metadata.issuer,
        clientId: settings.clientId,
        algorithms: signatures(metadata),
        keys: keysOf(metadata),
      });
    },
  };
}

/** Those of ID tokens. None with a shared secret: the keys are public. */
function signatures({ id_token_signing_alg_values_supported: known }: oidc.ServerMetadata): readonly string[] {
  const usable = known?.filter((one) => one !== 'none' && !one.startsWith('HS')) ?? [];
  return usable.length === 0 ? ['RS256'] : usable;
}

function keysAddress({ jwks_uri: address }: oidc.ServerMetadata): URL {
  if (address === undefined) throw new Problem('invalidRequest', 'the identity provider publishes no keys (jwks_uri)');
  const uri = new URL(address);
  if (uri.protocol === 'https:' || isLocal(uri)) return uri;
  throw new Problem('invalidRequest', 'the identity provider publishes its keys without TLS');
}

async function discovered({ issuer, clientId, clientSecret }: OidcSettings): Promise<oidc.Configuration> {
  const server = new URL(issuer);
  const authentication = clientSecret === undefined ? oidc.None() : oidc.ClientSecretBasic(clientSecret);
  return oidc.discovery(server, clientId, undefined, authentication, {
    timeout: TIMEOUT_SECONDS,
    // Only what stays on this machine may do without TLS.
    execute: isLocal(server) ? [oidc.allowInsecureRequests] : [],
  });
}

function isLocal({ hostname }: URL): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}
