import { untrack } from "svelte";

import type { DeviceKind } from "../common/devices.ts";
import type { Client } from "../../shared/ipc/client.ts";
import type { ScreenSource } from "../../shared/ipc/contract.ts";
import type { CallState } from "../../shared/state/app-state.ts";
import type { View } from "../../shared/state/views.ts";
import type { Backend } from "../media/backend.ts";
import { findDevice } from "../media/device-choice.ts";
import { attachTrack, Devices } from "../media/devices.svelte.ts";
import { Dials, type Aim } from "../media/dials.ts";
import { KeyLine } from "../media/keys.ts";
import { Loudspeaker } from "../media/loudspeaker.ts";
import { OwnDevice } from "../media/own-device.svelte.ts";
import { OwnScreen } from "../media/own-screen.svelte.ts";
import { Participants } from "../media/participants.svelte.ts";
import type { CallController } from "./controller.ts";
import { memory } from "./memory.ts";
import { ownTiles } from "./own-tiles.ts";
import type { Connection, MediaProblem, TileView } from "./view.ts";

export interface CallPorts {
  readonly client: Client;
  readonly mirror: { readonly current: View<"call"> | undefined };
  readonly backend: Backend;
  readonly media: MediaDevices;
}

/** The call window's half of the call: its media, led by the state that main tells. */
export class CallMedia implements CallController {
  problem = $state<MediaProblem | null>(null);
  readonly devices: Devices;
  readonly #client: Client;
  readonly #mirror: CallPorts["mirror"];
  readonly #dials: Dials;
  readonly #camera: OwnDevice;
  readonly #microphone: OwnDevice;
  readonly #screen: OwnScreen;
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
  /** The call whose media are set up. */
  #room: string | null = null;

  constructor({ client, mirror, backend, media }: CallPorts) {
    this.#client = client;
    this.#mirror = mirror;
    const keys = new KeyLine(({ identity, index, key }) => this.#dials.setKey(identity, index, key));
    this.#dials = new Dials({
      open: (options) =>
        backend.open({
          ...options,
          // All of them again, our own last: the library has forgotten by now which one we encrypt with.
          signalled: () => void client.call("call.keys", {}).then((all) => keys.push(...all), ignore),
        }),
      grant: (transport) => client.call("call.grant", { transport }),
      changed: () => this.#changed(),
    });
    this.devices = new Devices(media, () => this.#followDevices());
    const own = {
      media,
      changed: () => this.#changed(),
      problem: (problem: MediaProblem) => (this.problem = problem),
    };
    this.#camera = new OwnDevice("camera", { ...own, chosen: () => this.chosen("camera") });
    this.#microphone = new OwnDevice("microphone", { ...own, chosen: () => this.chosen("microphone") });
    this.#screen = new OwnScreen(own);
    const deaf = client.on("keys", (key) => void keys.push(key));
    const still = $effect.root(() => {
      $effect(() => this.#follow(this.#mirror.current));
    });
    const hurry = (): void => this.#dials.hurry();
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

  get microphone(): boolean {
    return this.#microphone.on;
  }

  get camera(): boolean {
    return this.#camera.on;
  }

  get sharing(): boolean {
    return this.#screen.video !== null;
  }

  readonly #preview = $derived.by(() => this.#camera.track && attachTrack(this.#camera.track));
  get preview(): CallController["preview"] {
    return this.#preview;
  }

  readonly #tiles = $derived.by((): readonly TileView[] => {
    void this.#tick;
    const call = this.state;
    if (!call || !this.#live) return [];
    const others = this.#participants.tiles({ ...call, dial: (transport) => this.#dials.get(transport) });
    return [...this.#ownTiles(call), ...others];
  });
  get tiles(): readonly TileView[] {
    return this.#tiles;
  }

  get connection(): Connection {
    void this.#tick;
    return this.#dials.connection;
  }

  chosen(kind: DeviceKind): string | null {
    const choice = this.#mirror.current?.settings[kind] ?? null;
    return findDevice(this.devices[`${kind}s`], choice)?.id ?? null;
  }

  async choose(kind: DeviceKind, id: string): Promise<void> {
    const { label } = this.devices[`${kind}s`].find((option) => option.id === id) ?? { label: null };
    // An ID of none of them is the system's default.
    await this.#client.call("settings.change", { [kind]: label === null ? null : { id, label } });
  }

  async setMicrophone(on: boolean): Promise<void> {
    await this.#microphone.set(on);
    this.#remember();
  }

  async setCamera(on: boolean): Promise<void> {
    await this.#camera.set(on);
    this.#remember();
    if (this.#live) await this.#client.call("call.intent", { intent: this.#intent }).catch(ignore);
  }

  screens(): Promise<readonly ScreenSource[]> {
    return this.#client.call("screens.list", {});
  }

  async share(source: { readonly id: string; readonly audio: boolean } | null): Promise<void> {
    if (source) await this.#client.call("screens.choose", source);
    await this.#screen.share(source?.audio ?? true);
  }

  async stopSharing(): Promise<void> {
    this.#screen.stop();
  }

  async join(): Promise<void> {
    // Media start before main answers: without our membership nobody has the key to them.
    this.#joining = true;
    this.#changed();
    try {
      await this.#client.call("call.join", { intent: this.#intent });
    } catch {
      // Main tells why in the state.
      this.#joining = false;
      this.#changed();
    }
  }

  async leave(): Promise<void> {
    this.#end();
    await this.#client.call("call.leave", {});
  }

  dismissProblem(): void {
    this.problem = null;
  }

  /** Lets go of everything; for tests and hot reload. */
  close(): void {
    this.#stop();
    this.#end();
    this.devices.stop();
  }

  get #live(): boolean {
    const phase = this.state?.phase;
    return phase === "joining" || phase === "joined" || (phase === "lobby" && this.#joining);
  }

  get #intent(): "audio" | "video" {
    return this.#camera.on ? "video" : "audio";
  }

  #follow(view: View<"call"> | undefined): void {
    untrack(() => {
      const call = view?.call ?? null;
      if (call && (call.phase !== "lobby" || call.error !== null)) this.#joining = false;
      if (!call || call.phase === "leaving") {
        // Before the first push nothing is known, and what a reload should find again must stay.
        if (view) memory.forget();
        return this.#end();
      }
      if (this.#room !== call.room) void this.#begin(call);
      this.#participants.attend(call.participants);
      this.#followDevices();
      this.#changed();
    });
  }

  async #begin(call: CallState): Promise<void> {
    this.#end();
    this.#room = call.room;
    const settings = this.#mirror.current?.settings;
    // A window that was reloaded in the middle of the call is as muted as it was.
    const wanted = memory.read(call.room) ?? {
      camera: call.intent === "video" && settings?.startWithCamera !== false,
      microphone: settings?.startMuted !== true,
    };
    await this.devices.refresh();
    if (this.#room !== call.room) return;
    await Promise.all([
      wanted.camera && this.#camera.set(true),
      wanted.microphone && this.#microphone.set(true),
    ]);
    // The first permission gave the lists their labels.
    await this.devices.refresh();
    this.#followDevices();
  }

  #end(): void {
    this.#room = null;
    this.#joining = false;
    this.#dials.close();
    this.#camera.close();
    this.#microphone.close();
    this.#screen.stop();
    this.#loudspeaker.play(new Set());
  }

  #remember(): void {
    if (this.#room) memory.write(this.#room, { camera: this.camera, microphone: this.microphone });
  }

  #followDevices(): void {
    const settings = this.#mirror.current?.settings;
    // One that is away is told of by its track, which then falls back by itself.
    const away = (kind: DeviceKind): boolean => settings?.[kind] != null && this.chosen(kind) === null;
    if (!away("camera")) void this.#camera.follow();
    if (!away("microphone")) void this.#microphone.follow();
    this.#loudspeaker.use(this.chosen("speaker"));
  }

  /** Brings connections, what we send and what we hear to what they should be now. */
  #changed(): void {
    untrack(() => {
      const call = this.state;
      if (call && this.#room === call.room) {
        this.#dials.bring({ ...call, live: this.#live, sending: this.#sending(this.#live) });
        this.#loudspeaker.play(this.#dials.audible());
      }
      this.#tick += 1;
    });
  }

  #sending(live: boolean): Aim["sending"] {
    const { video, audio } = this.#screen;
    return [
      ["microphone", live ? this.#microphone.track : null, !this.#microphone.on],
      ["camera", live ? this.#camera.track : null, false],
      ["screen", live ? video : null, false],
      ["screen-audio", live ? audio : null, false],
    ];
  }

  #ownTiles(call: CallState): TileView[] {
    const session = this.#mirror.current?.session;
    const me =
      call.participants.find(({ local }) => local) ?? (session?.phase === "signed-in" ? session : null);
    return ownTiles(me, {
      microphone: this.microphone,
      speaking: this.#dials.speaking,
      camera: this.#preview,
      screen: this.#screenPreview,
    });
  }

  readonly #screenPreview = $derived.by(() => this.#screen.video && attachTrack(this.#screen.video));
}

const ignore = (): void => {};
