import { RtcRequestError, type OwnNotification, type Signals } from "../../electron/rtc/ports.ts";
import type { RoomId } from "../../shared/matrix/ids.ts";
import { CALL_SLOT } from "../../shared/rtc/member-event.ts";
import { RING_MS, type CallNotification } from "../../shared/rtc/notification.ts";

/** A homeserver that takes our rings and their withdrawals, in the order in which they come, and fails as it is told to. */
export class FakeNotices implements Pick<Signals, "notify" | "withdraw"> {
  readonly notified: (OwnNotification & { readonly room: RoomId })[] = [];
  readonly withdrawn: RoomId[] = [];
  readonly told: ("notified" | "withdrawn")[] = [];
  /** How the next requests fail. */
  readonly failures: RtcRequestError["kind"][] = [];
  /** Requests wait for it. */
  gate: Promise<void> = Promise.resolve();
  asked = 0;

  async notify(room: RoomId, notice: OwnNotification): Promise<CallNotification> {
    await this.#ask();
    this.notified.push({ room, ...notice });
    this.told.push("notified");
    const { member, ring, intent } = notice;
    return {
      id: `$ring${this.notified.length}`,
      room,
      sender: "@me:hs",
      kind: ring === "nobody" ? "announcement" : "ring",
      slot: CALL_SLOT,
      member,
      users: typeof ring === "string" ? [] : ring,
      everyone: ring === "everyone",
      intent,
      sentAt: 0,
      expiresAt: 7 + RING_MS,
    };
  }

  async withdraw(room: RoomId): Promise<void> {
    await this.#ask();
    this.withdrawn.push(room);
    this.told.push("withdrawn");
  }

  async #ask(): Promise<void> {
    this.asked += 1;
    await this.gate;
    const failure = this.failures.shift();
    if (failure) throw new RtcRequestError(failure, "as told");
  }
}
