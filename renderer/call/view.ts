import type { UserId } from "../../shared/matrix/ids.ts";

/** Why somebody is not heard or seen, for their tile to say. */
export type Reason =
  | "no-transport"
  | "grant-refused"
  | "sfu-unreachable"
  | "sfu-restricted"
  | "connecting"
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
export type Connection = "idle" | "connecting" | "connected" | "reconnecting" | "restricted" | "failed";
