import type { UserId } from "../../shared/matrix/ids.ts";
import type { CallState, Participant, Trust } from "../../shared/state/app-state.ts";

/** Why somebody is not heard or seen, for their tile to say. */
export type Reason =
  | "no-transport"
  | "grant-refused"
  | "sfu-unreachable"
  | "sfu-restricted"
  | "connecting"
  /** Their media stopped, or their connection broke. */
  | "lost"
  /** A member for long whom the SFU does not know. */
  | "absent"
  | "key-missing"
  | "key-wrong"
  | "not-encrypted";

/** One tile of the call: a person's camera, or a screen that they share. Plain data and closures, so that components need no media library. */
export interface TileView {
  readonly id: string;
  readonly kind: "camera" | "screen";
  readonly user: UserId;
  readonly name: string;
  readonly avatar: string | null;
  readonly local: boolean;
  readonly speaking: boolean;
  readonly microphone: "on" | "muted";
  /** Shows the video in the element and returns how to stop; null while there is no video to show. */
  readonly attach: ((element: HTMLVideoElement) => () => void) | null;
  /** Shown mirrored: one's own camera. */
  readonly mirrored: boolean;
  readonly reason: Reason | null;
  /** Null on a screen, and on one's own tile before one is a participant. */
  readonly marks: Marks | null;
}

/** What is known of a person's device, and what they show of themselves. */
export interface Marks {
  readonly device: string;
  readonly trust: Trust;
  readonly ourKey: Participant["ourKey"];
  /** The kind of their transport, where it is one that we do not speak. */
  readonly foreign: string | null;
  /** The how manieth raised hand theirs is, from 1; null while it is down. */
  readonly hand: number | null;
  readonly reaction: string | null;
}

/** What went wrong with one's own media, for a sentence. */
export type MediaProblem =
  | "camera-denied"
  | "camera-missing"
  | "camera-busy"
  | "microphone-denied"
  | "microphone-missing"
  | "microphone-busy"
  | "screen-failed"
  | "device-unplugged";

/** How this window stands with the SFU on which it publishes. */
export type Connection =
  | "idle"
  | "connecting"
  | "connected"
  | "reconnecting"
  /** It has no room for the call yet. */
  | "restricted"
  /** This device joined from another copy of the app. */
  | "displaced"
  | "refused"
  /** It would let us in by another name than the one by which others know us. */
  | "misnamed"
  | "failed";

/** Whether the call was left for us and its room has no place for us any more. */
export const isBarred = ({ phase, error }: Pick<CallState, "phase" | "error">): boolean =>
  phase === "lobby" && (error === "room-left" || error === "room-upgraded");
