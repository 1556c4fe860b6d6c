import type { MediaProblem } from "../call/view.ts";

export type CaptureKind = "camera" | "microphone";

/** The track, or what stood in the way. */
export type Captured =
  | { readonly track: MediaStreamTrack; readonly problem?: never }
  | { readonly track?: never; readonly problem: MediaProblem };

/** What capturing needs of `navigator.mediaDevices`. */
export type Capturer = Pick<MediaDevices, "getUserMedia">;

/** Opens this device; the system's default where `deviceId` is null or has gone meanwhile. */
export async function capture(
  devices: Capturer,
  kind: CaptureKind,
  deviceId: string | null,
  tries = 2,
): Promise<Captured> {
  try {
    return { track: await open(devices, kind, deviceId) };
  } catch (error) {
    // Chromium gives a device 10 s to start; one that was slow is often ready by then.
    if (nameOf(error) === "AbortError" && tries > 1) return capture(devices, kind, deviceId, tries - 1);
    if (deviceId !== null && ["OverconstrainedError", "NotFoundError"].includes(nameOf(error)))
      return capture(devices, kind, null);
    return { problem: `${kind}-${cause(nameOf(error))}` };
  }
}

async function open(
  devices: Capturer,
  kind: CaptureKind,
  deviceId: string | null,
): Promise<MediaStreamTrack> {
  const device = deviceId === null ? {} : { deviceId: { exact: deviceId } };
  const stream = await devices.getUserMedia(
    kind === "camera"
      ? { video: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 }, ...device } }
      : { audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, ...device } },
  );
  const [track] = stream.getTracks();
  if (!track) throw new DOMException("no track in the stream", "NotFoundError");
  return track;
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : "");

function cause(name: string): "denied" | "missing" | "busy" {
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  return name === "NotFoundError" || name === "OverconstrainedError" ? "missing" : "busy";
}
