/** A track that can be stopped, switched and unplugged. */
export class FakeTrack extends EventTarget {
  readonly kind: "audio" | "video";
  readonly deviceId: string;
  enabled = true;
  readyState: "live" | "ended" = "live";

  constructor(kind: "audio" | "video", deviceId: string) {
    super();
    this.kind = kind;
    this.deviceId = deviceId;
  }

  stop(): void {
    this.readyState = "ended";
  }

  unplug(): void {
    this.readyState = "ended";
    this.dispatchEvent(new Event("ended"));
  }

  getSettings(): MediaTrackSettings {
    return { deviceId: this.deviceId };
  }
}

/** `navigator.mediaDevices` over a set of devices; the first one is the system's default. */
export class FakeMedia extends EventTarget {
  readonly opened: FakeTrack[] = [];
  devices: string[];
  /** How often the devices were listed. */
  looks = 0;
  /** The name of the error with which every request fails. */
  refusal: string | null = null;
  /** As a browser has it: the names of devices are told once one was opened. */
  labelled = true;
  /** Requests wait for it. */
  gate: Promise<void> = Promise.resolve();

  constructor(...devices: string[]) {
    super();
    this.devices = devices;
  }

  /** As the browser's interface; a fake track is all that is looked at. */
  get asDevices(): Pick<MediaDevices, "getUserMedia"> {
    return this as unknown as Pick<MediaDevices, "getUserMedia">;
  }

  get asMediaDevices(): MediaDevices {
    return this as unknown as MediaDevices;
  }

  async enumerateDevices(): Promise<{ kind: MediaDeviceKind; deviceId: string; label: string }[]> {
    this.looks += 1;
    return (["videoinput", "audioinput"] as const).flatMap((kind) =>
      this.devices.map((deviceId) => ({ kind, deviceId, label: this.labelled ? `Device ${deviceId}` : "" })),
    );
  }

  async getUserMedia({ audio, video }: MediaStreamConstraints): Promise<{ getTracks: () => FakeTrack[] }> {
    const { refusal } = this;
    await this.gate;
    if (refusal !== null) throw new DOMException(refusal, refusal);
    const exact = exactId(audio) ?? exactId(video);
    if (exact !== undefined && !this.devices.includes(exact))
      throw new DOMException("no", "OverconstrainedError");
    const id = exact ?? this.devices[0];
    if (id === undefined) throw new DOMException("none", "NotFoundError");
    const track = new FakeTrack(audio ? "audio" : "video", id);
    this.opened.push(track);
    this.labelled = true;
    return { getTracks: () => [track] };
  }
}

function exactId(constraints: boolean | MediaTrackConstraints | undefined): string | undefined {
  if (typeof constraints !== "object") return undefined;
  const { deviceId } = constraints;
  return typeof deviceId === "object" && "exact" in deviceId && typeof deviceId.exact === "string"
    ? deviceId.exact
    : undefined;
}
