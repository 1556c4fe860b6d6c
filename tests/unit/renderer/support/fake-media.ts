import type { HomeMedia } from "../../../../renderer/home/media.ts";

const silence = { use: async () => true, once: async () => {}, stop: () => {} };

/** A computer without camera, microphone and speaker. */
export const noMedia: HomeMedia = {
  openDevices: () => ({ cameras: [], microphones: [], speakers: [], ask: async () => {}, stop: () => {} }),
  openPreview: async () => null,
  openScanner: async () => null,
  openSound: () => silence,
};
