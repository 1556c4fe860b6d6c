import type { Reason } from "../call/view.ts";

/** How we stand with the SFU of a transport. */
export type DialStatus =
  | "refused"
  /** It would let us in by another name than our membership's, where we publish. */
  | "misnamed"
  | "unreachable"
  /** It has no room for the call until somebody comes who may make one. */
  | "restricted"
  /** We came to it once more under the same name, from another copy of the app. */
  | "displaced"
  | "connecting"
  | "connected"
  | "reconnecting";

export interface Circumstances {
  /** Where they publish; null where they name nothing that we speak. */
  readonly transport: string | null;
  readonly dial: DialStatus;
  /** Whether the SFU knows them. */
  readonly present: boolean;
  /** Their media stopped, or they went without a goodbye. */
  readonly lost: boolean;
  /** The SFU has not known them for so long that they are not just coming. */
  readonly absent: boolean;
  /** Something that they send is declared unencrypted in an encrypted call. */
  readonly clear: boolean;
  /** What main says of their key. */
  readonly key: "waiting" | "have" | "unneeded";
  /** What their latest frames said of it. */
  readonly frames: "fine" | "missing" | "wrong";
  /** They came so recently that their key may well be under way. */
  readonly fresh: boolean;
  /** Their frames fail for so short a time that a new key may be ahead of its announcement. */
  readonly brief: boolean;
}

/** Why somebody is not heard or seen, the first cause in the way of their media to us; null where nothing is in its way. */
export function reasonOf(their: Circumstances): Reason | null {
  if (their.transport === null) return "no-transport";
  if (their.dial === "refused" || their.dial === "misnamed") return "grant-refused";
  if (their.dial === "unreachable") return "sfu-unreachable";
  if (their.dial === "restricted") return "sfu-restricted";
  if (their.dial !== "connected") return "connecting";
  if (!their.present) return their.absent ? "absent" : their.lost ? "lost" : "connecting";
  if (their.clear) return "not-encrypted";
  if (their.lost) return "lost";
  if (their.key === "unneeded") return null;
  if (their.key === "waiting") return their.fresh ? "connecting" : "key-missing";
  if (their.frames === "fine") return null;
  if (their.fresh && (their.brief || their.frames === "missing")) return "connecting";
  if (their.brief) return null;
  return their.frames === "missing" ? "key-missing" : "key-wrong";
}
