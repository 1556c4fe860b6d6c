import type { ErrorCode } from "../errors.ts";
import type { Ending } from "./membership-end.ts";
import type { EventId, RoomId, UserId } from "../matrix/ids.ts";
import type { CallIntent } from "../state/app-state.ts";

/** The server makes us leave when it has not heard of us for so long (MSC4140). */
export const DELAY_MS = 24_000;
export const HEARTBEAT_MS = 6_000;
/** What each renewal adds to the stay that the legacy member event tells. */
export const EXPIRES_MS = 4 * 3_600_000;
export const RENEW_AHEAD_MS = 30 * 60_000;
/** How long a sticky member event counts (MSC4354), joins and leaves alike: where spans differ, the older may win. */
export const STICKY_MS = 3_600_000;
const STICKY_AHEAD_MS = 15 * 60_000;
/** The delay of a leave that the SFU's service keeps from firing while we are there (MSC4195), and how often we restart it besides. */
export const DEPUTY_DELAY_MS = 3_600_000;
export const DEPUTY_HEARTBEAT_MS = 300_000;
/** Without the SFU for so long, we keep our own delayed leave again: the service fires its own when the SFU gives us up. */
export const DEPUTY_LOST_MS = 5_000;
/** How long we wait to see our own event come back before we act as if it were lost. */
export const ECHO_MS = 5_000;

export interface Self {
  readonly room: RoomId;
  readonly user: UserId;
  readonly device: string;
  /** URL of the authorization service of the SFU where we publish. */
  readonly serviceUrl: string;
  readonly form: "legacy" | "sticky";
  readonly memberId: string;
}

export type Request =
  | { readonly kind: "schedule" | "schedule-deputy"; readonly delayMs: number }
  | { readonly kind: "restart" | "cancel" | "fire" | "restart-deputy"; readonly delayId: string }
  | { readonly kind: "delegate"; readonly delayId: string; readonly delayMs: number }
  | {
      readonly kind: "join";
      readonly content: object;
      /** From when we came, in legacy; from now, in sticky. */
      readonly lastsMs: number;
      readonly intent: CallIntent;
    }
  | { readonly kind: "leave" };

export type FailureKind =
  "offline" | "rate-limited" | "not-found" | "forbidden" | "unsupported" | "too-long" | "refused";

/** Our own membership of a call: what we want, what we believe is on the server, what we are waiting for. */
export interface OwnMembership {
  readonly self: Self;
  readonly want: "in" | "out";
  readonly intent: CallIntent;
  readonly ended: Ending | "left" | null;
  /** What holds us up. */
  readonly trouble: ErrorCode | null;
  readonly joinedAt: number | null;
  /** Random, new in each run; with the round it tells one stay from the next. */
  readonly nonce: string;
  readonly round: number;
  readonly delay: Delay | null;
  readonly delayMs: number;
  /** `refused`: it has them, but not now; we join all the same and try again. */
  readonly delays: "yes" | "refused" | "no";
  /** The long delayed leave that the service in front of our SFU keeps from firing, or is asked to. */
  readonly deputy: Deputy | null;
  /** `lost`: not until we are on the SFU anew; `no`: not in this stay. */
  readonly deputies: "yes" | "lost" | "no";
  /** Since when the window is not on our SFU (epoch ms); null while it is. */
  readonly offSfuAt: number | null;
  /** The delayed leaves of runs that were killed. */
  readonly stale: readonly Stale[];
  readonly member: Standing | null;
  /** When we came first, by the server's clock; null until our own event came back. */
  readonly cameAt: number | null;
  /** Our last events, newest last. */
  readonly events: readonly EventId[];
  /** What the room said last, and when: an event of ours comes back before or after its request is answered. */
  readonly seen: Seen & { readonly at: number };
  /** Whether an event of ours may be on the server. */
  readonly mayStand: boolean;
  readonly lost: { readonly at: number; readonly times: number };
  readonly inFlight: { readonly request: Request; readonly at: number } | null;
  readonly waits: { readonly [K in Request["kind"]]?: Wait };
  readonly now: number;
}

/** What the room says about this very device. */
export interface Seen {
  /** What stands at our own place, where it is ours. */
  readonly ours: Echo | null;
  /** The event at our place, where it was redacted. */
  readonly redacted: EventId | null;
  /** When somebody else who uses this user and device came first, by the server's clock: another copy of the app. */
  readonly twinAt: number | null;
}

/** Our own event, as sync brings it. */
export interface Echo {
  readonly nonce: string;
  readonly sentAt: number;
}

export interface Stale {
  readonly delayId: string;
  /** In legacy it would fire into our own new stay; a sticky one ends a place that nobody else will. */
  readonly end: "cancel" | "fire";
}

export interface Delay {
  readonly id: string;
  /** It has not fired before this (epoch ms). */
  readonly firesAt: number;
  readonly restartAt: number;
  /** Somebody may have called it off: a restart tells. */
  readonly doubted: boolean;
}

export interface Deputy extends Delay {
  /** The service took it. */
  readonly taken: boolean;
}

export interface Standing {
  readonly intent: CallIntent;
  /** By our clock. */
  readonly since: number;
  /** By the server's clock, as our event came back; null until then. */
  readonly createdAt: number | null;
  /** By our clock. */
  readonly endsAt: number;
  /** The room says something else than we do: if that lasts until then, our event is sent again. */
  readonly doubtAt: number | null;
  /** Somebody came who cannot read our event, which was encrypted before: then it is sent again. */
  readonly repeatAt: number | null;
  /** When that was done last. */
  readonly repeatedAt: number | null;
}

export interface Wait {
  readonly until: number;
  readonly tries: number;
  readonly why: FailureKind;
}

export type MembershipEvent = { readonly now: number } & (
  | { readonly type: "time" | "leave" | "wake" }
  /** Somebody came into the room, or with a new device. */
  | { readonly type: "newcomer" }
  /** We are in the room no more. */
  | { readonly type: "room-left" }
  /** Whether the window stands on the SFU where we publish. */
  | { readonly type: "on-sfu"; readonly on: boolean }
  | { readonly type: "intent"; readonly intent: CallIntent }
  | {
      readonly type: "done";
      readonly request: Request;
      readonly delayId?: string;
      /** Of a join. */
      readonly eventId?: EventId;
      /** Of a delegation. */
      readonly taken?: boolean;
    }
  | {
      readonly type: "failed";
      readonly request: Request;
      readonly kind: FailureKind;
      readonly retryAfterMs: number | null;
      readonly maxDelayMs: number | null;
    }
  | ({ readonly type: "seen" } & Seen)
);

export type MembershipEffect =
  | { readonly type: "request"; readonly request: Request }
  /** Keep them on disk: the next run sees to them. */
  | { readonly type: "remember"; readonly delayIds: readonly string[] };

export type Step = readonly [OwnMembership, readonly MembershipEffect[]];

export type Phase = "joining" | "live" | "unsure" | "left";

export function phaseOf(state: OwnMembership): Phase {
  if (state.ended !== null) return "left";
  if (state.joinedAt === null) return "joining";
  const { member, delay, deputy, now } = state;
  const maybeFired =
    (delay !== null && now >= delay.firesAt && !isDeputed(state)) ||
    (deputy !== null && now >= deputy.firesAt);
  return member && !maybeFired && now < member.endsAt ? "live" : "unsure";
}

/** Epoch ms of the next `time` that matters; null where only something else can happen. */
export function nextAt(state: OwnMembership): number | null {
  if (state.ended !== null) return null;
  const { delay, deputy, offSfuAt, member, waits, now } = state;
  const times = [
    deputy?.restartAt,
    deputy?.firesAt,
    deputy && offSfuAt !== null ? offSfuAt + DEPUTY_LOST_MS : null,
    delay?.restartAt,
    delay?.firesAt,
    member && renewAt(state, member),
    member?.endsAt,
    member?.doubtAt,
    member?.repeatAt,
    member && member.since + ECHO_MS,
    ...Object.values(waits).map(({ until }) => until),
  ].filter((at): at is number => typeof at === "number" && at > now);
  return times.length === 0 ? null : Math.min(...times);
}

export const stateKeyOf = ({ user, device }: Pick<Self, "user" | "device">, ownedState: boolean): string =>
  `${ownedState ? "" : "_"}${user}_${device}_m.call`;

export const nonceOf = (state: OwnMembership): string => `${state.nonce}.${state.round}`;

/** Whether a stay is one of this run. */
export const isOurNonce = (state: OwnMembership, nonce: string): boolean =>
  nonce.startsWith(`${state.nonce}.`);

export const heartbeatOf = (state: OwnMembership): number => Math.min(HEARTBEAT_MS, state.delayMs / 4);

export const renewAt = ({ self }: OwnMembership, member: Standing): number =>
  member.endsAt - (self.form === "sticky" ? STICKY_AHEAD_MS : RENEW_AHEAD_MS);

/** The delayed leaves that are ours to see to. */
export const delayIdsOf = ({ stale, delay, deputy }: OwnMembership): readonly string[] =>
  [...stale.map(({ delayId }) => delayId), delay?.id, deputy?.id].filter((id) => id !== undefined);

/** Whether somebody else sees to it that we leave, should we die. */
export const isDeputed = ({ deputy, now }: OwnMembership): boolean =>
  deputy !== null && deputy.taken && !deputy.doubted && now < deputy.firesAt;
