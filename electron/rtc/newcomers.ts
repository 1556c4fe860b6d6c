import type { RoomId, UserId } from "../../shared/matrix/ids.ts";
import type { Log } from "../log.ts";
import { kindOf } from "./failure.ts";
import type { RtcMatrix } from "./ports.ts";

export interface NewcomersParts {
  readonly matrix: Pick<RtcMatrix, "user" | "isJoined" | "deviceIds" | "onRoomMember" | "onDevices">;
  readonly room: RoomId;
  readonly log: Log;
  /** Somebody came, or has a new device: what was encrypted for the room before, they cannot read. */
  readonly heard: () => void;
}

/** Watches who comes to be able to read a room. Returns how to stop. */
export function watchNewcomers({ matrix, room, log, heard }: NewcomersParts): () => void {
  const known = new Map<UserId, ReadonlySet<string>>();
  const look = async (user: UserId) => {
    try {
      const devices = new Set(await matrix.deviceIds(user));
      const before = known.get(user);
      known.set(user, devices);
      // A list that nobody had asked for before may be an old one; better one event too many.
      if (!before || [...devices].some((device) => !before.has(device))) heard();
    } catch (error) {
      log.info("devices could not be compared", { why: kindOf(error) });
      heard();
    }
  };
  const stops = [
    matrix.onRoomMember((where, user, joined) => {
      if (where === room && joined && user !== matrix.user) heard();
    }),
    matrix.onDevices((user) => {
      if (matrix.isJoined(room, user)) void look(user);
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
