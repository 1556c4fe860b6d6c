import type { ErrorCode } from "../errors.ts";
import type { RoomId, UserId } from "../matrix/ids.ts";
import { defaultSettings, type Settings } from "./settings.ts";

/** All that main knows and windows may see. Never in it: media keys, tokens, grants, audio levels, video (see `ipc/contract.ts`). */
export interface AppState {
  readonly session: Session;
  readonly rooms: readonly RoomSummary[];
  readonly invitations: readonly Invitation[];
  readonly call: CallState | null;
  readonly settings: Settings;
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

/** `weak-storage`: the desktop has no keyring, so secrets on disk are only obfuscated. `disk-full`: nothing is lost, but nothing new is kept. */
export type Notice = "weak-storage" | "disk-full";

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

export type CallIntent = "audio" | "video";

/** The one call this app is in, or about to join. */
export interface CallState {
  readonly room: RoomId;
  readonly name: string;
  readonly avatar: string | null;
  readonly direct: UserId | null;
  readonly encrypted: boolean;
  readonly intent: CallIntent;
  readonly phase: "lobby" | "joining" | "joined" | "leaving";
  /** Epoch ms at which our own membership was accepted. */
  readonly joinedAt: number | null;
  /** `unsure`: the homeserver has been silent so long that others may see us as gone; media pauses nothing, but the user is told. */
  readonly membership: "none" | "live" | "unsure";
  /** Why the last join failed, or why the call was left for us. */
  readonly error: ErrorCode | null;
  /** Transport on which we publish; its grant comes by `call.grant`. Null until known. */
  readonly transport: string | null;
  /** Everybody whose membership counts, ourselves included once joined, oldest first. */
  readonly participants: readonly Participant[];
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
  /** URL of the authorization service of the SFU where they publish; null where they name none that we speak. */
  readonly transport: string | null;
  readonly local: boolean;
  /** Epoch ms. */
  readonly joinedAt: number;
  /** Whether main holds their media key; `unneeded` in an unencrypted room. */
  readonly key: "waiting" | "have" | "unneeded";
}

export const initialState: AppState = {
  session: { phase: "starting" },
  rooms: [],
  invitations: [],
  call: null,
  settings: defaultSettings,
  notices: [],
};
