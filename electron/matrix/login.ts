import * as v from "valibot";

import { AppError, type ErrorCode } from "../../shared/errors.ts";
import { isUserId, type UserId } from "../../shared/matrix/ids.ts";
import { answerErrorCode, matrixError, request, type Answer, type Fetch } from "./http.ts";

/** What a login gives; `accessToken` never leaves main. */
export interface Credentials {
  readonly homeserver: string;
  readonly user: UserId;
  readonly device: string;
  readonly accessToken: string;
  /** Null for a login by password or single sign-on. */
  readonly oauth: OAuthGrant | null;
}

/** What renews the access token of a next-generation login. A secret, as the token is. */
export interface OAuthGrant {
  readonly clientId: string;
  readonly issuer: string;
  readonly tokenEndpoint: string;
  readonly revocationEndpoint: string;
  readonly refreshToken: string | null;
  /** Epoch ms, of which `renewAt` comes first; null where the access token does not end. */
  readonly renewAt: number | null;
  readonly expiresAt: number | null;
}

const reply = v.looseObject({
  user_id: v.custom<UserId>(isUserId),
  device_id: v.string(),
  access_token: v.string(),
});

/** `device` is that of a session which the server ended softly, so that its keys stay good. */
interface Options {
  readonly device?: string | undefined;
}

/** @throws AppError `wrong-password`, `account-deactivated`, `rate-limited`, … */
export const loginWithPassword = (
  fetch: Fetch,
  homeserver: string,
  user: string,
  password: string,
  options: Options = {},
) =>
  login(
    fetch,
    homeserver,
    { type: "m.login.password", identifier: { type: "m.id.user", user: user.trim() }, password },
    options,
  );

/** The token that single sign-on brings back to the loopback redirect. */
export const loginWithToken = (fetch: Fetch, homeserver: string, token: string, options: Options = {}) =>
  login(fetch, homeserver, { type: "m.login.token", token }, options);

export const logout = (fetch: Fetch, { homeserver, accessToken }: Credentials) =>
  request(fetch, `${homeserver}/_matrix/client/v3/logout`, {
    method: "POST",
    body: {},
    token: accessToken,
    timeoutMs: 5_000,
  });

async function login(
  fetch: Fetch,
  homeserver: string,
  how: object,
  { device }: Options,
): Promise<Credentials> {
  const answer = await request(fetch, `${homeserver}/_matrix/client/v3/login`, {
    method: "POST",
    body: { ...how, initial_device_display_name: "Carillon", ...(device && { device_id: device }) },
  });
  if (answer.status !== 200) {
    const refused = "password" in how ? "wrong-password" : "login-failed";
    throw new AppError(loginErrorCode(answer, refused), `login: ${answer.status}`);
  }
  const parsed = v.safeParse(reply, answer.body);
  if (!parsed.success) throw new AppError("server-not-matrix", "login: unexpected answer");
  const { user_id, device_id, access_token } = parsed.output;
  return { homeserver, user: user_id, device: device_id, accessToken: access_token, oauth: null };
}

function loginErrorCode(answer: Answer, refused: ErrorCode): ErrorCode {
  const errcode = v.is(matrixError, answer.body) ? answer.body.errcode : "";
  if (errcode === "M_USER_DEACTIVATED") return "account-deactivated";
  if (answer.status === 401 || answer.status === 403) return refused;
  const code = answerErrorCode(answer);
  return code === "internal" ? "login-failed" : code;
}
