import type { DelayedLeaves } from "./delayed-leaves.ts";
import { Failure } from "./failure.ts";
import {
  askOther,
  type HomeserverSide,
  isJoined,
  type ProxiedRequest,
  readProxied,
} from "./homeserver-side.ts";
import type { Route } from "./service.ts";
import type { SfuRooms } from "./sfu-rooms.ts";

/** As MSC4195 wants a delegated leave to be at least. */
const delayMs = 3_600_000;
const versions = ["v1", "unstable/io.element.msc4195"];

/** MSC4195's endpoints of the homeserver, as it passes them on. */
export function homeserverRoutes(
  side: HomeserverSide,
  sfuUrl: string,
  sfu: SfuRooms,
  leaves: DelayedLeaves,
): [string, Route][] {
  const checked = async (request: ProxiedRequest): Promise<void> => {
    if (request.sfuUrl !== sfuUrl) throw new Failure(400, "M_INVALID_PARAM", "no SFU of this homeserver");
    if (!(await isJoined(side, request.roomId, request.userId)))
      throw new Failure(403, "M_FORBIDDEN", "not in the room");
  };

  const getToken: Route = async (body, headers) => {
    const request = readProxied(side, body, headers);
    if (request.serverName !== undefined) return askOther(side, request.serverName, request);
    await checked(request);
    const local = request.userId.endsWith(`:${side.serverName}`);
    if (local) await sfu.create(request.place.sfuRoom);
    return { jwt: await sfu.grant(request.place, { canPublish: local }) };
  };

  const delegate: Route = async (body, headers) => {
    const request = readProxied(side, body, headers);
    await checked(request);
    if (request.delayId === undefined) throw new Failure(400, "M_BAD_JSON", "delay_id is missing");
    leaves.hold(request.place, { delayId: request.delayId, timeoutMs: delayMs }, side.url);
    return {};
  };

  return versions.flatMap((version): [string, Route][] => [
    [`/_matrix/client/${version}/rtc/livekit/get_token`, getToken],
    [`/_matrix/client/${version}/rtc/livekit/delegate_delayed_leave`, delegate],
    [`/_matrix/federation/${version}/rtc/livekit/get_token`, getToken],
  ]);
}
