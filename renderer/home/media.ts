import type { Devices, Preview } from "../media/devices.svelte.ts";
import type { DeviceChoice } from "../../shared/state/settings.ts";
import type { Sound } from "../common/sound.ts";
import type { Score } from "../common/tones.ts";
import type { DeviceLists, DeviceOption } from "../common/devices.ts";

/** What the settings need of cameras, microphones and speakers. */
export interface HomeMedia {
  openDevices(): DeviceLists & Pick<Devices, "ask" | "stop">;
  /** Null where the camera cannot be had. */
  openPreview(cameras: readonly DeviceOption[], choice: DeviceChoice): Promise<Preview | null>;
  /** Tells of each QR code that the camera sees (base64), until stopped. Null where the camera cannot be had. */
  openScanner(choice: DeviceChoice, found: (data: string) => void): Promise<Preview | null>;
  openSound(score: Score, volume: number): Pick<Sound, "use" | "once" | "stop">;
}
