import type { CallState } from "../../shared/state/app-state.ts";
import type { Settings } from "../../shared/state/settings.ts";
import type { DeviceKind } from "../common/devices.ts";
import { findDevice } from "../media/device-choice.ts";
import { Devices } from "../media/devices.svelte.ts";
import type { Aim } from "../media/dials.ts";
import { OwnDevice } from "../media/own-device.svelte.ts";
import { OwnScreen } from "../media/own-screen.svelte.ts";
import { memory } from "./memory.ts";
import type { MediaProblem } from "./view.ts";

export interface OwnMediaPorts {
  readonly media: MediaDevices;
  readonly settings: () => Settings | undefined;
  readonly changed: () => void;
  readonly problem: (problem: MediaProblem) => void;
  /** What is plugged in changed, or became known. */
  readonly devicesChanged: () => void;
}

/** What we ourselves put into the call: camera, microphone and screen, of the devices that are chosen. */
export class OwnMedia {
  readonly devices: Devices;
  readonly camera: OwnDevice;
  readonly microphone: OwnDevice;
  readonly screen: OwnScreen;
  readonly #ports: OwnMediaPorts;
  /** The call for which camera and microphone were opened. */
  #room: string | null = null;

  constructor(ports: OwnMediaPorts) {
    this.#ports = ports;
    this.devices = new Devices(ports.media, ports.devicesChanged);
    this.camera = new OwnDevice("camera", { ...ports, chosen: () => this.chosen("camera") });
    this.microphone = new OwnDevice("microphone", { ...ports, chosen: () => this.chosen("microphone") });
    this.screen = new OwnScreen(ports);
  }

  /** The ID of the chosen device, or null for the system's default. */
  chosen(kind: DeviceKind): string | null {
    const choice = this.#ports.settings()?.[kind] ?? null;
    return findDevice(this.devices[`${kind}s`], choice)?.id ?? null;
  }

  /** Opens what this call begins with, once. */
  async begin({ room, intent }: CallState): Promise<void> {
    if (this.#room === room) return;
    this.#room = room;
    const settings = this.#ports.settings();
    // A window that was reloaded in the middle of the call, or comes back to it, is as muted as it was.
    const wanted = memory.read(room) ?? {
      camera: intent === "video" && settings?.startWithCamera !== false,
      microphone: settings?.startMuted !== true,
    };
    await this.devices.refresh();
    if (this.#room !== room) return;
    await Promise.all([
      wanted.camera && this.camera.set(true),
      wanted.microphone && this.microphone.set(true),
    ]);
    // The first permission gave the lists their labels.
    await this.devices.refresh();
    this.#ports.devicesChanged();
  }

  async set(kind: "camera" | "microphone", on: boolean): Promise<void> {
    await this[kind].set(on);
    if (this.#room) memory.write(this.#room, { camera: this.camera.on, microphone: this.microphone.on });
  }

  /** Goes over to what is chosen now. */
  follow(): void {
    const settings = this.#ports.settings();
    // One that is away is told of by its track, which then falls back by itself.
    const away = (kind: DeviceKind): boolean => settings?.[kind] != null && this.chosen(kind) === null;
    if (!away("camera")) void this.camera.follow();
    if (!away("microphone")) void this.microphone.follow();
  }

  sending(live: boolean): Aim["sending"] {
    const { video, audio } = this.screen;
    return [
      ["microphone", live ? this.microphone.track : null, !this.microphone.on],
      ["camera", live ? this.camera.track : null, false],
      ["screen", live ? video : null, false],
      ["screen-audio", live ? audio : null, false],
    ];
  }

  /** Lets go of every device. */
  end(): void {
    this.#room = null;
    this.camera.close();
    this.microphone.close();
    this.screen.stop();
  }
}
