import { MatrixError } from "matrix-js-sdk";
import * as v from "valibot";

import { AppError } from "../../shared/errors.ts";
import { toAppError } from "./request-error.ts";

/** What the homeserver wants before it does what it was asked (user-interactive authentication). */
const challenge = v.looseObject({
  session: v.optional(v.string()),
  flows: v.array(v.looseObject({ stages: v.array(v.string()) })),
  params: v.optional(v.record(v.string(), v.unknown())),
  errcode: v.optional(v.string()),
});
type Challenge = v.InferOutput<typeof challenge>;

const link = v.looseObject({ url: v.pipe(v.string(), v.url(), v.startsWith("https://")) });
/** Stages that a provider's page does (MSC4312, and its name before). */
const APPROVALS = ["m.oauth", "org.matrix.cross_signing_reset"];
const SSO = ["m.login.sso", "org.matrix.login.sso"];

export interface Authorisation {
  readonly user: string;
  readonly homeserver: string;
  /** Null where it is not at hand. */
  readonly password: string | null;
  /** Shows the page on which it is approved; null where nobody is there to do so. */
  readonly browser: ((url: string) => Promise<void>) | null;
  /** Until the server should be asked once more. Rejects where nobody approved in time, or the user does not want to any more. */
  readonly pause: () => Promise<void>;
}

/**
 * Makes a request again, with what the server wants, until it is done.
 * @throws AppError `password-needed`, `wrong-password`, `approval-needed`, `login-unsupported`, `offline`, …
 */
export async function authorised(
  request: (auth: object | null) => Promise<unknown>,
  how: Authorisation,
): Promise<void> {
  const asked = await attempt(request, null);
  if (!asked) return;
  const session = asked.session === undefined ? {} : { session: asked.session };
  const isOffered = (stage: string) =>
    asked.flows.some(({ stages }) => stages.length === 1 && stages[0] === stage);
  if (isOffered("m.login.dummy") && !(await attempt(request, { type: "m.login.dummy", ...session }))) return;
  const page = pageOf(asked, isOffered, how.homeserver);
  if (isOffered("m.login.password") && (how.password !== null || !page || !how.browser)) {
    if (how.password === null) throw new AppError("password-needed");
    const identifier = { type: "m.id.user", user: how.user };
    const auth = { type: "m.login.password", identifier, password: how.password, ...session };
    if (await attempt(request, auth)) throw new AppError("wrong-password");
    return;
  }
  if (!page) throw new AppError("login-unsupported", "no stage that we can do");
  if (!how.browser) throw new AppError("approval-needed");
  await how.browser(page);
  do await how.pause();
  while (await attempt(request, asked.session === undefined ? null : session));
}

/** Null where it was done. */
async function attempt(
  request: (auth: object | null) => Promise<unknown>,
  auth: object | null,
): Promise<Challenge | null> {
  try {
    await request(auth);
    return null;
  } catch (error) {
    const parsed = v.safeParse(
      challenge,
      error instanceof MatrixError && error.httpStatus === 401 ? error.data : null,
    );
    if (!parsed.success) throw toAppError(error);
    return parsed.output;
  }
}

function pageOf(
  { params, session }: Challenge,
  isOffered: (stage: string) => boolean,
  homeserver: string,
): string | null {
  for (const stage of APPROVALS.filter(isOffered)) {
    const parsed = v.safeParse(link, params?.[stage]);
    if (parsed.success) return parsed.output.url;
  }
  const [sso] = SSO.filter(isOffered);
  if (sso === undefined || session === undefined) return null;
  return `${homeserver}/_matrix/client/v3/auth/${sso}/fallback/web?session=${encodeURIComponent(session)}`;
}
