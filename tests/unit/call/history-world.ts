import type { CallFact } from "../../../shared/call/history.ts";
import type { EventId, UserId } from "../../../shared/matrix/ids.ts";
import { RING_MS, type DeclineReason } from "../../../shared/rtc/notification.ts";

type Fact<T extends CallFact["type"]> = Extract<CallFact, { readonly type: T }>;

export const ROOM = "!room:hs";
export const ME = "@me:hs";
export const ALICE = "@alice:hs";
export const BOB = "@bob:hs";
export const me = { user: ME, device: "HERE" } as const;
const SLOT = "m.call#ROOM";
/** Tests count in seconds after this (epoch ms). */
export const NOON = 1_800_000_000_000;
export const s = (seconds: number) => NOON + seconds * 1000;
/** Seconds that a membership lasts. */
export const HOURS_4 = 4 * 3600;

/** Where a device of somebody stands in room state. */
const place = (user: UserId, device: string) => `state|_${user}_${device}_m.call`;
export const join = (
  at: number,
  user: UserId,
  device = "D",
  more: { slot?: string; id?: EventId } = {},
): Fact<"membership"> => ({
  type: "membership",
  id: more.id ?? `$join-${user}-${device}-${at}`,
  room: ROOM,
  place: place(user, device),
  sender: user,
  joined: { device, slot: more.slot ?? SLOT, intent: "audio", expiresAt: s(at + HOURS_4) },
  sentAt: s(at),
});
export const leave = (at: number, user: UserId, device = "D"): Fact<"membership"> => ({
  type: "membership",
  id: `$leave-${user}-${device}-${at}`,
  room: ROOM,
  place: place(user, device),
  sender: user,
  joined: null,
  sentAt: s(at),
});
interface RingMore {
  readonly member?: EventId;
  readonly kind?: "ring" | "announcement";
  readonly rangUs?: boolean;
  readonly users?: readonly UserId[];
}
export const ring = (at: number, sender: UserId, more: RingMore = {}): Fact<"notified"> => ({
  type: "notified",
  notification: {
    id: `$ring-${sender}-${at}`,
    room: ROOM,
    sender,
    kind: more.kind ?? "ring",
    slot: SLOT,
    member: more.member ?? null,
    users: more.users ?? (sender === ME ? [ALICE, BOB] : [ME]),
    everyone: false,
    intent: "video",
    sentAt: s(at),
    expiresAt: s(at) + RING_MS,
  },
  rangUs: more.rangUs ?? sender !== ME,
});
export const decline = (
  at: number,
  sender: UserId,
  of: EventId,
  reason: DeclineReason | null = null,
): Fact<"declined"> => ({
  type: "declined",
  id: `$decline-${sender}-${at}`,
  room: ROOM,
  sender,
  of,
  reason,
  sentAt: s(at),
});
export const withdrawn = (id: EventId): Fact<"withdrawn"> => ({ type: "withdrawn", room: ROOM, id });
export const putOff = (at: number, id: EventId): Fact<"put-off"> => ({
  type: "put-off",
  room: ROOM,
  id,
  sentAt: s(at),
});
