import { isVouchedFor } from "../../shared/rtc/trust.ts";
import type { UserId } from "../../shared/matrix/ids.ts";
import type { Trust } from "../../shared/state/app-state.ts";

/** Whose devices are, as crypto knows it at this moment. */
export interface TrustBook {
  /** Null until it was read, which the question begins; `onChange` tells when. Asking costs nothing. */
  of(user: UserId, device: string): KnownDevice | null;
  /** Something that was asked for is known, or is otherwise now. Returns how to stop listening. */
  onChange(listener: (user: UserId) => void): () => void;
}

export interface KnownDevice {
  readonly trust: Trust;
  /** Public ed25519 key of the device, unpadded base64; null where there is no such device. */
  readonly fingerprint: string | null;
  /** Public master key of its owner, unpadded base64; null where they have no identity. */
  readonly master: string | null;
}

/** To which devices our media key goes. */
export interface KeyPolicy {
  /** Null where it cannot be said yet: it goes there once it can. */
  allows(user: UserId, device: string): boolean | null;
  onChange(listener: () => void): () => void;
}

/** The user's choice; `onChoice` tells that it may have changed. */
export function keyPolicy(
  book: TrustBook,
  verifiedOnly: () => boolean,
  onChoice: (listener: () => void) => () => void,
): KeyPolicy {
  return {
    allows(user, device) {
      if (!verifiedOnly()) return true;
      const known = book.of(user, device);
      return known && isVouchedFor(known.trust);
    },
    onChange(listener) {
      let before = verifiedOnly();
      const stops = [
        book.onChange(() => verifiedOnly() && listener()),
        onChoice(() => {
          const now = verifiedOnly();
          if (now === before) return;
          before = now;
          listener();
        }),
      ];
      return () => stops.forEach((stop) => stop());
    },
  };
}
