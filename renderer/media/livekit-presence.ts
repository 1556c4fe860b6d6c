import {
  ConnectionQuality,
  DisconnectReason,
  RoomEvent,
  Track,
  type RemoteParticipant,
  type RemoteTrackPublication,
  type Room,
} from "livekit-client";

import { isQuiet, look, lostOf, noPresence, type Flow, type Presence } from "./presence.ts";

/** Ms; Opus sends at least every 400 ms. */
const LOOK_MS = 500;

/**
 * Watches what arrives on one room, by one `getStats` of the connection. Of somebody who is killed the SFU tells some 20 s later; their packets
 * stop at once.
 */
export class Watching {
  readonly #room: Room;
  readonly #changed: () => void;
  #wanted: ReadonlySet<string> = new Set();
  #presence: Presence = noPresence;
  /** Who went without a goodbye. */
  readonly #broken = new Set<string>();
  #incoming: Counts = new Map();
  /** Only while nothing else comes: an older count would prove nothing. */
  #outgoing: Counts = new Map();
  #timer: ReturnType<typeof setInterval> | undefined;
  #looking = false;
  #said = "";

  constructor(room: Room, changed: () => void) {
    this.#room = room;
    this.#changed = changed;
    room
      .on(RoomEvent.ParticipantConnected, ({ identity }: RemoteParticipant) => this.#broken.delete(identity))
      .on(RoomEvent.ParticipantDisconnected, ({ identity }: RemoteParticipant, why?: DisconnectReason) => {
        const goodbye =
          why === DisconnectReason.CLIENT_INITIATED || why === DisconnectReason.DUPLICATE_IDENTITY;
        if (goodbye && !this.lost.has(identity)) this.#broken.delete(identity);
        else this.#broken.add(identity);
      });
  }

  /** Whose media stopped though they should come, or who went without a goodbye. */
  get lost(): ReadonlySet<string> {
    return new Set([...lostOf(this.#presence), ...this.#broken]);
  }

  get quiet(): boolean {
    return isQuiet(this.#presence);
  }

  /** Watches as long as anybody is to be received. */
  watch(identities: ReadonlySet<string>): void {
    this.#wanted = identities;
    for (const identity of this.#broken) if (!identities.has(identity)) this.#broken.delete(identity);
    if (identities.size === 0) return this.close();
    this.#timer ??= setInterval(() => void this.#look(), LOOK_MS);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#presence = noPresence;
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    const { pcManager } = this.#room.engine;
    const incoming = await countsOf(pcManager?.subscriber);
    // What we send is answered all the time, so its connection shows life soonest; it matters only where all else is silent.
    const silent = !grew(incoming, this.#incoming);
    const outgoing = silent ? await countsOf(pcManager?.publisher) : new Map<string, number>();
    this.#looking = false;
    if (this.#timer === undefined) return;
    this.#presence = look(this.#presence, {
      at: performance.now(),
      alive: !silent || grew(outgoing, this.#outgoing),
      people: new Map(this.#people(incoming)),
    });
    this.#incoming = new Map([...this.#incoming, ...incoming]);
    this.#outgoing = outgoing;
    this.#say();
  }

  *#people(counts: Counts): Generator<[string, Flow]> {
    for (const participant of this.#room.remoteParticipants.values()) {
      if (!this.#wanted.has(participant.identity)) continue;
      const publications = [...participant.trackPublications.values()] as RemoteTrackPublication[];
      const came = publications.some(({ track }) => {
        const name = `media ${track?.mediaStreamTrack.id}`;
        return (counts.get(name) ?? 0) > (this.#incoming.get(name) ?? 0);
      });
      const failing = participant.connectionQuality === ConnectionQuality.Lost;
      yield [participant.identity, { came, due: dueOf(publications), failing }];
    }
  }

  #say(): void {
    const said = JSON.stringify([this.quiet, [...this.lost].toSorted()]);
    if (said === this.#said) return;
    this.#said = said;
    this.#changed();
  }
}

function dueOf(publications: readonly RemoteTrackPublication[]): Flow["due"] {
  const sent = publications.filter(({ isMuted }) => !isMuted);
  if (sent.some(isDue)) return "media";
  if (sent.some((each) => each.source === Track.Source.ScreenShare && isShown(each))) return "screen";
  return sent.length > 0 ? "paused" : "none";
}

const isDue = (publication: RemoteTrackPublication): boolean =>
  publication.source === Track.Source.Microphone
    ? publication.track !== undefined
    : publication.source === Track.Source.Camera && isShown(publication);

/** A video that nobody looks at is not sent. */
const isShown = ({ track, isEnabled }: RemoteTrackPublication): boolean =>
  track !== undefined && isEnabled && track.streamState === Track.StreamState.Active;

type Counts = ReadonlyMap<string, number>;

/** What only grows while anything arrives: bytes of media by track (padding is none), packets by transport, ICE's own by pair. */
async function countsOf(
  transport: { getStats(): Promise<RTCStatsReport> | undefined } | undefined,
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const report = await transport?.getStats()?.catch(() => undefined);
  report?.forEach((entry: Entry) => {
    if (entry.type === "inbound-rtp") {
      const name = `media ${entry.trackIdentifier}`;
      counts.set(name, (counts.get(name) ?? 0) + (entry.bytesReceived ?? 0));
    } else if (entry.type === "transport") counts.set(entry.id, entry.packetsReceived ?? 0);
    else if (entry.type === "candidate-pair")
      counts.set(entry.id, (entry.responsesReceived ?? 0) + (entry.requestsReceived ?? 0));
  });
  return counts;
}

interface Entry extends RTCStats {
  readonly trackIdentifier?: string;
  readonly bytesReceived?: number;
  readonly packetsReceived?: number;
  readonly responsesReceived?: number;
  readonly requestsReceived?: number;
}

/** One that is seen for the first time proves nothing: it may be old. */
const grew = (now: Counts, before: Counts): boolean =>
  [...now].some(([name, count]) => count > (before.get(name) ?? count));
