import type { MatrixEvent } from "matrix-js-sdk";
import type { CryptoApi } from "matrix-js-sdk/lib/crypto-api/index.js";

import { isUserId, type UserId } from "../../shared/matrix/ids.ts";
import { Listeners } from "../rtc/listeners.ts";

/** Whoever is in a room can write to it: so many people are followed. */
const MOST_PEOPLE = 5_000;

interface Followed {
  /** By their identity keys (Curve25519). */
  devices: ReadonlyMap<string, string>;
  read: Promise<void>;
}

export interface SenderChanged {
  readonly user: UserId;
  /** Identity keys that are of another device now, or of one at last, or of none. */
  readonly keys: ReadonlySet<string>;
}

/** Which device encrypted an event: the one of its sender's that has the key which crypto names. */
export class SenderDevices {
  readonly #crypto: Pick<CryptoApi, "getUserDeviceInfo">;
  readonly #listeners = new Listeners<SenderChanged>();
  readonly #people = new Map<UserId, Followed>();

  constructor(crypto: Pick<CryptoApi, "getUserDeviceInfo">) {
    this.#crypto = crypto;
  }

  /** Null where it came in clear, where the key is of no device of its very sender, and until their devices are read. */
  of(event: Pick<MatrixEvent, "getSender" | "getSenderKey">): string | null {
    const [user, key] = [event.getSender(), event.getSenderKey()];
    if (key === null || !isUserId(user)) return null;
    return (this.#people.get(user) ?? this.#follow(user)).devices.get(key) ?? null;
  }

  onChange(listener: (changed: SenderChanged) => void): () => void {
    return this.#listeners.add(listener);
  }

  /** Their devices may have changed. */
  refresh(user: UserId): void {
    const followed = this.#people.get(user);
    if (followed) followed.read = followed.read.then(() => this.#read(user, followed));
  }

  #follow(user: UserId): Followed {
    const [longest] = this.#people.keys();
    if (longest !== undefined && this.#people.size >= MOST_PEOPLE) this.#people.delete(longest);
    const followed: Followed = { devices: new Map(), read: Promise.resolve() };
    this.#people.set(user, followed);
    this.refresh(user);
    return followed;
  }

  async #read(user: UserId, followed: Followed): Promise<void> {
    // A failure is no word about anybody; when their devices change, they are read again.
    const infos = await this.#crypto.getUserDeviceInfo([user], false).catch(() => null);
    if (!infos) return;
    const devices = [...(infos.get(user)?.values() ?? [])].flatMap((device) => {
      const key = device.getIdentityKey();
      return key === undefined ? [] : [[key, device.deviceId] as const];
    });
    const before = followed.devices;
    followed.devices = new Map(devices);
    const all = new Set([...before.keys(), ...followed.devices.keys()]);
    const keys = new Set([...all].filter((key) => before.get(key) !== followed.devices.get(key)));
    if (keys.size > 0) this.#listeners.tell({ user, keys });
  }
}
