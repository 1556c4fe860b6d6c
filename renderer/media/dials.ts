import type { Connection } from "../call/view.ts";
import type { SfuGrant } from "../../shared/ipc/contract.ts";
import type { Participant } from "../../shared/state/app-state.ts";
import type { Link, LinkOptions, RemoteTrack, Source } from "./backend.ts";
import { Dial } from "./dial.ts";
import { placeOf } from "./sfu-place.ts";

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

/** What could not be sent is tried again after so long (ms), where nothing else changes before. */
const SEND_AGAIN_MS = 2000;

interface Entry {
  readonly dial: Dial;
  /** We publish here. */
  readonly own: boolean;
  readonly encrypted: boolean;
  /** Stood once: what is missing since is a loss. */
  stood: boolean;
  /** Others who hear us nowhere else made us send here too. */
  sent: boolean;
  /** The call's room on the SFU that the latest grant is for. */
  place: string | null;
  /** The transport over which we are in that room already. */
  over: string | null;
}

/**
 * A connection to each SFU of the call: one where we publish, and those where others do (`multi_sfu`). Whoever follows the oldest member
 * listens on one SFU alone, so that we send there as well.
 */
export class Dials {
  readonly #entries = new Map<string, Entry>();
  #aim: Aim | null = null;
  #again: ReturnType<typeof setTimeout> | undefined;
  readonly #ports: DialsPorts;

  constructor(ports: DialsPorts) {
    this.#ports = ports;
  }

  get(transport: string): Dial | undefined {
    return this.#entries.get(this.#over(transport))?.dial;
  }

  /** How we stand with the SFU on which we publish. */
  get connection(): Connection {
    const own = this.#own;
    if (!own) return "idle";
    const { status } = own.dial;
    if (status === "unreachable") return "failed";
    return status === "connecting" && own.stood ? "reconnecting" : status;
  }

  get speaking(): boolean {
    return this.#own?.dial.link?.speaking ?? false;
  }

  bring(aim: Aim): void {
    const came = aim.live && !this.#live;
    this.#aim = aim;
    this.#connect(aim);
    // Whoever joins or answers does it here.
    if (came) this.insist();
    for (const [transport, entry] of this.#entries) {
      const { link } = entry.dial;
      const others = aim.participants.filter(
        (them) => !them.local && them.transport !== null && this.#over(them.transport) === transport,
      );
      link?.receive(new Set(aim.live ? others.map(({ identity }) => identity) : []));
      // Before it stands nothing can be sent; it says so once it does.
      if (link?.status !== "connected") continue;
      entry.sent = !entry.own && this.#isFollowed(transport, aim);
      if (entry.own || entry.sent) this.#send(link, aim.sending);
    }
  }

  /** Sends and receives nothing until brought to something again, and stays where we publish. */
  rest(): void {
    if (!this.#aim) return;
    const sending = this.#aim.sending.map(([source]) => [source, null, true] as const);
    this.bring({ ...this.#aim, participants: [], sending });
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

  /** The user wants to be here, though this device may be in the call from another copy of the app. */
  insist(): void {
    for (const { dial } of this.#entries.values()) dial.insist();
  }

  close(): void {
    this.#aim = null;
    clearTimeout(this.#again);
    for (const { dial } of this.#entries.values()) dial.close();
    this.#entries.clear();
  }

  get #live(): boolean {
    return this.#aim?.live ?? false;
  }

  get #own(): Entry | undefined {
    return [...this.#entries.values()].find(({ own }) => own);
  }

  /** A transport, or the one over which we are on the same SFU. */
  #over(transport: string): string {
    const over = this.#entries.get(transport)?.over;
    return over == null ? transport : this.#over(over);
  }

  /** Whether somebody listens there, and nowhere else. */
  #isFollowed(transport: string, { live, participants }: Aim): boolean {
    if (!live) return false;
    return participants.some(
      (them) =>
        them.followsOldest &&
        !them.local &&
        them.transport !== null &&
        this.#over(them.transport) === transport,
    );
  }

  #send(link: Link, sending: Aim["sending"]): void {
    for (const [source, track, muted] of sending)
      link.send(source, track, muted).catch(() => {
        // For want of a connection, or because the SFU was slow to answer.
        clearTimeout(this.#again);
        if (this.#aim) this.#again = setTimeout(() => this.#aim && this.bring(this.#aim), SEND_AGAIN_MS);
      });
  }

  #connect(aim: Aim): void {
    const { encrypted, transport: ours, participants, live, ahead = false } = aim;
    const theirs =
      live || ahead ? participants.filter(({ local }) => !local).map(({ transport }) => transport) : [];
    const wanted = new Set([ours, ...theirs].filter((transport) => transport !== null));
    for (const [transport, entry] of this.#entries) {
      const fits = entry.own === (transport === ours) && entry.encrypted === encrypted;
      // Muting would mute the same track where it is still heard: only a new connection sends nothing.
      const stops = entry.sent && !this.#isFollowed(transport, aim);
      if (wanted.has(transport) && fits && !stops) continue;
      this.#drop(transport, entry);
    }
    for (const [transport, entry] of this.#entries)
      if (entry.over !== null && !this.#entries.has(entry.over)) this.#drop(transport, entry);
    for (const transport of wanted)
      if (!this.#entries.has(transport)) this.#open(transport, transport === ours, encrypted);
  }

  #drop(transport: string, entry: Entry): void {
    entry.dial.close();
    this.#entries.delete(transport);
  }

  #open(transport: string, own: boolean, encrypted: boolean): void {
    const changed = (): void => {
      if (entry.dial.status === "connected") entry.stood = true;
      if (this.#entries.get(transport) !== entry) return;
      this.#reconcile();
      this.#ports.changed();
    };
    const dial = new Dial({
      open: () => this.#ports.open({ encrypted, changed }),
      grant: async () => {
        const grant = await this.#ports.grant(transport);
        entry.place = placeOf(grant);
        if (!own) this.#yield(entry);
        return grant;
      },
      changed,
      live: () => this.#live,
      pause,
    });
    const entry: Entry = { dial, own, encrypted, stood: false, sent: false, place: null, over: null };
    this.#entries.set(transport, entry);
  }

  /** What displaced one of ours may have been another of ours: dialled again, one of the two yields. */
  #reconcile(): void {
    const entries = [...this.#entries.values()];
    const stands = (place: string | null): boolean =>
      place !== null && entries.some((each) => each.place === place && each.dial.status === "connected");
    for (const { dial, place } of entries) if (dial.status === "displaced" && stands(place)) dial.insist();
  }

  /**
   * Two services may stand before one SFU, which lets nobody in twice under one name: the second connection would end the first, and
   * that, dialled again, the second. A grant proves nothing before the SFU has taken it, so only a connection that stands counts.
   */
  #yield(entry: Entry): void {
    for (const [transport, other] of this.#entries) {
      if (other === entry || other.place === null || other.place !== entry.place) continue;
      if (other.over !== null || other.dial.status !== "connected") continue;
      entry.over = transport;
      entry.dial.close();
      this.#ports.changed();
      throw new Error("connected already");
    }
  }
}

/** Timers go on in a minimized window, slower at worst; animation frames would not. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
