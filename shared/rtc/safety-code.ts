import type { RoomId, UserId } from "../matrix/ids.ts";

/** A device in a call, as its reader's crypto knows it. Keys are public, in unpadded base64. */
export interface SafetyDevice {
  readonly user: UserId;
  readonly device: string;
  /** ed25519; null where it is not known. */
  readonly fingerprint: string | null;
  /** The user's master cross-signing key; null where they have no identity. */
  readonly master: string | null;
}

/** Bytes of the hash (SHA-512) that become digits: five for each group. */
const GROUPS = 12;
const GROUP_BYTES = 5;
const KEY = /^[A-Za-z0-9+/]{43}$/;

/**
 * The text whose SHA-512 is the safety code of a call (docs/safety-code.md): the same for whoever sees the same devices with the same keys,
 * in whatever order and dialect they were read. Null where some key is not known, or a name cannot be written.
 */
export function safetyText(room: RoomId, devices: readonly SafetyDevice[]): string | null {
  const users = new Map<string, { readonly master: string; readonly devices: Map<string, string> }>();
  const names = [room, ...devices.flatMap(({ user, device }) => [user, device])];
  if (!names.every((name) => name.isWellFormed())) return null;
  for (const { user, device, fingerprint, master } of devices) {
    if (device === "" || fingerprint === null || !KEY.test(fingerprint)) return null;
    if (master !== null && !KEY.test(master)) return null;
    const name = encodeURIComponent(user);
    const known = users.get(name) ?? { master: master ?? "-", devices: new Map() };
    const id = encodeURIComponent(device);
    // One who is two is an error of the reader, and no code at all is what shows it.
    if (known.master !== (master ?? "-") || (known.devices.get(id) ?? fingerprint) !== fingerprint)
      return null;
    known.devices.set(id, fingerprint);
    users.set(name, known);
  }
  const lines = ["carillon-safety-code 1", `room ${encodeURIComponent(room)}`];
  for (const [user, { master, devices: theirs }] of sorted(users)) {
    lines.push(`user ${user} ${master}`);
    for (const [device, fingerprint] of sorted(theirs)) lines.push(`device ${device} ${fingerprint}`);
  }
  return `${lines.join("\n")}\n`;
}

/** The first 60 bytes of the hash as twelve groups of five digits. */
export function safetyDigits(hash: Uint8Array): string {
  const groups = Array.from({ length: GROUPS }, (_, group) => {
    const bytes = hash.subarray(group * GROUP_BYTES, (group + 1) * GROUP_BYTES);
    // 40 bits: exact in a number, and close to even over 100,000.
    const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
    return String(value % 100_000).padStart(5, "0");
  });
  return groups.join(" ");
}

/** Percent-encoded names are ASCII: their order is the same in all languages. */
const sorted = <T>(map: ReadonlyMap<string, T>): (readonly [string, T])[] =>
  [...map].toSorted(([a], [b]) => (a < b ? -1 : 1));
