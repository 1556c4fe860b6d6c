import { AccessToken, RoomServiceClient } from "livekit-server-sdk";
import type { Place } from "./delayed-leaves.ts";

export type SfuAccess = {
  /** The address that clients are sent to, ws: or wss:. */
  url: string;
  /** The address of its API, http: or https:. */
  apiUrl: string;
  key: string;
  secret: string;
};

/** The SFU as the authorization service uses it. */
export type SfuRooms = {
  create(name: string): Promise<void>;
  /** The session id of a participant; undefined when it is not there; "unknown" when the SFU does not say. */
  sidOf(place: Place): Promise<string | undefined>;
  /** A JWT, valid for one hour, with which a client may join one room under one identity. */
  grant(place: Place, options?: { canPublish: boolean }): Promise<string>;
};

export function sfuRooms({ apiUrl, key, secret }: SfuAccess): SfuRooms {
  const client = new RoomServiceClient(apiUrl, key, secret, { requestTimeout: 10 });
  return {
    async create(name) {
      await client.createRoom({ name, emptyTimeout: 300, departureTimeout: 20, maxParticipants: 0 });
    },
    async sidOf({ sfuRoom, identity }) {
      try {
        return (await client.getParticipant(sfuRoom, identity)).sid;
      } catch (error) {
        const status = error instanceof Error && "status" in error ? error.status : undefined;
        return status === 404 ? undefined : "unknown";
      }
    },
    async grant({ sfuRoom, identity }, { canPublish } = { canPublish: true }) {
      const token = new AccessToken(key, secret, { identity, ttl: "1h" });
      token.addGrant({
        room: sfuRoom,
        roomJoin: true,
        roomCreate: false,
        canPublish,
        canSubscribe: true,
        canUpdateOwnMetadata: false,
        hidden: false,
      });
      return token.toJwt();
    },
  };
}
