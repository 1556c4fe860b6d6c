import {
  newUpdates,
  stepUpdates,
  type Release,
  type UpdateChannel,
  type UpdateEffect,
  type UpdateEvent,
  type UpdateFailure,
  type UpdateMode,
  type UpdateNews,
  type Updates as State,
} from "../../shared/updates/updates.ts";
import type { Log } from "../log.ts";
import type { Clock } from "../rtc/ports.ts";
import { failureOf } from "./failure.ts";

/** What the loop needs of `Installer`. */
export interface InstallerPort {
  readonly quiet: boolean;
  check(channel: UpdateChannel): Promise<Release | null>;
  download(onProgress: (percent: number) => void): Promise<void>;
  cancel(): void;
  install(restart: boolean): Promise<boolean>;
}

export interface UpdatesParts {
  /** Loads the installer; called once, when it is first needed. */
  readonly open: () => Promise<InstallerPort>;
  readonly clock: Clock;
  readonly log: Log;
  readonly changed: (state: State) => void;
  readonly tell: (news: UpdateNews) => void;
  readonly quit: () => void;
  /** Why the last install failed, kept over the end of the app; null forgets it. */
  readonly lastFailure: UpdateFailure | null;
  readonly keepFailure: (why: UpdateFailure | null) => void;
  /** Starts the app again, as it is, once it has ended. */
  readonly relaunch: () => void;
}

/** The loop of updates: events go through the step, its effects are performed. */
export class Updates {
  readonly #parts: UpdatesParts;
  #state: State;
  #installer: Promise<InstallerPort> | null = null;
  #stopTimer: () => void = () => {};

  constructor(mode: UpdateMode, channel: UpdateChannel, parts: UpdatesParts) {
    this.#parts = parts;
    this.#state = newUpdates(mode, channel, parts.lastFailure);
    if (parts.lastFailure !== null) parts.keepFailure(null);
    parts.changed(this.#state);
  }

  send(event: UpdateEvent): void {
    for (const effect of this.#step(event)) this.#perform(effect);
  }

  /** At the end of the app, all calls left: installs what is ready. True where the system ends the app by itself then. */
  async leave(): Promise<boolean> {
    this.#stopTimer();
    const install = this.#step({ type: "quitting" }).find((effect) => effect.type === "install");
    if (!install) return false;
    const { restart } = install;
    try {
      const installer = await this.#open();
      return (restart || installer.quiet) && (await installer.install(restart));
    } catch (error) {
      this.#parts.log.error("the update cannot be installed", error);
      this.#parts.keepFailure(failureOf(error));
      if (restart) this.#parts.relaunch();
      return false;
    }
  }

  #step(event: UpdateEvent): readonly UpdateEffect[] {
    const [state, effects] = stepUpdates(this.#state, event);
    if (state !== this.#state) {
      this.#state = state;
      this.#parts.changed(state);
    }
    return effects;
  }

  #perform(effect: UpdateEffect): void {
    const { clock, tell, quit } = this.#parts;
    switch (effect.type) {
      case "check":
        return void this.#check(effect.round, effect.channel);
      case "download":
        return void this.#download(effect.round);
      case "cancel":
        return void this.#installer?.then(
          (installer) => installer.cancel(),
          () => {},
        );
      case "schedule":
        this.#stopTimer();
        this.#stopTimer = clock.after(effect.ms, () => this.send({ type: "due" }));
        return;
      case "tell":
        return tell(effect.what);
      case "quit":
        return quit();
      case "install":
        // Only `quitting` brings it: see `leave`.
        return;
    }
  }

  async #check(round: number, channel: UpdateChannel): Promise<void> {
    await this.#attempt(round, async (installer) => {
      const release = await installer.check(channel);
      const now = this.#parts.clock.now();
      this.send(
        release === null ? { type: "none-found", round, now } : { type: "found", round, release, now },
      );
    });
  }

  async #download(round: number): Promise<void> {
    await this.#attempt(round, async (installer) => {
      await installer.download((percent) => this.send({ type: "progressed", round, percent }));
      this.send({ type: "downloaded", round });
    });
  }

  async #attempt(round: number, work: (installer: InstallerPort) => Promise<void>): Promise<void> {
    try {
      await work(await this.#open());
    } catch (error) {
      this.#parts.log.warn("no update", error);
      this.send({ type: "failed", round, why: failureOf(error) });
    }
  }

  #open(): Promise<InstallerPort> {
    return (this.#installer ??= this.#parts.open());
  }
}
