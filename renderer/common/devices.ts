/** A camera, microphone or speaker to choose. */
export interface DeviceOption {
  readonly id: string;
  readonly label: string;
}

export type DeviceKind = "camera" | "microphone" | "speaker";

/** What can be chosen among; labels are empty until a first permission. */
export interface DeviceLists {
  readonly cameras: readonly DeviceOption[];
  readonly microphones: readonly DeviceOption[];
  readonly speakers: readonly DeviceOption[];
}
