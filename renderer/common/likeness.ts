/** The first letter or digit of a name, for an avatar without a picture. */
export function initial(name: string): string {
  return (/[\p{L}\p{N}]/u.exec(name)?.[0] ?? "?").toLocaleUpperCase();
}

export const AVATAR_COLOURS = 8;

/** Which avatar colour belongs to a user or room ID (FNV-1a), the same in every window and run. */
export function colourOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < id.length; index += 1) {
    hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % AVATAR_COLOURS;
}
