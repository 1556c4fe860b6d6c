import type { ErrorCode } from "../errors.ts";
import type { CallOutcome } from "../call/history.ts";
import type { EventId, RoomId, UserId } from "../matrix/ids.ts";
import type { UpdateMode, UpdateStatus } from "../updates/updates.ts";
import { defaultSettings, type Settings, type Tone } from "./settings.ts";

/** All that main knows and windows may see. Never in it: media keys, tokens, grants, audio levels, video (see `ipc/contract.ts`). */
export interface AppState {
  readonly session: Session;
  readonly rooms: readonly RoomSummary[];
  readonly invitations: readonly Invitation[];
  readonly call: CallState | null;
  /** Who rings us now, oldest first; the first one is heard. */
  readonly rings: readonly RingState[];
  /** Calls that are over, newest first; at most 200. Empty until read from disk. */
  readonly calls: readonly CallEntry[];
  /** How many of them were missed since the list was last looked at. */
  readonly missed: number;
  /** Whom or what a link asked for: a term for the home window's search. */
  readonly lookup: string | null;
  /** What this desktop can do for us; the settings offer nothing else. */
  readonly desktop: Desktop;
  readonly settings: Settings;
  readonly identity: IdentityState;
  readonly updates: UpdatesState;
  readonly company: Company;
  /** Told until dismissed. */
  readonly notices: readonly Notice[];
}

export type Session =
  | { readonly phase: "starting" }
  /** `again` names the account whose session the server ended softly: its data is kept and only a new login is asked for. */
  | { readonly phase: "signed-out"; readonly reason: ErrorCode | null; readonly again: SoftLogout | null }
  /** The system browser is open for single sign-on. */
  | { readonly phase: "signing-in" }
  | SignedIn
  /** The account's data cannot be opened; nothing was lost. */
  | { readonly phase: "failed"; readonly code: ErrorCode };

export interface SoftLogout {
  readonly user: UserId;
  readonly homeserver: string;
}

export interface SignedIn {
  readonly phase: "signed-in";
  readonly user: UserId;
  readonly device: string;
  readonly name: string;
  readonly avatar: string | null;
  readonly homeserver: string;
  readonly sync: "starting" | "live" | "offline";
}

/** Whose this device is, as other devices can know it (cross-signing), and what it can read of the past (key backup). */
export interface IdentityState {
  /** Whether the account's identity signed this device: others can tell it from an intruder's. `unknown` until the server was asked, and while a new account's identity is made. */
  readonly device: "unknown" | "verified" | "unverified";
  /** `none`: the account has no identity yet, as new accounts have none. */
  readonly account: "unknown" | "none" | "present";
  /** What could verify this device now: another device that is verified, or the recovery key. */
  readonly ways: { readonly otherDevice: boolean; readonly recoveryKey: boolean };
  /** Whether the account can be recovered with a key that its user keeps. */
  readonly recovery: "unknown" | "unset" | "set";
  readonly backup: KeyBackup;
  /** The verification under way, of whichever side. */
  readonly verification: VerificationState | null;
}

/** Keys of old messages on the homeserver, encrypted. `locked`: there are some, and this device cannot read them. Counted in keys while they are restored. */
export type KeyBackup =
  | { readonly phase: "unknown" | "none" | "locked" | "on" | "failed" }
  | { readonly phase: "restoring"; readonly done: number; readonly total: number };

export interface VerificationState {
  readonly person: Person;
  /** The other device; null while any may answer. */
  readonly device: string | null;
  /** They asked. */
  readonly incoming: boolean;
  /**
   * `asked`: the other side has not answered. `ready`: both chose to go on, and the way is open. `compare`: the emoji are shown. `scanned`: they
   * read our code, and we say whether it was they. `waiting`: for their word.
   */
  readonly phase: "asked" | "ready" | "compare" | "scanned" | "waiting" | "done" | "cancelled";
  readonly emoji: readonly { readonly symbol: string; readonly name: string }[];
  /** What our QR code says (base64), where the other side can read one. */
  readonly qr: string | null;
  /** Whether the other side shows a code that we may read; not where it can read ours. */
  readonly canScan: boolean;
  /** Why it was cancelled. */
  readonly reason: "mismatch" | "timeout" | "refused" | "failed" | null;
}

/** `in-tray`: the home window was closed for the first time and the app goes on. `weak-storage`: the desktop has no keyring, so secrets on disk are only obfuscated. `disk-full`: nothing is lost, but nothing new is kept. `update-available`: the user is to decide. `update-ready`: it is installed when the app ends. */
export const notices = ["weak-storage", "disk-full", "in-tray", "update-available", "update-ready"] as const;
export type Notice = (typeof notices)[number];

export interface Person {
  readonly user: UserId;
  readonly name: string;
  /** A same-origin URL that main serves, or null. */
  readonly avatar: string | null;
}

export interface RoomSummary {
  readonly id: RoomId;
  readonly name: string;
  readonly avatar: string | null;
  /** The other person where this is a direct room. */
  readonly direct: UserId | null;
  readonly encrypted: boolean;
  readonly memberCount: number;
  /** Whether our power level lets us into a call here. */
  readonly canCall: boolean;
  readonly call: OngoingCall | null;
  /** What else goes on in the room: sessions of applications that we are not (MSC4143). */
  readonly others: readonly OtherSession[];
  /** Epoch ms of the latest event, for ordering. */
  readonly activeAt: number;
}

/** A room that somebody wants us in; nobody there can call us before we accept. */
export interface Invitation {
  readonly room: RoomId;
  readonly name: string;
  readonly avatar: string | null;
  readonly from: Person;
  readonly direct: boolean;
}

/** A running MatrixRTC session of the `m.call` application. */
export interface OngoingCall {
  /** Epoch ms of the oldest membership. */
  readonly since: number;
  readonly intent: CallIntent;
  readonly people: readonly Person[];
}

/** A running MatrixRTC session that Carillon cannot take part in. */
export interface OtherSession {
  readonly slot: string;
  /** As its members write it, such as `org.example.whiteboard`. */
  readonly application: string;
  /** What the members of a call publish on, as they write it, where that is why we cannot be in it; else null. */
  readonly transport: string | null;
  /** Epoch ms of the oldest membership. */
  readonly since: number;
  readonly people: readonly Person[];
}

export type CallIntent = "audio" | "video";

/** Somebody rings. */
export interface RingState {
  /** Names the ring in the commands about it. */
  readonly id: EventId;
  readonly from: Person;
  readonly room: RoomId;
  /** The room's name where it is not our direct room with the caller; else null. */
  readonly roomName: string | null;
  readonly intent: CallIntent;
  /** Epoch ms. */
  readonly startedAt: number;
  readonly expiresAt: number;
  /** We are in another call: it rings quietly, and an answer must say what becomes of that one. */
  readonly second: boolean;
  readonly tone: Tone;
  /** 0–1. */
  readonly volume: number;
  /** The user tries the ring; there is nobody to answer. */
  readonly test: boolean;
}

/** A call that is over, as the list of calls shows it. */
export interface CallEntry {
  readonly id: EventId;
  readonly room: RoomId;
  /** Of the other person where it is a direct room, else the room's. */
  readonly name: string;
  readonly avatar: string | null;
  readonly direct: UserId | null;
  readonly direction: "incoming" | "outgoing";
  readonly outcome: Exclude<CallOutcome, "ongoing">;
  readonly intent: CallIntent;
  readonly caller: Person;
  /** Everybody who was in it but ourselves. */
  readonly people: readonly Person[];
  /** Epoch ms. */
  readonly startedAt: number;
  /** Null where we were not in it with anybody. */
  readonly talkedMs: number | null;
  /** A missed one not yet looked at. */
  readonly fresh: boolean;
}

/** How this copy of the app becomes a newer one. */
export interface UpdatesState {
  /** Of the app that runs. */
  readonly version: string;
  /** Null where the app updates itself. */
  readonly off: UpdatesOff | null;
  readonly status: UpdateStatus;
  /** Epoch ms at which the server answered last. */
  readonly checkedAt: number | null;
}

/** `no-source`: it was built without a place to get them from. `store`: Flatpak, Snap or a shop's. `system`: whoever installed the package, as a distribution. `unsigned`: macOS takes no update for it. */
const updatesOff = ["not-packaged", "no-source", "store", "system", "unsigned"] as const;
export type UpdatesOff = (typeof updatesOff)[number];
export const isUpdatesOff = (by: string): by is UpdatesOff => updatesOff.some((off) => off === by);

/** What the company that runs this computer has set for the app (docs/companies.md). */
export interface Company {
  /** Server name that the sign-in page begins with. */
  readonly homeserver: string | null;
  /** No other one may be used. */
  readonly homeserverOnly: boolean;
  readonly updates: UpdateMode | null;
  /** The settings file is there and cannot be used: nothing of it holds. */
  readonly broken: boolean;
}

export interface Desktop {
  /** Icons can live in a tray. */
  readonly tray: boolean;
  readonly loginItem: boolean;
  /** The system's do-not-disturb can be read. */
  readonly disturb: boolean;
}

/** Whom our own call rings, and how that goes. */
export interface OutgoingState {
  /** `calling` until the homeserver has the ring. */
  readonly phase: "calling" | "ringing" | "answered" | "declined" | "no-answer" | "busy" | "failed";
  readonly people: readonly Person[];
}

/** The one call this app is in, or about to join. */
export interface CallState {
  readonly room: RoomId;
  readonly name: string;
  readonly avatar: string | null;
  readonly direct: UserId | null;
  readonly encrypted: boolean;
  readonly intent: CallIntent;
  /**
   * `warm`: somebody rings, and the SFU is connected ahead of an answer; nothing is captured, sent or shown.
   * `over`: we left since nobody answered; `outgoing` says why.
   */
  readonly phase: "warm" | "lobby" | "joining" | "joined" | "leaving" | "over";
  /** Null where we rang nobody. */
  readonly outgoing: OutgoingState | null;
  /** Another call that waits: we are in it, unheard and unseen, and hear nothing. */
  readonly held: HeldCall | null;
  /** The other of two calls, which ended by itself while we were in this one too; told as long as this one goes on. */
  readonly lost?: LostCall;
  /** Epoch ms at which our own membership was accepted. */
  readonly joinedAt: number | null;
  /** `unsure`: the homeserver has been silent so long that others may see us as gone; media pauses nothing, but the user is told. */
  readonly membership: "none" | "live" | "unsure";
  /** Why the last join failed, or why the call was left for us. */
  readonly error: ErrorCode | null;
  /** What all can read aloud to be sure that nobody sits in between (docs/safety-code.md); null while alone, in clear, or not all identities are known. */
  readonly safetyCode: string | null;
  /** Transport on which we publish; its grant comes by `call.grant`. Null until known. */
  readonly transport: string | null;
  /** Everybody whose membership counts, ourselves included once joined, oldest first. */
  readonly participants: readonly Participant[];
}

export interface HeldCall {
  readonly room: RoomId;
  readonly name: string;
  readonly avatar: string | null;
  readonly direct: UserId | null;
}

export interface LostCall {
  readonly room: RoomId;
  readonly name: string;
  /** Why. */
  readonly error: ErrorCode;
  /** Epoch ms. */
  readonly at: number;
}

export interface Participant {
  /** Unique in the call: `user|device|member id`. */
  readonly id: string;
  readonly user: UserId;
  readonly device: string;
  readonly name: string;
  readonly avatar: string | null;
  /** The participant's identity on the SFU. */
  readonly identity: string;
  /** What the SFU where they publish is called: its authorization service's URL, or `wss://…#server` (see `transportKey`); null where they name none that we speak. */
  readonly transport: string | null;
  /** Their app goes by the older rule: all of its media, both ways, is on the oldest member's SFU (`transport`). */
  readonly followsOldest?: true;
  /** The kind of their transport, where it is one that we do not speak. */
  readonly foreign: string | null;
  readonly local: boolean;
  /** Epoch ms. */
  readonly joinedAt: number;
  /** Whether main holds their media key; `unneeded` in an unencrypted room. */
  readonly key: "waiting" | "have" | "unneeded";
  /** Whether they hold ours; `withheld`: their device is not verified and the user wants our key to go to no such device. */
  readonly ourKey: "waiting" | "sent" | "undeliverable" | "withheld" | "unneeded";
  readonly trust: Trust;
  /** Epoch ms at which they raised their hand; null while it is down. */
  readonly handAt: number | null;
  /** What they show for 3 s, one grapheme. */
  readonly reaction: string | null;
}

/**
 * How sure we are whose device it is. `verified`: its owner signed it, and the user verified the owner. `signed`: its owner signed it. `changed`:
 * the owner's identity is not the one that it was when we first saw or verified it.
 */
export type Trust = "unknown" | "verified" | "signed" | "unverified" | "changed";

export const initialState: AppState = {
  session: { phase: "starting" },
  rooms: [],
  invitations: [],
  call: null,
  rings: [],
  calls: [],
  missed: 0,
  lookup: null,
  desktop: { tray: false, loginItem: false, disturb: false },
  settings: defaultSettings,
  identity: {
    device: "unknown",
    account: "unknown",
    ways: { otherDevice: false, recoveryKey: false },
    recovery: "unknown",
    backup: { phase: "unknown" },
    verification: null,
  },
  updates: { version: "", off: "not-packaged", status: { phase: "idle" }, checkedAt: null },
  company: { homeserver: null, homeserverOnly: false, updates: null, broken: false },
  notices: [],
};
