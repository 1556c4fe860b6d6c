import * as v from "valibot";

import { encryptionKeys } from "../matrix/events.ts";
import type { RoomId, UserId } from "../matrix/ids.ts";
import { sameSlot } from "./member-event.ts";

export const KEY_EVENT = "io.element.call.encryption_keys";
/** Keys of people whose membership has not come yet: so many, of one device and of all, for so long. */
const EARLY_PER_DEVICE = 4;
const EARLY_KEPT = 256;
const EARLY_MS = 60_000;
/** So many new keys of one member are taken at once, and one more each second; nobody who means well sends more. */
const BURST = 32;
const REFILL_MS = 1_000;

/** A media key that somebody else's device sent to ours. */
export interface KeyMessage {
  readonly room: RoomId;
  readonly slot: string;
  /** The device that Olm proves. */
  readonly user: UserId;
  readonly device: string;
  /** Null where the message leaves it to the device. */
  readonly memberId: string | null;
  readonly index: number;
  /** Base64 of either alphabet, with or without padding. */
  readonly key: string;
  /** Epoch ms, the sender's clock. */
  readonly sentAt: number;
}

/** Null for what is malformed, came in clear, or names another device than the one that encrypted it. */
export function parseKeyMessage(message: {
  readonly type: string;
  readonly sender: UserId;
  readonly from: { readonly user: UserId; readonly device: string } | null;
  readonly content: unknown;
}): KeyMessage | null {
  const { from } = message;
  if (message.type !== KEY_EVENT || !from || from.user !== message.sender) return null;
  const parsed = v.safeParse(encryptionKeys, message.content);
  if (!parsed.success || parsed.output.member.claimed_device_id !== from.device) return null;
  const { room_id: room, keys, member, session, sent_ts: sentAt } = parsed.output;
  const callId = session.call_id === "" ? "ROOM" : session.call_id;
  return {
    // Compared with a room that we are in, never used otherwise.
    room: room as RoomId,
    slot:
      session.application === "m.call" ? sameSlot(`m.call#${callId}`) : `${session.application}#${callId}`,
    user: from.user,
    device: from.device,
    memberId: member.id ?? null,
    index: keys.index,
    key: keys.key,
    sentAt,
  };
}

export interface RingMember {
  readonly id: string;
  readonly user: UserId;
  readonly device: string;
  readonly memberId: string;
  /** Differs when the same id comes again, with new keys. */
  readonly stay: string;
}

interface Held {
  readonly key: Uint8Array<ArrayBuffer>;
  readonly sentAt: number;
}

/** A key with its sender, as `KeyMessage`, decoded. */
export type ReceivedKey = Pick<KeyMessage, "user" | "device" | "memberId" | "index" | "sentAt"> &
  Pick<Held, "key">;

/** Other members' keys: of each member, the newest under each index. */
export interface KeyRing {
  readonly members: ReadonlyMap<string, RingMember>;
  readonly held: ReadonlyMap<string, ReadonlyMap<number, Held>>;
  readonly early: readonly (ReceivedKey & { readonly at: number })[];
  /** By member: epoch ms at which all that they may send at once will be theirs to send again. */
  readonly spent: ReadonlyMap<string, number>;
}

export type RingEvent =
  | { readonly type: "members"; readonly members: readonly RingMember[]; readonly now: number }
  | { readonly type: "received"; readonly key: ReceivedKey; readonly now: number };

export interface KeyAccepted {
  readonly type: "key-accepted";
  readonly member: string;
  readonly index: number;
  readonly key: Uint8Array<ArrayBuffer>;
}

type Step = readonly [KeyRing, readonly KeyAccepted[]];

export const emptyRing: KeyRing = { members: new Map(), held: new Map(), early: [], spent: new Map() };

export function stepRing(state: KeyRing, event: RingEvent): Step {
  return event.type === "members" ? withMembers(state, event.members, event.now) : withKey(state, event);
}

/**
 * Keys of whoever is gone go too, and are theirs again if they come back soon: of somebody whose membership was emptied and who came anew, the key that they
 * sent after that may have been read before it. A key that came before its member is theirs now.
 */
function withMembers(state: KeyRing, list: readonly RingMember[], now: number): Step {
  const members = new Map(list.map((member) => [member.id, member]));
  const draft = draftOf(state, (id) => members.has(id));
  for (const { id, stay } of list) {
    const keys = draft.held.get(id);
    // A new stay may have another clock: whatever it sends is newer than what we hold.
    if (keys && state.members.get(id)?.stay !== stay) draft.held.set(id, outdated(keys));
  }
  const fresh = list.filter(({ id }) => !state.members.has(id));
  const gone = [...state.members.values()].filter(({ id }) => !members.has(id));
  let early = gone
    .flatMap((member) => lastOf(member, state.held.get(member.id)))
    .reduce<KeyRing["early"]>((kept, key) => withEarly(kept, { ...key, at: now }), state.early)
    .filter(({ at }) => now - at < EARLY_MS);
  if (early.length > 0) {
    for (const member of fresh) {
      for (const key of early.filter((key) => isOf(key, member))) accept(draft, member, key, now);
      early = early.filter((key) => !isOf(key, member));
    }
  }
  const { held, spent, effects } = draft;
  return [{ members, held, early, spent }, effects];
}

function withKey(state: KeyRing, { key, now }: Extract<RingEvent, { readonly type: "received" }>): Step {
  if (key.key.length < 16 || key.key.length > 32) return [state, []];
  for (const member of state.members.values()) {
    if (!isOf(key, member)) continue;
    const draft = draftOf(state, () => true);
    accept(draft, member, key, now);
    const { held, spent, effects } = draft;
    return [{ ...state, held, spent }, effects];
  }
  return [{ ...state, early: withEarly(state.early, { ...key, at: now }) }, []];
}

interface RingDraft {
  readonly held: Map<string, ReadonlyMap<number, Held>>;
  readonly spent: Map<string, number>;
  readonly effects: KeyAccepted[];
}

const draftOf = ({ held, spent }: KeyRing, keeps: (id: string) => boolean): RingDraft => ({
  held: new Map([...held].filter(([id]) => keeps(id))),
  spent: new Map([...spent].filter(([id]) => keeps(id))),
  effects: [],
});

function accept(
  { held, spent, effects }: RingDraft,
  { id }: RingMember,
  { index, key, sentAt }: ReceivedKey,
  now: number,
): void {
  const keys = held.get(id);
  const before = keys?.get(index);
  if (before && before.sentAt > sentAt) return;
  const isNew = !before || !equal(before.key, key);
  if (isNew) {
    // A clock that was set back owes nobody more than the whole burst.
    const fullAt = Math.min(Math.max(spent.get(id) ?? now, now), now + BURST * REFILL_MS);
    if (fullAt > now + (BURST - 1) * REFILL_MS) return;
    spent.set(id, fullAt + REFILL_MS);
    effects.push({ type: "key-accepted", member: id, index, key });
  }
  held.set(id, new Map(keys).set(index, { key, sentAt }));
}

const isOf = (key: ReceivedKey, member: RingMember): boolean =>
  key.user === member.user &&
  key.device === member.device &&
  (key.memberId === null || key.memberId === member.memberId);

/** One device's flood pushes out its own keys only. */
function withEarly(early: KeyRing["early"], key: KeyRing["early"][number]): KeyRing["early"] {
  const same = early.filter(({ user, device }) => user === key.user && device === key.device);
  const oldest = same.length >= EARLY_PER_DEVICE ? same[0] : early.length >= EARLY_KEPT ? early[0] : null;
  return [...early.filter((other) => other !== oldest), key];
}

/** Whatever they send when they are back is newer. */
const lastOf = (
  { user, device, memberId }: RingMember,
  keys: ReadonlyMap<number, Held> = new Map(),
): readonly ReceivedKey[] =>
  [...keys]
    .toSorted(([, a], [, b]) => a.sentAt - b.sentAt)
    .map(([index, { key }]) => ({ user, device, memberId, index, key, sentAt: -Infinity }));

const outdated = (keys: ReadonlyMap<number, Held>): ReadonlyMap<number, Held> =>
  new Map([...keys].map(([index, held]) => [index, { ...held, sentAt: -Infinity }]));

const equal = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, at) => byte === b[at]);
