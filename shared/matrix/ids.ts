/** Matrix identifiers as template types: a user ID never passes for a room ID, and a test writes `"!room:hs"` with no cast. */
export type RoomId = `!${string}`;
export type UserId = `@${string}:${string}`;
export type EventId = `$${string}`;

export const isRoomId = (value: unknown): value is RoomId =>
  typeof value === "string" && /^!\S{1,254}$/.test(value);
export const isUserId = (value: unknown): value is UserId =>
  typeof value === "string" && value.length <= 255 && /^@[^\s:]*:[^\s]+$/.test(value);
export const isEventId = (value: unknown): value is EventId =>
  typeof value === "string" && /^\$\S{1,254}$/.test(value);

/** The server name of a user ID. */
export const serverOf = (user: UserId): string => user.slice(user.indexOf(":") + 1);
