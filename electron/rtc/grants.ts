import { AppError } from "../../shared/errors.ts";
import type { SfuGrant } from "../../shared/ipc/contract.ts";
import { serverOf, type RoomId } from "../../shared/matrix/ids.ts";
import { sfuOfKey } from "../../shared/rtc/transports.ts";
import {
  AuthorizationServices,
  type Delegated,
  type DelayedLeave,
  type Fetch,
} from "./authorization-services.ts";
import { identityIn } from "./grant-answer.ts";
import { HomeserverEndpoints } from "./homeserver-endpoints.ts";
import { NewServices } from "./new-services.ts";
import type { OwnTransport } from "./own-transport.ts";
import type { Clock, GrantMatrix } from "./ports.ts";
import { within } from "./timer.ts";
import type { OwnSelf } from "./types.ts";

export interface GrantsParts {
  readonly matrix: GrantMatrix;
  readonly clock: Clock;
  readonly fetch: Fetch;
  readonly transport: OwnTransport;
}

export interface GrantOptions {
  /** Where we publish, and so must be whom our membership names. */
  readonly own: boolean;
  /** None that was prefetched will do. */
  readonly fresh: boolean;
}

const TIMEOUT_MS = 15_000;
/** Of our homeserver's endpoints, where there is a service to ask after them. */
const FIRST_MS = 4_000;
/** An SFU forgets an empty room after 5 minutes, and the grant does not make it again. */
const PREFETCHED_MS = 4 * 60_000;

/**
 * Leave to connect to SFUs. Each service and each SFU is asked for itself, so that one that is slow, gone or hostile holds up no other.
 *
 * As whom a grant lets us in is decided by which request gave it (`user:device`, or a hash with our member id), and others know us by the one
 * that our membership's form stands for. So the request of our form is asked first, and the other one only where the service lacks
 * it: enough to listen, but where we publish such a grant is refused by its own words.
 */
export class Grants {
  readonly #parts: GrantsParts;
  readonly #services: AuthorizationServices;
  readonly #homeserver: HomeserverEndpoints;
  readonly #new: NewServices;
  readonly #kept = new Map<string, { readonly at: number; readonly grant: Promise<SfuGrant> }>();
  /** By room, our member id in the stay that our homeserver let in by the right name: it may take over its leave. */
  readonly #known = new Map<RoomId, string>();

  constructor(parts: GrantsParts) {
    const { matrix, clock, fetch } = parts;
    this.#parts = parts;
    this.#services = new AuthorizationServices(matrix, clock, fetch);
    this.#homeserver = new HomeserverEndpoints(matrix, clock);
    this.#new = new NewServices(clock);
  }

  /** As `self`, whom our membership names, for `transport` (see `transportKey`). Fails as `Rtc.grant`. */
  get(room: RoomId, transport: string, self: OwnSelf, { own, fresh }: GrantOptions): Promise<SfuGrant> {
    const { clock } = this.#parts;
    const key = `${room} ${transport} ${self.memberId}`;
    const kept = this.#kept.get(key);
    const now = clock.now();
    if (kept && !fresh && now - kept.at < PREFETCHED_MS) return kept.grant;
    for (const [old, { at }] of this.#kept) if (now - at >= PREFETCHED_MS) this.#kept.delete(old);
    const grant = this.#inTime((signal) => this.#ask(room, transport, self, own, signal));
    this.#kept.set(key, { at: now, grant });
    grant.catch(() => {
      if (this.#kept.get(key)?.grant === grant) this.#kept.delete(key);
    });
    return grant;
  }

  /**
   * Has our leave kept from firing as long as we are on our own SFU, by whoever let us in there: our homeserver or our own `service`. The
   * delay id goes to no other. Fails where a later try may be taken; `unsupported` is for good.
   */
  async delegate(room: RoomId, service: string, self: OwnSelf, leave: DelayedLeave): Promise<Delegated> {
    const { serviceUrl, sfuUrl } = await this.#parts.transport.place();
    if (service !== serviceUrl) throw new AppError("denied", "not where we publish");
    return this.#inTime(async (signal) => {
      if (sfuUrl !== null && this.#known.get(room) === self.memberId) {
        const answer = await this.#homeserver.delegate(sfuUrl, room, self, leave.delayId);
        if (answer === "taken") return answer;
      }
      return this.#services.delegate(service, room, self, leave, signal);
    });
  }

  async #ask(
    room: RoomId,
    transport: string,
    self: OwnSelf,
    own: boolean,
    signal: AbortSignal,
  ): Promise<SfuGrant> {
    if (!own) this.#new.admit(room, transport);
    const sfu = sfuOfKey(transport);
    if (sfu) {
      const grant = await this.#homeserver.grant(sfu, room, self);
      if (!grant) throw new AppError("grant-refused", "our homeserver gives no leave for SFUs");
      return grant;
    }
    const first = own ? await this.#fromHomeserver(room, self) : null;
    if (first) return first;
    let misnamed = false;
    for (const form of self.form === "legacy"
      ? (["legacy", "sticky"] as const)
      : (["sticky", "legacy"] as const)) {
      const grant = await this.#services.grant(transport, form, room, self, signal);
      if (grant && (!own || isNamed(grant, self))) return grant;
      misnamed ||= grant !== null;
    }
    if (misnamed) throw new AppError("grant-mismatch", "it lets us in by another name than our membership's");
    throw new AppError("grant-refused", "it has none of the requests");
  }

  /** Where it knows our SFU, and hashes our name as our membership has it. Null: the service is asked. */
  async #fromHomeserver(room: RoomId, self: OwnSelf): Promise<SfuGrant | null> {
    const { clock, matrix, transport } = this.#parts;
    if (self.form === "legacy") return null;
    try {
      const { sfuUrl } = await transport.place();
      if (sfuUrl === null) return null;
      const sfu = { url: sfuUrl, server: serverOf(matrix.user) };
      const late = () => new AppError("grant-unreachable", "no answer in time");
      const grant = await within(clock, FIRST_MS, this.#homeserver.grant(sfu, room, self), late);
      if (!grant || identityIn(grant) !== self.identity) return null;
      this.#known.set(room, self.memberId);
      return grant;
    } catch {
      return null;
    }
  }

  async #inTime<T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const stop = new AbortController();
    const late = () => new AppError("grant-unreachable", "no answer in time");
    try {
      return await within(this.#parts.clock, TIMEOUT_MS, ask(stop.signal), late);
    } catch (error) {
      stop.abort();
      throw error;
    }
  }
}

/** One that does not tell is the SFU's to judge. */
function isNamed(grant: SfuGrant, self: OwnSelf): boolean {
  const identity = identityIn(grant);
  return identity === null || identity === self.identity;
}
