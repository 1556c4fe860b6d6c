import * as v from "valibot";

import { isEventId, isRoomId, isUserId, type EventId, type RoomId, type UserId } from "../matrix/ids.ts";
import { notices, type Person } from "../state/app-state.ts";
import { settingsPatch } from "../state/settings.ts";
import type { Push } from "../state/views.ts";
import type { WindowRole } from "../window-role.ts";

const roomId = v.custom<RoomId>(isRoomId);
const userId = v.custom<UserId>(isUserId);
const eventId = v.custom<EventId>(isEventId);
const intent = v.picklist(["audio", "video"]);
/** Who is rung by a call of ours: nobody (it is announced), everybody in the room, or these. */
const ring = v.union([
  v.picklist(["nobody", "everyone"]),
  v.pipe(v.array(userId), v.minLength(1), v.maxLength(50)),
]);
const text = (max: number) => v.pipe(v.string(), v.maxLength(max));
const nothing = v.strictObject({});

/** What windows ask of main: who may ask, with what, for what. */
export const commands = {
  /** Starts the pushes of `state`; a window that reloads says so again and is told everything again. */
  "window.ready": command(["home", "call", "ring"], nothing),

  /** Finds the homeserver behind a server name, a URL or a user ID (`.well-known`) and how it lets people in. */
  "session.discover": command(["home"], v.strictObject({ server: text(255) }), returns<Homeserver>()),
  "session.login": command(
    ["home"],
    v.strictObject({ homeserver: text(1024), user: text(255), password: text(4096) }),
  ),
  /** Opens the system browser; resolves once signed in, or fails with `login-cancelled`. */
  "session.sso": command(["home"], v.strictObject({ homeserver: text(1024) })),
  "session.cancel-sso": command(["home"], nothing),
  /** As `session.sso`, by OAuth 2 (next-generation login). */
  "session.oauth": command(["home"], v.strictObject({ homeserver: text(1024) })),
  "session.logout": command(["home"], nothing),

  /** Asks the user's other devices to verify this one. Fails with `offline`, `verification-failed`. */
  "identity.verify": command(["home"], nothing),
  /** Asks a person to compare emoji with us, in our direct room. Fails with `verification-failed` where either has no identity, or this device is not verified. */
  "identity.verify-person": command(["home"], v.strictObject({ user: userId })),
  /** Accepts the request that came. */
  "identity.accept": command(["home"], nothing),
  /** Goes on by emoji. */
  "identity.compare": command(["home"], nothing),
  /** What the other side's QR code says (base64). */
  "identity.scanned": command(["home"], v.strictObject({ data: text(2048) })),
  /** Whether the emoji are the same, or whether it was the user's device that read our code. */
  "identity.confirm": command(["home"], v.strictObject({ same: v.boolean() })),
  /** Ends the verification; one that is over is put away. */
  "identity.cancel": command(["home"], nothing),
  /** Verifies this device with the recovery key (or passphrase); the key backup is restored after. Fails with `wrong-recovery-key`. */
  "identity.recover": command(["home"], v.strictObject({ key: text(1024) })),
  /**
   * Makes the account's identity anew, with backup and recovery key; what the old one vouched for is lost. Fails with `password-needed`,
   * `wrong-password`. Where the account's provider must approve it, the system browser opens and this waits (`identity.cancel` ends the wait);
   * fails with `approval-needed` where nobody did.
   */
  "identity.reset": command(
    ["home"],
    v.strictObject({ password: v.nullable(text(4096)) }),
    returns<{ readonly recoveryKey: string }>(),
  ),
  /** A recovery key where there is none yet, or a new one in the place of one that is lost. Fails with `verification-failed` where this device is not verified. */
  "identity.new-recovery-key": command(["home"], nothing, returns<{ readonly recoveryKey: string }>()),
  "notice.dismiss": command(["home"], v.strictObject({ notice: v.picklist(notices) })),

  /** People by name or ID, for starting a call with somebody new. */
  "people.search": command(["home"], v.strictObject({ term: text(255) }), returns<readonly Person[]>()),
  /** The direct room with a person, made (encrypted, calls allowed to all) where there is none. */
  "room.direct": command(["home"], v.strictObject({ user: userId }), returns<{ readonly room: RoomId }>()),
  "room.accept": command(["home"], v.strictObject({ room: roomId })),
  "room.refuse": command(["home"], v.strictObject({ room: roomId })),
  /** Opens the room's link in the system's browser, which offers other Matrix apps. */
  "room.open-elsewhere": command(["home"], v.strictObject({ room: roomId })),

  /** Everybody in the room but ourselves, for choosing whom to ring. */
  "room.people": command(["call"], v.strictObject({ room: roomId }), returns<readonly Person[]>()),

  /** Opens the call window: a call to a person begins and rings at once; for all others there is a lobby first. */
  "call.open": command(["home"], v.strictObject({ room: roomId, intent })),
  "call.join": command(["call"], v.strictObject({ intent, ring: v.exactOptional(ring) })),
  /** Rings people into the call that we are in. */
  "call.ring": command(["call"], v.strictObject({ ring })),
  /** After nobody answered: once more. */
  "call.again": command(["call"], nothing),
  /** Goes on with the call that is held, and holds this one. */
  "call.swap": command(["call"], nothing),
  "call.leave": command(["home", "call"], nothing),
  /** A fresh grant for the SFU behind `transport` (one of those that the participants or the call name). */
  "call.grant": command(["call"], v.strictObject({ transport: text(1024) }), returns<SfuGrant>()),
  /** Every media key of the call at this moment, our own current one last; later ones come as topic `keys`. */
  "call.keys": command(["call"], nothing, returns<readonly MediaKey[]>()),
  /** Whether the window stands on the SFU where we publish in that call, be it held or not. */
  "call.connected": command(["call"], v.strictObject({ room: roomId, connected: v.boolean() })),
  /** Raises or lowers our hand, for all to see. */
  "call.hand": command(["call"], v.strictObject({ raised: v.boolean() })),
  /** Shows one emoji to all for 3 s. */
  "call.react": command(["call"], v.strictObject({ emoji: text(32) })),
  /** The camera went on or off, so that others know what kind of call it is. */
  "call.intent": command(["call"], v.strictObject({ intent })),

  /** Answers a ring; `other` says what becomes of the call that we are in (it must be said where we are in one). */
  "ring.accept": command(
    ["ring", "home"],
    v.strictObject({ ring: eventId, intent, other: v.nullable(v.picklist(["end", "hold"])) }),
  ),
  "ring.decline": command(["ring", "home"], v.strictObject({ ring: eventId })),
  /** Ends the ring here and keeps it as missed. */
  "ring.remind": command(["ring", "home"], v.strictObject({ ring: eventId })),
  /** Declines with a message to the caller. */
  "ring.reply": command(
    ["ring", "home"],
    v.strictObject({ ring: eventId, text: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(2000)) }),
  ),
  /** Rings for 15 s, as somebody's call would. */
  "ring.test": command(["home"], nothing),
  /** The list of calls was looked at: nothing in it is news any more. */
  "calls.seen": command(["home"], nothing),
  /** The search that a link asked for is shown. */
  "lookup.shown": command(["home"], nothing),

  /** Screens and windows that can be shared; empty where the system shows its own picker. */
  "screens.list": command(["call"], nothing, returns<readonly ScreenSource[]>()),
  /** The one the next `getDisplayMedia` of this window gets; null withdraws the choice. */
  "screens.choose": command(["call"], v.strictObject({ id: v.nullable(text(255)), audio: v.boolean() })),

  "settings.change": command(["home", "call"], settingsPatch),

  /** What comes of these three is in the state (`updates`). */
  "updates.check": command(["home"], nothing),
  "updates.download": command(["home"], nothing),
  /** Quits, installs what is ready, and comes back. Does nothing in a call. */
  "updates.restart": command(["home"], nothing),
};

/** What main tells windows, unasked. `keys` reaches the call window alone. */
export interface Topics {
  readonly state: Push;
  readonly keys: MediaKey;
}

export const audience: { readonly [T in Topic]: readonly WindowRole[] } = {
  state: ["home", "call", "ring"],
  keys: ["call"],
};

export interface Homeserver {
  /** Base URL of the client-server API. */
  readonly url: string;
  /** Server name as people write it. */
  readonly name: string;
  readonly password: boolean;
  readonly sso: boolean;
  /** Next-generation login (OAuth 2, `auth_metadata`). */
  readonly oauth: boolean;
}

/** Leave to connect to an SFU: a LiveKit websocket URL and its JWT. */
export interface SfuGrant {
  readonly url: string;
  readonly token: string;
}

/** A participant's media key (16 bytes, HKDF material) under its index (0–255). */
export interface MediaKey {
  /** Identity on the SFU. */
  readonly identity: string;
  readonly index: number;
  readonly key: Uint8Array<ArrayBuffer>;
  /** True for our own, which is the one to encrypt with. */
  readonly own: boolean;
}

export interface ScreenSource {
  readonly id: string;
  readonly name: string;
  readonly kind: "screen" | "window";
  /** A data URL (PNG), or null. */
  readonly thumbnail: string | null;
}

export type RingChoice = v.InferOutput<typeof ring>;
export type Topic = keyof Topics;
export type CommandName = keyof typeof commands;
export type Args<N extends CommandName> = v.InferOutput<(typeof commands)[N]["args"]>;
export type Reply<N extends CommandName> = (typeof commands)[N] extends Command<infer _, infer R> ? R : never;

interface Command<A, R> {
  readonly from: readonly WindowRole[];
  readonly args: v.GenericSchema<unknown, A>;
  readonly reply?: R;
}

function command<A, R = void>(
  from: readonly WindowRole[],
  args: v.GenericSchema<unknown, A>,
  _reply?: R,
): Command<A, R> {
  return { from, args };
}

/** Carries a reply's type. Replies come from main, which windows trust, so they are not parsed. */
function returns<R>(): R {
  return undefined as R;
}
