import { randomBytes } from "node:crypto";

import * as oauth from "oauth4webapi";
import * as v from "valibot";

import { AppError } from "../../shared/errors.ts";
import { isUserId, type UserId } from "../../shared/matrix/ids.ts";
import { isLoopback } from "../../shared/rtc/transports.ts";
import type { OpenExternal } from "../ports.ts";
import { textOf, waitAsked } from "../rtc/grant-answer.ts";
import { throughBrowser } from "./browser-return.ts";
import { networkErrorCode, request, type Fetch } from "./http.ts";
import type { Credentials, OAuthGrant } from "./login.ts";

/** HTTPS, or HTTP to this machine. */
const endpoint = v.pipe(
  v.string(),
  v.url(),
  v.maxLength(1024),
  v.check((url) => url.startsWith("https://") || isLoopback(url)),
);
const metadata = v.object({
  issuer: endpoint,
  authorization_endpoint: endpoint,
  token_endpoint: endpoint,
  registration_endpoint: endpoint,
  revocation_endpoint: endpoint,
  authorization_response_iss_parameter_supported: v.exactOptional(v.boolean()),
});
/** What the homeserver says of its authorization server (`auth_metadata`, client-server API 1.15). */
export type AuthMetadata = v.InferOutput<typeof metadata>;

const whoami = v.looseObject({ user_id: v.custom<UserId>(isUserId), device_id: v.string() });

/** Registered without a port: a native app comes back at whichever is free (RFC 8252, 7.3). */
const RETURN_PATH = "/signed-in";
const TIMEOUT_MS = 20_000;
/** The part of its life after which a token is traded for the next, so that no request finds it over. */
const RENEWED_AT = 0.9;

/** Null where the homeserver has no next-generation login. */
export async function authMetadata(fetch: Fetch, homeserver: string): Promise<AuthMetadata | null> {
  for (const path of ["v1/auth_metadata", "unstable/org.matrix.msc2965/auth_metadata"]) {
    const { status, body } = await request(fetch, `${homeserver}/_matrix/client/${path}`);
    const parsed = v.safeParse(metadata, body);
    if (status === 200 && parsed.success) return parsed.output;
  }
  return null;
}

interface Options {
  readonly fetch: Fetch;
  readonly openExternal: OpenExternal;
  readonly signal: AbortSignal;
  /** That of a session which the server ended softly, so that its keys stay good. */
  readonly device?: string | undefined;
}

/**
 * Authorization code grant with PKCE in the system browser (client-server API 1.15, OAuth 2.0).
 * @throws AppError `login-unsupported`, `login-cancelled`, `login-failed`, `offline`, …
 */
export async function loginByOAuth(homeserver: string, options: Options): Promise<Credentials> {
  const { fetch, openExternal, signal, device = randomDevice() } = options;
  const server = await authMetadata(fetch, homeserver);
  if (!server) throw new AppError("login-unsupported", "no auth_metadata");
  if (signal.aborted) throw new AppError("login-cancelled");
  const http = over(fetch, server, signal);
  const client = await guarded(register(server, http));
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  let returnTo = "";

  const answer = await throughBrowser(
    {
      path: RETURN_PATH,
      async page(redirect) {
        returnTo = redirect;
        const url = new URL(server.authorization_endpoint);
        const challenge = await oauth.calculatePKCECodeChallenge(verifier);
        for (const [name, value] of Object.entries({
          response_type: "code",
          response_mode: "query",
          client_id: client.client_id,
          redirect_uri: redirect,
          scope: `urn:matrix:client:api:* urn:matrix:client:device:${device}`,
          state,
          code_challenge_method: "S256",
          code_challenge: challenge,
        }))
          url.searchParams.set(name, value);
        return url.href;
      },
      // Another local program does not know it.
      read: (query) => (query.get("state") === state ? query : null),
    },
    openExternal,
    signal,
  );
  if (answer.get("error") === "access_denied")
    throw new AppError("login-cancelled", "refused in the browser");

  const tokens = await guarded(
    (async () => {
      const code = oauth.validateAuthResponse(server, client, answer, state);
      const response = await oauth.authorizationCodeGrantRequest(
        server,
        client,
        oauth.None(),
        code,
        returnTo,
        verifier,
        http,
      );
      return oauth.processAuthorizationCodeResponse(server, client, response);
    })(),
  );
  const grant = grantOf(server, client.client_id, tokens, null, Date.now());
  const me = await request(fetch, `${homeserver}/_matrix/client/v3/account/whoami`, {
    token: tokens.access_token,
  });
  if (signal.aborted) {
    // Nobody is going to use it, and it would stand among the account's sessions.
    await revoke(fetch, grant, tokens.access_token).catch(() => undefined);
    throw new AppError("login-cancelled");
  }
  const parsed = v.safeParse(whoami, me.body);
  if (me.status !== 200 || !parsed.success) throw new AppError("login-failed", `whoami: ${me.status}`);
  return {
    homeserver,
    user: parsed.output.user_id,
    device: parsed.output.device_id,
    accessToken: tokens.access_token,
    oauth: grant,
  };
}

export type Refreshed =
  | { readonly accessToken: string; readonly grant: OAuthGrant }
  /** The server will never take this grant again. */
  | "ended";

/** No new tokens came, which may pass. */
export class RenewalFailed extends AppError {
  /** For how long the server does not want to be asked (ms, minutes at most); null where it does not say. */
  readonly retryAfterMs: number | null;

  constructor({ code, message }: AppError, retryAfterMs: number | null, cause: unknown) {
    super(code, message, { cause });
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * Trades the refresh token for new tokens. `now`: epoch ms.
 * @throws RenewalFailed where that may pass: nothing is lost then
 */
export async function refresh(fetch: Fetch, grant: OAuthGrant, now: () => number): Promise<Refreshed> {
  if (grant.refreshToken === null) return "ended";
  const server = serverOf(grant);
  const client = { client_id: grant.clientId };
  let retryAfterMs: number | null = null;
  const heard: Fetch = async (input, init) => {
    const response = await fetch(input, init);
    const { status, headers } = response;
    if (status === 429 || status === 503) {
      const [retryAfter, date] = [headers.get("retry-after"), headers.get("date")];
      const text = await textOf(response.clone());
      retryAfterMs = waitAsked({ status, text, retryAfter, date }, now());
    }
    return response;
  };
  try {
    const response = await oauth.refreshTokenGrantRequest(
      server,
      client,
      oauth.None(),
      grant.refreshToken,
      over(heard, server),
    );
    const tokens = await oauth.processRefreshTokenResponse(server, client, response);
    return {
      accessToken: tokens.access_token,
      grant: grantOf(server, grant.clientId, tokens, grant.refreshToken, now()),
    };
  } catch (error) {
    // RFC 6749, 5.2; any other answer may be a proxy's, or a server's in trouble.
    if (error instanceof oauth.ResponseBodyError && /^invalid_(grant|client)$/.test(error.error))
      return "ended";
    const failed = failure(error);
    throw new RenewalFailed(failed, retryAfterMs, failed.cause);
  }
}

/** Tells the authorization server that the session is over. @throws AppError */
export async function revoke(fetch: Fetch, grant: OAuthGrant, accessToken: string): Promise<void> {
  const server = serverOf(grant);
  const client = { client_id: grant.clientId };
  for (const token of [grant.refreshToken, accessToken]) {
    if (token === null) continue;
    const options = over(fetch, server);
    await guarded(
      oauth
        .revocationRequest(server, client, oauth.None(), token, options)
        .then((response) => oauth.processRevocationResponse(response)),
    );
  }
}

async function register(server: AuthMetadata, http: ReturnType<typeof over>): Promise<{ client_id: string }> {
  const response = await oauth.dynamicClientRegistrationRequest(
    server,
    {
      client_name: "Carillon",
      client_uri: "https://carillon.im/",
      application_type: "native",
      redirect_uris: [`http://127.0.0.1${RETURN_PATH}`],
      response_types: ["code"],
      grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: "none",
    },
    http,
  );
  const { client_id } = await oauth.processDynamicClientRegistrationResponse(response);
  return { client_id };
}

const over = (fetch: Fetch, { issuer }: Pick<AuthMetadata, "issuer">, stop?: AbortSignal) => ({
  [oauth.customFetch]: (url: string, options: RequestInit) => fetch(url, { ...options, credentials: "omit" }),
  [oauth.allowInsecureRequests]: isLoopback(issuer),
  signal: () => AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), ...(stop ? [stop] : [])]),
});

const serverOf = ({ issuer, tokenEndpoint, revocationEndpoint }: OAuthGrant) => ({
  issuer,
  token_endpoint: tokenEndpoint,
  revocation_endpoint: revocationEndpoint,
});

function grantOf(
  server: Pick<AuthMetadata, "issuer" | "token_endpoint" | "revocation_endpoint">,
  clientId: string,
  tokens: oauth.TokenEndpointResponse,
  before: string | null,
  now: number,
): OAuthGrant {
  const lifeMs = tokens.expires_in === undefined ? null : tokens.expires_in * 1000;
  return {
    clientId,
    issuer: server.issuer,
    tokenEndpoint: server.token_endpoint,
    revocationEndpoint: server.revocation_endpoint,
    // A server that does not turn them over sends none.
    refreshToken: tokens.refresh_token ?? before,
    renewAt: lifeMs === null ? null : now + lifeMs * RENEWED_AT,
    expiresAt: lifeMs === null ? null : now + lifeMs,
  };
}

const randomDevice = () =>
  [...randomBytes(10)].map((byte) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[byte % 32]).join("");

const guarded = <T>(work: Promise<T>): Promise<T> =>
  work.catch((error: unknown) => {
    throw failure(error);
  });

function failure(cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  if (cause instanceof oauth.ResponseBodyError) {
    const code =
      cause.status === 429 ? "rate-limited" : cause.status >= 500 ? "server-error" : "login-failed";
    return new AppError(code, `oauth: ${cause.error}`);
  }
  const answered =
    cause instanceof oauth.OperationProcessingError ||
    cause instanceof oauth.AuthorizationResponseError ||
    cause instanceof oauth.WWWAuthenticateChallengeError;
  // What the library says of an answer may quote it.
  if (answered) return new AppError("login-failed", `oauth: ${cause.name} ${cause.code}`);
  return new AppError(networkErrorCode(cause), "oauth: no answer", { cause });
}
