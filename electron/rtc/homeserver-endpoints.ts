import type { SfuGrant } from "../../shared/ipc/contract.ts";
import { serverOf, type RoomId } from "../../shared/matrix/ids.ts";
import { CALL_SLOT } from "../../shared/rtc/member-event.ts";
import type { Sfu } from "../../shared/rtc/transports.ts";
import type { Delegated } from "./authorization-services.ts";
import { toAppError } from "./failure.ts";
import { tokenIn } from "./grant-answer.ts";
import { RtcRequestError, type Clock, type LivekitRequest, type GrantMatrix } from "./ports.ts";
import type { OwnSelf } from "./types.ts";

/** A homeserver that has none today may have them after its next update. */
const ABSENT_MS = 3_600_000;

/** How a request names us: as matrix-js-sdk and MSC4533 do, or as MSC4195's text. */
type Naming = "member" | "member_id";

/** Leave for SFUs from our own homeserver, which asks others for theirs (MSC4195, not yet deployed widely). */
export class HomeserverEndpoints {
  readonly #matrix: GrantMatrix;
  readonly #clock: Clock;
  /** A homeserver may have the one and not the other. */
  readonly #absentUntil = new Map<LivekitRequest, number>();
  #naming: Naming = "member";

  constructor(matrix: GrantMatrix, clock: Clock) {
    this.#matrix = matrix;
    this.#clock = clock;
  }

  /** Null where our homeserver has no such endpoint. Fails with `grant-refused`, `grant-unreachable`, `offline`, `rate-limited`. */
  async grant({ url, server }: Sfu, room: RoomId, self: OwnSelf): Promise<SfuGrant | null> {
    const foreign = server !== serverOf(this.#matrix.user);
    const body = { ...(foreign && { server_name: server }), url, room_id: room, slot_id: CALL_SLOT };
    const answer = await this.#ask("get_token", body, self).catch((error: unknown) => {
      throw toAppError(error, "grant-refused");
    });
    return answer === null ? null : { url, token: tokenIn(answer) };
  }

  /** Fails where a later try may be taken. */
  async delegate(url: string, room: RoomId, self: OwnSelf, delayId: string): Promise<Delegated> {
    const body = { url, room_id: room, slot_id: CALL_SLOT, delay_id: delayId };
    try {
      const answer = await this.#ask("delegate_delayed_leave", body, self);
      return answer === null ? "unsupported" : "taken";
    } catch (error) {
      const { kind } = error instanceof RtcRequestError ? error : { kind: "refused" };
      if (kind === "offline" || kind === "rate-limited") throw toAppError(error, "grant-unreachable");
      return "unsupported";
    }
  }

  async #ask(request: LivekitRequest, body: object, self: OwnSelf): Promise<unknown> {
    if (this.#clock.now() < (this.#absentUntil.get(request) ?? 0)) return null;
    try {
      return await this.#named(this.#naming, request, body, self).catch((error: unknown) => {
        if (!(error instanceof RtcRequestError && error.kind === "refused")) throw error;
        return this.#otherwise(request, body, self, error);
      });
    } catch (error) {
      if (!(error instanceof RtcRequestError && error.kind === "unsupported")) throw error;
      this.#absentUntil.set(request, this.#clock.now() + ABSENT_MS);
      return null;
    }
  }

  /** Where the other way is no better, the first refusal is the one that says why. */
  async #otherwise(request: LivekitRequest, body: object, self: OwnSelf, first: Error): Promise<unknown> {
    const other = this.#naming === "member" ? "member_id" : "member";
    const answer = await this.#named(other, request, body, self).catch((error: unknown) => {
      throw error instanceof RtcRequestError && error.kind === "refused" ? first : error;
    });
    this.#naming = other;
    return answer;
  }

  #named(naming: Naming, request: LivekitRequest, body: object, { memberId }: OwnSelf): Promise<unknown> {
    const { device } = this.#matrix;
    const name =
      naming === "member" ? { member: { id: memberId, claimed_device_id: device } } : { member_id: memberId };
    return this.#matrix.livekit(request, { ...body, ...name });
  }
}
