import type { Connection } from "../call/view.ts";
import type { SfuGrant } from "../../shared/ipc/contract.ts";
import type { Participant } from "../../shared/state/app-state.ts";
import type { Link, LinkOptions, RemoteTrack, Source } from "./backend.ts";
import { Dial } from "./dial.ts";

export interface DialsPorts {
  readonly open: (options: Omit<LinkOptions, "signalled">) => Link;
  readonly grant: (transport: string) => Promise<SfuGrant>;
  readonly changed: () => void;
}

/** What the connections should be. */
export interface Aim {
  readonly encrypted: boolean;
  /** Where we publish; null while unknown. */
  readonly transport: string | null;
  readonly participants: readonly Participant[];
  /** False in the lobby, where our own SFU is connected for speed, and nothing is sent or received. */
  readonly live: boolean;
  /** Connects also where the others publish, ahead of an answer that has to be quick. */
  readonly ahead?: boolean;
  readonly sending: readonly (readonly [Source, MediaStreamTrack | null, boolean])[];
}

interface Entry {
  readonly dial: Dial;
  /** We publish here. */
  readonly own: boolean;
  readonly encrypted: boolean;
  /** Stood once: what is missing since is a loss. */
  stood: boolean;
}

/** A connection to each SFU of the call: one where we publish, and those where others do (`multi_sfu`). */
export class Dials {
  readonly #entries = new Map<string, Entry>();
  readonly #ports: DialsPorts;

  constructor(ports: DialsPorts) {
    this.#ports = ports;
  }

  get(transport: string): Dial | undefined {
    return this.#entries.get(transport)?.dial;
  }

  /** How we stand with the SFU on which we publish. */
  get connection(): Connection {
    const own = this.#own;
    if (!own) return "idle";
    const { status } = own.dial;
    if (status === "refused" || status === "unreachable") return "failed";
    return status === "connecting" && own.stood ? "reconnecting" : status;
  }

  get speaking(): boolean {
    return this.#own?.dial.link?.speaking ?? false;
  }

  bring(aim: Aim): void {
    this.#connect(aim);
    for (const [transport, { dial, own }] of this.#entries) {
      const others = aim.participants.filter((them) => !them.local && them.transport === transport);
      dial.link?.receive(new Set(aim.live ? others.map(({ identity }) => identity) : []));
      // Before it stands nothing can be sent; it says so once it does.
      if (own && dial.link?.status === "connected") send(dial.link, aim.sending);
    }
  }

  setKey(identity: string, index: number, key: CryptoKey): void {
    for (const { dial } of this.#entries.values()) dial.link?.setKey(identity, index, key);
  }

  /** Everything that can be heard now. */
  audible(): ReadonlySet<NonNullable<RemoteTrack["attach"]>> {
    const heard = [...this.#entries.values()]
      .flatMap(({ dial }) => [...(dial.link?.remotes.values() ?? [])])
      .flatMap(({ tracks }) => [tracks.get("microphone")?.attach, tracks.get("screen-audio")?.attach]);
    return new Set(heard.filter((attach) => attach != null));
  }

  hurry(): void {
    for (const { dial } of this.#entries.values()) dial.hurry();
  }

  close(): void {
    for (const { dial } of this.#entries.values()) dial.close();
    this.#entries.clear();
  }

  get #own(): Entry | undefined {
    return [...this.#entries.values()].find(({ own }) => own);
  }

  #connect({ encrypted, transport: ours, participants, live, ahead = false }: Aim): void {
    const theirs =
      live || ahead ? participants.filter(({ local }) => !local).map(({ transport }) => transport) : [];
    const wanted = new Set([ours, ...theirs].filter((transport) => transport !== null));
    for (const [transport, entry] of this.#entries) {
      if (wanted.has(transport) && entry.own === (transport === ours) && entry.encrypted === encrypted)
        continue;
      entry.dial.close();
      this.#entries.delete(transport);
    }
    for (const transport of wanted)
      if (!this.#entries.has(transport)) this.#open(transport, transport === ours, encrypted);
  }

  #open(transport: string, own: boolean, encrypted: boolean): void {
    const changed = (): void => {
      if (entry.dial.status === "connected") entry.stood = true;
      if (this.#entries.get(transport) === entry) this.#ports.changed();
    };
    const dial = new Dial({
      open: () => this.#ports.open({ encrypted, changed }),
      grant: () => this.#ports.grant(transport),
      changed,
      pause,
    });
    const entry: Entry = { dial, own, encrypted, stood: false };
    this.#entries.set(transport, entry);
  }
}

function send(link: Link, sending: Aim["sending"]): void {
  // What fails for want of a connection is sent again when it is back.
  for (const [source, track, muted] of sending) link.send(source, track, muted).catch(() => {});
}

/** Timers go on in a minimized window, slower at worst; animation frames would not. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
