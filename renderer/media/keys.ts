import { BaseKeyProvider } from "livekit-client";

import type { MediaKey } from "../../shared/ipc/contract.ts";

/**
 * Media keys as LiveKit's E2EE wants them: per participant, 256 indices, HKDF, as Element Call does. Nobody in MatrixRTC ratchets, and looking
 * for a ratcheted key would cost ten derivations for each frame under a wrong one.
 */
export class IpcKeyProvider extends BaseKeyProvider {
  constructor() {
    super({ sharedKey: false, keyringSize: 256, ratchetWindowSize: 0, failureTolerance: 10 });
  }

  set(key: CryptoKey, identity: string, index: number): void {
    this.onSetEncryptionKey(key, identity, index);
  }

  /**
   * Has somebody's keys tried again. After a dozen frames that a key does not open the library drops all that come under its
   * index, without a word and for good, even once the sender is back under the right key or has left and come back.
   */
  retry(identity: string): void {
    for (const { key, participantIdentity, keyIndex = 0 } of this.getKeys())
      if (participantIdentity === identity) this.set(key, identity, keyIndex);
  }
}

/** A key without its bytes, which nothing can read out again. */
export interface ImportedKey {
  readonly identity: string;
  readonly index: number;
  readonly key: CryptoKey;
  readonly own: boolean;
}

/**
 * Hands keys on in exactly the order in which they came, though importing takes its own time: the last of our own is the one
 * that we encrypt with.
 */
export class KeyLine {
  #tail: Promise<void> = Promise.resolve();
  #closed = false;
  readonly #apply: (key: ImportedKey) => void;

  constructor(apply: (key: ImportedKey) => void) {
    this.#apply = apply;
  }

  push(...keys: readonly MediaKey[]): Promise<void> {
    const imported = Promise.all(keys.map(importKey));
    const before = this.#tail;
    this.#tail = (async () => {
      await before;
      for (const key of await imported) if (key && !this.#closed) this.#apply(key);
    })();
    return this.#tail;
  }

  /** Whatever is still under way belongs to a call that is not on any more. */
  close(): void {
    this.#closed = true;
  }
}

/** Null where the bytes make no key; main lets none of those through. */
async function importKey({ identity, index, own, key: raw }: MediaKey): Promise<ImportedKey | null> {
  try {
    const key = await crypto.subtle.importKey("raw", raw, "HKDF", false, ["deriveBits", "deriveKey"]);
    return { identity, index, own, key };
  } catch {
    return null;
  } finally {
    raw.fill(0);
  }
}
