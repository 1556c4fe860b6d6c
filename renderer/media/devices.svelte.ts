import type { DeviceOption } from "../common/devices.ts";
import type { DeviceChoice } from "../../shared/state/settings.ts";
import { capture } from "./capture.ts";
import { findDevice } from "./device-choice.ts";

/** The cameras, microphones and speakers of this computer, kept current; labels are empty until a first permission. */
export class Devices {
  cameras = $state.raw<readonly DeviceOption[]>([]);
  microphones = $state.raw<readonly DeviceOption[]>([]);
  speakers = $state.raw<readonly DeviceOption[]>([]);
  readonly #media: MediaDevices;
  readonly #changed: () => void;
  readonly #listener = (): void => void this.refresh().then(this.#changed);

  constructor(media: MediaDevices = navigator.mediaDevices, changed: () => void = () => {}) {
    this.#media = media;
    this.#changed = changed;
    media.addEventListener("devicechange", this.#listener);
    void this.refresh();
  }

  async refresh(): Promise<void> {
    const all = await this.#media.enumerateDevices();
    const of = (kind: MediaDeviceKind): DeviceOption[] =>
      all
        .filter((device) => device.kind === kind && !isAlias(device))
        .map(({ deviceId: id, label }) => ({ id, label }));
    this.cameras = of("videoinput");
    this.microphones = of("audioinput");
    this.speakers = of("audiooutput");
  }

  /** Opens camera and microphone for a moment where that gives the lists their labels, and not where they have them. */
  async ask(): Promise<void> {
    const all = await this.#media.enumerateDevices();
    const unnamed = (of: MediaDeviceKind) => all.some(({ kind, label }) => kind === of && label === "");
    for (const [kind, of] of [
      ["camera", "videoinput"],
      ["microphone", "audioinput"],
    ] as const) {
      if (unnamed(of)) (await capture(this.#media, kind, null)).track?.stop();
    }
    await this.refresh();
  }

  /** Looks at devices no more. */
  stop(): void {
    this.#media.removeEventListener("devicechange", this.#listener);
  }
}

/** Chromium's entries for "whatever the system uses", which a choice of null already means. */
const isAlias = ({ deviceId }: MediaDeviceInfo): boolean =>
  deviceId === "" || deviceId === "default" || deviceId === "communications";

export interface Preview {
  attach(element: HTMLVideoElement): () => void;
  stop(): void;
}

/** The chosen camera, for settings and lobby; null where there is none to be had. */
export async function openPreview(
  cameras: readonly DeviceOption[],
  choice: DeviceChoice,
): Promise<Preview | null> {
  const { track } = await capture(navigator.mediaDevices, "camera", findDevice(cameras, choice)?.id ?? null);
  if (!track) return null;
  return { attach: attachTrack(track), stop: () => track.stop() };
}

/** Shows a local track in an element, until the function it returns is called. */
export function attachTrack(track: MediaStreamTrack): (element: HTMLVideoElement) => () => void {
  return (element) => {
    const stream = new MediaStream([track]);
    element.muted = true;
    element.autoplay = true;
    element.playsInline = true;
    element.srcObject = stream;
    return () => {
      if (element.srcObject === stream) element.srcObject = null;
    };
  };
}
