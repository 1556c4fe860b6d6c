import type { SfuGrant } from "../../shared/ipc/contract.ts";

/** What any media backend does for the call: connections to SFUs, each over one of these. */
export interface Backend {
  /** A connection not yet dialled; whatever can start before its grant is here starts now. */
  open(options: LinkOptions): Link;
}

export interface LinkOptions {
  /** Nothing leaves in clear and nothing that came in clear is played. */
  readonly encrypted: boolean;
  /** Something that `Link` tells has changed. */
  readonly changed: () => void;
  /** Signalling stands and the own identity is known: the moment at which keys must be said (again). */
  readonly signalled: () => void;
}

/** One connection to one SFU, from dial to loss; a new one is opened to dial again. */
export interface Link {
  readonly status: "connecting" | "connected" | "reconnecting" | "closed";
  /** Our own identity there; empty until signalled. */
  readonly identity: string;
  /** Whether our own microphone is heard there. */
  readonly speaking: boolean;
  readonly remotes: ReadonlyMap<string, Remote>;
  /** Identities whose media stopped though they should come, or who went without a goodbye. */
  readonly lost: ReadonlySet<string>;
  /** Nothing at all arrives any more, though it counts as connected. */
  readonly quiet: boolean;
  /** Its SFU ended it because we came once more under the same name, over a connection that is not this one. */
  readonly displaced: boolean;
  /** Resolves once media can flow; fails where it cannot be reached or does not let us in, with `sfu-restricted` where it has no room for the call. */
  connect(grant: SfuGrant): Promise<void>;
  /** Resolves once the connection is lost for good, or closed. */
  readonly ended: Promise<void>;
  /** Sends this track as `source` from now on, none where null. Muted, the source stays known to others but silent or dark. */
  send(source: Source, track: MediaStreamTrack | null, muted: boolean): Promise<void>;
  /** Whom we listen to: members of the call, and nobody else. */
  receive(identities: ReadonlySet<string>): void;
  /** A participant's key (HKDF material); with our own identity, the one to encrypt with. */
  setKey(identity: string, index: number, key: CryptoKey): void;
  /** Lets go of everything at once; tracks that were sent stay the caller's. */
  close(): void;
}

export type Source = "camera" | "microphone" | "screen" | "screen-audio";

/** Somebody on the SFU, who may or may not be a member of the call. */
export interface Remote {
  readonly identity: string;
  readonly speaking: boolean;
  /** What the latest frames said of the key that we hold. */
  readonly key: "fine" | "missing" | "wrong";
  readonly tracks: ReadonlyMap<Source, RemoteTrack>;
}

export interface RemoteTrack {
  readonly muted: boolean;
  /** As its sender declares; one that is not is neither received nor played in an encrypted call. */
  readonly encrypted: boolean;
  /** Plays in the element and returns how to stop; the same function as long as it is the same track. Null until received. */
  readonly attach: ((element: HTMLMediaElement) => () => void) | null;
}
