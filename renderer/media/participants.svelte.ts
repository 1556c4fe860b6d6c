import type { TileView } from "../call/view.ts";
import type { Participant } from "../../shared/state/app-state.ts";
import type { Link, Remote } from "./backend.ts";
import { reasonOf, type DialStatus } from "./reason.ts";

/** How long (ms) after somebody came their key may well be under way, so that its absence is not yet told. */
const FRESH_MS = 3000;

/** What the participants are seen over. */
export interface Sight {
  readonly encrypted: boolean;
  readonly participants: readonly Participant[];
  readonly dial: (
    transport: string,
  ) => { readonly status: DialStatus; readonly link: Link | null } | undefined;
}

export interface Watch {
  /** Ms on a clock that only goes forward. */
  readonly now: () => number;
  /** Has the tiles computed again after this long. */
  readonly again: (ms: number) => void;
}

/** Joins who is a member with what the SFUs say of them. */
export class Participants {
  readonly #since = new Map<string, number>();
  readonly #watch: Watch;

  constructor(watch: Watch) {
    this.#watch = watch;
  }

  /** Forgets who is not in the call, notes who is new. */
  attend(participants: readonly Participant[]): void {
    const here = new Set(participants.map(({ id }) => id));
    for (const id of this.#since.keys()) if (!here.has(id)) this.#since.delete(id);
    for (const id of here) {
      if (this.#since.has(id)) continue;
      this.#since.set(id, this.#watch.now());
      this.#watch.again(FRESH_MS);
    }
  }

  /** The tiles of everybody but ourselves, in the order of `participants`. */
  tiles(sight: Sight): TileView[] {
    return sight.participants
      .filter(({ local }) => !local)
      .flatMap((participant) => this.#tiles(sight, participant));
  }

  #tiles({ encrypted, dial }: Sight, participant: Participant): TileView[] {
    const { id, identity, transport, key, user, name, avatar } = participant;
    const over = transport === null ? undefined : dial(transport);
    const remote = over?.link?.remotes.get(identity);
    const reason = reasonOf({
      transport,
      dial: over?.status ?? "connecting",
      present: remote !== undefined,
      clear: encrypted && [...(remote?.tracks.values() ?? [])].some((track) => !track.encrypted),
      key,
      frames: remote?.key ?? "fine",
      fresh: this.#watch.now() - (this.#since.get(id) ?? -Infinity) < FRESH_MS,
    });
    const microphone: TileView["microphone"] =
      remote?.tracks.get("microphone")?.muted === false ? "on" : "muted";
    const common = { user, name, avatar, local: false, microphone, mirrored: false, reason };
    // Without their key nothing can be shown, and the SFU starts a video with a key frame when it is first attached.
    const shown = (source: "camera" | "screen"): TileView["attach"] =>
      key === "waiting" ? null : shownOf(remote, source);
    const person: TileView = {
      ...common,
      id,
      kind: "camera",
      speaking: remote?.speaking ?? false,
      attach: shown("camera"),
    };
    if (!remote?.tracks.has("screen")) return [person];
    return [
      person,
      { ...common, id: `${id}|screen`, kind: "screen", speaking: false, attach: shown("screen") },
    ];
  }
}

function shownOf(remote: Remote | undefined, source: "camera" | "screen"): TileView["attach"] {
  const track = remote?.tracks.get(source);
  return track && !track.muted ? track.attach : null;
}
