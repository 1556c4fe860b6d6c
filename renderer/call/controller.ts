import type { RingChoice, ScreenSource } from "../../shared/ipc/contract.ts";
import type { CallState, Person } from "../../shared/state/app-state.ts";
import type { DeviceKind, DeviceLists } from "../common/devices.ts";
import type { Connection, MediaProblem, TileView } from "./view.ts";

/** All that the components of the call window know of the call: they read it reactively and ask it for changes. */
export interface CallController {
  /** Null before main's first push. */
  readonly state: CallState | null;
  readonly sync: "starting" | "live" | "offline";
  readonly tiles: readonly TileView[];
  readonly connection: Connection;
  readonly microphone: boolean;
  readonly camera: boolean;
  readonly sharing: boolean;
  /** The latest trouble with one's own media, until dismissed. */
  readonly problem: MediaProblem | null;
  /** Whether the account's identity signed this device; null while that is not known. */
  readonly verified: boolean | null;
  readonly handRaised: boolean;
  /** The lobby's own camera; null while it is off. */
  readonly preview: ((element: HTMLVideoElement) => () => void) | null;
  readonly devices: DeviceLists;
  /** The ID of the device in use, or null for the system's default. */
  chosen(kind: DeviceKind): string | null;
  choose(kind: DeviceKind, id: string): Promise<void>;
  setMicrophone(on: boolean): Promise<void>;
  setCamera(on: boolean): Promise<void>;
  screens(): Promise<readonly ScreenSource[]>;
  /** Null lets the system's own picker ask. */
  share(source: { readonly id: string; readonly audio: boolean } | null): Promise<void>;
  stopSharing(): Promise<void>;
  /** Without a choice, main does what is usual: a person is rung, and a room told. */
  join(ring?: RingChoice): Promise<void>;
  leave(): Promise<void>;
  /** Everybody in the room but ourselves. */
  people(): Promise<readonly Person[]>;
  /** Rings people into the call that we are in. */
  ring(choice: RingChoice): Promise<void>;
  /** After nobody answered: once more. */
  again(): Promise<void>;
  /** Connects here, though this device is in the call from another copy of the app. */
  insist(): void;
  setHand(raised: boolean): Promise<void>;
  /** Shows one emoji to all. */
  react(emoji: string): Promise<void>;
  /** Goes on with the call that is held, and holds this one. */
  swap(): Promise<void>;
  dismissProblem(): void;
}
