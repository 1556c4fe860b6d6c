import { Modelled } from "./modelled.ts";
import { originOf } from "./protocol.ts";
import type { WebContents } from "./web-contents.ts";

/** The main frame; one object for the life of its WebContents, so that senders can be compared with it. */
export class WebFrameMain extends Modelled<Record<never, never>> {
  readonly routingId = 1;
  readonly parent: WebFrameMain | null = null;
  readonly frames: WebFrameMain[] = [];
  readonly name = "";
  readonly #contents: WebContents;

  constructor(contents: WebContents) {
    super();
    this.#contents = contents;
  }

  get processId(): number {
    return this.#contents.id;
  }
  get top(): WebFrameMain {
    return this;
  }
  get url(): string {
    return this.#contents.getURL();
  }
  get origin(): string {
    return originOf(this.url);
  }
  isDestroyed(): boolean {
    return this.#contents.isDestroyed();
  }
  send(channel: string, ...args: unknown[]): void {
    this.#contents.send(channel, ...args);
  }
}
