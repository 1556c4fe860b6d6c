import * as v from "valibot";

/** A media device as the user chose it. `id` is the browser's, which may change; `label` then finds it again. */
const device = v.nullable(
  v.strictObject({ id: v.pipe(v.string(), v.maxLength(512)), label: v.pipe(v.string(), v.maxLength(512)) }),
);

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
});

export type Settings = Readonly<v.InferOutput<typeof settingsSchema>>;
export type DeviceChoice = Settings["camera"];

export const defaultSettings: Settings = {
  camera: null,
  microphone: null,
  speaker: null,
  startWithCamera: true,
  startMuted: false,
  theme: "system",
  serviceUrl: null,
};
