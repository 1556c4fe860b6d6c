import { randomBytes } from "node:crypto";

import type { MediaKey } from "../../shared/ipc/contract.ts";
import type { RoomId, UserId } from "../../shared/matrix/ids.ts";
import {
  emptyRing,
  KEY_EVENT,
  stepRing,
  type KeyAccepted,
  type KeyMessage,
  type KeyRing,
} from "../../shared/rtc/key-ring.ts";
import {
  newKeySchedule,
  nextKeyAt,
  sentTo,
  stepKeys,
  type KeyEffect,
  type KeyEvent,
  type KeySchedule,
  type OwnKey,
  type Recipient,
} from "../../shared/rtc/key-schedule.ts";
import type { Membership } from "../../shared/rtc/member-event.ts";
import type { Log } from "../log.ts";
import { kindOf } from "./failure.ts";
import { Listeners } from "./listeners.ts";
import { RtcRequestError, type Clock, type RtcMatrix } from "./ports.ts";
import { Timer, within } from "./timer.ts";
import type { KeyPolicy } from "./trust.ts";
import type { OurKeyState, OwnSelf } from "./types.ts";

export interface MediaKeysParts {
  readonly matrix: RtcMatrix;
  readonly clock: Clock;
  readonly log: Log;
  readonly room: RoomId;
  readonly self: OwnSelf;
  readonly policy: KeyPolicy;
  readonly identityOf: (member: Membership) => string;
  /** Whether somebody holds our key may be otherwise now. */
  readonly onDelivery: () => void;
}

const SEND_TIMEOUT_MS = 10_000;
/** A user's devices are asked for at most so often. */
const LOAD_SPACING_MS = 2_000;
/** 128 bits, as deployed (MSC4195's text says 32). */
const KEY_BYTES = 16;

/** Our media keys on their way to the others' devices, and theirs to us. */
export class MediaKeys {
  readonly #parts: MediaKeysParts;
  readonly #timer: Timer;
  readonly #listeners = new Listeners<MediaKey>();
  readonly #loadedAt = new Map<UserId, number>();
  #schedule: KeySchedule;
  #ring: KeyRing = emptyRing;
  #members: ReadonlyMap<string, Membership> = new Map();
  #stopped = false;

  constructor(parts: MediaKeysParts) {
    this.#parts = parts;
    this.#timer = new Timer(parts.clock, () => this.#step({ type: "time" }));
    const [schedule, effects] = newKeySchedule(parts.clock.now());
    this.#schedule = schedule;
    this.#perform(effects);
  }

  onKey(listener: (key: MediaKey) => void): () => void {
    return this.#listeners.add(listener);
  }

  /** Whether a member holds ours. */
  ourKeyState(id: string): OurKeyState {
    const member = this.#members.get(id);
    if (!member) return "waiting";
    const { user, device } = member;
    // A membership in clear that does not tell its device: there is nowhere to send it.
    if (device === "") return "undeliverable";
    if (this.#parts.policy.allows(user, device) === false) return "withheld";
    const sent = sentTo(this.#schedule, id);
    return sent === "failing" ? "undeliverable" : sent;
  }

  has(member: string): boolean {
    return this.#ring.held.has(member);
  }

  all(): readonly MediaKey[] {
    const theirs = [...this.#ring.held].flatMap(([id, keys]) =>
      [...keys].flatMap(([index, { key }]) => this.#theirs({ member: id, index, key })),
    );
    const { current } = this.#schedule;
    return current ? [...theirs, this.#ours(current)] : theirs;
  }

  setMembers(members: readonly Membership[]): void {
    const { user, device } = this.#parts.matrix;
    const others = members.filter((member) => member.user !== user || member.device !== device);
    this.#members = new Map(others.map((member) => [member.id, member]));
    this.#accept(stepRing(this.#ring, { type: "members", members: others, now: this.#parts.clock.now() }));
    this.lookAtPolicy();
  }

  /** Whom the policy excludes is, for our keys, somebody who left: what they hold is not used any more. */
  lookAtPolicy(): void {
    const { policy } = this.#parts;
    const recipients = [...this.#members.values()].filter(
      ({ user, device }) => device !== "" && policy.allows(user, device) === true,
    );
    this.#step({ type: "members", recipients });
  }

  receive({ user, device, memberId, index, key: base64, sentAt }: KeyMessage): void {
    const key = new Uint8Array(Buffer.from(base64, "base64"));
    const now = this.#parts.clock.now();
    this.#accept(
      stepRing(this.#ring, {
        type: "received",
        key: { user, device, memberId, index, key, sentAt },
        now,
      }),
    );
  }

  devicesOf(user: UserId): void {
    this.#step({ type: "devices", user });
  }
  /** Others saw us leave and come again: they need our key anew. */
  forgotten(): void {
    this.#step({ type: "forgotten" });
  }
  wake(): void {
    this.#step({ type: "wake" });
  }
  stop(): void {
    this.#stopped = true;
    this.#timer.set(null);
  }

  #accept([ring, accepted]: readonly [KeyRing, readonly KeyAccepted[]]): void {
    this.#ring = ring;
    for (const key of accepted) for (const media of this.#theirs(key)) this.#listeners.tell(media);
  }

  #theirs({ member: id, index, key }: Pick<KeyAccepted, "member" | "index" | "key">): readonly MediaKey[] {
    const member = this.#members.get(id);
    return member ? [{ identity: this.#parts.identityOf(member), index, key, own: false }] : [];
  }

  #ours({ index, key }: OwnKey): MediaKey {
    return { identity: this.#parts.self.identity, index, key, own: true };
  }

  // Distributes over the union, so that each event keeps its own fields.
  #step(event: KeyEvent extends infer E ? (E extends unknown ? Omit<E, "now"> : never) : never): void {
    if (this.#stopped) return;
    const [schedule, effects] = stepKeys(this.#schedule, {
      ...event,
      now: this.#parts.clock.now(),
    } as KeyEvent);
    const before = this.#schedule;
    this.#schedule = schedule;
    this.#perform(effects);
    const changed = [...schedule.recipients.keys()].some((id) => sentTo(before, id) !== sentTo(schedule, id));
    if (changed) this.#parts.onDelivery();
  }

  #perform(effects: readonly KeyEffect[]): void {
    for (const effect of effects) {
      if (effect.type === "make-key")
        this.#step({ type: "key-made", key: new Uint8Array(randomBytes(KEY_BYTES)) });
      else if (effect.type === "use-key") this.#listeners.tell(this.#ours(effect.key));
      else void this.#send(effect.key, effect.to);
    }
    this.#timer.set(this.#stopped ? null : nextKeyAt(this.#schedule));
  }

  async #send({ index, key }: OwnKey, to: readonly Recipient[]): Promise<void> {
    const { matrix, clock, log, room, self } = this.#parts;
    const content = {
      keys: { index, key: Buffer.from(key).toString("base64") },
      room_id: room,
      member: { id: self.memberId, claimed_device_id: matrix.device },
      session: { call_id: "", application: "m.call", scope: "m.room" },
      sent_ts: clock.now(),
    };
    try {
      const devices = to.map(({ user, device }) => ({ user, device }));
      const late = () => new RtcRequestError("offline", "no answer in time");
      const unknown = await within(
        clock,
        SEND_TIMEOUT_MS,
        matrix.sendToDevices(KEY_EVENT, content, devices),
        late,
      );
      const undeliverable = to.filter((one) =>
        unknown.some(({ user, device }) => one.user === user && one.device === device),
      );
      this.#step({ type: "sent", index, to, undeliverable });
      if (undeliverable.length > 0) void this.#loadDevices(undeliverable);
    } catch (error) {
      log.info("a media key could not be sent", { to: to.length, why: kindOf(error) });
      const retryAfterMs = error instanceof RtcRequestError ? error.retryAfterMs : null;
      this.#step({ type: "send-failed", index, to, retryAfterMs });
    }
  }

  async #loadDevices(of: readonly Recipient[]): Promise<void> {
    const { matrix, clock, log, room } = this.#parts;
    const now = clock.now();
    const users = [...new Set(of.map(({ user }) => user))].filter(
      (user) => now - (this.#loadedAt.get(user) ?? -Infinity) >= LOAD_SPACING_MS,
    );
    if (users.length === 0) return;
    for (const user of users) this.#loadedAt.set(user, now);
    try {
      await matrix.loadDevices(room, users);
      for (const user of users) this.#step({ type: "devices", user });
    } catch (error) {
      log.info("devices could not be loaded", { why: kindOf(error) });
    }
  }
}
