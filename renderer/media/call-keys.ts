import type { MediaKey } from "../../shared/ipc/contract.ts";
import { KeyLine, type ImportedKey } from "./keys.ts";

export interface CallKeysPorts {
  /** Main's keys of the call that it is in, our own last. */
  readonly ask: () => Promise<readonly MediaKey[]>;
  readonly apply: (key: ImportedKey) => void;
}

/** The keys of the call that the window is in, and of no other: between two calls main and the window are not of one mind. */
export class CallKeys {
  readonly #ports: CallKeysPorts;
  #line: KeyLine;

  constructor(ports: CallKeysPorts) {
    this.#ports = ports;
    this.#line = new KeyLine(ports.apply);
  }

  /**
   * Main told a key. Our own of a call that we go over to comes ahead of that call's state, and our identity is the same in both: the
   * call that we are still in would be encrypted under it, as noise to all in it. So our own are asked for: the answer comes after.
   */
  told(key: MediaKey): void {
    if (key.own) void this.ask();
    else void this.#line.push(key);
  }

  /** Has all of them applied again, our own last. */
  async ask(): Promise<void> {
    const line = this.#line;
    const keys = await this.#ports.ask().catch(() => []);
    await line.push(...keys);
  }

  /** The call is over or another one: what is still under way was for the one before. */
  end(): void {
    this.#line.close();
    this.#line = new KeyLine(this.#ports.apply);
  }
}
