import { decodeQR, type Image } from "qr/decode.js";

import type { DeviceChoice } from "../../../shared/state/settings.ts";
import { capture } from "../../media/capture.ts";
import { findDevice } from "../../media/device-choice.ts";
import { attachTrack, type Preview } from "../../media/devices.svelte.ts";
import { lettersOf } from "./bytes.ts";

/** Codes are read this often (ms): often enough for a hand that moves, seldom enough for the picture to flow. */
const EVERY_MS = 150;

/** The chosen camera, which tells of each code that it sees (base64); null where there is none to be had. */
export async function openScanner(
  choice: DeviceChoice,
  found: (data: string) => void,
): Promise<Preview | null> {
  const media = navigator.mediaDevices;
  const cameras = (await media.enumerateDevices())
    .filter(({ kind }) => kind === "videoinput")
    .map(({ deviceId: id, label }) => ({ id, label }));
  const { track } = await capture(media, "camera", findDevice(cameras, choice)?.id ?? null);
  if (!track) return null;
  const attach = attachTrack(track);
  return {
    attach(element) {
      const detach = attach(element);
      const timer = setInterval(() => {
        const image = imageOf(element);
        const data = image && readCode(image);
        if (data !== null) found(data);
      }, EVERY_MS);
      return () => {
        clearInterval(timer);
        detach();
      };
    },
    stop: () => track.stop(),
  };
}

/** What the code in an image says (base64); null where there is none to be read. */
export function readCode(image: Image): string | null {
  try {
    return btoa(decodeQR(image, { textDecoder: lettersOf }));
  } catch {
    return null;
  }
}

/** Whether a code says what verification codes begin with; else it is about something else. */
export const isVerification = (data: string): boolean => atob(data).startsWith("MATRIX");

function imageOf(video: HTMLVideoElement): Image | null {
  const { videoWidth: width, videoHeight: height } = video;
  const context = new OffscreenCanvas(Math.max(width, 1), Math.max(height, 1)).getContext("2d");
  if (width === 0 || height === 0 || !context) return null;
  context.drawImage(video, 0, 0);
  return context.getImageData(0, 0, width, height);
}
