import {
  LocalAudioTrack,
  LocalVideoTrack,
  ScreenSharePresets,
  Track,
  VideoPresets,
  type LocalTrack,
  type Room,
  type TrackPublishDefaults,
  type TrackPublishOptions,
} from "livekit-client";

import type { Source } from "./backend.ts";

/** RED and AV1 do not go through end-to-end encryption; the rest is what Element Call's users send us too. */
export const publishDefaults: TrackPublishDefaults = {
  red: false,
  dtx: true,
  videoCodec: "vp8",
  backupCodec: false,
  simulcast: true,
  videoEncoding: VideoPresets.h720.encoding,
  videoSimulcastLayers: [VideoPresets.h180, VideoPresets.h360],
  screenShareEncoding: ScreenSharePresets.h1080fps30.encoding,
  stopMicTrackOnMute: false,
};

export const sources: Record<Source, Track.Source> = {
  camera: Track.Source.Camera,
  microphone: Track.Source.Microphone,
  screen: Track.Source.ScreenShare,
  "screen-audio": Track.Source.ScreenShareAudio,
};

interface Asked {
  readonly track: MediaStreamTrack | null;
  readonly muted: boolean;
  readonly done: Promise<void>;
}

/** What we send on one room, each source brought to what was asked last, one step at a time. */
export class Sending {
  readonly #room: Room;
  readonly #asked = new Map<Source, Asked>();
  #closed = false;

  constructor(room: Room) {
    this.#room = room;
  }

  send(source: Source, track: MediaStreamTrack | null, muted: boolean): Promise<void> {
    const before = this.#asked.get(source);
    if (before && before.track === track && before.muted === muted) return before.done;
    const done = this.#after(before, source, track, muted);
    const asked = { track, muted, done };
    this.#asked.set(source, asked);
    // What failed is tried again when next asked.
    done.catch(() => this.#asked.get(source) === asked && this.#asked.delete(source));
    return done;
  }

  close(): void {
    this.#closed = true;
  }

  async #after(
    before: Asked | undefined,
    source: Source,
    track: MediaStreamTrack | null,
    muted: boolean,
  ): Promise<void> {
    await before?.done.catch(() => {});
    if (this.#closed) return;
    const me = this.#room.localParticipant;
    const now = me.getTrackPublication(sources[source]);
    if (!track) {
      // A camera that comes back needs no new negotiation if it only was muted; a screen share is over.
      if (now?.track && source === "camera") await now.mute();
      else if (now?.track) await me.unpublishTrack(now.track, false);
      return;
    }
    if (!now?.track) return this.#publish(source, track, muted);
    if (now.track.mediaStreamTrack !== track) await now.track.replaceTrack(track, true);
    await (muted ? now.mute() : now.unmute());
  }

  async #publish(source: Source, track: MediaStreamTrack, muted: boolean): Promise<void> {
    const me = this.#room.localParticipant;
    // Muted before it is published, so that not a word gets out.
    if (track.kind === "audio") {
      const audio = new LocalAudioTrack(track, undefined, true);
      if (muted) await audio.mute();
      await me.publishTrack(seam(audio), publishOptions(source));
    } else {
      await me.publishTrack(seam(new LocalVideoTrack(track, undefined, true)), publishOptions(source));
    }
  }
}

/** The library's own classes do not satisfy its own signature under `exactOptionalPropertyTypes`. */
const seam = (track: LocalAudioTrack | LocalVideoTrack): LocalTrack => track as LocalTrack;

function publishOptions(source: Source): TrackPublishOptions {
  const options = { source: sources[source], stream: source.startsWith("screen") ? "screen" : "person" };
  // Text must stay readable: one layer, and its size is kept when bandwidth is short.
  return source === "screen"
    ? { ...options, simulcast: false, degradationPreference: "maintain-resolution" }
    : options;
}
