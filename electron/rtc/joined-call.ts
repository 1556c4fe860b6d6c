import { codeOf, type ErrorCode } from "../../shared/errors.ts";
import type { MediaKey } from "../../shared/ipc/contract.ts";
import type { RoomId, UserId } from "../../shared/matrix/ids.ts";
import { parseKeyMessage } from "../../shared/rtc/key-ring.ts";
import { CALL_SLOT } from "../../shared/rtc/member-event.ts";
import type { CallIntent } from "../../shared/state/app-state.ts";
import type { Log } from "../log.ts";
import { Listeners } from "./listeners.ts";
import { MediaKeys } from "./media-keys.ts";
import { watchNewcomers } from "./newcomers.ts";
import { OwnMembership } from "./own-membership.ts";
import type { Clock, DelayIds, RtcMatrix, ToDeviceMessage } from "./ports.ts";
import type { SessionWatch } from "./room-sessions.ts";
import type { KeyPolicy } from "./trust.ts";
import type { JoinedCall, JoinStatus, KeyState, OurKeyState, OwnSelf } from "./types.ts";
import { Timer, within } from "./timer.ts";

export interface OwnCallParts {
  readonly matrix: RtcMatrix;
  readonly clock: Clock;
  readonly delayIds: DelayIds;
  readonly log: Log;
  readonly sessions: SessionWatch;
  readonly room: RoomId;
  /** For the whole stay. */
  readonly self: OwnSelf;
  readonly policy: KeyPolicy;
  readonly intent: CallIntent;
  readonly transport: () => Promise<string>;
  /** `Grants.delegate`, for where we publish. */
  readonly delegate: (
    service: string,
    leave: { readonly delayId: string; readonly delayMs: number },
  ) => Promise<"taken" | "unsupported">;
  /** No delayed leave of an earlier run is left. */
  readonly onCalledOff: () => void;
  /** Others are told that we go. A slow homeserver may take long to; whoever comes back meanwhile is somebody new. */
  readonly onLeave: () => void;
  /** It is over: left, or refused. */
  readonly onEnd: (call: OwnCall) => void;
}

/** Longest that a leave keeps somebody waiting; the delayed leave does the rest. */
const LEAVE_MS = 3_000;
const TRANSPORT_RETRY_MS = 2_000;

/** Our own place in a room's call: membership and keys, each at once and neither waiting for the other. */
export class OwnCall implements JoinedCall {
  readonly room: RoomId;
  readonly identity: string;
  readonly #parts: OwnCallParts;
  readonly #statuses = new Listeners<JoinStatus>();
  readonly #keyListeners = new Listeners<MediaKey>();
  readonly #ended = Promise.withResolvers<undefined>();
  readonly #cancels = new Set<() => void>();
  readonly #retry: Timer;
  #membership: OwnMembership | null = null;
  #keys: MediaKeys | null = null;
  #intent: CallIntent;
  #status: JoinStatus = { phase: "joining", error: null, joinedAt: null };
  /** Whether the window stands on the SFU; null until it did. */
  #connected: boolean | null = null;
  /** Whether others dropped our key while we were off the SFU. */
  #owesKey = false;
  #leaving = false;

  constructor(parts: OwnCallParts) {
    const { matrix, room, self, policy, intent, sessions } = parts;
    this.#parts = parts;
    this.room = room;
    this.identity = self.identity;
    this.#intent = intent;
    this.#retry = new Timer(parts.clock, () => void this.#enter());
    this.#cancels.add(() => this.#retry.set(null));
    this.#cancels.add(matrix.onToDevice((message) => this.#received(message)));
    this.#cancels.add(matrix.onDevices((user) => this.#devices(user)));
    this.#cancels.add(
      policy.onChange(() => {
        if (this.isOver) return;
        this.#keys?.lookAtPolicy();
        sessions.touch(room);
      }),
    );
    if (self.form === "sticky") {
      const heard = () => this.#membership?.newcomer();
      this.#cancels.add(watchNewcomers({ matrix, room, log: parts.log, heard }));
    }
    this.#cancels.add(sessions.onChange((changed) => changed === room && this.#look()));
    this.#look();
    void this.#enter();
  }

  get status(): JoinStatus {
    return this.#status;
  }
  /** Leaving, or gone. */
  get isOver(): boolean {
    return this.#leaving || this.#status.phase === "left";
  }

  onStatus(listener: (status: JoinStatus) => void): () => void {
    return this.#statuses.add(listener);
  }
  onKey(listener: (key: MediaKey) => void): () => void {
    return this.#keyListeners.add(listener);
  }
  keys(): readonly MediaKey[] {
    return this.#keys?.all() ?? [];
  }
  keyState(memberId: string): KeyState {
    if (!this.#keys) return "unneeded";
    return this.#isOwn(memberId) || this.#keys.has(memberId) ? "have" : "waiting";
  }
  ourKeyState(memberId: string): OurKeyState {
    if (!this.#keys) return "unneeded";
    return this.#isOwn(memberId) ? "sent" : this.#keys.ourKeyState(memberId);
  }

  setIntent(intent: CallIntent): void {
    this.#intent = intent;
    this.#membership?.setIntent(intent);
  }

  setConnected(connected: boolean): void {
    if (connected || this.#connected !== null) this.#connected = connected;
    this.#membership?.setConnected(connected);
    if (connected && this.#owesKey) this.#sendKeyAnew();
  }

  wake(): void {
    this.#membership?.wake();
    this.#keys?.wake();
    if (!this.#membership) void this.#enter();
  }

  async leave(): Promise<void> {
    const { clock, sessions, room, onLeave } = this.#parts;
    if (!this.#leaving) {
      this.#leaving = true;
      onLeave();
      this.#keys?.stop();
      if (this.#membership) this.#membership.leave();
      else this.#end(null);
      sessions.touch(room);
    }
    // Late is no failure: the server makes us leave.
    await within(clock, LEAVE_MS, this.#ended.promise, () => new Error("late")).catch(() => undefined);
  }

  /** Another run of this call begins: whatever this one still waits for, it must not touch the room. */
  abandon(): void {
    this.#membership?.abandon();
    this.#end(null);
  }

  async #enter(): Promise<void> {
    const { matrix, clock, delayIds, log, sessions, room, self, transport, delegate, onCalledOff } =
      this.#parts;
    try {
      const serviceUrl = await transport();
      if (this.#membership || this.isOver) return;
      this.#membership = new OwnMembership({
        matrix,
        clock,
        delayIds,
        log,
        self: {
          room,
          user: matrix.user,
          device: matrix.device,
          serviceUrl,
          form: self.form,
          memberId: self.memberId,
        },
        intent: this.#intent,
        place: (key) => sessions.place(room, key),
        delegate: (delayId, delayMs) => delegate(serviceUrl, { delayId, delayMs }),
        ofThisDevice: () => sessions.stays(room, CALL_SLOT, matrix.user, matrix.device),
        onChange: (status) => this.#tell(status),
        onCome: () => this.#sendKeyAnew(),
        onCalledOff,
      });
      this.#membership.setConnected(this.#connected === true);
    } catch (error) {
      if (this.#membership || this.isOver) return;
      const code = codeOf(error);
      if (code !== "offline" && code !== "rate-limited") return this.#end(code);
      this.#tell({ ...this.#status, error: code });
      this.#retry.set(clock.now() + TRANSPORT_RETRY_MS);
    }
  }

  #look(): void {
    const { matrix, clock, log, sessions, room, self, policy } = this.#parts;
    if (this.isOver) return void this.#membership?.look();
    if (!matrix.isJoined(room, matrix.user)) {
      if (this.#membership) this.#membership.roomLeft();
      else this.#end("room-left");
      return;
    }
    if (!this.#keys && matrix.isEncrypted(room)) {
      const identityOf = sessions.identity.bind(sessions);
      const onDelivery = () => sessions.touch(room);
      this.#keys = new MediaKeys({ matrix, clock, log, room, self, policy, identityOf, onDelivery });
      this.#keys.onKey((key) => {
        this.#keyListeners.tell(key);
        sessions.touch(room);
      });
      // Made before anybody could listen.
      for (const key of this.#keys.all()) this.#keyListeners.tell(key);
    }
    this.#keys?.setMembers(sessions.session(room, CALL_SLOT)?.members ?? []);
    this.#membership?.look();
  }

  /**
   * Whoever lost the SFU waits until they are back: it may be that another copy of the app took their place, and of two that encrypt from the same state
   * of an Olm session others can read the first alone.
   */
  #sendKeyAnew(): void {
    this.#owesKey = this.#connected === false;
    if (!this.#owesKey) this.#keys?.forgotten();
  }

  #received(message: ToDeviceMessage): void {
    const key = this.#keys && parseKeyMessage(message);
    if (key && key.room === this.room && key.slot === CALL_SLOT) this.#keys?.receive(key);
  }

  #isOwn(memberId: string): boolean {
    const { user, device } = this.#parts.matrix;
    return memberId.startsWith(`${user}|${device}|`);
  }

  #devices(user: UserId): void {
    this.#keys?.devicesOf(user);
  }

  #tell(status: JoinStatus): void {
    const before = this.#status;
    if (status.phase === "left") return this.#end(status.error);
    if (this.isOver) return;
    const same =
      before.phase === status.phase && before.error === status.error && before.joinedAt === status.joinedAt;
    if (same) return;
    this.#status = status;
    this.#parts.log.info("call membership", { phase: status.phase, error: status.error });
    this.#statuses.tell(status);
  }

  #end(error: ErrorCode | null): void {
    if (this.#status.phase === "left") return;
    this.#status = { ...this.#status, phase: "left", error };
    this.#keys?.stop();
    for (const cancel of this.#cancels) cancel();
    this.#parts.log.info("call left", { error });
    this.#parts.onEnd(this);
    this.#statuses.tell(this.#status);
    this.#ended.resolve(undefined);
  }
}
