import { isRoomId, isUserId, type RoomId, type UserId } from "./matrix/ids.ts";
import type { CallIntent } from "./state/app-state.ts";

export type RoomAlias = `#${string}:${string}`;

/** What a link asks for. Anybody may have written it: it opens a view, and a call begins only when the user says so. */
export type Link =
  | { readonly kind: "person"; readonly user: UserId }
  | { readonly kind: "room"; readonly room: RoomId }
  | { readonly kind: "alias"; readonly alias: RoomAlias }
  | { readonly kind: "call"; readonly target: RoomId | UserId; readonly intent: CallIntent };

/** Longer ones are no links of ours: identifiers have 255 bytes, and three characters in a link for each at most. */
const LONGEST = 2048;

/**
 * Reads `matrix:u/…`, `matrix:r/…` and `matrix:roomid/…` (MSC2312; events, `action` and `via` are ignored), the same after
 * `carillon:`, and `carillon:call/<user or room ID>?intent=audio`. Null for everything else.
 */
export function parseLink(url: string): Link | null {
  if (url.length > LONGEST) return null;
  const [, scheme, kind, written, query = ""] =
    /^(matrix|carillon):([a-z]+)\/([^/?#]+)(?:\/e\/[^/?#]+)?(?:\?([^#]*))?(?:#.*)?$/i.exec(url) ?? [];
  const id = decoded(written ?? "");
  if (scheme === undefined || kind === undefined || id === null) return null;
  switch (kind) {
    case "u":
      return person(`@${id}`);
    case "r":
      return alias(`#${id}`);
    case "roomid":
      return room(`!${id}`);
    case "call":
      return scheme.toLowerCase() === "carillon" ? call(id, query) : null;
    default:
      return null;
  }
}

const person = (user: string): Link | null => (isUserId(user) ? { kind: "person", user } : null);
const room = (id: string): Link | null => (isRoomId(id) ? { kind: "room", room: id } : null);
const alias = (text: string): Link | null => (isRoomAlias(text) ? { kind: "alias", alias: text } : null);

function call(target: string, query: string): Link | null {
  const intent = query.split("&").includes("intent=audio") ? "audio" : "video";
  return isUserId(target) || isRoomId(target) ? { kind: "call", target, intent } : null;
}

const isRoomAlias = (text: string): text is RoomAlias => text.length <= 255 && /^#[^\s:]+:\S+$/.test(text);

/** Null where it is not well encoded, or holds what no identifier does: invisible letters make one look like another. */
function decoded(text: string): string | null {
  try {
    const id = decodeURIComponent(text);
    return /[\p{C}\p{Z}]/u.test(id) ? null : id;
  } catch {
    return null;
  }
}

/** A link by which a browser offers the apps that can open a room (matrix.to); `via` names a server that knows it. */
export const roomLink = (room: RoomId, via: string): string =>
  `https://matrix.to/#/${encodeURIComponent(room)}?via=${encodeURIComponent(via)}`;

/** What a person would type to find whom or what a link names. */
export function termOf(link: Link): string {
  switch (link.kind) {
    case "person":
      return link.user;
    case "room":
      return link.room;
    case "alias":
      return link.alias;
    case "call":
      return link.target;
  }
}
