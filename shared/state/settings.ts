import * as v from "valibot";

import { updateChannels, updateModes } from "../updates/updates.ts";

/** A media device as the user chose it. `id` is the browser's, which may change; `label` then finds it again. */
const device = v.nullable(
  v.strictObject({ id: v.pipe(v.string(), v.maxLength(512)), label: v.pipe(v.string(), v.maxLength(512)) }),
);

/** Our own tunes; see `renderer/common/tones.ts`. */
export const tones = ["carillon", "marimba", "signal"] as const;
const tone = v.picklist(tones);
const volume = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const minutes = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1439));

const entries = {
  camera: device,
  microphone: device,
  speaker: device,
  /** Join with the camera on. */
  startWithCamera: v.boolean(),
  /** Join with the microphone muted. */
  startMuted: v.boolean(),
  theme: v.picklist(["system", "light", "dark"]),
  /** The MatrixRTC authorization service to use where the homeserver names none; an https URL. */
  serviceUrl: v.nullable(v.pipe(v.string(), v.url(), v.maxLength(1024))),
  /** How we say that we are in a call: `compatible` is what all clients read; `sticky` is MSC4143 with MSC4354, where the homeserver can. */
  membership: v.picklist(["compatible", "sticky"]),
  /** Our media key goes to no device that its owner has not signed. */
  verifiedOnly: v.boolean(),
  ringTone: tone,
  /** 0–1. */
  ringVolume: volume,
  /** Where it rings; null is the system's speaker. */
  ringDevice: device,
  /** What is different for a room (by its ID) or a person (by theirs, which counts before the room). */
  ringing: v.record(
    v.pipe(v.string(), v.maxLength(255)),
    v.strictObject({
      /** `default`: direct rooms ring, others are silent. */
      mode: v.picklist(["default", "on", "off"]),
      tone: v.nullable(tone),
      volume: v.nullable(volume),
    }),
  ),
  /** Connect to the call server while somebody whom we know rings, so that the answer is heard at once. */
  warmJoin: v.boolean(),
  /** Calls do not ring while any of these holds. */
  disturb: v.strictObject({
    /** Epoch ms until which the user wants quiet; null is not at all, 0 is until they say otherwise. */
    until: v.nullable(v.pipe(v.number(), v.finite(), v.minValue(0))),
    schedule: v.strictObject({
      on: v.boolean(),
      /** Minutes after midnight, local time; a span over midnight belongs to the day on which it begins. */
      from: minutes,
      to: minutes,
      /** 0 is Sunday. */
      days: v.pipe(v.array(v.picklist([0, 1, 2, 3, 4, 5, 6])), v.maxLength(7)),
    }),
    /** Honour the system's own do-not-disturb, where it can be read. */
    system: v.boolean(),
    /** Whoever rings twice within 3 minutes is let through. */
    repeat: v.boolean(),
  }),
  /** Closing the home window leaves the app running, in the tray. */
  closeToTray: v.boolean(),
  startAtLogin: v.boolean(),
  updates: v.picklist(updateModes),
  updateChannel: v.picklist(updateChannels),
};

export const settingsSchema = v.strictObject(entries);
export const settingsPatch = v.strictObject({
  camera: v.exactOptional(entries.camera),
  microphone: v.exactOptional(entries.microphone),
  speaker: v.exactOptional(entries.speaker),
  startWithCamera: v.exactOptional(entries.startWithCamera),
  startMuted: v.exactOptional(entries.startMuted),
  theme: v.exactOptional(entries.theme),
  serviceUrl: v.exactOptional(entries.serviceUrl),
  membership: v.exactOptional(entries.membership),
  verifiedOnly: v.exactOptional(entries.verifiedOnly),
  ringTone: v.exactOptional(entries.ringTone),
  ringVolume: v.exactOptional(entries.ringVolume),
  ringDevice: v.exactOptional(entries.ringDevice),
  ringing: v.exactOptional(entries.ringing),
  warmJoin: v.exactOptional(entries.warmJoin),
  disturb: v.exactOptional(entries.disturb),
  closeToTray: v.exactOptional(entries.closeToTray),
  startAtLogin: v.exactOptional(entries.startAtLogin),
  updates: v.exactOptional(entries.updates),
  updateChannel: v.exactOptional(entries.updateChannel),
});

export type Settings = Readonly<v.InferOutput<typeof settingsSchema>>;
export type DeviceChoice = Settings["camera"];
export type Tone = (typeof tones)[number];
export type DisturbSettings = Settings["disturb"];
export type RingingChoice = Settings["ringing"][string];

export const defaultSettings: Settings = {
  camera: null,
  microphone: null,
  speaker: null,
  startWithCamera: true,
  startMuted: false,
  theme: "system",
  serviceUrl: null,
  membership: "compatible",
  verifiedOnly: false,
  ringTone: "carillon",
  ringVolume: 0.8,
  ringDevice: null,
  ringing: {},
  warmJoin: true,
  disturb: {
    until: null,
    schedule: { on: false, from: 22 * 60, to: 7 * 60, days: [0, 1, 2, 3, 4, 5, 6] },
    system: true,
    repeat: true,
  },
  closeToTray: true,
  startAtLogin: false,
  updates: "automatic",
  updateChannel: "latest",
};
