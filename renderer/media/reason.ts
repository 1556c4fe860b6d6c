import type { Reason } from "../call/view.ts";

/** How we stand with the SFU of a transport. */
export type DialStatus =
  | "refused"
  | "unreachable"
  /** It has no room for the call until somebody comes who may make one. */
  | "restricted"
  | "connecting"
  | "connected"
  | "reconnecting";

export interface Circumstances {
  /** Where they publish; null where they name nothing that we speak. */
  readonly transport: string | null;
  readonly dial: DialStatus;
  /** Whether the SFU knows them. */
  readonly present: boolean;
  /** Something that they send is declared unencrypted in an encrypted call. */
  readonly clear: boolean;
  /** What main says of their key. */
  readonly key: "waiting" | "have" | "unneeded";
  /** What their latest frames said of it. */
  readonly frames: "fine" | "missing" | "wrong";
  /** They came so recently that their key may well be under way. */
  readonly fresh: boolean;
}

/** Why somebody is not heard or seen, the first cause in the way of their media to us; null where nothing is in its way. */
export function reasonOf(their: Circumstances): Reason | null {
  if (their.transport === null) return "no-transport";
  if (their.dial === "refused") return "grant-refused";
  if (their.dial === "unreachable") return "sfu-unreachable";
  if (their.dial === "restricted") return "sfu-restricted";
  if (their.dial !== "connected" || !their.present) return "connecting";
  if (their.clear) return "not-encrypted";
  if (their.key === "unneeded") return null;
  if (their.key === "waiting" || their.frames === "missing")
    return their.fresh ? "connecting" : "key-missing";
  return their.frames === "wrong" ? "key-wrong" : null;
}
