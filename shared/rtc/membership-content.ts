import { CALL_SLOT, CAME, NONCE } from "./member-event.ts";
import {
  EXPIRES_MS,
  nonceOf,
  RENEW_AHEAD_MS,
  STICKY_MS,
  type OwnMembership,
  type Request,
  type Self,
  type Standing,
} from "./membership-state.ts";

/** What others read of us. `member` is what they read now, where this renews it. */
export const joinRequest = (state: OwnMembership, member: Standing | null): Request =>
  state.self.form === "sticky" ? stickyJoin(state) : legacyJoin(state, member);

/** Which run of the app this is, and since when, for other copies of it on the same device. */
const whoOf = (state: OwnMembership): object => ({
  [NONCE]: nonceOf(state),
  ...(state.round > 0 && state.cameAt !== null && { [CAME]: state.cameAt }),
});

/** Leaves nobody at our place. */
export const leaveContent = ({ form, memberId }: Pick<Self, "form" | "memberId">): object =>
  form === "sticky" ? { slot_id: CALL_SLOT, msc4354_sticky_key: memberId } : {};

/** As deployed clients read it (MSC3401); updates carry `created_ts`, and `expires` counts from there. */
function legacyJoin(state: OwnMembership, member: Standing | null): Request {
  const { room, device, serviceUrl, memberId } = state.self;
  const stayed = member ? state.now - member.since : 0;
  const expiresMs = EXPIRES_MS * Math.max(1, Math.ceil((stayed + 2 * RENEW_AHEAD_MS) / EXPIRES_MS));
  // A doubted event is sent as it was: if it stands, the server takes it for the same.
  const repeats = member?.createdAt === null && member.intent === state.intent;
  const content = {
    application: "m.call",
    call_id: "",
    scope: "m.room",
    device_id: device,
    membershipID: memberId,
    expires: expiresMs,
    "m.call.intent": state.intent,
    focus_active: { type: "livekit", focus_selection: "multi_sfu" },
    foci_preferred: [{ type: "livekit", livekit_service_url: serviceUrl, livekit_alias: room }],
    ...whoOf(state),
    ...(member && !repeats ? { created_ts: member.createdAt ?? member.since } : {}),
  };
  return { kind: "join", content, lastsMs: expiresMs, intent: state.intent };
}

/** As matrix-js-sdk 43 and Element Call's `matrix_2_0` write it (MSC4143 before its newest text); it lasts from each sending. */
function stickyJoin(state: OwnMembership): Request {
  const { user, device, serviceUrl, memberId } = state.self;
  const content = {
    slot_id: CALL_SLOT,
    member: { user_id: user, device_id: device, id: memberId },
    application: { type: "m.call", "m.call.intent": state.intent },
    transports: {
      published: [{ type: "livekit", livekit_service_url: serviceUrl }],
      can_subscribe: ["livekit"],
    },
    versions: [],
    msc4354_sticky_key: memberId,
    ...whoOf(state),
  };
  return { kind: "join", content, lastsMs: STICKY_MS, intent: state.intent };
}
