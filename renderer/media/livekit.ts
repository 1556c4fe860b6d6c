import {
  ConnectionError,
  ConnectionErrorReason,
  ConnectionState,
  DisconnectReason,
  LogLevel,
  Room,
  RoomEvent,
  setLogLevel,
  type ReconnectPolicy,
  type RemoteParticipant,
} from "livekit-client";
import E2eeWorker from "livekit-client/e2ee-worker?worker";

import { AppError } from "../../shared/errors.ts";
import type { SfuGrant } from "../../shared/ipc/contract.ts";
import type { Backend, Link, LinkOptions, Remote, Source } from "./backend.ts";
import { failClosed } from "./fail-closed.ts";
import { IpcKeyProvider } from "./keys.ts";
import { Watching } from "./livekit-presence.ts";
import { Receiving } from "./livekit-receive.ts";
import { Sending, publishDefaults } from "./livekit-send.ts";

/** Pauses (ms) before LiveKit's own attempts to resume; then a fresh grant and a new connection do better. */
const RESUME_MS = [0, 250, 1000, 2000];
/** How long (ms) a dial may take in each of its two steps. */
const DIAL_MS = 10_000;

setLogLevel(import.meta.env.DEV ? LogLevel.warn : LogLevel.silent);

export const livekit: Backend = { open: (options) => new LivekitLink(options) };

class LivekitLink implements Link {
  readonly ended: Promise<void>;
  readonly #room: Room;
  readonly #options: LinkOptions;
  readonly #keys = new IpcKeyProvider();
  readonly #worker: Worker | null;
  readonly #sending: Sending;
  readonly #receiving: Receiving;
  readonly #watching: Watching;
  readonly #end: () => void;
  #prepared: Promise<void> = Promise.resolve();
  #closed = false;
  #displaced = false;

  constructor(options: LinkOptions) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#end = resolve;
    this.#options = options;
    this.#worker = options.encrypted ? failClosed(new E2eeWorker()) : null;
    this.#room = new Room({
      adaptiveStream: true,
      dynacast: true,
      // With one for both ways the SFU sends before we can receive: in every other join the first key frame was lost, and a second with it.
      singlePeerConnection: false,
      publishDefaults,
      // The tracks are the caller's: they outlive this connection.
      stopLocalTrackOnUnpublish: false,
      disconnectOnPageLeave: true,
      reconnectPolicy: resumeBriefly,
      ...(this.#worker && { e2ee: { keyProvider: this.#keys, worker: this.#worker } }),
    });
    if (this.#worker) this.#prepared = this.#room.setE2EEEnabled(true);
    this.#sending = new Sending(this.#room);
    this.#receiving = new Receiving(this.#room, {
      encrypted: options.encrypted,
      changed: options.changed,
      retry: (identity) => this.#keys.retry(identity),
    });
    // Before all else listens: who went is lost or not by the time that others look.
    this.#watching = new Watching(this.#room, options.changed);
    this.#listen();
  }

  get status(): Link["status"] {
    if (this.#closed) return "closed";
    switch (this.#room.state) {
      case ConnectionState.Connected:
        return "connected";
      case ConnectionState.Reconnecting:
      case ConnectionState.SignalReconnecting:
        return "reconnecting";
      default:
        return "connecting";
    }
  }

  get displaced(): boolean {
    return this.#displaced;
  }

  get identity(): string {
    return this.#room.localParticipant.identity;
  }

  get speaking(): boolean {
    return this.#room.localParticipant.isSpeaking;
  }

  get remotes(): ReadonlyMap<string, Remote> {
    return this.#receiving.remotes();
  }

  get lost(): ReadonlySet<string> {
    return this.#watching.lost;
  }

  get quiet(): boolean {
    return this.#watching.quiet;
  }

  async connect(grant: SfuGrant): Promise<void> {
    await this.#prepared;
    try {
      await this.#room.connect(grant.url, grant.token, {
        // Only members of the call are listened to, see `receive`.
        autoSubscribe: false,
        maxRetries: 0,
        websocketTimeout: DIAL_MS,
        peerConnectionTimeout: DIAL_MS,
      });
    } catch (error) {
      throw hasNoRoom(error) ? new AppError("sfu-restricted", "no such room", { cause: error }) : error;
    }
  }

  send(source: Source, track: MediaStreamTrack | null, muted: boolean): Promise<void> {
    return this.#sending.send(source, track, muted);
  }

  receive(identities: ReadonlySet<string>): void {
    this.#receiving.receive(identities);
    this.#watching.watch(identities);
  }

  setKey(identity: string, index: number, key: CryptoKey): void {
    this.#keys.set(key, identity, index);
    this.#receiving.keyed(identity);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#sending.close();
    this.#receiving.close();
    this.#watching.close();
    void this.#room.disconnect(false).finally(() => {
      this.#worker?.terminate();
      this.#end();
    });
  }

  #listen(): void {
    const { changed, signalled } = this.#options;
    this.#room
      .on(RoomEvent.SignalConnected, signalled)
      .on(RoomEvent.ConnectionStateChanged, changed)
      .on(RoomEvent.ActiveSpeakersChanged, changed)
      .on(RoomEvent.EncryptionError, (error: Error, participant?: { identity: string }) => {
        if (participant) this.#receiving.failed(participant.identity, error.message);
      })
      .on(RoomEvent.Disconnected, (why?: DisconnectReason) => {
        // One that we have closed is in the way of the next only as long as the SFU has not noticed.
        this.#displaced ||= !this.#closed && why === DisconnectReason.DUPLICATE_IDENTITY;
        this.close();
      });
    const tracksChanged = (): void => {
      this.#receiving.apply();
      changed();
    };
    const came = (participant: RemoteParticipant): void => {
      // Whoever was here before may have left with a key given up.
      this.#keys.retry(participant.identity);
      tracksChanged();
    };
    const left = (participant: RemoteParticipant): void => {
      this.#receiving.forget(participant.identity);
      tracksChanged();
    };
    this.#room
      .on(RoomEvent.ParticipantConnected, came)
      .on(RoomEvent.ParticipantDisconnected, left)
      .on(RoomEvent.TrackPublished, tracksChanged)
      .on(RoomEvent.TrackUnpublished, tracksChanged)
      .on(RoomEvent.TrackSubscribed, tracksChanged)
      .on(RoomEvent.TrackUnsubscribed, tracksChanged)
      .on(RoomEvent.TrackMuted, changed)
      .on(RoomEvent.TrackUnmuted, changed)
      .on(RoomEvent.Connected, tracksChanged)
      .on(RoomEvent.Reconnected, tracksChanged);
  }
}

/** A good grant for a room that nobody made, where only some may make it (LiveKit's `auto_create: false`). */
const hasNoRoom = (error: unknown): boolean =>
  error instanceof ConnectionError &&
  error.reason === ConnectionErrorReason.NotAllowed &&
  error.status === 404;

const resumeBriefly: ReconnectPolicy = {
  nextRetryDelayInMs: ({ retryCount }) => RESUME_MS[retryCount] ?? null,
};
