import { handsOf, marksOf } from "../call/marks.ts";
import type { TileView } from "../call/view.ts";
import type { Participant } from "../../shared/state/app-state.ts";
import type { Link, Remote } from "./backend.ts";
import { reasonOf, type DialStatus } from "./reason.ts";

/** How long (ms) after somebody came their key may well be under way, so that its absence is not yet told. */
const FRESH_MS = 3000;
/** Frames may fail for so long (ms) while a key changes: some start to use a new one before they have sent it to all. */
const BRIEF_MS = 2000;
/** Whom the SFU does not know for so long (ms) is listed, but not there. */
const ABSENT_MS = 20_000;

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

/** Since when (ms) something is the case with somebody. */
interface Spans {
  readonly here: number;
  readonly failing: number | null;
  readonly missing: number | null;
}

/** Joins who is a member with what the SFUs say of them. */
export class Participants {
  readonly #spans = new Map<string, Spans>();
  readonly #watch: Watch;

  constructor(watch: Watch) {
    this.#watch = watch;
  }

  /** Forgets who is not in the call, notes who is new, whose frames fail and whom the SFU does not know. */
  attend(sight: Sight): void {
    const others = sight.participants.filter(({ local }) => !local);
    const here = new Set(others.map(({ id }) => id));
    for (const id of this.#spans.keys()) if (!here.has(id)) this.#spans.delete(id);
    for (const participant of others) {
      const { over, remote } = find(sight, participant);
      const before = this.#spans.get(participant.id);
      this.#spans.set(participant.id, {
        here: before?.here ?? this.#from(FRESH_MS),
        failing:
          remote === undefined || remote.key === "fine" ? null : (before?.failing ?? this.#from(BRIEF_MS)),
        missing: over?.status !== "connected" || remote ? null : (before?.missing ?? this.#from(ABSENT_MS)),
      });
    }
  }

  /** The tiles of everybody but ourselves, in the order of `participants`. */
  tiles(sight: Sight): TileView[] {
    const hands = handsOf(sight.participants);
    return sight.participants
      .filter(({ local }) => !local)
      .flatMap((participant) => this.#tiles(sight, participant, hands));
  }

  #from(forMs: number): number {
    this.#watch.again(forMs);
    return this.#watch.now();
  }

  #within(ms: number, since: number | null | undefined): boolean {
    return since != null && this.#watch.now() - since < ms;
  }

  #tiles(sight: Sight, participant: Participant, hands: readonly Participant[]): TileView[] {
    const { id, identity, transport, key, user, name, avatar } = participant;
    const { over, remote } = find(sight, participant);
    const spans = this.#spans.get(id);
    const reason = reasonOf({
      transport,
      dial: over?.status ?? "connecting",
      present: remote !== undefined,
      lost: over?.link?.lost.has(identity) ?? false,
      absent: spans?.missing != null && !this.#within(ABSENT_MS, spans.missing),
      clear: sight.encrypted && [...(remote?.tracks.values() ?? [])].some((track) => !track.encrypted),
      key,
      frames: remote?.key ?? "fine",
      fresh: this.#within(FRESH_MS, spans?.here),
      brief: this.#within(BRIEF_MS, spans?.failing),
    });
    const microphone: TileView["microphone"] =
      remote?.tracks.get("microphone")?.muted === false ? "on" : "muted";
    const common = { user, name, avatar, local: false, microphone, mirrored: false, reason, marks: null };
    // Without their key nothing can be shown, and the SFU starts a video with a key frame when it is first attached.
    const shown = (source: "camera" | "screen"): TileView["attach"] =>
      key === "waiting" ? null : shownOf(remote, source);
    const person: TileView = {
      ...common,
      id,
      kind: "camera",
      speaking: (remote?.speaking ?? false) && reason !== "lost",
      attach: shown("camera"),
      marks: marksOf(participant, hands),
    };
    if (!remote?.tracks.has("screen")) return [person];
    return [
      person,
      { ...common, id: `${id}|screen`, kind: "screen", speaking: false, attach: shown("screen") },
    ];
  }
}

function find({ dial }: Sight, { transport, identity }: Participant) {
  const over = transport === null ? undefined : dial(transport);
  return { over, remote: over?.link?.remotes.get(identity) };
}

function shownOf(remote: Remote | undefined, source: "camera" | "screen"): TileView["attach"] {
  const track = remote?.tracks.get(source);
  return track && !track.muted ? track.attach : null;
}
