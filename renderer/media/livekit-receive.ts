import {
  RemoteAudioTrack,
  RemoteVideoTrack,
  Track,
  TrackEvent,
  type RemoteParticipant,
  type RemoteTrackPublication,
  type Room,
} from "livekit-client";

import type { Remote, RemoteTrack, Source } from "./backend.ts";
import { sources } from "./livekit-send.ts";

/** The SFU gathers changes over 100 ms, so that a shorter pause of a video is none. */
const SFU_NOTICES_MS = 150;
/** How often (ms) a participant whose frames failed is looked at for frames that decode again. */
const LOOK_MS = 1000;
const SAMPLE_RATE = 48_000;

interface Decoded {
  readonly frames: number;
  /** Audio samples out of frames, not filled in. */
  readonly samples: number;
}

interface Trouble {
  readonly key: "missing" | "wrong";
  /** What was decoded so far; more of it ends the trouble. Null until looked at. */
  decoded: Decoded | null;
  /** How often they were looked at. */
  looks: number;
}

export interface ReceivingPorts {
  readonly encrypted: boolean;
  readonly changed: () => void;
  /** Has the keys of somebody whose frames failed tried again. */
  readonly retry: (identity: string) => void;
}

/** What we receive on one room: subscriptions to members' tracks, and what their frames say of the keys. */
export class Receiving {
  readonly #room: Room;
  readonly #ports: ReceivingPorts;
  readonly #attaches = new WeakMap<object, (element: HTMLMediaElement) => () => void>();
  readonly #troubles = new Map<string, Trouble>();
  /** Who ever gave us a key; those who come back under a new one are repaired as after a rotation. */
  readonly #keyed = new Set<string>();
  #wanted: ReadonlySet<string> = new Set();
  #looking: ReturnType<typeof setInterval> | undefined;

  constructor(room: Room, ports: ReceivingPorts) {
    this.#room = room;
    this.#ports = ports;
  }

  receive(identities: ReadonlySet<string>): void {
    this.#wanted = identities;
    this.apply();
  }

  apply(): void {
    for (const participant of this.#room.remoteParticipants.values())
      for (const publication of participant.trackPublications.values())
        this.#subscribe(participant, publication as RemoteTrackPublication);
  }

  #subscribe(participant: RemoteParticipant, publication: RemoteTrackPublication): void {
    const wanted =
      this.#wanted.has(participant.identity) &&
      (!this.#ports.encrypted || this.#readable(participant, publication));
    if (publication.isDesired !== wanted) publication.setSubscribed(wanted);
  }

  /**
   * A video that comes before its key begins with a key frame that nobody can read, and the SFU asks the sender for the next one only a
   * second later: measured, 1.5 s to the picture instead of 0.4 s.
   */
  #readable({ identity }: RemoteParticipant, { isEncrypted, kind }: RemoteTrackPublication): boolean {
    return isEncrypted && (kind !== Track.Kind.Video || this.#keyed.has(identity));
  }

  /** The library's word on a frame that could not be decrypted. */
  failed(identity: string, message: string): void {
    if (!this.#room.remoteParticipants.has(identity)) return;
    const key = message.startsWith("MissingKey")
      ? "missing"
      : message.startsWith("InvalidKey")
        ? "wrong"
        : null;
    if (key === null || this.#troubles.get(identity)?.key === key) return;
    this.#troubles.set(identity, { key, decoded: null, looks: 0 });
    this.#looking ??= setInterval(() => void this.#look(), LOOK_MS);
    this.#ports.changed();
  }

  /** A key came: whatever failed may be good now, and the picture needs not wait for the sender's next key frame. */
  keyed(identity: string): void {
    if (!this.#keyed.has(identity)) {
      this.#keyed.add(identity);
      this.apply();
    }
    if (!this.#troubles.delete(identity)) return;
    const participant = this.#room.remoteParticipants.get(identity);
    for (const publication of participant?.trackPublications.values() ?? []) refresh(publication);
    this.#ports.changed();
  }

  forget(identity: string): void {
    this.#troubles.delete(identity);
  }

  close(): void {
    clearInterval(this.#looking);
    this.#troubles.clear();
  }

  remotes(): ReadonlyMap<string, Remote> {
    return new Map(
      [...this.#room.remoteParticipants.values()].map((participant) => [
        participant.identity,
        {
          identity: participant.identity,
          speaking: participant.isSpeaking,
          key: this.#troubles.get(participant.identity)?.key ?? "fine",
          tracks: this.#tracks(participant),
        },
      ]),
    );
  }

  #tracks(participant: RemoteParticipant): ReadonlyMap<Source, RemoteTrack> {
    const tracks = new Map<Source, RemoteTrack>();
    for (const source of Object.keys(sources) as Source[]) {
      const publication = participant.getTrackPublication(sources[source]);
      if (!publication) continue;
      tracks.set(source, {
        muted: publication.isMuted,
        encrypted: publication.isEncrypted,
        attach: this.#attach(publication.track),
      });
    }
    return tracks;
  }

  #attach(track: object | undefined): RemoteTrack["attach"] {
    if (!(track instanceof RemoteVideoTrack || track instanceof RemoteAudioTrack)) return null;
    const known = this.#attaches.get(track);
    if (known) return known;
    const attach = (element: HTMLMediaElement): (() => void) => {
      track.attach(element);
      return () => void track.detach(element);
    };
    this.#attaches.set(track, attach);
    return attach;
  }

  /** Decryption says nothing when it works again, and little while it fails: only decoded media tells. */
  async #look(): Promise<void> {
    for (const [identity, trouble] of this.#troubles) {
      const decoded = await decodedOf(this.#room.remoteParticipants.get(identity));
      if (isMore(decoded, trouble.decoded) && this.#troubles.get(identity) === trouble) {
        this.#troubles.delete(identity);
        this.#ports.changed();
      }
      trouble.decoded = decoded;
      trouble.looks += 1;
      if (this.#troubles.has(identity) && isTurn(trouble.looks)) this.#ports.retry(identity);
    }
    if (this.#troubles.size > 0) return;
    clearInterval(this.#looking);
    this.#looking = undefined;
  }
}

/** Each retry has a dozen frames decrypted in vain: after 1, 2 and 4 looks, then every 8th. */
const isTurn = (looks: number): boolean => looks % 8 === 0 || [1, 2, 4].includes(looks);

/** A picture, or sound for at least half of the time: remains of what came before count for a little sound. */
const isMore = (now: Decoded, then: Decoded | null): boolean =>
  then !== null && (now.frames > then.frames || now.samples > then.samples + (SAMPLE_RATE * LOOK_MS) / 2000);

async function decodedOf(participant: RemoteParticipant | undefined): Promise<Decoded> {
  let [frames, samples] = [0, 0];
  for (const { track } of participant?.trackPublications.values() ?? []) {
    const report = await track?.getRTCStatsReport();
    report?.forEach((entry: RTCInboundRtpStreamStats) => {
      if (entry.type !== "inbound-rtp") return;
      frames += entry.framesDecoded ?? 0;
      samples += (entry.totalSamplesReceived ?? 0) - (entry.concealedSamples ?? 0);
    });
  }
  return { frames, samples };
}

/**
 * Makes the SFU pause and resume a video, so that it starts anew with a key frame. The library has no call for it; this is what
 * it does itself when an element goes out of sight and comes back. Measured: 0.2 s to the picture, 2.6 s without.
 */
function refresh(publication: RemoteTrackPublication): void {
  const { track } = publication;
  if (!(track instanceof RemoteVideoTrack) || !publication.isEnabled) return;
  track.emit(TrackEvent.VisibilityChanged, false, track);
  setTimeout(() => track.emit(TrackEvent.VisibilityChanged, true, track), SFU_NOTICES_MS);
}
