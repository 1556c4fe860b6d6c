import * as v from "valibot";

import { legacyMember, openSlot, stickyKey, stickyMember } from "../matrix/events.ts";
import { serverOf, type EventId, type UserId } from "../matrix/ids.ts";
import type { CallIntent } from "../state/app-state.ts";
import { parseTransport, type Transport } from "./transports.ts";

export const LEGACY_MEMBER = "org.matrix.msc3401.call.member";
export const NONCE = "im.carillon.nonce";
/** Beside a nonce, where somebody whose event was lost writes anew: when they came first, by the server's clock (epoch ms). */
export const CAME = "im.carillon.came_ts";
export const STICKY_MEMBER = "org.matrix.msc4143.rtc.member";
export const CALL_SLOT = "m.call#ROOM";
/** What a legacy membership without `expires` lasts. */
const DEFAULT_EXPIRES_MS = 4 * 3_600_000;

const STICKY_MEMBERS: ReadonlySet<string> = new Set([STICKY_MEMBER, "m.rtc.member"]);
const SLOTS: ReadonlySet<string> = new Set(["org.matrix.msc4143.rtc.slot", "m.rtc.slot"]);

/** How far a sender's clock may be ahead of ours before we stop believing it. */
export const SKEW_MS = 60_000;
/** However long a membership says it lasts: without a new event it is gone after this. */
const LONGEST_MS = 7 * 24 * 3_600_000;
const LONGEST_STICKY_MS = 3_600_000;

/**
 * A Matrix event as the wire has it, decrypted. Its content is somebody else's: parse it. A redacted event comes again under its own
 * id with no content, where it is the one that stands.
 */
export interface MemberEvent {
  readonly type: string;
  readonly stateKey: string | null;
  readonly sender: UserId;
  readonly eventId: EventId;
  /** Epoch ms, sender's server. */
  readonly sentAt: number;
  readonly content: unknown;
  /** MSC4354: local epoch ms at which the event stops being sticky; null for state and for what was never sticky. */
  readonly stickyUntil: number | null;
  /** The device that encrypted it; null or absent where it came in clear or that is not known. */
  readonly senderDevice?: string | null;
  /** Whether somebody took its content away, which for a member event is a kick. */
  readonly redacted?: boolean;
}

/** One device's membership of one session, as one event claims it. */
export interface Membership {
  /** `user|device|member id`. */
  readonly id: string;
  readonly form: "legacy" | "sticky";
  readonly user: UserId;
  /** Empty where unknown (MSC4143's text form in clear). */
  readonly device: string;
  readonly memberId: string;
  readonly eventId: EventId;
  readonly sentAt: number;
  readonly slot: string;
  readonly application: string;
  readonly intent: CallIntent | null;
  /** Epoch ms at which the member came, which later events of the same stay repeat. */
  readonly joinedAt: number;
  /** When a Carillon that had to come anew came first (epoch ms); null where the event does not tell. */
  readonly cameAt: number | null;
  /** Differs when the same member id comes again. */
  readonly stay: string;
  /** Ours and other Carillons'; null where they write none. */
  readonly nonce: string | null;
  /** Epoch ms; somewhat later than the member says where clocks may differ. */
  readonly expiresAt: number;
  readonly transport: Transport | null;
  /** The older rule: everybody publishes where the oldest member does. */
  readonly followsOldest: boolean;
  /**
   * The SFU identity, or the list whose JSON is hashed into it (MSC4195). It follows from the form of the event alone, whichever service
   * let them in: so do matrix-js-sdk and Element Call, by which a member on the SFU under another name would be heard by nobody.
   * `user:device` in legacy; with user, device and member id in sticky, as deployed; without the device only where the event does not
   * tell it, as in MSC4143's newest text.
   */
  readonly identity: string | readonly string[];
}

/** When its run of a Carillon came first, which orders two copies of the app on one device. */
export const cameFirstAt = ({ cameAt, joinedAt }: Pick<Membership, "cameAt" | "joinedAt">): number =>
  cameAt ?? joinedAt;

/** What an event says, and of which place (`key`) it is the newest word. */
export type Reading =
  | { readonly kind: "member"; readonly key: string; readonly membership: Membership }
  /** Left, redacted, malformed or forged: nobody is there. */
  | { readonly kind: "nobody"; readonly key: string }
  | { readonly kind: "slot"; readonly key: string; readonly slot: string; readonly open: boolean }
  | { readonly kind: "unrelated" };

export function readMemberEvent(event: MemberEvent, now: number): Reading {
  if (!Number.isFinite(event.sentAt)) return { kind: "unrelated" };
  if (event.stateKey === null) return STICKY_MEMBERS.has(event.type) ? readSticky(event, now) : unrelated;
  if (event.type === LEGACY_MEMBER) return readLegacy(event, event.stateKey, now);
  if (SLOTS.has(event.type)) return readSlot(event, event.stateKey);
  return unrelated;
}

const unrelated: Reading = { kind: "unrelated" };

/** The room's call has two spellings: deployed (`ROOM`) and in MSC4196's text (`room`). */
export const sameSlot = (slot: string): string => (slot === "m.call#room" ? CALL_SLOT : slot);

/** Where a user's legacy membership stands in room state. */
export const legacyKey = (stateKey: string): string => `state|${stateKey}`;

/** Where a user's sticky membership stands. */
export const stickyPlace = (user: string, stickyId: string): string => `sticky|${user}|${stickyId}`;

function readLegacy(event: MemberEvent, stateKey: string, now: number): Reading {
  const key = legacyKey(stateKey);
  const parsed = v.safeParse(legacyMember, event.content);
  if (!parsed.success) return { kind: "nobody", key };
  const content = parsed.output;
  const { application, call_id: callId, device_id: device } = content;
  if (!names(stateKey, event.sender, device, application, callId)) return { kind: "nobody", key };

  const slot = application === "m.call" && callId === "" ? CALL_SLOT : sameSlot(`${application}#${callId}`);
  const memberId = content.membershipID ?? `${event.sender}:${device}`;
  // Neither a clock that is ahead nor a made-up creation lengthens a stay.
  const sentAt = Math.min(event.sentAt, now + SKEW_MS);
  const joinedAt = Math.min(content.created_ts ?? event.sentAt, event.sentAt);
  const expires = content.expires ?? DEFAULT_EXPIRES_MS;
  const membership: Membership = {
    id: `${event.sender}|${device}|${memberId}`,
    form: "legacy",
    user: event.sender,
    device,
    memberId,
    eventId: event.eventId,
    sentAt: event.sentAt,
    slot,
    application,
    intent: intentOf(content["m.call.intent"]),
    joinedAt,
    cameAt: content[CAME] ?? null,
    stay: `${joinedAt}|${content[NONCE] ?? ""}`,
    nonce: content[NONCE] ?? null,
    expiresAt: Math.min(Math.min(joinedAt, sentAt) + expires, sentAt + LONGEST_MS) + SKEW_MS,
    transport: parseTransport(content.foci_preferred[0], serverOf(event.sender)),
    followsOldest: content.focus_active.focus_selection === "oldest_membership",
    identity: `${event.sender}:${device}`,
  };
  return { kind: "member", key, membership };
}

/**
 * Where the leading `_` is used (all ordinary room versions) anybody may write anybody's key, so that the key must
 * name sender and device of the content, in one of the forms that clients have had.
 */
function names(stateKey: string, user: string, device: string, application: string, callId: string): boolean {
  const key = stateKey.startsWith("_") ? stateKey.slice(1) : stateKey;
  const owner = `${user}_${device}`;
  return key === owner || key === `${owner}_${application}` || key === `${owner}_${application}${callId}`;
}

function readSticky(event: MemberEvent, now: number): Reading {
  const keys = v.safeParse(stickyKey, event.content);
  const stickyId = keys.success ? (keys.output.sticky_key ?? keys.output.msc4354_sticky_key) : undefined;
  // A redaction takes the sticky key as well: the event's own id is then all there is.
  if (stickyId === undefined) return { kind: "nobody", key: `event|${event.eventId}` };
  const key = stickyPlace(event.sender, stickyId);

  const parsed = v.safeParse(stickyMember, event.content);
  if (!parsed.success || event.stickyUntil === null) return { kind: "nobody", key };
  const { slot_id: slot, application, member, transports, rtc_transports: older } = parsed.output;
  const claimed = member.device_id;
  const nonce = parsed.output[NONCE];
  const encryptedBy = event.senderDevice ?? null;
  const forged =
    (member.user_id !== undefined && member.user_id !== event.sender) ||
    (claimed !== undefined && encryptedBy !== null && claimed !== encryptedBy) ||
    !slot.startsWith(`${application.type}#`);
  if (forged || (member.membership !== undefined && member.membership !== "join")) {
    return { kind: "nobody", key };
  }

  const device = claimed ?? encryptedBy ?? "";
  const membership: Membership = {
    id: `${event.sender}|${device}|${member.id}`,
    form: "sticky",
    user: event.sender,
    device,
    memberId: member.id,
    eventId: event.eventId,
    sentAt: event.sentAt,
    slot: sameSlot(slot),
    application: application.type,
    intent: intentOf(application["m.call.intent"] ?? application.intent),
    joinedAt: event.sentAt,
    cameAt: parsed.output[CAME] ?? null,
    stay: nonce === undefined ? member.id : `${member.id}|${nonce}`,
    nonce: nonce ?? null,
    // Counted from receipt, so that clocks do not matter.
    expiresAt: Math.min(event.stickyUntil, now + LONGEST_STICKY_MS + SKEW_MS),
    transport: parseTransport((transports?.published ?? older)?.[0], serverOf(event.sender)),
    followsOldest: false,
    // MSC4195's newest text hashes the device only where the event tells it.
    identity: claimed === undefined ? [event.sender, member.id] : [event.sender, claimed, member.id],
  };
  return { kind: "member", key, membership };
}

function readSlot(event: MemberEvent, stateKey: string): Reading {
  const parsed = v.safeParse(openSlot, event.content);
  const open = parsed.success && stateKey.startsWith(`${parsed.output.application.type}#`);
  return { kind: "slot", key: `${event.type}|${stateKey}`, slot: sameSlot(stateKey), open };
}

const intentOf = (hint: string | undefined): CallIntent | null =>
  hint === "audio" || hint === "video" ? hint : null;
