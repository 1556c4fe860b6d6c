import { inspect } from "node:util";

import type { Log } from "../../../electron/log.ts";
import { createRtc } from "../../../electron/rtc/engine.ts";
import type { Clock, DelayIds } from "../../../electron/rtc/ports.ts";
import type { KeyPolicy } from "../../../electron/rtc/trust.ts";
import type { JoinedCall, Rtc, SessionView } from "../../../electron/rtc/types.ts";
import type { MediaKey } from "../../../shared/ipc/contract.ts";
import type { RoomId, UserId } from "../../../shared/matrix/ids.ts";
import type { Settings } from "../../../shared/state/settings.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { FakeHomeserver } from "../../support/fake-homeserver.ts";
import type { FakeClient } from "../../support/fake-matrix.ts";

export const ROOM: RoomId = "!room:hs";
export const ALICE: UserId = "@alice:hs";
export const BOB: UserId = "@bob:hs";
export const CAROL: UserId = "@carol:hs";

/** A room of three people on one homeserver. */
export class World {
  readonly clock = new FakeClock();
  readonly server = new FakeHomeserver(this.clock);
  /** All that anybody logged, before the log cuts secrets out. */
  readonly logged: string[] = [];
  readonly log: Log;

  constructor(options: { encrypted?: boolean; version?: string } = {}) {
    this.server.room(ROOM, [ALICE, BOB, CAROL], options);
    const line = (message: string, detail?: unknown) => this.logged.push(`${message} ${inspect(detail)}`);
    this.log = { debug: line, info: line, warn: line, error: line };
  }

  person(user: UserId, device: string, clock: Clock = this.clock): Phone {
    return new Phone(this, user, device, new Map(), clock);
  }
}

/** Our key goes to everybody but these. */
class Policy implements KeyPolicy {
  readonly #barred = new Map<string, false | null>();
  readonly #listeners = new Set<() => void>();

  /** `allows` is what is said of the device from now on; null: not known. */
  say({ matrix: { user, device } }: Phone, allows: boolean | null): void {
    if (allows === true) this.#barred.delete(`${user}|${device}`);
    else this.#barred.set(`${user}|${device}`, allows);
    for (const listener of this.#listeners) listener();
  }
  allows(user: UserId, device: string): boolean | null {
    const said = this.#barred.get(`${user}|${device}`);
    return said === undefined ? true : said;
  }
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** One run of the app on one device. */
export class Phone {
  readonly world: World;
  readonly matrix: FakeClient;
  readonly rtc: Rtc;
  readonly keys: (MediaKey & { readonly at: number })[] = [];
  readonly policy = new Policy();
  readonly posts: { readonly url: string; readonly body: unknown }[] = [];
  /** How an authorization service answers. */
  answer: (url: string) => Response | Promise<Response> = () =>
    Response.json({ url: "wss://sfu.hs", jwt: "jwt-secret" });
  call: JoinedCall | null = null;
  /** What the user set. */
  membership: Settings["membership"] = "compatible";
  readonly #disk: Map<RoomId, string>;
  #dead = false;

  constructor(world: World, user: UserId, device: string, disk: Map<RoomId, string>, clock: Clock) {
    this.world = world;
    this.matrix = world.server.signIn(user, device);
    this.#disk = disk;
    const delayIds: DelayIds = {
      get: (room) => disk.get(room) ?? null,
      set: (room, id) => {
        if (this.#dead) return;
        if (id === null) disk.delete(room);
        else disk.set(room, id);
      },
    };
    this.rtc = createRtc({
      matrix: this.matrix,
      clock,
      delayIds,
      log: world.log,
      fetch: async (url, init) => {
        this.posts.push({ url: String(url), body: JSON.parse(String(init?.body)) });
        return this.answer(String(url));
      },
      ownServiceUrl: () => null,
      membership: () => this.membership,
      policy: this.policy,
    });
  }

  join(): JoinedCall {
    const call = this.rtc.join(ROOM, { intent: "video" });
    this.call = call;
    this.keys.push(...call.keys().map((key) => ({ ...key, at: this.world.clock.now() })));
    call.onKey((key) => this.keys.push({ ...key, at: this.world.clock.now() }));
    return call;
  }

  /** Joins and is live. */
  async joined(): Promise<JoinedCall> {
    const call = this.join();
    await this.world.clock.until("live", () => call.status.phase === "live");
    return call;
  }

  /** Left, and the engine has done what it does for that. */
  async left(): Promise<void> {
    await Promise.all([this.call?.leave(), this.world.clock.advance(3_000)]);
  }

  /** kill -9, and a new run on the same device. */
  restarted(): Phone {
    this.kill();
    return new Phone(this.world, this.matrix.user, this.matrix.device, this.#disk, this.world.clock);
  }

  kill(): void {
    this.#dead = true;
    this.world.server.kill(this.matrix);
  }

  get session(): SessionView | undefined {
    return this.rtc.sessions(ROOM).find(({ application }) => application === "m.call");
  }
  get people(): readonly string[] {
    return this.session?.members.map(({ user }) => user) ?? [];
  }

  /** The key that this one encrypts with. */
  get own(): MediaKey | undefined {
    return this.call?.keys().findLast(({ own }) => own);
  }

  /** Whether this one can decrypt what the other sends now. */
  hears(other: Phone): boolean {
    const { own } = other;
    if (!own) return false;
    return this.held(other).some(({ index, key }) => index === own.index && same(key, own.key));
  }

  held(other: Phone): readonly MediaKey[] {
    return this.call?.keys().filter(({ identity, own }) => !own && identity === other.call?.identity) ?? [];
  }
}

export const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
