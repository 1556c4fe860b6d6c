import type { EventId, RoomId, UserId } from "../../shared/matrix/ids.ts";
import type { Standing } from "../../shared/call/ring.ts";
import type { MemberEvent, Membership } from "../../shared/rtc/member-event.ts";
import type { CallNotification, CallSignal, DeclineReason } from "../../shared/rtc/notification.ts";
import type { CallIntent } from "../../shared/state/app-state.ts";

export interface DeviceRef {
  readonly user: UserId;
  readonly device: string;
}

/** A to-device message. `from` is the device that Olm says encrypted it; null where it came in clear or its device is unknown. */
export interface ToDeviceMessage {
  readonly type: string;
  readonly sender: UserId;
  readonly from: DeviceRef | null;
  readonly content: unknown;
}

/** What the engine needs of a Matrix client. `electron/matrix` is it over matrix-js-sdk; tests have one over fakes. */
export interface RtcMatrix {
  readonly user: UserId;
  readonly device: string;

  rooms(): readonly RoomId[];
  roomVersion(room: RoomId): string;
  isEncrypted(room: RoomId): boolean;
  isJoined(room: RoomId, user: UserId): boolean;
  /** Whether another room has taken its place (`m.room.tombstone`). */
  isUpgraded(room: RoomId): boolean;
  /** Whether our power suffices for a membership of this form; a sticky one needs a server that has them, too. */
  maySend(room: RoomId, form: Membership["form"]): boolean;
  /** Every member event (state and sticky, also of people who left) and slot event that stands now. */
  memberEvents(room: RoomId): readonly MemberEvent[];
  /** Waits until members and their devices are known, so that keys can go to all of them. */
  loadDevices(room: RoomId, users: readonly UserId[]): Promise<void>;

  /** The devices of a user, as far as they are known here. */
  deviceIds(user: UserId): Promise<readonly string[]>;

  /** Each returns how to stop listening. `onEvent` fires for member, slot and redaction events, in order, once each. */
  onEvent(listener: (room: RoomId, event: MemberEvent) => void): () => void;
  onRoomMember(listener: (room: RoomId, user: UserId, joined: boolean) => void): () => void;
  /** The room is new to us, or must be read afresh with `memberEvents`. */
  onRoomReset(listener: (room: RoomId) => void): () => void;
  onToDevice(listener: (message: ToDeviceMessage) => void): () => void;
  /** Somebody's device list changed: keys may now reach a device that was unknown. */
  onDevices(listener: (user: UserId) => void): () => void;

  /** All of these fail with `RtcRequestError`. */
  sendState(room: RoomId, type: string, stateKey: string, content: object): Promise<EventId>;
  /** MSC4140; resolves to the delay id, which is a secret: whoever has it can fire or cancel it. */
  sendDelayedState(
    room: RoomId,
    type: string,
    stateKey: string,
    content: object,
    delayMs: number,
  ): Promise<string>;
  /** Whether the server has delayed events (MSC4140). */
  hasDelayed(): Promise<boolean>;
  /** Whether the server has sticky events (MSC4354). */
  hasSticky(): Promise<boolean>;
  /** MSC4354; encrypted in encrypted rooms. */
  sendSticky(room: RoomId, type: string, content: object, stickyMs: number): Promise<EventId>;
  /** MSC4140 and MSC4354; in clear also in encrypted rooms, as deployed clients send it. Resolves as `sendDelayedState`. */
  sendDelayedSticky(
    room: RoomId,
    type: string,
    content: object,
    spans: { readonly stickyMs: number; readonly delayMs: number },
  ): Promise<string>;
  updateDelayed(delayId: string, action: "restart" | "cancel" | "send"): Promise<void>;
  /** Olm-encrypted; resolves to the devices that it could not be encrypted for. */
  sendToDevices(type: string, content: object, to: readonly DeviceRef[]): Promise<readonly DeviceRef[]>;
  openIdToken(): Promise<OpenIdToken>;
  /** `GET /rtc/transports` (MSC4143/4519), then the homeserver's `.well-known`; unparsed entries, best first. */
  transports(): Promise<readonly unknown[]>;
  /** The homeserver's own MSC4195 endpoints; `unsupported` where it has none, `refused` where it does not take the body. Unparsed. */
  livekit(request: LivekitRequest, body: object): Promise<unknown>;
}

/** What asks for grants needs of it. */
export type GrantMatrix = Pick<RtcMatrix, "user" | "device" | "openIdToken" | "livekit">;
export type LivekitRequest = "get_token" | "delegate_delayed_leave";

/** Rooms' events about calls, read and written (MSC4075, MSC4310). What is asked of the server fails with `RtcRequestError`. */
export interface Signals {
  /** Each event of a joined room that says something of calls, decrypted; those that came while nobody listened come first. */
  onSignal(listener: (signal: CallSignal) => void): () => void;
  /** We are in the room no more. */
  onRoomLeft(listener: (room: RoomId) => void): () => void;
  standing(room: RoomId, sender: UserId): Omit<Standing, "ringing">;
  /** Encrypted in encrypted rooms, sticky where the server can. */
  notify(room: RoomId, notice: OwnNotification): Promise<CallNotification>;
  /** Clears it under its sticky key; on servers without sticky events nothing needs to be said: the session is empty. */
  withdraw(room: RoomId): Promise<void>;
  decline(room: RoomId, of: EventId, reason: DeclineReason | null): Promise<void>;
  /** A text message. */
  say(room: RoomId, text: string): Promise<void>;
  /**
   * Reads a room's past, newest first, until `until` (epoch ms) or the event that was the newest known (`known`), and passes all
   * that it finds to `found`. Resolves to the newest event of the room, to be `known` next time; to null where the
   * past was not read to that end. `readable` is called when a key comes for something that was found and not told.
   */
  past(
    room: RoomId,
    bounds: { readonly until: number; readonly known: EventId | null },
    found: (signals: readonly CallSignal[]) => void,
    readable: () => void,
  ): Promise<EventId | null>;
}

export interface OwnNotification {
  /** Our own newest member event. */
  readonly member: EventId;
  /** Nobody: an announcement, which does not ring. */
  readonly ring: "nobody" | "everyone" | readonly UserId[];
  readonly intent: CallIntent;
}

export interface OpenIdToken {
  readonly access_token: string;
  readonly token_type: string;
  readonly matrix_server_name: string;
  readonly expires_in: number;
}

/** How a request to a homeserver or an authorization service failed, in the terms that decide what to do next. */
export class RtcRequestError extends Error {
  override readonly name = "RtcRequestError";
  /** `offline`: no answer at all. */
  readonly kind:
    "offline" | "rate-limited" | "not-found" | "forbidden" | "unsupported" | "too-long" | "refused";
  /** Wait this long before the next try; null where the server does not say. */
  readonly retryAfterMs: number | null;
  /** The longest delay that the server takes, where `too-long` and it says so. */
  readonly maxDelayMs: number | null;

  constructor(
    kind: RtcRequestError["kind"],
    detail: string,
    more: { retryAfterMs?: number; maxDelayMs?: number; cause?: unknown } = {},
  ) {
    super(detail, more.cause === undefined ? undefined : { cause: more.cause });
    this.kind = kind;
    this.retryAfterMs = more.retryAfterMs ?? null;
    this.maxDelayMs = more.maxDelayMs ?? null;
  }
}

/** Survives a kill: the delay id of our own membership in each room, so that a restart can cancel it before it joins again. */
export interface DelayIds {
  get(room: RoomId): string | null;
  set(room: RoomId, delayId: string | null): void;
}

export interface Clock {
  /** Epoch ms. */
  now(): number;
  /** Runs once after the span; returns how to call it off. */
  after(ms: number, run: () => void): () => void;
}
