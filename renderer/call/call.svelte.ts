import { untrack } from "svelte";

import type { DeviceKind } from "../common/devices.ts";
import type { Client } from "../../shared/ipc/client.ts";
import type { RingChoice, ScreenSource } from "../../shared/ipc/contract.ts";
import type { CallState, Person } from "../../shared/state/app-state.ts";
import type { View } from "../../shared/state/views.ts";
import type { Backend } from "../media/backend.ts";
import { CallKeys } from "../media/call-keys.ts";
import { attachTrack, type Devices } from "../media/devices.svelte.ts";
import { Loudspeaker } from "../media/loudspeaker.ts";
import { Participants, type Sight } from "../media/participants.svelte.ts";
import type { CallController } from "./controller.ts";
import { Lines } from "./lines.ts";
import { handsOf, marksOf } from "./marks.ts";
import { memory } from "./memory.ts";
import { OwnMedia } from "./own-media.svelte.ts";
import { ownTiles } from "./own-tiles.ts";
import { Ringback } from "./ringback.ts";
import { isBarred, type Connection, type MediaProblem, type TileView } from "./view.ts";

export interface CallPorts {
  readonly client: Client;
  readonly mirror: { readonly current: View<"call"> | undefined };
  readonly backend: Backend;
  readonly media: MediaDevices;
  /** Sounds on a speaker (null: the system's) until stopped. */
  readonly ringback: (deviceId: string | null) => () => void;
}

/** The call window's half of the call: its media, led by the state that main tells. */
export class CallMedia implements CallController {
  problem = $state<MediaProblem | null>(null);
  readonly #client: Client;
  readonly #mirror: CallPorts["mirror"];
  readonly #ringback: Ringback;
  readonly #lines: Lines;
  readonly #keys: CallKeys;
  readonly #own: OwnMedia;
  readonly #participants = new Participants({
    now: () => performance.now(),
    again: (ms) => setTimeout(() => (this.#tick += 1), ms),
  });
  readonly #loudspeaker = new Loudspeaker();
  readonly #stop: () => void;
  /** Counts what the media libraries told, which no rune knows of. */
  #tick = $state(0);
  /** The user clicked Join, and main has not said so yet. */
  #joining = $state(false);
  /** Keys of a call that was held until now: before they are here nothing is sent or received. */
  #missing: Promise<void> | null = null;

  constructor({ client, mirror, backend, media, ringback }: CallPorts) {
    this.#client = client;
    this.#mirror = mirror;
    this.#ringback = new Ringback(ringback);
    this.#keys = new CallKeys({
      ask: () => client.call("call.keys", {}),
      apply: ({ identity, index, key }) => this.#lines.dials?.setKey(identity, index, key),
    });
    this.#lines = new Lines({
      client,
      backend,
      changed: () => this.#changed(),
      // The library has forgotten by now which one we encrypt with.
      signalled: () => void this.#keys.ask(),
    });
    this.#own = new OwnMedia({
      media,
      settings: () => this.#mirror.current?.settings,
      changed: () => this.#changed(),
      problem: (problem) => (this.problem = problem),
      devicesChanged: () => this.#followDevices(),
    });
    const deaf = client.on("keys", (key) => this.#keys.told(key));
    const still = $effect.root(() => {
      $effect(() => this.#follow(this.#mirror.current));
    });
    const hurry = (): void => this.#lines.dials?.hurry();
    addEventListener("online", hurry);
    this.#stop = () => {
      deaf();
      still();
      removeEventListener("online", hurry);
    };
  }

  get state(): CallState | null {
    return this.#mirror.current?.call ?? null;
  }

  get sync(): "starting" | "live" | "offline" {
    const session = this.#mirror.current?.session;
    return session?.phase === "signed-in" ? session.sync : "starting";
  }

  get verified(): boolean | null {
    const device = this.#mirror.current?.ownDevice ?? "unknown";
    return device === "unknown" ? null : device === "verified";
  }

  get devices(): Devices {
    return this.#own.devices;
  }

  get microphone(): boolean {
    return this.#own.microphone.on;
  }

  get camera(): boolean {
    return this.#own.camera.on;
  }

  get sharing(): boolean {
    return this.#own.screen.video !== null;
  }

  readonly #preview = $derived.by(() => {
    const { track } = this.#own.camera;
    return track && attachTrack(track);
  });
  get preview(): CallController["preview"] {
    return this.#preview;
  }

  readonly #tiles = $derived.by((): readonly TileView[] => {
    void this.#tick;
    const call = this.state;
    if (!call || !this.#live) return [];
    const others = this.#participants.tiles(this.#sight(call));
    return [...this.#ownTiles(call), ...others];
  });
  get tiles(): readonly TileView[] {
    return this.#tiles;
  }

  get connection(): Connection {
    void this.#tick;
    return this.#lines.dials?.connection ?? "idle";
  }

  chosen(kind: DeviceKind): string | null {
    return this.#own.chosen(kind);
  }

  async choose(kind: DeviceKind, id: string): Promise<void> {
    const { label } = this.devices[`${kind}s`].find((option) => option.id === id) ?? { label: null };
    // An ID of none of them is the system's default.
    await this.#client.call("settings.change", { [kind]: label === null ? null : { id, label } });
  }

  setMicrophone(on: boolean): Promise<void> {
    return this.#own.set("microphone", on);
  }

  async setCamera(on: boolean): Promise<void> {
    await this.#own.set("camera", on);
    if (this.#live) await this.#client.call("call.intent", { intent: this.#intent }).catch(ignore);
  }

  screens(): Promise<readonly ScreenSource[]> {
    return this.#client.call("screens.list", {});
  }

  async share(source: { readonly id: string; readonly audio: boolean } | null): Promise<void> {
    if (source) await this.#client.call("screens.choose", source);
    await this.#own.screen.share(source?.audio ?? true);
  }

  async stopSharing(): Promise<void> {
    this.#own.screen.stop();
  }

  async join(ring?: RingChoice): Promise<void> {
    // Media start before main answers: without our membership nobody has the key to them.
    this.#joining = true;
    this.#changed();
    try {
      await this.#client.call("call.join", { intent: this.#intent, ...(ring && { ring }) });
    } catch {
      // Main tells why in the state.
      this.#joining = false;
      this.#changed();
    }
  }

  async leave(): Promise<void> {
    this.#ringback.hush();
    this.#end();
    await this.#client.call("call.leave", {});
  }

  async people(): Promise<readonly Person[]> {
    return this.state ? this.#client.call("room.people", { room: this.state.room }) : [];
  }

  async ring(ring: RingChoice): Promise<void> {
    await this.#client.call("call.ring", { ring });
  }

  async again(): Promise<void> {
    await this.#client.call("call.again", {});
  }

  insist(): void {
    this.#lines.dials?.insist();
    this.#changed();
  }

  get handRaised(): boolean {
    return this.state?.participants.some(({ local, handAt }) => local && handAt !== null) ?? false;
  }

  async setHand(raised: boolean): Promise<void> {
    await this.#client.call("call.hand", { raised });
  }

  async react(emoji: string): Promise<void> {
    await this.#client.call("call.react", { emoji });
  }

  async swap(): Promise<void> {
    await this.#client.call("call.swap", {});
  }

  dismissProblem(): void {
    this.problem = null;
  }

  /** Lets go of everything; for tests and hot reload. */
  close(): void {
    this.#stop();
    this.#ringback.hush();
    this.#end();
    this.#lines.look(null);
    this.devices.stop();
  }

  get #live(): boolean {
    const phase = this.state?.phase;
    return phase === "joining" || phase === "joined" || (phase === "lobby" && this.#joining);
  }

  get #intent(): "audio" | "video" {
    return this.camera ? "video" : "audio";
  }

  #follow(view: View<"call"> | undefined): void {
    untrack(() => {
      const call = view?.call ?? null;
      if (call && (call.phase !== "lobby" || call.error !== null)) this.#joining = false;
      this.#ringback.follow(call, this.chosen("speaker"));
      if (!call || call.phase === "leaving" || call.phase === "over" || isBarred(call)) {
        // Before the first push nothing is known, and what a reload or another try should find again must stay.
        if (view && call?.phase !== "over") memory.forget();
        this.#end();
        return this.#lines.look(call?.held?.room ?? null);
      }
      if (this.#lines.room !== call.room) this.#goTo(call);
      // Before an answer nobody is seen or heard, not even by this window.
      if (call.phase !== "warm") void this.#own.begin(call);
      this.#followDevices();
      this.#changed();
    });
  }

  #goTo({ room, held }: CallState): void {
    this.#part();
    const wasHeld = this.#lines.goTo(room, held?.room ?? null);
    if (wasHeld) void this.#resume();
  }

  async #resume(): Promise<void> {
    const missing = (this.#missing = this.#keys.ask());
    await missing;
    if (this.#missing !== missing) return;
    this.#missing = null;
    this.#changed();
  }

  #end(): void {
    this.#part();
    this.#lines.end();
  }

  /** Lets go of all of the call that was on but its connections. */
  #part(): void {
    this.#missing = null;
    this.#keys.end();
    this.#joining = false;
    this.#own.end();
    this.#loudspeaker.play(new Set());
  }

  #followDevices(): void {
    this.#own.follow();
    this.#loudspeaker.use(this.chosen("speaker"));
  }

  /** Brings connections, what we send and what we hear to what they should be now. */
  #changed(): void {
    untrack(() => {
      const call = this.state;
      const { dials } = this.#lines;
      if (call && dials && this.#lines.room === call.room) {
        const live = this.#live;
        const ahead = call.phase === "warm";
        // Whoever was put out of the call is not to stay on its SFU; a join connects again.
        const transport = live || call.phase !== "lobby" || call.error === null ? call.transport : null;
        if (!this.#missing)
          dials.bring({ ...call, transport, live, ahead, sending: this.#own.sending(live) });
        this.#loudspeaker.play(dials.audible());
        this.#participants.attend(this.#sight(call));
        if (live && call.phase !== "lobby") this.#lines.tell();
        this.#lines.look(call.held?.room ?? null);
      }
      this.#tick += 1;
    });
  }

  #sight(call: CallState): Sight {
    return { ...call, dial: (transport) => this.#lines.dials?.get(transport) };
  }

  #ownTiles(call: CallState): TileView[] {
    const session = this.#mirror.current?.session;
    const own = call.participants.find(({ local }) => local);
    const me = own ?? (session?.phase === "signed-in" ? session : null);
    return ownTiles(me, {
      microphone: this.microphone,
      speaking: this.#lines.dials?.speaking ?? false,
      camera: this.#preview,
      screen: this.#screenPreview,
      marks: own ? marksOf(own, handsOf(call.participants)) : null,
    });
  }

  readonly #screenPreview = $derived.by(() => {
    const { video } = this.#own.screen;
    return video && attachTrack(video);
  });
}

const ignore = (): void => {};
