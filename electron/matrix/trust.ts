import type { MatrixClient } from "matrix-js-sdk";
import { CryptoEvent, type CryptoApi } from "matrix-js-sdk/lib/crypto-api/index.js";

import type { UserId } from "../../shared/matrix/ids.ts";
import { trustOf, type DeviceFacts, type IdentityFacts } from "../../shared/rtc/trust.ts";
import type { Log } from "../log.ts";
import { Listeners } from "../rtc/listeners.ts";
import type { KnownDevice, TrustBook } from "../rtc/trust.ts";
import { all, on } from "./listen.ts";

/** Memberships can be made up by the thousand: so many people are followed, and devices of each. */
const MOST_PEOPLE = 5_000;
const MOST_DEVICES = 50;

interface Followed {
  readonly asked: Set<string>;
  /** Null until read. */
  read: ReadonlyMap<string, KnownDevice> | null;
  reading: boolean;
  stale: boolean;
}

export type TrustCrypto = Pick<
  CryptoApi,
  | "getUserDeviceInfo"
  | "getUserVerificationStatus"
  | "getUserCrossSigningKeys"
  | "getDeviceVerificationStatus"
>;

/** Follows everybody who was asked for: crypto is read once, and again only when it says that something changed. */
export class CryptoTrust implements TrustBook {
  readonly #crypto: TrustCrypto;
  readonly #log: Log;
  readonly #listeners = new Listeners<UserId>();
  readonly #people = new Map<UserId, Followed>();

  constructor(crypto: TrustCrypto, log: Log) {
    this.#crypto = crypto;
    this.#log = log;
  }

  of(user: UserId, device: string): KnownDevice | null {
    const followed = this.#people.get(user) ?? this.#follow(user);
    if (!followed.asked.has(device) && followed.asked.size < MOST_DEVICES) {
      followed.asked.add(device);
      this.refresh(user);
    }
    return followed.read?.get(device) ?? null;
  }

  onChange(listener: (user: UserId) => void): () => void {
    return this.#listeners.add(listener);
  }

  /** What crypto knows of them may have changed. */
  refresh(user: UserId): void {
    const followed = this.#people.get(user);
    if (!followed) return;
    if (followed.reading) followed.stale = true;
    else void this.#read(user, followed);
  }

  /** Our own identity changed, which vouches for those that we verified. */
  refreshAll(): void {
    for (const user of this.#people.keys()) this.refresh(user);
  }

  #follow(user: UserId): Followed {
    const [longest] = this.#people.keys();
    if (longest !== undefined && this.#people.size >= MOST_PEOPLE) this.#people.delete(longest);
    const followed: Followed = { asked: new Set(), read: null, reading: false, stale: false };
    this.#people.set(user, followed);
    return followed;
  }

  async #read(user: UserId, followed: Followed): Promise<void> {
    followed.reading = true;
    try {
      do {
        followed.stale = false;
        const read = await this.#known(user, [...followed.asked]);
        if (same(followed.read, read)) continue;
        followed.read = read;
        this.#listeners.tell(user);
      } while (followed.stale);
    } catch (error) {
      this.#log.warn("somebody's identity could not be read", error);
    } finally {
      followed.reading = false;
    }
  }

  async #known(user: UserId, devices: readonly string[]): Promise<ReadonlyMap<string, KnownDevice>> {
    const crypto = this.#crypto;
    const [infos, status, keys] = await Promise.all([
      // Of what crypto has itself: what it does not follow it cannot vouch for.
      crypto.getUserDeviceInfo([user], false),
      crypto.getUserVerificationStatus(user),
      crypto.getUserCrossSigningKeys(user),
    ]);
    const owner: IdentityFacts = {
      master: Object.values(keys?.master_key?.keys ?? {})[0] ?? null,
      verified: status.isCrossSigningVerified(),
      wasVerified: status.wasCrossSigningVerified(),
      replaced: status.needsUserApproval,
    };
    const known = new Map<string, KnownDevice>();
    for (const id of devices) {
      const info = infos.get(user)?.get(id);
      const device: DeviceFacts | null = info
        ? {
            fingerprint: info.getFingerprint() ?? null,
            signed: (await crypto.getDeviceVerificationStatus(user, id))?.signedByOwner ?? false,
          }
        : null;
      known.set(id, {
        trust: trustOf(owner, device),
        fingerprint: device?.fingerprint ?? null,
        master: owner.master,
      });
    }
    return known;
  }
}

/** Whose devices are, of a client with crypto; and how to stop following. */
export function trustIn(
  client: MatrixClient,
  log: Log,
): { readonly book: TrustBook; readonly stop: () => void } {
  const crypto = client.getCrypto();
  if (!crypto) throw new Error("the client has no crypto");
  const book = new CryptoTrust(crypto, log);
  const stop = all(
    // Ids of users come from crypto in this form.
    on(client, CryptoEvent.DevicesUpdated, (users) => users.forEach((user) => book.refresh(user as UserId))),
    on(client, CryptoEvent.UserTrustStatusChanged, (user) => book.refresh(user as UserId)),
    on(client, CryptoEvent.KeysChanged, () => book.refreshAll()),
  );
  return { book, stop };
}

const same = (
  before: ReadonlyMap<string, KnownDevice> | null,
  now: ReadonlyMap<string, KnownDevice>,
): boolean =>
  before?.size === now.size &&
  [...now].every(([id, { trust, fingerprint, master }]) => {
    const old = before.get(id);
    return old?.trust === trust && old.fingerprint === fingerprint && old.master === master;
  });
