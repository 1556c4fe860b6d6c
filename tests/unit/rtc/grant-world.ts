import type { Fetch } from "../../../electron/rtc/authorization-services.ts";
import { Grants } from "../../../electron/rtc/grants.ts";
import { OwnTransport } from "../../../electron/rtc/own-transport.ts";
import type { OwnSelf } from "../../../electron/rtc/types.ts";
import { sfuIdentity } from "../../../electron/rtc/identity.ts";
import { codeOf, type ErrorCode } from "../../../shared/errors.ts";
import { Failure } from "../../stack/authorization/failure.ts";
import {
  readLegacyRequest,
  readMemberRequest,
  type GrantRequest,
} from "../../stack/authorization/requests.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { FakeHomeserver } from "../../support/fake-homeserver.ts";
import { ALICE, ROOM } from "./call-world.ts";

export const OWN = "https://jwt.hs";
export const SFU = "wss://sfu.hs";
export const THEIRS = "https://jwt.other";

export const LEGACY: OwnSelf = { form: "legacy", memberId: `${ALICE}:A`, identity: `${ALICE}:A` };
export const STICKY: OwnSelf = {
  form: "sticky",
  memberId: "random",
  identity: sfuIdentity([ALICE, "A", "random"]),
};

/** A token as an SFU reads it. */
export const jwtOf = (sub: string): string =>
  `e30.${Buffer.from(JSON.stringify({ sub })).toString("base64url")}.signature`;

export type Answering = (path: string, body: string) => Response | Promise<Response>;

const ROUTES: Readonly<Record<string, (body: string) => GrantRequest>> = {
  "/sfu/get": readLegacyRequest,
  "/get_token": readMemberRequest,
  "/delegate_delayed_leave": readMemberRequest,
};

/** An authorization service that reads requests as the deployed one does, or knows only some of them. */
export function service(
  paths: readonly string[] = Object.keys(ROUTES),
  { fullAccess = true }: { fullAccess?: boolean } = {},
): Answering {
  return (path, body) => {
    const read = ROUTES[path];
    if (!read || !paths.includes(path)) return Response.json({ errcode: "M_UNRECOGNIZED" }, { status: 404 });
    try {
      const request = read(body);
      if (path === "/delegate_delayed_leave") {
        if (!request.delegation) throw new Failure(400, "M_BAD_JSON", "no delay");
        if (!fullAccess) throw new Failure(403, "M_FORBIDDEN", "no full access");
        return Response.json({});
      }
      if (request.delegation && !fullAccess) throw new Failure(400, "M_BAD_JSON", "no full access");
      return Response.json({ url: SFU, jwt: jwtOf(request.identityOf(ALICE)) });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return Response.json({ errcode: error.errcode }, { status: error.status });
    }
  };
}

/** One device's grants, and the services that it knows. */
export class GrantWorld {
  readonly clock = new FakeClock();
  readonly server = new FakeHomeserver(this.clock);
  readonly services = new Map<string, Answering>([
    [OWN, service()],
    [THEIRS, service()],
  ]);
  readonly asked: { readonly url: string; readonly body: Record<string, unknown> }[] = [];
  readonly matrix;
  readonly grants: Grants;
  readonly transport: OwnTransport;
  /** How many OpenID tokens were made. */
  tokens = 0;

  constructor() {
    this.server.room(ROOM, [ALICE]);
    this.server.transports = [{ type: "livekit", livekit_service_url: OWN, url: SFU }];
    this.matrix = this.server.signIn(ALICE, "A");
    const { matrix, clock } = this;
    matrix.openIdToken = async () => ({
      access_token: `openid-${++this.tokens}`,
      token_type: "Bearer",
      matrix_server_name: "hs",
      expires_in: 3600,
    });
    const fetch: Fetch = async (input, init) => {
      const url = String(input);
      const base = [...this.services.keys()].find((each) => url.startsWith(`${each}/`));
      this.asked.push({ url, body: JSON.parse(String(init?.body)) });
      if (base === undefined) throw new TypeError("fetch failed");
      const aborted = new Promise<never>((_, reject) =>
        init?.signal?.addEventListener("abort", () => reject(new Error("aborted"))),
      );
      return Promise.race([
        this.services.get(base)?.(url.slice(base.length), String(init?.body)) ?? aborted,
        aborted,
      ]);
    };
    this.transport = new OwnTransport(matrix, clock, () => null);
    this.grants = new Grants({ matrix, clock, fetch, transport: this.transport });
  }

  get urls(): readonly string[] {
    return this.asked.map(({ url }) => url);
  }

  /** What comes of a promise, as time passes; a failure as its code. */
  async outcome<T>(promise: Promise<T>): Promise<T | { code: ErrorCode }> {
    let done = false;
    const settled = promise
      .catch((error: unknown) => ({ code: codeOf(error) }))
      .finally(() => {
        done = true;
      });
    await this.clock.until("an outcome", () => done);
    return settled;
  }

  get(transport: string, self: OwnSelf, { own = transport === OWN, fresh = false } = {}) {
    return this.outcome(this.grants.get(ROOM, transport, self, { own, fresh }));
  }

  delegate(self: OwnSelf, service_ = OWN, delayMs = 3_600_000) {
    return this.outcome(this.grants.delegate(ROOM, service_, self, { delayId: "secret-delay", delayMs }));
  }
}
