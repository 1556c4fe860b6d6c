import type { OwnNotification, Signals } from "../../electron/rtc/ports.ts";
import type { EventId, RoomId, UserId } from "../../shared/matrix/ids.ts";
import type { CallNotification, CallSignal, DeclineReason } from "../../shared/rtc/notification.ts";

/** Rooms whose events the test makes up. It notes what is said to them, and fails where `offline`. */
export class FakeSignals implements Signals {
  readonly said: { readonly what: string; readonly room: RoomId; readonly about?: unknown }[] = [];
  offline = false;
  /** Direct rooms, and whose they are. */
  readonly direct = new Map<RoomId, UserId>();
  readonly ignored = new Set<UserId>();
  readonly #left = new Set<RoomId>();
  readonly #listeners = new Set<(signal: CallSignal) => void>();
  readonly #leaveListeners = new Set<(room: RoomId) => void>();

  hear(signal: CallSignal): void {
    for (const listener of this.#listeners) listener(signal);
  }
  leave(room: RoomId): void {
    this.#left.add(room);
    for (const listener of this.#leaveListeners) listener(room);
  }

  onSignal(listener: (signal: CallSignal) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  onRoomLeft(listener: (room: RoomId) => void): () => void {
    this.#leaveListeners.add(listener);
    return () => this.#leaveListeners.delete(listener);
  }
  standing(room: RoomId, sender: UserId) {
    const direct = this.direct.get(room) === sender;
    return {
      joined: !this.#left.has(room),
      ignored: this.ignored.has(sender),
      direct,
      mayMentionRoom: false,
    };
  }
  notify(room: RoomId, about: OwnNotification): Promise<CallNotification> {
    return this.#say("notify", room, about).then(() => Promise.reject(new Error("nobody answers here")));
  }
  withdraw(room: RoomId): Promise<void> {
    return this.#say("withdraw", room);
  }
  decline(room: RoomId, of: EventId, reason: DeclineReason | null): Promise<void> {
    return this.#say("decline", room, { of, reason });
  }
  say(room: RoomId, text: string): Promise<void> {
    return this.#say("say", room, text);
  }
  past(): Promise<EventId | null> {
    return Promise.resolve(null);
  }

  #say(what: string, room: RoomId, about?: unknown): Promise<void> {
    if (this.offline) return Promise.reject(new Error("offline"));
    this.said.push({ what, room, about });
    return Promise.resolve();
  }
}
