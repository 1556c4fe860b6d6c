import type { RemoteTrack } from "./backend.ts";

type Attach = NonNullable<RemoteTrack["attach"]>;

/** Plays what is heard of others, each in its own hidden `<audio>` of the page. */
export class Loudspeaker {
  readonly #playing = new Map<Attach, { readonly element: HTMLAudioElement; readonly stop: () => void }>();
  #sink = "";

  /** These and no others are heard from now on. */
  play(attaches: ReadonlySet<Attach>): void {
    for (const [attach, { element, stop }] of this.#playing) {
      if (attaches.has(attach)) continue;
      stop();
      element.remove();
      this.#playing.delete(attach);
    }
    for (const attach of attaches) if (!this.#playing.has(attach)) this.#start(attach);
  }

  /** The speaker to play through; null is the system's. */
  use(deviceId: string | null): void {
    this.#sink = deviceId ?? "";
    for (const { element } of this.#playing.values()) this.#route(element);
  }

  #start(attach: Attach): void {
    const element = document.createElement("audio");
    element.autoplay = true;
    element.hidden = true;
    document.body.append(element);
    this.#route(element);
    this.#playing.set(attach, { element, stop: attach(element) });
  }

  #route(element: HTMLAudioElement): void {
    // A speaker that has just gone: what plays on the system's one is better heard than an error.
    if (element.sinkId !== this.#sink) element.setSinkId(this.#sink).catch(() => {});
  }
}
