import type { MediaProblem } from "../call/view.ts";

export interface OwnScreenPorts {
  readonly media: Pick<MediaDevices, "getDisplayMedia">;
  readonly changed: () => void;
  readonly problem: (problem: MediaProblem) => void;
}

/** One's own shared screen or window, until we or the system end it. */
export class OwnScreen {
  video = $state.raw<MediaStreamTrack | null>(null);
  audio = $state.raw<MediaStreamTrack | null>(null);
  readonly #ports: OwnScreenPorts;

  constructor(ports: OwnScreenPorts) {
    this.#ports = ports;
  }

  async share(withAudio: boolean): Promise<void> {
    let stream: MediaStream;
    try {
      stream = await this.#ports.media.getDisplayMedia({
        video: { width: { max: 1920 }, height: { max: 1080 }, frameRate: { max: 30 } },
        // Music and film must not be treated as a voice.
        audio: withAudio && { autoGainControl: false, noiseSuppression: false, echoCancellation: false },
      });
    } catch (error) {
      // Changing one's mind in the system's picker is no failure.
      if (!(error instanceof Error && error.name === "NotAllowedError")) this.#ports.problem("screen-failed");
      return;
    }
    this.stop();
    const [video] = stream.getVideoTracks();
    if (!video) return this.#ports.problem("screen-failed");
    video.contentHint = "detail";
    video.addEventListener("ended", () => this.video === video && this.stop(), { once: true });
    this.video = video;
    this.audio = stream.getAudioTracks()[0] ?? null;
    this.#ports.changed();
  }

  stop(): void {
    if (!this.video) return;
    this.video.stop();
    this.audio?.stop();
    this.video = null;
    this.audio = null;
    this.#ports.changed();
  }
}
